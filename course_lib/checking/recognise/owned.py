"""Which idea shows in one of several things that are observed, though something else is wrong in the others?"""

from __future__ import annotations

from collections.abc import Sequence

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference
from course_lib.checking.exercise import Misconception
from course_lib.checking.recognise.ideas import Ideas

_AT_LEAST = 2  # cases in which it shows


def owned(ideas: Ideas, cases: Sequence[CaseResult]) -> list[Misconception]:
    """Return the ideas that show in what they alone spoil: there the answer is as they are, in every case.

    An idea owns the names of all things in which it is wrong, such as "forward passes in training mode". Of two ideas
    that are alike there, neither can be told from the other, and none is returned.

    Args:
        ideas: what the exercise's misconceptions make of the cases.
        cases: what the answer did; each observes several things by their names.
    """
    if not all(isinstance(case.expected, dict) and isinstance(case.outcome.value, dict) for case in cases):
        return []
    found = {idea: _names(ideas, idea, cases) for idea in ideas.exercise.misconceptions}
    shown = [idea for idea, names in found.items() if names and _shows(ideas, idea, cases, names)]
    return [
        idea for idea in shown if not any(found[idea] & found[other] for other in shown if other is not idea)
    ]


def _names(ideas: Ideas, idea: Misconception, cases: Sequence[CaseResult]) -> set[str]:
    """Return the names of the things in which an idea is wrong; none where it fails or spoils everything."""
    names: set[str] = set()
    everything: set[str] = set()
    for number, case in enumerate(cases):
        value = ideas.of(idea, number).value
        if not isinstance(value, dict) or value.keys() != case.expected.keys():
            return set()
        everything |= value.keys()
        names |= {
            name for name in value if difference(case.expected[name], value[name], ideas.exercise.tolerance)
        }
    return names if names < everything else set()


def _shows(ideas: Ideas, idea: Misconception, cases: Sequence[CaseResult], names: set[str]) -> bool:
    """Return whether the answer is as an idea in all things of these names, and wrong in them in several cases."""
    tolerance = ideas.exercise.tolerance
    wrong = 0
    for number, case in enumerate(cases):
        own, value = case.outcome.value, ideas.of(idea, number).value
        shared = [name for name in names if name in value]
        if any(name not in own or difference(value[name], own[name], tolerance) for name in shared):
            return False
        wrong += any(difference(case.expected[name], own[name], tolerance) is not None for name in shared)
    return wrong >= _AT_LEAST
