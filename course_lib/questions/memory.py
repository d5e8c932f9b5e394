"""What a learner answered, in boxes: a right answer moves a question to the next box, a wrong one back to the first.

The boxes are those of Leitner (1972): each waits longer than the one before it until its questions are due again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from course_lib.checking.progress import default_path
from course_lib.files import write_text

DAYS = (1, 3, 7, 21, 60)
"""How long a question waits in each box."""


@dataclass
class Answered:
    """One question's history: its box, 0 to 4, and the day of its last answer."""

    box: int
    day: date

    @property
    def due(self) -> date:
        """The day from which it is asked again."""
        return self.day + timedelta(days=DAYS[self.box])

    def merged_with(self, other: Answered) -> Answered:
        """Return the later of two machines' answers; of two on one day the one that is due sooner."""
        return max(self, other, key=lambda answered: (answered.day, -answered.box))


class Memory:
    """All answered questions, kept in ``questions.json`` beside the learner's progress."""

    def __init__(self, path: Path, answered: dict[str, Answered]) -> None:
        self.path = path
        self.answered = answered

    @classmethod
    def load(cls, path: Path | None = None) -> Memory:
        """Read the file; one that is missing or damaged counts as empty."""
        path = path or default_path().with_name("questions.json")
        try:
            return cls(path, read_answered(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            return cls(path, {})

    def note(self, question_id: str, right: bool, today: date) -> None:
        """Move a question to its next box, or back to the first. Of several answers on one day the first counts."""
        before = self.answered.get(question_id)
        if before and before.day == today:
            return
        box = min(before.box + 1, len(DAYS) - 1) if before and right else 1 if right else 0
        self.answered[question_id] = Answered(box, today)

    def urgency(self, question_id: str, today: date) -> tuple[int, int]:
        """Return what to sort questions by: those that are due, the lowest boxes first; new ones; those that wait."""
        found = self.answered.get(question_id)
        if found is None:
            return 1, 0
        return (0, found.box) if found.due <= today else (2, (found.due - today).days)

    def entries(self) -> dict[str, Any]:
        """Return all histories as they are written."""
        return {
            name: {"box": one.box, "day": one.day.isoformat()} for name, one in sorted(self.answered.items())
        }

    def take_in(self, answered: dict[str, Answered]) -> str:
        """Merge another machine's answers in, and save; return a sentence if that was not possible, else nothing."""
        for name, one in answered.items():
            mine = self.answered.get(name)
            self.answered[name] = mine.merged_with(one) if mine else one
        return self.save()

    def save(self) -> str:
        """Write the file; return a sentence if that was not possible, else nothing."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps(self.entries(), indent=1) + "\n")
        except OSError as error:
            return f"Your answers could not be kept in {self.path} ({error})."
        return ""


def read_answered(entries: Any) -> dict[str, Answered]:
    """Return each question's history.

    Args:
        entries: what :meth:`Memory.entries` returns.

    Raises:
        TypeError: these are not histories; the message says which one is not.
    """
    if not isinstance(entries, dict):
        raise TypeError("its questions are not listed by their ids")
    return {name: _answered(name, entry) for name, entry in entries.items()}


def _answered(question_id: str, entry: Any) -> Answered:
    try:
        box, day = entry["box"], date.fromisoformat(entry["day"])
        if type(box) is not int or not 0 <= box < len(DAYS):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise TypeError(f"its record of the question {question_id!r} is damaged") from None
    return Answered(box, day)
