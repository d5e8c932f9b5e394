"""Which small change would mend an answer? So what is told of a mistake is proved: with it mended, the cases are right.

The changed answers are the learner's own code, so they run only where that code runs anyway: in the learner's process.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import to_plain
from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.problem import problem_of
from course_lib.checking.recognise.budget import Budget
from course_lib.checking.recognise.expressions import NAMED
from course_lib.checking.recognise.proposals import expression_repairs, unused_arguments
from course_lib.checking.recognise.repair import Repair
from course_lib.checking.recognise.slips import SLIPS
from course_lib.checking.recognise.source import Source
from course_lib.checking.recognise.statements import copied_argument, statement_repairs

_PROBES = 3  # wrong cases on which every change is tried
_COSTLY = 0.002  # seconds: of answers that take longer in one case, only one case is tried at first
_ONE_CHANGE = 0.05  # seconds that an answer with `while` may take after a change
_FOLLOWED = 6  # changes that mend some of the cases, and are followed up


@dataclass(frozen=True)
class Step:
    """A change that mends some of the wrong cases and spoils none of the right ones.

    Attributes:
        repair: the change.
        sentence: what is then true of the answer.
        outcomes: of the changed answer, one for each case.
        mended: how many of the wrong cases are right with it.
        wrong: how many were wrong.
    """

    repair: Repair
    sentence: str
    outcomes: tuple[Outcome, ...]
    mended: int
    wrong: int

    @property
    def says_enough(self) -> bool:
        """Whether the change is not chance: it undoes a well-known mistake, or mends most of the wrong cases."""
        return self.repair.is_named or 2 * self.mended >= self.wrong


class Mender:
    """Looks for small changes that mend an answer."""

    def __init__(
        self,
        exercise: Exercise,
        source: Source,
        cases: Sequence[CaseResult],
        more: Callable[[], Sequence[CaseResult]],
    ) -> None:
        """Prepare the search.

        Args:
            exercise: the exercise.
            source: the answer's own code.
            cases: what it did.
            more: draws further cases, in which a change must hold as well.
        """
        self._exercise, self._source, self._cases, self._more = exercise, source, cases, more
        self._wrong = sorted((case for case in cases if not case.passed), key=_size)
        self._right = [case for case in cases if case.passed]
        self._may_not_end = any(isinstance(node, ast.While) for node in ast.walk(source.tree))
        self.steps: list[Step] = []

    def can_be_run(self) -> bool:
        """Return whether the answer, defined once more from its source, does what it did."""
        answer = self._source.run()
        if answer is None:
            return False
        first = self._wrong[0]
        began = time.process_time()
        same = first.outcome.agrees_with(self._try(answer, first), self._exercise.tolerance)
        self._probes = _diverse(self._wrong, 1 if time.process_time() - began > _COSTLY else _PROBES)
        return same

    def one_change(self, is_named: bool, budget: Budget) -> str | None:
        """Return what is true of the answer if one change mends it; take note of changes that mend a part.

        Args:
            is_named: whether the changes are those of well-known mistakes, or any others.
            budget: what the search may cost.
        """
        repairs = self._named() if is_named else self._slips()
        promising: list[tuple[int, Repair]] = []
        for repair in repairs:
            if budget.is_used:
                break
            with repair.applied():
                answer = self._source.run()
                probed = self._probed(answer) if answer else 0
                if answer and probed == len(self._probes) and self._mends_all(answer):
                    found = repair
                elif probed:
                    promising.append((probed, repair))
                    continue
                else:
                    continue
            return found.said()
        promising.sort(key=lambda pair: -pair[0])
        for _, repair in promising[:_FOLLOWED]:
            self._take_note(repair, budget)
        return None

    def two_changes(self, budget: Budget) -> tuple[str, str] | None:
        """Return what is true of the answer if one of the noted changes and a second one mend it."""
        own = {id(node) for node in ast.walk(self._source.tree)}
        for step in self.best_steps():
            found = self._second(step, budget)
            if found and id(found.place) in own:
                return step.sentence, found.said()
        return None

    def best_steps(self) -> list[Step]:
        """Return the noted changes, those first that mend most."""
        return sorted(self.steps, key=lambda step: (-step.mended, not step.repair.is_named))[:_FOLLOWED]

    def _second(self, step: Step, budget: Budget) -> Repair | None:
        left = [
            case
            for case, outcome in zip(self._cases, step.outcomes, strict=True)
            if self._problem(case, outcome)
        ]
        probes = _diverse(sorted(left, key=_size), 2)
        with step.repair.applied():
            for repair in [*self._named(), *self._slips()]:
                if budget.is_used:
                    return None
                with repair.applied():
                    answer = self._source.run()
                    if (
                        answer
                        and all(self._is_right(answer, case) for case in probes)
                        and self._mends_all(answer)
                    ):
                        return repair
        return None

    def _named(self) -> Iterator[Repair]:
        tree = self._source.tree
        yield from unused_arguments(tree)
        for name in dict.fromkeys(name for case in self._cases for name in case.outcome.changed):
            copied = copied_argument(tree, name)
            if copied:
                yield copied
        yield from expression_repairs(tree, NAMED, is_named=True)
        yield from (repair for repair in statement_repairs(tree) if repair.is_named)

    def _slips(self) -> Iterator[Repair]:
        tree = self._source.tree
        yield from (repair for repair in statement_repairs(tree) if not repair.is_named)
        yield from expression_repairs(tree, SLIPS, is_named=False)

    def _probed(self, answer: Answer) -> int:
        """Return how many of the probes are right; none if a loop does not end any more."""
        if not self._may_not_end:
            return sum(self._is_right(answer, case) for case in self._probes)
        try:
            with deadline(_ONE_CHANGE):
                return sum(self._is_right(answer, case) for case in self._probes)
        except DeadlineExceeded:
            return 0

    def _take_note(self, repair: Repair, budget: Budget) -> None:
        with repair.applied():
            answer = self._source.run()
            if answer is None:
                return
            outcomes = []
            for case in self._cases:
                outcomes.append(self._try(answer, case))
                if budget.is_used or (case.passed and self._problem(case, outcomes[-1])):
                    return
        mended = sum(
            not case.passed and not self._problem(case, outcome)
            for case, outcome in zip(self._cases, outcomes, strict=True)
        )
        self.steps.append(Step(repair, repair.said(), tuple(outcomes), mended, len(self._wrong)))

    def _mends_all(self, answer: Answer) -> bool:
        if not all(self._is_right(answer, case) for case in (*self._wrong, *self._right)):
            return False
        return all(self._is_right(answer, case) for case in self._more())

    def _is_right(self, answer: Answer, case: CaseResult) -> bool:
        return self._problem(case, self._try(answer, case)) is None

    def _try(self, answer: Answer, case: CaseResult) -> Outcome:
        return outcome_of(self._exercise, answer, case.args)

    def _problem(self, case: CaseResult, outcome: Outcome) -> str | None:
        try:
            return problem_of(self._exercise, _expected(case.expected), outcome)
        except Exception:  # a changed answer may return anything
            return "It cannot be compared."


def _expected(value: Any) -> Outcome:
    return Outcome("returned", value, needs_grad=True)


def _size(case: CaseResult) -> int:
    return sum(len(str(to_plain(argument))) for argument in case.args)


def _diverse(cases: Sequence[CaseResult], at_most: int) -> list[CaseResult]:
    """Return a few cases, from the smallest to the largest, that differ in what is expected."""
    different = {str(case.expected): case for case in reversed(cases)}
    chosen = list(reversed(different.values()))
    if len(chosen) <= at_most:
        return chosen
    return [chosen[round(number * (len(chosen) - 1) / max(at_most - 1, 1))] for number in range(at_most)]
