"""One case of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course_lib.checking.calling import Outcome


@dataclass(frozen=True)
class CaseResult:
    """What an answer did in one case.

    Attributes:
        args: the arguments, as they were given.
        expected: the expected value, as plain data.
        outcome: what happened when the answer was called.
        problem: how the outcome differs from what is expected, as a sentence; None where it does not.
        example: the id of the worked example, if it is one.
    """

    args: tuple[Any, ...]
    expected: Any
    outcome: Outcome
    problem: str | None
    example: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer was right in this case."""
        return self.problem is None
