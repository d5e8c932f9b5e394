"""What the kernel tells about processes. Where there is no /proc, it is as if they took nothing and slept."""

from __future__ import annotations

import os
from pathlib import Path

_WORKING = "RD"  # on a processor or waiting for one; waiting for the disk


def all_processes() -> list[int]:
    """Return the ids of all processes in view."""
    try:
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    except OSError:
        return []


def descendants(ancestor: int) -> list[int]:
    """Return the ids of the processes that come from one."""
    parents = {pid: int(fields[1]) for pid in all_processes() if (fields := _stat(f"/proc/{pid}"))}
    found, todo = [], [ancestor]
    while todo:
        parent = todo.pop()
        children = [pid for pid, its in parents.items() if its == parent]
        found += children
        todo += children
    return found


def processor_time(process: int) -> float:
    """Return the seconds that a process and its ended children were on a processor."""
    fields = _stat(f"/proc/{process}")
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def is_asleep(process: int) -> bool:
    """Return whether no thread of a process is on a processor, or waits for one or for the disk."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return True
    return not any(fields[0] in _WORKING for thread in threads if (fields := _stat(str(thread))))


def private_memory(process: int) -> int:
    """Return the bytes of memory that a process shares with no file."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def _stat(folder: str) -> list[str]:
    """Return the fields of a process or thread, beginning with its state."""
    try:
        return Path(f"{folder}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
