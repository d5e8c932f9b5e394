"""Where students' code runs: the level of isolation that this machine offers, found by trying.

A *way* is how the walls are put up: ``bubblewrap``, ``namespaces`` (by the kernel, without bubblewrap), ``process``
(only limits and an unprivileged user). Whatever the way, a probe looks from inside at what can be seen and done
there, and that is the level that is reported.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.grading.sandbox.inside.protocol import About, Call, Define, Reply
from course_lib.grading.sandbox.parent import Jail, Parent, SandboxError
from course_lib.grading.sandbox.process import Stopped
from course_lib.grading.sandbox.spawn import SpawnedJail, SpawnedParent
from course_lib.grading.sandbox.view import environment, packages

WAYS = ("bubblewrap", "namespaces", "process") if hasattr(os, "fork") else ("spawn",)
MEGABYTE = 1 << 20

AnyParent = Parent | SpawnedParent
AnyJail = Jail | SpawnedJail


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


def start_parent(way: str, preload: Sequence[str] = (), hidden: Sequence[Path] = ()) -> AnyParent:
    """Start what opens jails, by one of the ways."""
    if way == "spawn":
        return SpawnedParent(packages(), environment())
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
    job = Define("probe", {1: _PROBE}, [(1, 0), (1, 1)])
    try:
        with parent.open_jail() as opened, opened.run(job, 20, 512 * MEGABYTE) as run:
            run.hear(About)
            missing = run.ask(Call((str(Path(__file__)), os.getpid())), Reply).value
    except Stopped as stopped:
        raise SandboxError(f"a probe by way of {parent.way} ended ({stopped.how} {stopped.detail})") from None
    if not isinstance(missing, list):
        missing = ["files", "processes", "network", "privileges"]
    return Level(parent.way, tuple(str(name) for name in missing))


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
