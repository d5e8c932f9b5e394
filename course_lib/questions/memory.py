"""What a learner answered, and when each question is due again: by FSRS, the scheduler that Anki uses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from fsrs import Card, Rating, Scheduler, State

from course_lib.checking.progress import default_path
from course_lib.files import write_text

FORMER_DAYS = (1, 3, 7, 21, 60)
"""How long a question waited in each of the boxes that an earlier release kept questions in."""

_FORMER_DIFFICULTY = 5.0
_DIGITS = 4
# Whole days, and without chance: two machines that saw the same answers ask on the same day.
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


@dataclass
class Answered:
    """One question's history.

    Attributes:
        day: of its last answer.
        due: the day from which it is asked again: when it is still known with a probability of 0.9.
        stability: FSRS's measure of how well it is known, in days.
        difficulty: FSRS's measure of how hard it is, 1 to 10.
    """

    day: date
    due: date
    stability: float
    difficulty: float

    def merged_with(self, other: Answered) -> Answered:
        """Return the later of two machines' answers; of two on one day the one that is due sooner."""
        return max(self, other, key=lambda answered: (answered.day, -answered.due.toordinal()))


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
        """Take note of an answer. Of several answers on one day the first counts."""
        before = self.answered.get(question_id)
        if before and before.day == today:
            return
        rating = Rating.Good if right else Rating.Again
        card, _ = _SCHEDULER.review_card(_card(before), rating, _midnight(today))
        stability, difficulty = (round(value or 0, _DIGITS) for value in (card.stability, card.difficulty))
        self.answered[question_id] = Answered(today, card.due.date(), stability, difficulty)

    def urgency(self, question_id: str, today: date) -> tuple[int, float]:
        """Return what to sort questions by: those that are due, the least known first; new ones; those that wait."""
        found = self.answered.get(question_id)
        if found is None:
            return 1, 0
        return (0, found.stability) if found.due <= today else (2, (found.due - today).days)

    def entries(self) -> dict[str, Any]:
        """Return all histories as they are written."""
        return {
            name: {
                "day": one.day.isoformat(),
                "due": one.due.isoformat(),
                "stability": one.stability,
                "difficulty": one.difficulty,
            }
            for name, one in sorted(self.answered.items())
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
        if "box" in entry:
            return _of_box(**entry)
        day, due = (_day(entry[name]) for name in ("day", "due"))
        stability, difficulty = (_positive(entry[name]) for name in ("stability", "difficulty"))
        if due < day:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise TypeError(f"its record of the question {question_id!r} is damaged") from None
    return Answered(day, due, stability, difficulty)


def _of_box(box: int, day: str) -> Answered:
    """Return a history that an earlier release wrote: a box, 0 to 4, and a day."""
    if type(box) is not int or not 0 <= box < len(FORMER_DAYS):
        raise ValueError
    answered, waits = _day(day), FORMER_DAYS[box]
    return Answered(answered, answered + timedelta(days=waits), waits, _FORMER_DIFFICULTY)


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError
    return day


def _positive(number: float) -> float:
    if type(number) not in (int, float) or not 0 < number < float("inf"):
        raise ValueError
    return number


def _card(answered: Answered | None) -> Card:
    """Return FSRS's card of a question; a new one if it was never answered."""
    if answered is None:
        return Card(card_id=0)
    return Card(
        card_id=0,
        state=State.Review,
        stability=answered.stability,
        difficulty=answered.difficulty,
        due=_midnight(answered.due),
        last_review=_midnight(answered.day),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
