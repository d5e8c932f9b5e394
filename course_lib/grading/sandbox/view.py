"""What a student's process sees: of the machine's files those that Python needs, and nothing of the grader's own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import course_lib
from course_lib.paths import course_root

LIBRARY = "/course/library"
"""Where a student's process sees the copied library."""

_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/nix/store", "/gnu/store")
_SHARED = (*_SYSTEM, "/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu")
_SCRATCH = ("/tmp", "/dev/shm")  # a jail has its own; what Python needs of the real ones is shown elsewhere
_READ_ONLY_AFTER = ("--remount-ro", "/", "--remount-ro", "/dev")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def packages() -> list[str]:
    """Return the folders of installed packages, without the course's own checkout."""
    return [
        path
        for path in sys.path
        if Path(path).name in ("site-packages", "dist-packages") and Path(path).is_dir()
    ]


def view_of(library: Path, hidden: Sequence[Path]) -> dict[str, Any]:
    """Say which files a student's process sees: those of Python, of its packages, and of the course's library."""
    places = [
        *_SHARED,
        sys.prefix,
        sys.base_prefix,
        *packages(),
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
        Path(course_lib.__file__).parent,
        *(root / name for name in ("solutions", "tests", ".git", "work", "runs")),
    ]
    hide = [
        seen_at(str(path.resolve()))
        for path in [*own, *hidden]
        if path.is_dir() and any(_is_below(str(path.resolve()), place) for place in read)
    ]
    pairs = [[place, seen_at(place)] for place in read]
    pairs += [[str(library / name), f"{LIBRARY}/{name}"] for name in ("course_lib", "inside")]
    return {"read": pairs, "links": links, "hide": hide}


def seen_at(place: str) -> str:
    """Return where a student's process sees a folder."""
    return f"/course{place}" if any(_is_below(place, folder) for folder in _SCRATCH) else place


def _is_below(place: str, other: str) -> bool:
    return Path(place).is_relative_to(other)


def bubblewrap(view: dict[str, Any]) -> list[str]:
    """Return the beginning of a command that runs the rest of it where no more than the view is seen.

    Raises:
        FileNotFoundError: bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bubblewrap is not installed")
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


def environment() -> dict[str, str]:
    """Return a student's environment: nothing of the grader's own comes along."""
    names = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
    }
    names |= {"MPLBACKEND": "Agg", "PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONWARNINGS": "ignore"}
    return dict.fromkeys(_ONE_THREAD, "1") | names
