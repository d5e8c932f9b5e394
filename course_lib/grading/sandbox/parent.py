"""The warm parent, and the jails that are forked from it: where submissions' answers run."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from course_lib.grading.sandbox.inside import codec, jail
from course_lib.grading.sandbox.inside.clock import longest
from course_lib.grading.sandbox.inside.protocol import (
    CloseJail,
    Ended,
    Hello,
    LetClockRun,
    Load,
    Message,
    OpenJail,
    Ready,
    Start,
    Stop,
    unpack,
)
from course_lib.grading.sandbox.library import copy_library
from course_lib.grading.sandbox.process import Run, SocketConnection, Stopped
from course_lib.grading.sandbox.view import LIBRARY, bubblewrap, environment, packages, seen_at, view_of

_WATCHER_SECONDS = 60.0  # beyond the watcher's own limit: for a watcher that hangs
_PARENT_SECONDS = 600.0  # a parent imports torch, perhaps on a busy machine


class SandboxError(OSError):
    """No student's code can be run, or not as safely as was asked for."""


class Parent:
    """A process that has imported what answers need and waits; each submission gets a fork of it."""

    def __init__(
        self, way: str, preload: Sequence[str] = (), hidden: Sequence[Path] = (), *, filters: bool = True
    ) -> None:
        """Start it.

        Args:
            way: how the walls are put up.
            preload: modules that it imports.
            hidden: folders that no student may see.
            filters: whether system calls are filtered, too: a second wall behind the others.
        """
        self.way = way
        self._filters = filters
        self._folder = copy_library()
        self._lock = threading.Lock()
        self._number = 0
        ours, theirs = socket.socketpair()
        self._connection = ours
        self._connection.settimeout(_PARENT_SECONDS)
        self._process = self._start(theirs, preload, hidden)
        theirs.close()

    def wait(self) -> None:
        """Wait until it is warm.

        Raises:
            SandboxError: it did not come to life.
        """
        with self._lock:
            try:
                jail.send(self._connection, Hello())
                received = jail.receive(self._connection)
            except OSError:
                received = None
        if received is None:
            raise SandboxError(f"no sandbox by way of {self.way}: {self._last_words()}")
        unpack(received[0], Ready)

    def _start(
        self, theirs: socket.socket, preload: Sequence[str], hidden: Sequence[Path]
    ) -> subprocess.Popen[bytes]:
        orders = {
            "way": self.way,
            "socket": theirs.fileno(),
            "preload": list(preload),
            "uid": 200_000 + random.SystemRandom().randrange(1_000_000),
            "filters": self._filters,
        }
        if self.way == "process":
            command = _python(sys.executable, str(self._folder), packages(), "fork_server", orders)
        else:
            seen = [seen_at(path) for path in packages()]
            program = seen_at(str(Path(sys.executable).resolve()))
            command = _python(program, LIBRARY, seen, "fork_server", orders)
            command = self._behind_walls(command, orders, view_of(self._folder, hidden))
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            pass_fds=[theirs.fileno()],
            env=environment(),
            cwd="/",
            start_new_session=True,
        )

    def _behind_walls(self, command: list[str], orders: dict[str, Any], view: dict[str, Any]) -> list[str]:
        """Return the command that starts a command where it sees no more than ``view``."""
        if self.way == "bubblewrap":
            return [*bubblewrap(view), *command]
        root = self._folder / "root"
        root.mkdir()
        more = {"root": str(root), "view": view, "command": command}
        return _python(sys.executable, str(self._folder), [], "mounts", orders | more)

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else "it ended without a word"

    def is_alive(self) -> bool:
        """Return whether it still runs."""
        return self._process.poll() is None

    def load(self, names: Sequence[str]) -> None:
        """Import further modules, before the next jail is forked."""
        with self._lock:
            jail.send(self._connection, Load(list(names)))

    def open_jail(self) -> Jail:
        """Fork a jail."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._number += 1
            jail.send(self._connection, OpenJail(self._number), (theirs.fileno(),))
            return Jail(self, self._number, ours)

    def forget(self, number: int) -> None:
        """End a jail, if it has not ended by itself."""
        with self._lock, contextlib.suppress(OSError):
            jail.send(self._connection, CloseJail(number))

    def close(self) -> None:
        """End the process and all its jails."""
        self._connection.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Parent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Jail:
    """Where one submission's answers run, one process after the other."""

    def __init__(self, parent: Parent, number: int, control: socket.socket) -> None:
        self._parent, self._number, self._control = parent, number, control

    @contextlib.contextmanager
    def run(self, job: Message, seconds: float, memory: int) -> Iterator[Run]:
        """Start a process for a job.

        Args:
            job: what it is to do.
            seconds: on a processor, after which it is stopped; see :class:`~.inside.clock.Clock`.
            memory: bytes that it may take, beyond what it is started with.
        """
        ours, theirs = socket.socketpair()
        patience = longest(seconds) + _WATCHER_SECONDS
        self._control.settimeout(patience)
        run = Run(SocketConnection(ours, self._clock, patience), self._wait, self._stop)
        try:
            with theirs:
                try:
                    jail.send(self._control, Start(seconds, memory), (theirs.fileno(),))
                except OSError:
                    raise Stopped("gone") from None
            run.send(job)
            yield run
        finally:
            ours.close()
            run.end()

    def _wait(self) -> Ended:
        try:
            received = jail.receive(self._control)
            return unpack(received[0], Ended) if received else Ended("gone")
        except (OSError, codec.WireError):
            return Ended("gone")

    def _clock(self, runs: bool) -> None:
        with contextlib.suppress(OSError):  # a watcher that is gone is noticed where its process speaks
            jail.send(self._control, LetClockRun(runs))

    def _stop(self) -> None:
        with contextlib.suppress(OSError):
            jail.send(self._control, Stop())

    def close(self) -> None:
        """End it."""
        self._control.close()
        self._parent.forget(self._number)

    def __enter__(self) -> Jail:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _python(
    program: str, library: str, packages: Sequence[str], module: str, orders: dict[str, Any]
) -> list[str]:
    """Return the command that runs ``inside.module`` with nothing of the user's own settings."""
    start = f"import sys; sys.path[:0] = [{library!r}]; sys.path += {list(packages)!r}"
    code = f"{start}; from inside.{module} import main; main()"
    return [program, "-I", "-S", "-B", "-c", code, json.dumps(orders)]
