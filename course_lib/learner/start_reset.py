"""``course start`` and ``course reset``: a learner's copy of a lesson."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from course_lib.files import atomic_path
from course_lib.learner.lab import copy_missing_notebooks, open_lab
from course_lib.lessons import lesson_file
from course_lib.paths import course_root


def start(lesson: str, arguments: Sequence[str] = (), root: Path | None = None) -> int:
    """Copy missing notebooks to ``work/`` and open JupyterLab on a lesson.

    Args:
        lesson: the lesson's number.
        arguments: passed on to JupyterLab, such as ``--no-browser``.
        root: folder that holds ``notebooks/`` and ``work/``; by default the course's own.

    Raises:
        FileNotFoundError: there is no such lesson.
    """
    root = root or course_root()
    notebook = lesson_file(root / "notebooks", lesson, ".ipynb")
    copy_missing_notebooks(root / "notebooks", root / "work")  # all of them: lessons link to each other
    print(f"Your notebook is {root / 'work' / notebook.name}", flush=True)
    return open_lab(root / "work", arguments, notebook.name)


def reset(lesson: str, root: Path | None = None) -> tuple[Path, Path | None]:
    """Replace a learner's notebook by the one that was handed out.

    Returns:
        The notebook, and the backup of what it held; None if the learner had not changed it.

    Raises:
        FileNotFoundError: there is no such lesson.
    """
    root = root or course_root()
    original = lesson_file(root / "notebooks", lesson, ".ipynb")
    mine = root / "work" / original.name
    backup = None
    if mine.exists() and mine.read_bytes() != original.read_bytes():
        backup = _free_name(mine)
        _copy(mine, backup)
    _copy(original, mine)
    return mine, backup


def _free_name(notebook: Path) -> Path:
    """Return a name for a backup that is not taken: two may be made within a second."""
    stem = f"{notebook.stem}.backup-{datetime.now():%Y%m%d-%H%M%S}"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(path for name in names if not (path := notebook.with_name(f"{name}.ipynb")).exists())


def _copy(source: Path, target: Path) -> None:
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
