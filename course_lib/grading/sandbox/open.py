"""Where students' code runs: the level of isolation that this machine offers, found by trying.

A *way* is how the walls are put up: ``bubblewrap``, ``namespaces`` (by the kernel, without bubblewrap), ``process``
(limits and an unprivileged user alone). Whatever the way, a probe looks from inside at what can be seen and done
there, and that is the level that is reported.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from course_lib.grading.sandbox.inside import codec, jail
from course_lib.grading.sandbox.inside.clock import longest
from course_lib.grading.sandbox.library import copy_library
from course_lib.grading.sandbox.process import Run, SocketConnection, Stopped
from course_lib.grading.sandbox.spawn import SpawnedJail, SpawnedParent
from course_lib.paths import course_root

WAYS = ("bubblewrap", "namespaces", "process") if hasattr(os, "fork") else ("spawn",)
MEGABYTE = 1 << 20
_WATCHER_SECONDS = 60.0  # beyond the watcher's own limit: for a watcher that hangs
_PARENT_SECONDS = 600.0  # a parent imports torch, perhaps on a busy machine
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/nix/store", "/gnu/store")
_SHARED = (*_SYSTEM, "/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu")
_IN_VIEW = "/course/library"
_SCRATCH = ("/tmp", "/dev/shm")  # a jail has its own; what Python needs of the real ones is shown elsewhere
_READ_ONLY_AFTER = ("--remount-ro", "/", "--remount-ro", "/dev")


class SandboxError(OSError):
    """No student's code can be run, or not as safely as was asked for."""


@dataclass(frozen=True)
class Level:
    """What a sandbox was seen to keep away from a student's code.

    Attributes:
        way: how the walls were put up.
        missing: what is not kept away, in words; empty for a whole sandbox.
    """

    way: str
    missing: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    def __str__(self) -> str:
        return self.way if self.is_whole else f"{self.way}, not kept apart: {', '.join(self.missing)}"


# --- The warm parent ---------------------------------------------------------------------------------------


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
        if way == "bubblewrap" and shutil.which("bwrap") is None:
            raise SandboxError("bubblewrap is not installed")
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
                jail.send(self._connection, {"do": "hello"})
                hello = jail.receive(self._connection)
            except OSError:
                hello = None
        if hello is None:
            raise SandboxError(f"no sandbox by way of {self.way}: {self._last_words()}")

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
            command = _python(sys.executable, str(self._folder), _packages(), "fork_server", orders)
        else:
            seen = [_seen_at(path) for path in _packages()]
            program = _seen_at(str(Path(sys.executable).resolve()))
            command = _python(program, _IN_VIEW, seen, "fork_server", orders)
            command = self._behind_walls(command, orders, _view(self._folder, hidden))
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            pass_fds=[theirs.fileno()],
            env=_environment(),
            cwd="/",
            start_new_session=True,
        )

    def _behind_walls(self, command: list[str], orders: dict[str, Any], view: dict[str, Any]) -> list[str]:
        """Return the command that starts a command where it sees no more than ``view``."""
        if self.way == "bubblewrap":
            return [*_bubblewrap(view), *command]
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
            jail.send(self._connection, {"do": "load", "names": list(names)})

    def open_jail(self) -> Jail:
        """Fork a jail."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._number += 1
            jail.send(self._connection, {"do": "open", "number": self._number}, (theirs.fileno(),))
            return Jail(self, self._number, ours)

    def forget(self, number: int) -> None:
        """End a jail, if it has not ended by itself."""
        with self._lock, contextlib.suppress(OSError):
            jail.send(self._connection, {"do": "close", "number": number})

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
    def run(self, job: dict[str, Any], seconds: float, memory: int) -> Iterator[Run]:
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
            order = {"do": "run", "seconds": seconds, "memory": memory}
            with theirs:
                try:
                    jail.send(self._control, order, (theirs.fileno(),))
                except OSError:
                    raise Stopped("gone") from None
            run.send(job)
            yield run
        finally:
            ours.close()
            run.end()

    def _wait(self) -> dict[str, Any]:
        try:
            received = jail.receive(self._control)
        except (OSError, codec.WireError):
            received = None
        return received[0] if received else {"how": "gone"}

    def _clock(self, runs: bool) -> None:
        with contextlib.suppress(OSError):  # a watcher that is gone is noticed where its process speaks
            jail.send(self._control, {"do": "clock", "runs": runs})

    def _stop(self) -> None:
        with contextlib.suppress(OSError):
            jail.send(self._control, {"do": "stop"})

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


# --- The view ----------------------------------------------------------------------------------------------


def _packages() -> list[str]:
    """Return the folders of installed packages, without the course's own checkout."""
    return [
        path
        for path in sys.path
        if Path(path).name in ("site-packages", "dist-packages") and Path(path).is_dir()
    ]


def _view(library: Path, hidden: Sequence[Path]) -> dict[str, Any]:
    """Say which files a student's process sees: those of Python, of its packages, and of the course's library."""
    places = [
        *_SHARED,
        sys.prefix,
        sys.base_prefix,
        *_packages(),
        str(Path(sys.executable).resolve().parents[1]),
    ]
    links, read = [], []
    for place in dict.fromkeys(places):
        path = Path(place)
        if path.is_symlink() and path.parent == Path("/"):
            links.append([place, str(path.readlink())])
        elif path.exists():
            read.append(place)
    read = [place for place in read if not any(_is_below(place, other) for other in read if other != place)]
    root = course_root()
    own = [
        Path(__file__).parents[2],
        *(root / name for name in ("solutions", "tests", ".git", "work", "runs")),
    ]
    hide = [
        _seen_at(str(path.resolve()))
        for path in [*own, *hidden]
        if path.is_dir() and any(_is_below(str(path.resolve()), place) for place in read)
    ]
    pairs = [[place, _seen_at(place)] for place in read]
    pairs += [[str(library / name), f"{_IN_VIEW}/{name}"] for name in ("course_lib", "inside")]
    return {"read": pairs, "links": links, "hide": hide}


def _seen_at(place: str) -> str:
    """Return where a student's process sees a folder."""
    return f"/course{place}" if any(_is_below(place, folder) for folder in _SCRATCH) else place


def _is_below(place: str, other: str) -> bool:
    return Path(place).is_relative_to(other)


def _bubblewrap(view: dict[str, Any]) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap is not installed")
    command = [
        program,
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--die-with-parent",
    ]
    command += ["--as-pid-1", "--cap-add", "ALL", "--new-session"]
    folders = {folder for _, target in view["read"] for folder in Path(target).parents if folder != Path("/")}
    for folder in sorted(folders):  # readable by all, which bubblewrap would not make them
        command += ["--perms", "0755", "--dir", str(folder)]
    for source, target in view["read"]:
        command += ["--ro-bind", source, target]
    for path, target in view["links"]:
        command += ["--symlink", target, path]
    for path in view["hide"]:
        command += ["--tmpfs", path]
    return [
        *command,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
        "--chdir",
        "/tmp",
        *_READ_ONLY_AFTER,
    ]


def _environment() -> dict[str, str]:
    """Return a student's environment: nothing of the grader's own comes along."""
    one = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    names = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
    }
    return one | names | {"MPLBACKEND": "Agg", "PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONWARNINGS": "ignore"}


AnyParent = Parent | SpawnedParent
AnyJail = Jail | SpawnedJail


def start_parent(way: str, preload: Sequence[str] = (), hidden: Sequence[Path] = ()) -> AnyParent:
    """Start what opens jails, by one of the ways."""
    if way == "spawn":
        return SpawnedParent(_packages(), _environment())
    return Parent(way, preload, hidden)


# --- The level ---------------------------------------------------------------------------------------------

_PROBE = '''
import os, socket


def probe(secret, parent):
    """Look at what can be seen and done from here."""
    found = []
    if os.path.exists(secret):
        found.append("files")
    if os.getppid() != 1 or os.path.exists(f"/proc/{parent}"):
        found.append("processes")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
        found.append("network")
    except OSError:
        pass
    if not os.path.exists("/proc/self/status"):
        return [*found, "privileges", "system calls"]
    with open("/proc/self/uid_map") as file:
        if os.geteuid() == 0 and file.read().split()[:2] == ["0", "0"]:
            found.append("user")
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    if int(status["CapEff"], 16) or int(status["CapPrm"], 16) or status["NoNewPrivs"].strip() != "1":
        found.append("privileges")
    if status.get("Seccomp", "0").strip() != "2":
        found.append("system calls")
    return found
'''


def probe(parent: AnyParent) -> Level:
    """Look from inside at what a sandbox keeps away."""
    job = answer_job("probe", {1: _PROBE}, [[1, 0], [1, 1]])
    try:
        with parent.open_jail() as opened, opened.run(job, 20, 512 * MEGABYTE) as run:
            run.hear()
            outcome = run.ask({"do": "call", "args": [str(Path(__file__)), os.getpid()]})
    except Stopped as stopped:
        raise SandboxError(f"a probe by way of {parent.way} ended ({stopped.how} {stopped.detail})") from None
    missing = outcome.get("value")
    if not isinstance(missing, list):
        missing = ["files", "processes", "network", "privileges"]
    return Level(parent.way, tuple(str(name) for name in missing))


def answer_job(name: str, cells: dict[int, str], statements: Sequence[Any], **more: Any) -> dict[str, Any]:
    """Return the job of defining an answer and waiting for calls."""
    job = {"job": "answer", "name": name, "cells": cells, "statements": [list(at) for at in statements]}
    return job | {"examples": {}, "answers": {}, "lent": [], "observer": "", "observe": ""} | more


def open_sandbox(asked: str, hidden: Sequence[Path] = ()) -> tuple[AnyParent, Level]:
    """Return a warm parent by the best way that there is, and the level that it gives.

    Args:
        asked: ``auto``, ``require`` or ``none``.
        hidden: folders that no student may see.

    Raises:
        SandboxError: ``require`` was asked for, and no way gives a whole sandbox.
    """
    seen: list[Level] = []
    for way in WAYS if asked != "none" else WAYS[-1:]:
        opened = _try(way, hidden)
        if opened and (opened[1].is_whole or asked == "none"):
            return opened
        if opened:
            opened[0].close()
            seen.append(opened[1])
    if asked == "require":
        best = str(min(seen, key=_gaps)) if seen else "nothing"
        raise SandboxError(f"this machine offers no whole sandbox, only: {best}. Nothing was run.")
    opened = _try(min(seen, key=_gaps).way, hidden) if seen else None
    if opened is None:
        raise SandboxError("no process can be started for students' code.")
    return opened


def _gaps(level: Level) -> int:
    return len(level.missing)


def _try(way: str, hidden: Sequence[Path]) -> tuple[AnyParent, Level] | None:
    try:
        parent = start_parent(way, hidden=hidden)
    except OSError:
        return None
    try:
        parent.wait()
        return parent, probe(parent)
    except OSError:
        parent.close()
        return None
