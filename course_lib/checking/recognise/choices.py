"""What is not right in an answer that chooses from a table: named in its own words. Its code says nothing of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference
from course_lib.checking.exercise import Misconception
from course_lib.checking.recognise.ideas import Ideas
from course_lib.checking.recognise.told import Told, both_told, told

NOT_RIGHT = "what is not right yet"
"""Under this name an observer lists the choices that are wrong: ``"B: memory; C: class imbalance"``."""

SEPARATOR = "; "
_AT_MOST = 2  # ideas that are told at once


def is_a_choice(cases: Sequence[CaseResult]) -> bool:
    """Return whether an answer chooses from a table, and writes no code that could be wrong."""
    return all(isinstance(case.expected, dict) and NOT_RIGHT in case.expected for case in cases)


def wrong_choices(ideas: Ideas, cases: Sequence[CaseResult]) -> Told | None:
    """Return what is not right: the ideas whose wrong choices are all among the answer's, and what else is wrong.

    Nothing is returned where a call failed.

    Args:
        ideas: what the exercise's misconceptions make of the cases.
        cases: what the answer did. Each asks for the same choices, in another order.
    """
    if any(case.outcome.status != "returned" for case in cases):
        return None
    mine = [_listed(case.outcome.value) for case in cases]
    if any(other != mine[0] for other in mine):
        name = ideas.exercise.parameters[0]
        return Told(
            f"In another order of `{name}` other choices come back for the same ones: look each one up by itself."
        )
    left = set(mine[0])
    found: list[Told] = []
    theirs = {idea: _always_listed(ideas, idea, len(cases)) for idea in ideas.exercise.misconceptions}
    for idea in sorted(theirs, key=lambda idea: -len(theirs[idea])):
        if theirs[idea] and theirs[idea] <= left and len(found) < _AT_MOST:
            found.append(told(idea))
            left -= theirs[idea]
    rest = SEPARATOR.join(choice for choice in mine[0] if choice in left)
    if not found:
        return Told(f"{_also_wrong(cases[0])}Not right yet: {rest}.") if rest else None
    said = found[0] if len(found) == 1 else both_told(*found)
    return Told(f"{said.sentence} Not right yet either: {rest}.", said.ideas) if rest else said


def _listed(value: Any) -> list[str]:
    """Return the choices that an observer lists as wrong; none where nothing is."""
    listed = value.get(NOT_RIGHT, "") if isinstance(value, dict) else ""
    return [choice for choice in listed.split(SEPARATOR) if ": " in choice]


def _always_listed(ideas: Ideas, idea: Misconception, cases: int) -> set[str]:
    """Return the wrong choices of an idea; none where they depend on the order in which is asked."""
    listed = [set(_listed(ideas.of(idea, number).value)) for number in range(cases)]
    return listed[0] if all(other == listed[0] for other in listed) else set()


def _also_wrong(case: CaseResult) -> str:
    """Say what else an observer found: names that are not in the table, or a name that is given twice."""
    value = case.outcome.value
    others = [
        name for name in case.expected if name != NOT_RIGHT and difference(case.expected[name], value[name])
    ]
    return "".join(f"{name[0].upper()}{name[1:]}: {value[name]}. " for name in others)
