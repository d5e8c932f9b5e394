"""How a class is graded, and what a lesson needs for it."""

from __future__ import annotations

from dataclasses import dataclass

from course_lib.exercises import OUTLINE
from course_lib.grading.scoring.cases import uses_torch

_LEAST_MEMORY = 64


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Attributes:
        seed: of the hidden cases.
        sandbox: ``auto``, ``require`` or ``none``.
        deadline: seconds on a processor for each exercise; None for 2 for plain ones, and the exercise's own where
            torch is used.
        memory: megabytes that an answer may take.
    """

    seed: int
    sandbox: str = "auto"
    deadline: float | None = None
    memory: int = 2048

    def __post_init__(self) -> None:
        if self.deadline is not None and not self.deadline > 0:
            raise ValueError(
                f"The deadline is {self.deadline:g}, but it must be a number of seconds above 0."
            )
        if self.memory < _LEAST_MEMORY:
            raise ValueError(
                f"The memory is {self.memory}, but an answer needs {_LEAST_MEMORY} megabytes or more."
            )


def needs_torch(assignment: str) -> bool:
    """Return whether a lesson's exercises use torch; torch itself is not imported to find out."""
    return uses_torch(OUTLINE.with_name(f"l{assignment}"))
