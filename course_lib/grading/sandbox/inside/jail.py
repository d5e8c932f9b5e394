"""One submission's jail: a process that watches, and for each answer one in which the student's code runs.

The watcher never runs a student's code, and keeps rights that the student's processes do not have. It is the first
process of its own process namespace where there is one: when it ends, the kernel kills all the others.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import codec, linux, worker
from .clock import TICK, Clock
from .processes import all_processes, descendants, is_asleep, private_memory, processor_time
from .protocol import Ended, LetClockRun, Message, Start, Stop, pack, unpack

try:
    import resource
except ImportError:  # on Windows, where this module only sends and receives
    resource = None  # type: ignore[assignment]

_MOST_PROCESSES = 48
_MOST_FILES = 128
_LARGEST_FILE = 32 << 20
_SCRATCH = "size=64m,nr_inodes=4096,mode=1777"


@dataclass(frozen=True)
class Walls:
    """What separates a jail from the rest.

    Attributes:
        namespaces: whether it has its own processes, mounts, network, and its own view of the files.
        uid: the user that runs a student's code; None for the one who started this.
        filters: whether system calls are filtered.
    """

    namespaces: bool
    uid: int | None
    filters: bool


def open_jail(control: socket.socket, walls: Walls) -> None:
    """Be the process behind a jail until its other side hangs up. Called in a fork that was made for it."""
    if walls.namespaces:
        linux.die_with_parent()
        flags = linux.NEW_MOUNTS | linux.NEW_PIDS | linux.NEW_IPC | linux.NEW_UTS | linux.NEW_NETWORK
        linux.unshare(flags)
        watcher = os.fork()
        if watcher:
            control.close()
            os.waitpid(watcher, 0)
            return
        linux.die_with_parent()
        linux.mount("proc", "/proc", "proc", linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC)
        _mount_scratch("/tmp")
        if not Path("/dev/shm").is_symlink():
            _mount_scratch("/dev/shm")
    else:
        linux.adopt_orphans()
    linux.be_opaque()
    _Watcher(control, walls).watch()


class _Watcher:
    def __init__(self, control: socket.socket, walls: Walls) -> None:
        self._control = control
        self._walls = walls
        self._child = 0

    def watch(self) -> None:
        """Run one answer after the other."""
        while (received := receive(self._control)) is not None:
            plain, handles = received
            order = unpack(plain, Start, Stop, LetClockRun)
            if isinstance(
                order, Start
            ):  # a late order of another kind is about a process that has ended by itself
                send(self._control, self._run(order, handles[0]))

    def _run(self, order: Start, data: int) -> Ended:
        folder = self._scratch_folder()
        child = os.fork()
        if child == 0:
            try:
                self._control.close()
                _become_student(data, order, self._walls, folder)
            finally:
                os._exit(70)
        self._child = child
        try:
            ended = self._wait(child, data, order)
        finally:
            os.close(data)  # the grader hears that nothing more will come
            self._kill_all()
            self._clear(folder)
        return ended

    def _wait(self, child: int, data: int, order: Start) -> Ended:
        """Wait for a process to end, or end its time; return how it ended."""
        clock = Clock(order.seconds)
        base = private_memory(os.getpid())
        handle = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
        watched: list[Any] = [self._control] if handle is None else [self._control, handle]
        looked = time.monotonic()
        try:
            while True:
                select.select(watched, [], [], TICK if handle is not None else 0.01)
                found, status, used = os.wait4(child, os.WNOHANG)
                if found:
                    return _how_it_ended(status, used.ru_utime + used.ru_stime >= order.seconds)
                while select.select([self._control], [], [], 0)[0]:
                    if not self._obey(clock):
                        return Ended("stopped")
                if time.monotonic() - looked >= TICK:
                    looked = time.monotonic()
                    why = self._over(clock, data, order.memory, base)
                    if why:
                        return Ended(why)
        finally:
            if handle is not None:
                os.close(handle)

    def _obey(self, clock: Clock) -> bool:
        """Follow an order of the grader's; return whether the process may go on."""
        received = receive(self._control)
        if received is None:  # the grader is gone
            self._kill_all()
            os._exit(0)
        order = unpack(received[0], LetClockRun, Stop)
        if isinstance(order, LetClockRun):
            clock.runs = order.runs
            return True
        return False

    def _over(self, clock: Clock, data: int, memory: int, base: int) -> str:
        """Say what an answer has too much of; an empty text if nothing."""
        processes = self._processes()
        if sum(max(0, private_memory(process) - base) for process in processes) > memory:
            return "memory"
        asleep = all(map(is_asleep, processes)) and not linux.waits_to_be_read(data)
        return "deadline" if clock.is_over(sum(map(processor_time, processes)), asleep) else ""

    def _processes(self) -> list[int]:
        own = os.getpid()
        if self._walls.namespaces:
            return [pid for pid in all_processes() if pid != own]
        return descendants(own)

    def _kill_all(self) -> None:
        """End every process of the jail but this one, however fast they fork."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if self._walls.namespaces:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)
            else:
                self._killdescendants()
            if not _reap():
                return

    def _killdescendants(self) -> None:
        if self._walls.uid is not None:
            _kill_user(self._walls.uid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child, signal.SIGKILL)  # all that is left to do where there is no /proc
        for process in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)

    def _scratch_folder(self) -> str:
        if self._walls.namespaces:
            return "/tmp"
        folder = tempfile.mkdtemp(prefix="course-answer-")
        if self._walls.uid is not None:
            os.chown(folder, self._walls.uid, self._walls.uid)
        return folder

    def _clear(self, folder: str) -> None:
        """Leave nothing behind that the next answer could read."""
        if not self._walls.namespaces:
            shutil.rmtree(folder, ignore_errors=True)
            return
        for used in {Path("/tmp"), Path("/dev/shm").resolve()}:
            if any(used.iterdir()):
                _mount_scratch(str(used))


def _mount_scratch(folder: str) -> None:
    linux.mount("tmpfs", folder, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, _SCRATCH)


def _how_it_ended(status: int, has_no_time_left: bool) -> Ended:
    if os.WIFSIGNALED(status) and has_no_time_left:  # the kernel was faster to stop it
        return Ended("deadline")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        names = {int(known): known.name for known in signal.Signals}
        return Ended("signal", names.get(number, str(number)))
    return Ended("exit", str(os.WEXITSTATUS(status)))


def _reap() -> bool:
    """Collect processes that have ended; return whether there are others left."""
    while True:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if not found:
            time.sleep(0.001)
            return True


def _kill_user(uid: int) -> None:
    """Kill all processes of a user that nobody else is."""
    killer = os.fork()
    if killer == 0:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(killer, 0)


# --- Becoming a student ------------------------------------------------------------------------------------


def _become_student(data: int, order: Start, walls: Walls, folder: str) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    kept = os.dup2(data, 200)
    os.closerange(3, 200)
    os.closerange(201, 4096)
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=f"{folder}/matplotlib")
    tempfile.tempdir = None
    _limit(order)
    if linux.IS_LINUX:
        linux.drop_privileges(walls.uid)
        if walls.filters:
            linux.refuse_system_calls()
    worker.serve(worker.Channel(kept, kept))
    os._exit(0)


def _limit(order: Start) -> None:
    seconds = int(order.seconds) + 2
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": _LARGEST_FILE,
        "RLIMIT_NOFILE": 4 * _MOST_FILES,
        "RLIMIT_NPROC": _MOST_PROCESSES,
        "RLIMIT_AS": _address_space() + order.memory,
    }
    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _address_space() -> int:
    """Return the bytes of addresses that this process has now: libraries need many, and little memory."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


# --- Messages with file handles ----------------------------------------------------------------------------


def send(to: socket.socket, message: Message, handles: tuple[int, ...] = ()) -> None:
    """Send a message, and handles of open files with it."""
    data = codec.encode(pack(message), strict=True)
    sent = socket.send_fds(to, [data], list(handles)) if handles else to.send(data)
    to.sendall(data[sent:])


def receive(source: socket.socket) -> tuple[Any, list[int]] | None:
    """Receive a message, as plain data, and its handles; None where the other side has hung up."""
    handles: list[int] = []

    def read(size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            part, new, _, _ = socket.recv_fds(source, size - len(parts), 4)
            handles.extend(new)
            if not part:
                raise EOFError
            parts += part
        return parts

    try:
        message = codec.read_message(read)
    except (EOFError, ConnectionError):
        return None
    return message, handles
