"""Look for what explains a wrong answer, from what is certain and says most to what says least."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.exercise import Exercise, Misconception
from course_lib.checking.problem import VALUE_IS_RIGHT
from course_lib.checking.recognise.budget import Budget
from course_lib.checking.recognise.ideas import Ideas, Try
from course_lib.checking.recognise.mend import Mender
from course_lib.checking.recognise.source import Source

_SHARE, _SHARE_WITH_TORCH = 0.08, 0.18  # seconds of processor time that each search may use
_SEED = 40_961  # of further cases
_BOTH = "Two things at once. First: {} Second: {}"


Confirm = Callable[[tuple[str, ...]], bool]
"""Says whether ideas, by name, explain the answer in further cases as well."""


@dataclass(frozen=True)
class Told:
    """What was recognised.

    Attributes:
        sentence: what is said to the learner.
        ideas: the names of the misconceptions in it; none where only the code tells.
    """

    sentence: str
    ideas: tuple[str, ...] = ()


def recognise(
    exercise: Exercise, cases: Sequence[CaseResult], outcome: Try = outcome_of, own: Source | None = None
) -> Told | None:
    """Return what explains a wrong answer, or None.

    Args:
        exercise: the exercise.
        cases: what the answer did, at least one of them wrong.
        outcome: tries a misconception on the arguments of a case.
        own: the answer's own code, where it may be run here; without it only an idea that agrees in every case is
            told, so that what a graded class is told depends on no clock.
    """
    ideas = Ideas(exercise, cases, outcome)
    exact = ideas.that_agrees([case.outcome for case in cases])
    if exact:
        return _told(exact)
    seen = _seen_in_the_run(cases)
    if seen:
        return Told(seen)
    if own is None:
        return None
    share = _SHARE_WITH_TORCH if _uses_torch(exercise) else _SHARE
    further = cache(lambda: _further_cases(exercise))
    mender = Mender(exercise, own, cases, further)

    def confirm(names: tuple[str, ...]) -> bool:
        tried = _tried(exercise, own, further())
        named = tuple(idea for idea in exercise.misconceptions if idea.name in names)
        return not Ideas(replace(exercise, misconceptions=named), tried, outcome).unexplained(names)

    try:
        with deadline(5 * share), warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # a changed answer may do odd things, and they are not the learner's
            if mender.can_be_run():
                return _by_changes(mender, ideas, share, confirm)
    except DeadlineExceeded:  # a changed answer did not end: what the ideas say is left
        pass
    return _by_ideas(ideas, Budget(2 * share), lambda names: True)


def _seen_in_the_run(cases: Sequence[CaseResult]) -> str | None:
    """Return what the calls themselves show, if it is all that is wrong: nothing returned, an argument changed."""
    wrong = [case for case in cases if not case.passed]
    is_seen = all(case.outcome.status == "returned" and _shows_itself(case) for case in wrong)
    return wrong[0].problem if is_seen else None


def _shows_itself(case: CaseResult) -> bool:
    """Return whether a call returned nothing, or returned the right value and did something that it should not."""
    outcome = case.outcome
    if outcome.value is None:
        return case.expected is not None
    return (case.problem or "").startswith(VALUE_IS_RIGHT)


def _further_cases(exercise: Exercise) -> list[CaseResult]:
    """Draw cases in which a change must hold as well."""
    drawn = [args for _, args in exercise.drawn(_SEED)]
    expected = [outcome_of(exercise, exercise.reference, args).value for args in drawn]
    return [
        CaseResult(args, value, Outcome("unfinished"), None)
        for args, value in zip(drawn, expected, strict=True)
    ]


def _tried(exercise: Exercise, own: Source, cases: Sequence[CaseResult]) -> list[CaseResult]:
    """Return what an answer, defined once more, does in further cases."""
    answer = own.run()
    if answer is None:
        return []
    outcomes = [outcome_of(exercise, answer, case.args) for case in cases]
    return [replace(case, outcome=outcome) for case, outcome in zip(cases, outcomes, strict=True)]


def _by_ideas(ideas: Ideas, budget: Budget, confirm: Confirm) -> Told | None:
    return _by_one_idea(ideas, budget, confirm) or _by_two_ideas(ideas, budget)


def _by_one_idea(ideas: Ideas, budget: Budget, confirm: Confirm) -> Told | None:
    idea = ideas.that_explains(budget)
    return _told(idea) if idea and confirm((idea.name,)) else None


def _by_two_ideas(ideas: Ideas, budget: Budget) -> Told | None:
    pair = ideas.pair_that_explains(budget)
    return _both(*map(_told, pair)) if pair else None


def _by_changes(mender: Mender, ideas: Ideas, share: float, confirm: Confirm) -> Told | None:
    """Try changes of the answer beside the ideas; each of the four searches may use its share of time."""
    sentence = mender.one_change(True, Budget(share))
    if sentence:
        return Told(sentence)
    by_idea = _by_one_idea(ideas, Budget(2 * share), confirm)
    if by_idea:
        return by_idea
    sentence = mender.one_change(False, Budget(share))
    if sentence:
        return Told(sentence)
    by_ideas = _by_two_ideas(ideas, Budget(share))
    if by_ideas:
        return by_ideas
    for step in mender.best_steps():
        idea = ideas.that_agrees(step.outcomes) if step.says_enough else None
        if idea:
            return _both(Told(step.sentence), _told(idea))
    two = mender.two_changes(Budget(share))
    return _both(*map(Told, two)) if two else None


def _told(idea: Misconception) -> Told:
    return Told(idea.sentence, (idea.name,))


def _both(one: Told, other: Told) -> Told:
    return Told(_BOTH.format(one.sentence, other.sentence), one.ideas + other.ideas)


def _uses_torch(exercise: Exercise) -> bool:
    names = vars(sys.modules[exercise.reference.__module__]).values()
    return any(getattr(value, "__name__", "").partition(".")[0] == "torch" for value in names)
