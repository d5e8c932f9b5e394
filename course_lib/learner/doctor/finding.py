"""What the doctor says about one thing that was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]

ICONS: dict[Level, str] = {"ok": "[+]", "note": "[!]", "problem": "[x]"}


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes:
        level: "ok", "note" if it is worth knowing, or "problem" if it stops the course.
        subject: what was checked, in a word or two.
        message: what was found, in one sentence.
        remedy: what to do about it, as a command or a sentence.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""
