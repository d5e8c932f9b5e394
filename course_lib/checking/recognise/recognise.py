"""Look for what explains a wrong answer, from what is certain and says most to what says least."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checking.calling import outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.exercise import Answer, Exercise, Misconception
from course_lib.checking.recognise.ideas import Ideas, Try
from course_lib.checking.recognise.mend import Budget, Mender
from course_lib.checking.recognise.source import Source, source_of

_SECONDS, _SECONDS_WITH_TORCH = 0.2, 0.6  # of processor time, for trying changes of the answer
_MORE_SEED = 40_961  # of further cases in which a change must hold as well
_BOTH = "Two things at once. First: {} Second: {}"


@dataclass(frozen=True)
class Told:
    """What was recognised.

    Attributes:
        sentence: what is said to the learner.
        ideas: the names of the misconceptions in it; none where only the code tells.
    """

    sentence: str
    ideas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """A learner's own code, and cases in which a change of it is tried."""

    source: Source
    more: tuple[tuple[tuple[Any, ...], Any], ...]


def own_code(exercise: Exercise, answer: Answer) -> Own | None:
    """Return what is needed to try changes of an answer here, or None where its source cannot be read."""
    source = source_of(answer)
    if source is None:
        return None
    drawn = [exercise.draw(np.random.default_rng([_MORE_SEED, number])) for number in range(exercise.fresh_cases)]
    return Own(source, tuple((args, outcome_of(exercise, exercise.reference, args).value) for args in drawn))


def recognise(
    exercise: Exercise, cases: Sequence[CaseResult], outcome: Try = outcome_of, own: Own | None = None
) -> Told | None:
    """Return what explains a wrong answer, or None.

    Args:
        exercise: the exercise.
        cases: what the answer did, at least one of them wrong.
        outcome: tries a misconception on the arguments of a case.
        own: the answer's own code, where it may be run here.
    """
    ideas = Ideas(exercise, cases, outcome)
    exact = ideas.that_agrees([case.outcome for case in cases])
    if exact:
        return _told(exact)
    if own is None:
        return _by_ideas(ideas)
    budget = Budget(_SECONDS_WITH_TORCH if _uses_torch(exercise) else _SECONDS)
    mender = Mender(exercise, own.source, cases, own.more, budget)
    try:
        with deadline(2 * _SECONDS_WITH_TORCH):
            return _by_changes(mender, ideas) if mender.can_be_run() else _by_ideas(ideas)
    except DeadlineExceeded:
        return _by_ideas(ideas)


def _by_ideas(ideas: Ideas) -> Told | None:
    idea = ideas.that_explains()
    if idea:
        return _told(idea)
    pair = ideas.pair_that_explains()
    return _both(*map(_told, pair)) if pair else None


def _by_changes(mender: Mender, ideas: Ideas) -> Told | None:
    sentence = mender.one_change(is_named=True)
    if sentence:
        return Told(sentence)
    idea = ideas.that_explains()
    if idea:
        return _told(idea)
    sentence = mender.one_change(is_named=False)
    if sentence:
        return Told(sentence)
    pair = ideas.pair_that_explains()
    if pair:
        return _both(*map(_told, pair))
    for step in mender.best_steps():
        idea = ideas.that_agrees(step.outcomes)
        if idea:
            return _both(Told(step.sentence), _told(idea))
    two = mender.two_changes()
    return _both(*map(Told, two)) if two else None


def _told(idea: Misconception) -> Told:
    return Told(idea.sentence, (idea.name,))


def _both(one: Told, other: Told) -> Told:
    return Told(_BOTH.format(one.sentence, other.sentence), one.ideas + other.ideas)


def _uses_torch(exercise: Exercise) -> bool:
    names = vars(sys.modules[exercise.reference.__module__]).values()
    return any(getattr(value, "__name__", "").partition(".")[0] == "torch" for value in names)
