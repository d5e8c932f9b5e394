"""Which idea shows in one of several things that are observed, though something else is wrong in the others?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.differ import differ
from course_lib.checking.exercise import Misconception
from course_lib.checking.recognise.ideas import Ideas, is_double

_AT_LEAST = 2  # cases in which it shows
_DIFFERENT = 3  # values in which it shows, where things have places and not names
_MOST_PLACES = 6
Named = dict[Any, Any]


def owned(ideas: Ideas, cases: Sequence[CaseResult]) -> list[Misconception]:
    """Return the ideas that show in what they alone spoil: there the answer is as they are, in every case.

    An idea owns the names of all things in which it is wrong, such as "forward passes in training mode", or their
    places in a tuple. Of two ideas that are alike there, neither can be told from the other, and none is returned.

    Args:
        ideas: what the exercise's misconceptions make of the cases.
        cases: what the answer did; each observes several things by their names, or returns as many values.
    """
    expected = [_named(case.expected) for case in cases]
    if not all(expected) or not all(_named(case.outcome.value) for case in cases) or not _are_alike(expected):
        return []
    found = {
        idea: _names(ideas, idea, cases) for idea in ideas.exercise.misconceptions if not is_double(idea)
    }
    shown = [idea for idea, names in found.items() if names and _shows(ideas, idea, cases, names)]
    return [
        idea for idea in shown if not any(found[idea] & found[other] for other in shown if other is not idea)
    ]


def _named(value: Any) -> Named:
    """Return several things by their names, or by their places; nothing where a value is a single thing."""
    if isinstance(value, dict):
        return value
    is_row = isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim == 1)
    if not is_row or not 1 < len(value) <= _MOST_PLACES:
        return {}
    return {place: each.item() if isinstance(each, np.generic) else each for place, each in enumerate(value)}


def _are_alike(expected: Sequence[Named]) -> bool:
    """Return whether things have names, or as many places in every case: else a place stands for no one thing."""
    return (
        all(isinstance(name, str) for each in expected for name in each)
        or len({len(each) for each in expected}) == 1
    )


def _names(ideas: Ideas, idea: Misconception, cases: Sequence[CaseResult]) -> set[Any]:
    """Return the names of the things in which an idea is wrong; none where it fails or spoils everything."""
    names: set[Any] = set()
    everything: set[Any] = set()
    for number, case in enumerate(cases):
        value, expected = _named(ideas.of(idea, number).value), _named(case.expected)
        if value.keys() != expected.keys():
            return set()
        everything |= value.keys()
        names |= {name for name in value if differ(expected[name], value[name], ideas.exercise.tolerance)}
    return names if names < everything else set()


def _shows(ideas: Ideas, idea: Misconception, cases: Sequence[CaseResult], names: set[Any]) -> bool:
    """Return whether the answer is as an idea in all things of these names, and wrong in them in several cases."""
    tolerance = ideas.exercise.tolerance
    cases_wrong, values = 0, set()
    for number, case in enumerate(cases):
        expected, own, value = map(_named, (case.expected, case.outcome.value, ideas.of(idea, number).value))
        shared = [name for name in names if name in value]
        if any(name not in own or differ(value[name], own[name], tolerance) for name in shared):
            return False
        wrong = [name for name in shared if differ(expected[name], own[name], tolerance)]
        cases_wrong += bool(wrong)
        values |= {(str(expected[name]), str(own[name])) for name in wrong}
    have_places = not all(isinstance(name, str) for name in names)
    return cases_wrong >= _AT_LEAST and (len(values) >= _DIFFERENT or not have_places)
