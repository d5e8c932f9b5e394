"""Where the course keeps the data that it draws and downloads, and the runs that it trains."""

from __future__ import annotations

import os
from pathlib import Path


def course_root() -> Path:
    """Return the folder that holds ``notebooks/`` and ``data/``.

    It is the folder that ``COURSE_ROOT`` names, for an installation that many share; else the checkout; else the
    current folder.
    """
    named = os.environ.get("COURSE_ROOT")
    if named:
        return Path(named).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def data_home() -> Path:
    """Return the folder for data sets and caches, which git ignores."""
    return course_root() / "data"
