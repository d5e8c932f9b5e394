"""Look for what explains a wrong answer, from what is certain and says most to what says least."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from course_lib.checking.calling import outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.exercise import Answer, Exercise, Misconception, call
from course_lib.checking.recognise.budget import Budget, calls_for
from course_lib.checking.recognise.certain import sure_repairs
from course_lib.checking.recognise.choices import is_a_choice, wrong_choices
from course_lib.checking.recognise.compose import composed
from course_lib.checking.recognise.errors import meaning_of_errors, meaning_of_some_errors, missing_import
from course_lib.checking.recognise.facts import unused_argument
from course_lib.checking.recognise.forms import wrong_form
from course_lib.checking.recognise.ideas import Ideas, Try
from course_lib.checking.recognise.mend import Mender, Step
from course_lib.checking.recognise.owned import owned
from course_lib.checking.recognise.pairs import both, picks_among_equals, serves_several
from course_lib.checking.recognise.seen import PARTLY, odd_in_the_code, seen_in_the_run
from course_lib.checking.recognise.source import Own
from course_lib.checking.recognise.steps import further_cases
from course_lib.checking.recognise.told import Told, both_told, told

_PROBES = 8  # wrong cases at most on which every change is tried
_CALLS_FOR_A_PROBE = 150  # of all that may be made: with few, a change is tried on few
_VALUES = 2  # different ones that a change must set right if it is told though something else is left
_CALLS_FOR_SLIPS = 1300  # at most, to find a change that undoes no well-known mistake
_CALLS_FOR_TWO = 800  # at most, to find two changes; what is found is found with fewer
_SEEDS = range(40_961, 40_967)  # of further cases
_CALLS_FOR_A_SEED = 300  # of all that may be made: with few, an idea is confirmed in fewer cases


def recognise(
    exercise: Exercise, cases: Sequence[CaseResult], outcome: Try = outcome_of, own: Own | None = None
) -> Told | None:
    """Return what explains a wrong answer, or None. It depends on no clock.

    Args:
        exercise: the exercise.
        cases: what the answer did, at least one of them wrong.
        outcome: tries a misconception on the arguments of a case.
        own: the answer's own code, and what runs it after a change; without it only ideas are told.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a changed answer may do odd things, and they are not the learner's
        return _Search(exercise, cases, outcome, own).run()


class _Search:
    """One search for what explains a wrong answer."""

    def __init__(
        self, exercise: Exercise, cases: Sequence[CaseResult], outcome: Try, own: Own | None
    ) -> None:
        self._exercise, self._cases, self._outcome = exercise, cases, outcome
        self._own = None if is_a_choice(cases) else own
        self._ideas = Ideas(exercise, cases, outcome)
        self._calls = calls_for(exercise, own)

    def run(self) -> Told | None:
        mender = self._mender()
        sure = self._sure_slip(mender)
        if sure:
            return sure
        exact = self._ideas.that_agrees([case.outcome for case in self._cases])
        if exact:
            other = self._by_one_change(mender) if mender and not self._ideas.fails_alike(exact) else None
            return other or told(exact)
        seen = missing_import(self._cases) or seen_in_the_run(self._cases)
        if seen:
            return Told(seen)
        if is_a_choice(self._cases):
            return wrong_choices(self._ideas, self._cases) or self._shown()
        return (self._by_changes(mender) if mender else self._by_ideas()) or self._shown()

    def _sure_slip(self, mender: Mender | None) -> Told | None:
        """Return a slip that nobody means, and what else is wrong where that is found."""
        repair = next(sure_repairs(self._own.tree), None) if self._own else None
        if repair is None:
            return None
        if mender is None:
            return Told(PARTLY.format(repair.said()), partly=True)
        if mender.mends(repair):
            return Told(repair.said())
        step = mender.after(repair)
        idea = self._ideas.that_agrees(step.outcomes) if step.outcomes else None
        if idea:
            return Told(both(step.sentence, idea.sentence), (idea.name,))
        two = mender.second(step, Budget(self._calls)) if step.outcomes else None
        return Told(two) if two else Told(PARTLY.format(step.sentence), partly=True)

    def _mender(self) -> Mender | None:
        """Return what looks for changes, if the answer's code can be run again in time and does the same."""
        if self._own is None or self._calls <= _PROBES:
            return None
        probes = min(_PROBES, 1 + self._calls // _CALLS_FOR_A_PROBE)
        mender = Mender(self._exercise, self._own, self._cases, lambda: self._further, probes)
        return mender if mender.can_be_run() else None

    def _by_changes(self, mender: Mender) -> Told | None:
        """Try changes of the answer beside the ideas."""
        return (
            self._one_change(mender, is_named=True)
            or self._one_idea()
            or self._one_change(mender, is_named=False)
            or self._two_ideas()
            or self._change_and_idea(mender)
            or self._two_changes(mender)
            or self._a_part(mender.best_steps())
        )

    def _by_one_change(self, mender: Mender) -> Told | None:
        return self._one_change(mender, is_named=True) or self._one_change(mender, is_named=False)

    def _by_ideas(self) -> Told | None:
        return self._one_idea() or self._two_ideas() or self._a_part(())

    def _one_change(self, mender: Mender, is_named: bool) -> Told | None:
        calls = self._calls if is_named else min(self._calls, _CALLS_FOR_SLIPS)
        sentence = mender.one_change(is_named, Budget(calls))
        return Told(sentence) if sentence else None

    def _one_idea(self) -> Told | None:
        idea = self._ideas.that_explains()
        holds = idea and not any(ideas.unexplained((idea.name,)) for ideas in self._further_ideas())
        return told(idea) if idea and holds else None

    def _two_ideas(self) -> Told | None:
        return self._composed_ideas() or self._ideas_side_by_side()

    def _composed_ideas(self) -> Told | None:
        """Return the two ideas that come to the answer where one answer has both."""
        budget = Budget(self._calls)
        for pair in composed(self._exercise):
            if self._is(pair.answer, self._cases, budget):
                further = self._further_tried
                if self._is(pair.answer, further, Budget(len(further) + 1)):
                    return both_told(*map(told, self._likelier_first(pair.ideas)))
        return None

    def _is(self, answer: Answer, cases: Sequence[CaseResult], budget: Budget) -> bool:
        """Return whether an answer does in all cases what the learner's does."""
        for case in cases:
            budget.spend()
            if budget.is_used:
                return False
            outcome = self._outcome(self._exercise, answer, case.args)
            if not case.outcome.agrees_with(outcome, self._exercise.tolerance):
                return False
        return True

    def _likelier_first(self, pair: tuple[Misconception, Misconception]) -> Sequence[Misconception]:
        return sorted(pair, key=lambda idea: -self._ideas.wrong_cases(idea))

    def _ideas_side_by_side(self) -> Told | None:
        pair = self._ideas.pair_that_explains(Budget(self._calls))
        if pair is None:
            return None
        names = pair[0].name, pair[1].name
        holds = not any(ideas.unexplained(names) for ideas in self._further_ideas())
        return both_told(*map(told, pair)) if holds else None

    def _change_and_idea(self, mender: Mender) -> Told | None:
        """Return a change and the idea that the answer has left after it."""
        steps = [step for step in mender.best_steps() if step.says_enough and step.repair.is_named]
        known = mender.changed_into(
            lambda cases, outcomes: self._ideas.that_agrees(outcomes, cases) is not None
        )
        for step in [*steps, *known]:
            if self._own and serves_several(self._own.tree, step.repair):
                continue
            idea = self._ideas.that_agrees(step.outcomes)
            if idea and (self._shows_itself(step) or self._ideas.values_shared_with(idea) >= _VALUES):
                return both_told(Told(step.sentence), told(idea))
        return None

    def _shows_itself(self, step: Step) -> bool:
        """Return whether a change mends something by itself: else it may have made the mistake of the idea."""
        if isinstance(
            step.repair.place, ast.Slice
        ):  # with it gone, nothing is cut out, which may be the idea
            return False
        return step.values >= (_VALUES if step.repair.is_of_flow else 1)

    def _two_changes(self, mender: Mender) -> Told | None:
        budget = Budget(min(self._calls, _CALLS_FOR_TWO))
        two = mender.two_changes(budget) or mender.two_blind_changes(budget)
        return Told(two) if two else None

    def _a_part(self, steps: Sequence[Step]) -> Told | None:
        """Return what is surely wrong where something else is wrong as well."""
        tree = self._own.tree if self._own else ast.Module([], [])
        sure = (step for step in steps if not (step.repair.is_vague or picks_among_equals(tree, step.repair)))
        step = next((step for step in sure if step.says_enough and step.values >= _VALUES), None)
        if step:
            return Told(PARTLY.format(step.sentence), partly=True)
        shown = self._owned_ideas()
        if shown:
            return shown
        if len(self._cases) * len(self._exercise.misconceptions) > self._calls:
            return None
        idea = self._ideas.that_explains_most()
        if idea is None or not all(ideas.explains_mostly(idea.name) for ideas in self._further_ideas()):
            return None
        return Told(PARTLY.format(idea.sentence), (idea.name,), partly=True)

    def _owned_ideas(self) -> Told | None:
        """Return one or two ideas that show in what they alone spoil, while something else is wrong."""
        found = owned(self._ideas, self._cases)[:2]
        if not found or any(
            idea not in owned(ideas, self._further_tried) for ideas in self._further_ideas() for idea in found
        ):
            return None
        said = both_told(*map(told, found)) if len(found) == 2 else told(found[0])
        return Told(PARTLY.format(said.sentence), said.ideas, partly=True)

    def _shown(self) -> Told | None:
        """Return what the errors or the form of the values show to be wrong, if nothing odd in the code says more."""
        if odd_in_the_code(self._exercise, self._cases, self._own):
            return None
        tree = self._own.tree if self._own else None
        fact = meaning_of_errors(self._cases, tree) or wrong_form(self._cases, self._exercise.observe is call)
        if fact is None and tree and all(case.outcome.status == "returned" for case in self._cases):
            fact = unused_argument(self._exercise, tree)
        fact = fact or meaning_of_some_errors(self._cases, tree)
        return Told(PARTLY.format(fact), partly=True) if fact else None

    @cached_property
    def _further(self) -> list[CaseResult]:
        """Further cases, in which a change must hold as well."""
        return further_cases(self._exercise, _SEEDS[0])

    @cached_property
    def _further_tried(self) -> list[CaseResult]:
        """What the answer does in even more cases, in which an idea must hold; none where its code cannot be run."""
        tried = self._own.define() if self._own else None
        seeds = _SEEDS[1 : 2 + self._calls // _CALLS_FOR_A_SEED]
        more = [case for seed in seeds for case in further_cases(self._exercise, seed)]
        return [replace(case, outcome=tried(case.args)) for case in (*self._further, *more)] if tried else []

    def _further_ideas(self) -> list[Ideas]:
        return [Ideas(self._exercise, self._further_tried, self._outcome)] if self._further_tried else []
