"""``course lab``: learners work in copies of the notebooks, so that updating the course never changes their work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from urllib.parse import quote

from course_lib.files import atomic_path
from course_lib.paths import course_root

SETTINGS = Path(__file__).with_name("jupyter")
"""Defaults for JupyterLab: no announcements, no question about them, no check for updates.

A learner's first click should be on the lesson. Learners' own settings take precedence."""


def copy_missing_notebooks(notebooks: Path, work: Path) -> list[Path]:
    """Copy each notebook that ``work`` lacks, and return the copies. What is in ``work`` is never touched."""
    copies = []
    work.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(notebooks.glob("*.ipynb")):
        copy = work / notebook.name
        if not copy.exists():
            with atomic_path(copy) as temporary:
                shutil.copyfile(notebook, temporary)
            copies.append(copy)
    return copies


def start_lab(arguments: Sequence[str] = (), root: Path | None = None) -> int:
    """Copy missing notebooks to ``work/``, open JupyterLab there, and return 0 when it is stopped.

    The first time it opens lesson 00, later the place where the learner left off.

    Args:
        arguments: passed on to JupyterLab, such as ``--no-browser``.
        root: folder that holds ``notebooks/`` and ``work/``; by default the course's own.
    """
    root = root or course_root()
    work = root / "work"
    copies = copy_missing_notebooks(root / "notebooks", work)
    print(_what_was_copied(copies, work), flush=True)
    first = next((copy.name for copy in copies if copy.name.startswith("00_")), "")
    return open_lab(work, arguments, first)


def open_lab(folder: Path, arguments: Sequence[str] = (), notebook: str = "") -> int:
    """Open JupyterLab in a folder, and return 0 when it is stopped.

    Args:
        folder: the folder that learners see.
        arguments: passed on to JupyterLab.
        notebook: the notebook of the folder to open; by default what was open the last time.
    """
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    # Not as an argument of its own: that opens a browser on the notebook, but prints the address without it.
    landing = [f"--LabApp.default_url=/lab/tree/{quote(notebook)}"] if notebook else []
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(_config_path())
    with chdir(folder):
        LabApp.launch_instance([*_as_root(), *landing, *arguments])
    return 0


def _config_path() -> list[str]:
    """Return where JupyterLab looks for settings: its usual folders and the course's own."""
    elsewhere = os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)
    return [*(folder for folder in elsewhere if folder not in ("", str(SETTINGS))), str(SETTINGS)]


def _as_root() -> list[str]:
    """Allow root: in a container there is often no other user, and JupyterLab would refuse to start."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _what_was_copied(copies: Sequence[Path], work: Path) -> str:
    if copies:
        return f"Copied to {work}: {', '.join(copy.name for copy in copies)}"
    if any(work.glob("*.ipynb")):
        return f"Your notebooks are in {work}; none was missing."
    return f"There are no notebooks to copy yet; JupyterLab opens in {work}."
