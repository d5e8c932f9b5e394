"""Lessons on disk: ``NN_slug``, two digits and a few words, whatever the suffix."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"\d\d_[a-z0-9]+(_[a-z0-9]+)*")


def is_lesson_name(name: str) -> bool:
    """Return whether a name is two digits and a slug, such as ``"03_iou_and_dice_by_hand"``."""
    return _NAME.fullmatch(name) is not None


def lesson_number(text: str) -> str:
    """Return the two digits that ``"3"``, ``"03"`` or ``"03_iou_and_dice_by_hand"`` means.

    Raises:
        ValueError: it does not name a lesson.
    """
    digits = text.partition("_")[0]
    if not re.fullmatch(r"\d{1,2}", digits):
        raise ValueError(f"{text!r} is not a lesson: give its number, such as 03.")
    return f"{int(digits):02d}"


def lesson_files(folder: Path, suffix: str) -> list[Path]:
    """Return the files of a folder that are lessons, in the lessons' order, without backups and notes."""
    return sorted(path for path in folder.glob(f"*{suffix}") if is_lesson_name(path.stem))


def lesson_file(folder: Path, lesson: str, suffix: str) -> Path:
    """Return a lesson's file.

    Args:
        folder: where to look.
        lesson: its number, in any form that :func:`lesson_number` takes.
        suffix: such as ``".ipynb"``.

    Raises:
        ValueError: ``lesson`` is not a lesson's number.
        FileNotFoundError: there is no such lesson; the message lists those that exist.
    """
    number = lesson_number(lesson)
    there = lesson_files(folder, suffix)
    for path in there:
        if path.stem.startswith(f"{number}_"):
            return path
    numbers = ", ".join(path.stem[:2] for path in there) or "none at all"
    raise FileNotFoundError(f"There is no lesson {number} in {folder}, which has {numbers}.")
