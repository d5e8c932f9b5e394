"""The result of a check, and the report of it that a learner reads."""

from __future__ import annotations

from dataclasses import dataclass

from course_lib.checking.case import CaseResult
from course_lib.checking.exercise import Exercise
from course_lib.checking.facts import facts_of, masks_of
from course_lib.checking.render import WORDS, Report, as_html, as_text


@dataclass(frozen=True)
class Result:
    """What a check found.

    Attributes:
        exercise: the exercise.
        status: ``"passed"``, ``"failed"``, ``"raised"`` or ``"not attempted"``.
        message: what it means and what to do, in a few plain sentences.
        cases: one for each case that was tried, in order.
        misconception: the name of the one that was recognised, or None; of two, that of the likelier one.
        note: a remark on the check itself, such as that the answer has not changed since the last one.
        told: whether the message says what is wrong in the answer, not only how a value differs.
        where: in which kind of case the answer is wrong and in which it is right, if nothing else is told.
        smallest: a smaller case than all those tried in which it is wrong as well, if nothing else is told.
    """

    exercise: Exercise
    status: str
    message: str
    cases: tuple[CaseResult, ...] = ()
    misconception: str | None = None
    note: str = ""
    told: bool = False
    where: str = ""
    smallest: CaseResult | None = None

    @property
    def passed(self) -> bool:
        """Whether every case was right."""
        return self.status == "passed"

    @property
    def max_score(self) -> float:
        """The points for passing."""
        return float(self.exercise.points)

    @property
    def score(self) -> float:
        """The points for the share of cases that were right."""
        if not self.cases:
            return 0.0
        return round(self.max_score * sum(case.passed for case in self.cases) / len(self.cases), 2)

    @property
    def first_problem(self) -> CaseResult | None:
        """The first case that was not right."""
        return next((case for case in self.cases if not case.passed), None)

    def facts(self, case: CaseResult) -> list[tuple[str, str]]:
        """Return what there is to say about a case: label and text of each fact."""
        return facts_of(self.exercise, case, self.message)

    def report(self) -> Report:
        """Return what a learner reads."""
        sign, word = WORDS[self.status]
        case = self.smallest or self.first_problem
        return Report(
            self.status,
            f"{sign} {word}: {self.exercise.title} ({self.exercise.id})",
            [part for part in (self.message, self.where, self.note) if part],
            self.facts(case) if case else [],
            masks_of(self.exercise, case) if case else {},
            self._tally() if self.cases else "",
            self.exercise.background,
        )

    def text(self) -> str:
        """Return everything that the HTML shows, as plain text."""
        return as_text(self.report())

    def _repr_html_(self) -> str:
        return as_html(self.report())

    def __repr__(self) -> str:
        return self.text()

    def _tally(self) -> str:
        tally = f"{sum(case.passed for case in self.cases)} of {len(self.cases)} cases right"
        if self.passed:
            return f"{tally}; {self.score:g} of {self.max_score:g} points."
        return f'{tally}. Stuck? Run hint("{self.exercise.id}") in a new cell.'
