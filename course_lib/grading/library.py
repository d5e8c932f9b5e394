"""The library as a student's process sees it: a copy without references, grading and authoring."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import course_lib

_HIDDEN = ("exercises", "grading", "authoring")
_PREFIX = "course-library-"
_HIDDEN_FILES = ("cli.py", "__main__.py", "learner.py", "lab.py", "kernel.py", "doctor.py", "notebook.py")


def copy_library() -> Path:
    """Copy what a student's code may import to a new folder, and what runs it; return the folder."""
    source = Path(course_lib.__file__).parent
    _remove_left_over()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    shutil.copytree(source, folder / "course_lib", ignore=_ignored(source))
    shutil.copytree(
        source / "grading" / "inside", folder / "inside", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "inside" / "notebook_stub.py").rename(folder / "course_lib" / "notebook.py")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def _remove_left_over() -> None:
    """Remove copies whose graders were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _ignored(source: Path) -> Callable[[str, list[str]], list[str]]:
    def ignore(folder: str, names: list[str]) -> list[str]:
        at_top = Path(folder) == source
        return [
            name
            for name in names
            if name == "__pycache__" or (at_top and (name in _HIDDEN or name in _HIDDEN_FILES))
        ]

    return ignore
