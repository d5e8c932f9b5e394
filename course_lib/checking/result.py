"""The outcome of a check, apart from how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course_lib.checking.calling import Outcome
from course_lib.checking.exercise import Exercise


@dataclass(frozen=True)
class CaseResult:
    """One case of a check.

    Attributes:
        args: the arguments, as they were given.
        expected: plain data.
        outcome: what came of the call.
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
        """Whether the answer was right here."""
        return self.problem is None


@dataclass(frozen=True)
class Result:
    """What a check found.

    Attributes:
        exercise: the exercise.
        status: ``"passed"``, ``"failed"``, ``"raised"`` or ``"not attempted"``.
        message: what it means and what to do, in a few plain sentences.
        cases: one for each case that was tried, in their order.
        misconception: the name of the one that was recognised, or None.
        note: something about the check itself, such as that nothing has changed since the last one.
    """

    exercise: Exercise
    status: str
    message: str
    cases: tuple[CaseResult, ...] = ()
    misconception: str | None = None
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether every case was right."""
        return self.status == "passed"

    @property
    def max_score(self) -> float:
        """What passing is worth."""
        return float(self.exercise.points)

    @property
    def score(self) -> float:
        """Return the points for the share of cases that were right."""
        if not self.cases:
            return 0.0
        return round(self.max_score * sum(case.passed for case in self.cases) / len(self.cases), 2)

    @property
    def first_problem(self) -> CaseResult | None:
        """The first case that was not right."""
        return next((case for case in self.cases if not case.passed), None)

    def text(self) -> str:
        """Return everything that the HTML shows, as plain text."""
        from course_lib.checking.render import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from course_lib.checking.render import as_html

        return as_html(self)

    def __repr__(self) -> str:
        return self.text()
