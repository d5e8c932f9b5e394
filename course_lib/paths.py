"""Where the course keeps what it draws, downloads, and trains."""

from __future__ import annotations

from pathlib import Path


def course_root() -> Path:
    """Return the folder that holds ``notebooks/`` and ``data/``: the checkout, or else the current folder."""
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def data_home() -> Path:
    """Return the folder for data sets and caches, which git ignores."""
    return course_root() / "data"
