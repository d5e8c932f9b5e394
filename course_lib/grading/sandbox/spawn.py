"""Students' code where a process cannot be forked, as on Windows: a new Python for each answer, and a time limit.

This keeps references out of the student's process, and stops what never ends. It keeps nothing else apart.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from course_lib.grading.sandbox.inside.clock import TICK, Clock
from course_lib.grading.sandbox.inside.processes import is_asleep, processor_time
from course_lib.grading.sandbox.inside.protocol import Ended, Message
from course_lib.grading.sandbox.library import copy_library
from course_lib.grading.sandbox.process import Run

_START_SECONDS = 15.0  # a new Python imports NumPy, and perhaps torch, before it can begin


class SpawnedParent:
    """Stands where a warm parent would: nothing is warm here."""

    way = "spawn"

    def __init__(self, packages: Sequence[str], environment: dict[str, str]) -> None:
        self.folder = copy_library()
        self.environment = environment
        code = f"import sys; sys.path[:0] = [{str(self.folder)!r}]; sys.path += {list(packages)!r}"
        self.command = [
            sys.executable,
            "-I",
            "-S",
            "-B",
            "-c",
            f"{code}; from inside.spawn_main import main; main()",
        ]

    def wait(self) -> None:
        """Return at once."""

    def is_alive(self) -> bool:
        """Return True: there is nothing that could die."""
        return True

    def load(self, names: Sequence[str]) -> None:
        """Do nothing: every process imports what it needs."""

    def open_jail(self) -> SpawnedJail:
        """Return what starts this submission's processes."""
        return SpawnedJail(self)

    def close(self) -> None:
        """Remove the copy of the library."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> SpawnedParent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SpawnedJail:
    """Starts one process after the other."""

    def __init__(self, parent: SpawnedParent) -> None:
        self._parent = parent

    @contextlib.contextmanager
    def run(self, job: Message, seconds: float, memory: int) -> Iterator[Run]:
        """Start a process for a job, as a forked one would be."""
        with tempfile.TemporaryDirectory(prefix="course-answer-", ignore_cleanup_errors=True) as folder:
            environment = self._parent.environment | {"HOME": folder, "TMPDIR": folder, "TEMP": folder}
            process = subprocess.Popen(
                [*self._parent.command, str(memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
            )
            ending = Ending(process, seconds + _START_SECONDS)
            assert process.stdin
            assert process.stdout
            pipes = Pipes(process.stdin, process.stdout, ending.let_clock_run)
            run = Run(pipes, ending.how, ending.now)
            try:
                run.send(job)
                yield run
            finally:
                ending.now()
                pipes.close()

    def close(self) -> None:
        """Do nothing: no process outlives its answer."""

    def __enter__(self) -> SpawnedJail:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Ending:
    """Ends a process when its time is over, or when asked to."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._process = process
        self._is_late = False
        self._clock = Clock(seconds)
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._ended.wait(TICK) and self._process.poll() is None:
            asleep = is_asleep(self._process.pid)
            if self._clock.is_over(_processor_time(self._process), asleep):
                self._is_late = True
                self._process.kill()

    def let_clock_run(self, runs: bool) -> None:
        """Let the student's clock run, or stop it."""
        self._clock.runs = runs

    def now(self) -> None:
        """End it."""
        self._ended.set()
        self._process.kill()
        self._process.wait()

    def how(self) -> Ended:
        """Wait until it has ended, and say how."""
        code = self._process.wait()
        self._ended.set()
        if self._is_late:
            return Ended("deadline")
        return Ended("signal", str(-code)) if code < 0 else Ended("exit", str(code))


def _processor_time(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds that a process was on a processor, as its system tells."""
    if sys.platform != "win32":
        return processor_time(process.pid)
    import ctypes

    created, ended, system, own = (ctypes.c_uint64() for _ in range(4))  # the last two in units of 100 ns
    times = (ctypes.byref(each) for each in (created, ended, system, own))
    ctypes.windll.kernel32.GetProcessTimes(int(process._handle), *times)
    return (system.value + own.value) / 1e7


class Pipes:
    """Two pipes that look like a socket. The student's clock runs while this side waits at one of them."""

    def __init__(self, writer: IO[bytes], reader: IO[bytes], clock: Callable[[bool], None]) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        with self._its_time():
            self._writer.write(data)
            self._writer.flush()

    def recv(self, size: int) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        with self._its_time():
            return self._reader.read1(size)  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def _its_time(self) -> Iterator[None]:
        self._clock(True)
        try:
            yield
        finally:
            self._clock(False)

    def close(self) -> None:
        """Close both."""
        for pipe in (self._writer, self._reader):
            with contextlib.suppress(OSError):
                pipe.close()
