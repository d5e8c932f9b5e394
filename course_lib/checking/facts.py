"""What is shown of a case: the call, the values, how they differ, and the masks that can be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference, is_mask, show, to_plain
from course_lib.checking.exercise import Exercise, call
from course_lib.masks import IGNORE_INDEX

_SHORT = 200  # characters that can be read at a glance


def facts_of(exercise: Exercise, case: CaseResult, message: str) -> list[tuple[str, str]]:
    """Return what there is to say about a case: label and text of each fact.

    Args:
        exercise: the exercise.
        case: one of its cases.
        message: what the learner reads above the facts, and need not read again.
    """
    facts = [("called", _call_text(exercise, case))]
    if case.outcome.status == "raised":
        facts.append(
            ("raised", case.outcome.error + (f"   at {case.outcome.line}" if case.outcome.line else ""))
        )
    else:
        facts.append(("got", _show_beside(case.outcome.value, case.expected)))
    facts.append(("expected", _show_beside(case.expected, case.outcome.value)))
    says_more = isinstance(case.expected, np.ndarray | dict | list) or case.outcome.value is None
    if case.problem and case.problem != message and says_more and case.outcome.status == "returned":
        facts.append(("difference", case.problem))
    if case.outcome.printed:
        facts.append(("printed", _cut(case.outcome.printed.strip(), 300)))
    return facts


def _show_beside(value: Any, other: Any) -> str:
    """Show a value; of a long dict only the entries that differ from the other one."""
    text = show(value)
    if not (isinstance(value, dict) and isinstance(other, dict)) or len(text) <= _SHORT:
        return text
    differing = {key: item for key, item in value.items() if key not in other or difference(item, other[key])}
    same = len(value) - len(differing)
    return f"{show(differing)} and {same} more that are right" if same else show(differing)


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[:at_most]} ..."


def _call_text(exercise: Exercise, case: CaseResult) -> str:
    given = zip(exercise.case_names, case.args, strict=False)
    text = ", ".join(f"{name}={show(to_plain(value))}" for name, value in given)
    return f"{exercise.name}({text})" if exercise.observe is call else f"{exercise.name}, tried with {text}"


def masks_of(exercise: Exercise, case: CaseResult) -> dict[str, np.ndarray]:
    """Return the masks that can be drawn: among the arguments, the one returned and the one expected."""
    given = zip(exercise.case_names, (to_plain(value) for value in case.args), strict=False)
    masks = {name: value for name, value in given if is_mask(value)}
    returned = to_plain(case.outcome.value)
    has_results = is_mask(case.expected) and is_mask(returned)
    if has_results:
        masks |= {"got": returned, "expected": case.expected}
    elif isinstance(case.expected, np.ndarray) and case.expected.ndim == 2:
        return masks  # the answer is a map, so the arguments need not be compared
    if len(masks) > 1:
        *_, first, second = masks.values()
        if first.shape == second.shape:
            is_void = (first == IGNORE_INDEX) | (second == IGNORE_INDEX)
            masks["differ"] = (first != second) & (has_results | ~is_void)  # void in a truth is not a mistake
    return masks
