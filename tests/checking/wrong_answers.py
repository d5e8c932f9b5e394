"""Wrong answers that a class wrote, with one mistake or two, each with the id of its exercise."""

from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]


class WrongAnswers:
    """What `one` and `two` have collected, used as decorators of the answers."""

    def __init__(self) -> None:
        self.single: list[tuple[str, Answer]] = []
        self.double: list[tuple[str, Answer]] = []

    def one(self, exercise_id: str) -> Callable[[Answer], Answer]:
        """Add an answer with one mistake."""
        return lambda answer: self.single.append((exercise_id, answer)) or answer

    def two(self, exercise_id: str) -> Callable[[Answer], Answer]:
        """Add an answer with two mistakes."""
        return lambda answer: self.double.append((exercise_id, answer)) or answer
