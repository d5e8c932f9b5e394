"""Where the course keeps what it draws, downloads, and trains."""

from __future__ import annotations

import os
from pathlib import Path


def course_root() -> Path:
    """Return the folder that holds ``notebooks/`` and ``data/``.

    It is what ``COURSE_ROOT`` names, where many share one installation; else the checkout; else the current folder.
    """
    named = os.environ.get("COURSE_ROOT")
    if named:
        return Path(named).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def data_home() -> Path:
    """Return the folder for data sets and caches, which git ignores."""
    return course_root() / "data"
