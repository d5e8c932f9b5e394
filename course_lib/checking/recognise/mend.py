"""Which small change would mend an answer? So what is told of a mistake is proved: with it mended, the cases are right.

The changed answers are the learner's own code, so they run only where that code runs anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.exercise import Exercise
from course_lib.checking.recognise.budget import Budget
from course_lib.checking.recognise.changes import known_repairs, slips
from course_lib.checking.recognise.closeness import Rightness
from course_lib.checking.recognise.endless import is_endless
from course_lib.checking.recognise.pairs import are_two, both_changes, may_hide
from course_lib.checking.recognise.proposals import is_of_an_argument_in_use
from course_lib.checking.recognise.repair import Repair
from course_lib.checking.recognise.scope import scope_of
from course_lib.checking.recognise.source import Own, Tried
from course_lib.checking.recognise.steps import Probed, Step, diverse, size_of_case

_FOLLOWED = 6  # changes that mend some of the cases, and are followed up
_ENOUGH = 4  # probes that a change does not help: it is tried on no more of them
_LEAST_GAIN = 1e-9


class Mender:
    """Looks for small changes that mend an answer."""

    def __init__(
        self,
        exercise: Exercise,
        own: Own,
        cases: Sequence[CaseResult],
        more: Callable[[], Sequence[CaseResult]],
        probes: int,
    ) -> None:
        """Prepare the search.

        Args:
            exercise: the exercise.
            own: the answer's own code.
            cases: what it did.
            more: draws further cases, in which a change must hold as well.
            probes: the number of wrong cases on which every change is tried.
        """
        self._exercise, self._own, self._cases, self._more = exercise, own, cases, more
        self._wrong = sorted((case for case in cases if not case.passed), key=size_of_case)
        self._right = [case for case in cases if case.passed]
        self._probes = diverse(self._wrong, probes)
        self._rightness = Rightness(exercise)
        self._known: list[Probed] = []
        self.steps: list[Step] = []

    def can_be_run(self) -> bool:
        """Return whether the answer, defined once more from its source, does what it did."""
        tried = self._define()
        first = self._wrong[0]
        return tried is not None and first.outcome.agrees_with(tried(first.args), self._exercise.tolerance)

    def one_change(self, is_named: bool, budget: Budget) -> str | None:
        """Return what is true of the answer if one change mends it; take note of changes that mend a part.

        Args:
            is_named: whether the changes are those of well-known mistakes, or any others.
            budget: what the search may cost.
        """
        known = []
        for repair in self._changes(is_named):
            if budget.is_used:
                break
            with repair.applied():
                probed = self._probe(repair, budget)
                is_mended = probed is not None and self._is_mended(probed)
            if is_mended:
                return repair.said()  # only now does its place hold the learner's own code again
            if probed:
                known.append(probed)
        self._known += known
        helpful = [one for one in known if one.gain > _LEAST_GAIN]
        for one in sorted(helpful, key=lambda one: -one.gain)[:_FOLLOWED]:
            self._take_note(one.repair, budget)
        return None

    def after(self, repair: Repair) -> Step:
        """Return what a change comes to in all cases, even if it spoils some that were right."""
        step = self._step(repair, may_spoil=True)
        return step or Step(repair, repair.said(), (), 0, 0, len(self._wrong), 0.0)

    def mends(self, repair: Repair) -> bool:
        """Return whether the answer is right everywhere after a change."""
        with repair.applied():
            tried = self._define()
            return tried is not None and self._is_right_everywhere(tried)

    def second(self, step: Step, budget: Budget) -> str | None:
        """Return what is true of the answer if a noted change and a second one mend it."""
        places = {id(node) for node in ast.walk(self._own.tree)}
        found = self._second(step, budget)
        return both_changes(step.repair, found) if found and id(found.place) in places else None

    def two_changes(self, budget: Budget) -> str | None:
        """Return what is true of the answer if one of the noted changes and a second one mend it."""
        found = (self.second(step, budget) for step in self.best_steps())
        return next(filter(None, found), None)

    def two_blind_changes(self, budget: Budget) -> str | None:
        """Return what is true of the answer if two changes mend it, neither of which shows without the other."""
        live = sorted(
            (one.repair for one in self._known if self._shows(one)), key=lambda one: not one.is_named
        )
        for total in range(1, 2 * len(live)):  # the likeliest ones with each other first
            for number in range(max(0, total - len(live) + 1), (total + 1) // 2):
                first, second = live[number], live[total - number]
                if budget.is_used:
                    return None
                if may_hide(first, second) and self._mend(first, second, budget):
                    return both_changes(first, second)
        return None

    def changed_into(
        self, is_known: Callable[[Sequence[CaseResult], Sequence[Outcome]], bool]
    ) -> Iterator[Step]:
        """Yield well-known changes that make nothing worse and turn the answer into something that is known.

        Args:
            is_known: whether these outcomes of some cases are those of an idea.
        """
        for one in self._known:
            if (
                one.repair.is_named
                and self._shows(one)
                and is_known(self._probes[: len(one.outcomes)], one.outcomes)
            ):
                step = self._step(one.repair)
                if step and step.gain > -_LEAST_GAIN and not self._spoils(step):
                    yield step

    def _spoils(self, step: Step) -> bool:
        """Return whether a change spoils a part of a value: then it may have made the mistake itself."""
        pairs = zip(self._cases, step.outcomes, strict=True)
        return any(self._rightness.spoils(case, outcome) for case, outcome in pairs)

    def best_steps(self) -> list[Step]:
        """Return the noted changes, those first that mend most."""
        order = sorted(self.steps, key=lambda step: (-step.mended, not step.repair.is_named, -step.gain))
        return order[:_FOLLOWED]

    def _mend(self, first: Repair, second: Repair, budget: Budget) -> bool:
        with first.applied(), second.applied():
            budget.spend()
            tried = self._define()
            return tried is not None and self._is_right_everywhere(tried)

    def _second(self, step: Step, budget: Budget) -> Repair | None:
        pairs = zip(self._cases, step.outcomes, strict=True)
        left = [case for case, outcome in pairs if not self._rightness.is_right(case, outcome)]
        probes = diverse(sorted(left, key=size_of_case), 2)
        unused = scope_of(self._own.tree).unused  # in the answer as it is, and not after the first change
        with step.repair.applied():
            for repair in chain(self._changes(is_named=True), self._changes(is_named=False)):
                if budget.is_used:
                    return None
                if not are_two(step.repair, repair) or is_of_an_argument_in_use(repair, unused):
                    continue
                with repair.applied():
                    budget.spend(2)
                    tried = self._define()
                    if tried and self._are_right(tried, probes) and self._is_right_everywhere(tried):
                        return repair
        return None

    def _define(self) -> Tried | None:
        return None if is_endless(self._own.tree) else self._own.define()

    def _changes(self, is_named: bool) -> Iterator[Repair]:
        if is_named:
            return known_repairs(self._exercise, self._own.tree, self._cases)
        return slips(self._own.tree)

    def _probe(self, repair: Repair, budget: Budget) -> Probed | None:
        """Try the change that is made on the probes."""
        budget.spend()
        tried = self._define()
        if tried is None:
            return None
        outcomes: list[Outcome] = []
        gain = 0.0
        for case in self._probes:
            if len(outcomes) == _ENOUGH and gain <= _LEAST_GAIN:
                break
            budget.spend()
            outcomes.append(tried(case.args))
            gain += self._rightness.gain(case, outcomes[-1])
        return Probed(repair, tuple(outcomes), gain)

    def _shows(self, probed: Probed) -> bool:
        """Return whether a change changes anything, and does not break the answer."""
        before = [case.outcome for case in self._probes]
        pairs = list(zip(before, probed.outcomes, strict=False))
        is_broken = all(new.status == "raised" and old.status != "raised" for old, new in pairs)
        return not is_broken and not all(new.agrees_with(old, 0) for old, new in pairs)

    def _is_mended(self, probed: Probed) -> bool:
        some = len(probed.outcomes) < len(self._probes)
        if some or not all(map(self._rightness.is_right, self._probes, probed.outcomes)):
            return False
        tried = self._define()
        return tried is not None and self._is_right_everywhere(tried)

    def _take_note(self, repair: Repair, budget: Budget) -> None:
        budget.spend(len(self._cases))
        step = self._step(repair)
        if step and step.gain > _LEAST_GAIN:
            self.steps.append(step)

    def _step(self, repair: Repair, may_spoil: bool = False) -> Step | None:
        """Return what a change comes to in all cases; None if it spoils one that is right, unless it may."""
        outcomes, gain, mended = [], 0.0, []
        with repair.applied():
            tried = self._define()
            if tried is None:
                return None
            for case in self._cases:
                outcomes.append(tried(case.args))
                is_right = self._rightness.is_right(case, outcomes[-1])
                if case.passed and not is_right and not may_spoil:
                    return None
                mended += [str(case.expected)] if is_right and not case.passed else []
                gain += self._rightness.gain(case, outcomes[-1])
        return Step(
            repair, repair.said(), tuple(outcomes), len(mended), len(set(mended)), len(self._wrong), gain
        )

    def _is_right_everywhere(self, tried: Tried) -> bool:
        return self._are_right(tried, (*self._wrong, *self._right)) and self._are_right(tried, self._more())

    def _are_right(self, tried: Tried, cases: Sequence[CaseResult]) -> bool:
        return all(self._rightness.is_right(case, tried(case.args)) for case in cases)
