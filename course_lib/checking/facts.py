"""What is shown of a case: the call, the values, how they differ, and the masks that can be drawn."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import describe, difference, is_mask, show, show_both, to_plain
from course_lib.checking.exercise import Exercise, call
from course_lib.checking.literal import literal
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
    text, _ = show_both(value, other)
    if not (isinstance(value, dict) and isinstance(other, dict)) or len(text) <= _SHORT:
        return text
    differing = {key: item for key, item in value.items() if key not in other or difference(item, other[key])}
    same = len(value) - len(differing)
    return f"{show(differing)} and {same} more that are right" if same else show(differing)


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[:at_most]} ..."


def _call_text(exercise: Exercise, case: CaseResult) -> str:
    """Return the call as a line to paste into a cell; a comment names the arguments that are too large to show."""
    codes = {name: literal(value) for name, value in zip(exercise.case_names, case.args, strict=False)}
    too_large = [name for name, code in codes.items() if code is None]
    if too_large and case.example and exercise.observe is call:
        return f'{exercise.name}({"*" if len(case.args) > 1 else ""}example("{case.example}"))'
    line = _line(exercise, {name: code or "..." for name, code in codes.items()})
    values = dict(zip(exercise.case_names, case.args, strict=False))
    left_out = "; ".join(f"{name} is {describe(to_plain(values[name]))}" for name in too_large)
    return f"{line}  # too large to show: {left_out}" if too_large else line


def _line(exercise: Exercise, codes: dict[str, str]) -> str:
    """Return a line to paste: the call, or what the answer is tried with where it is not called with just that."""
    parameters = inspect.signature(exercise.reference).parameters.values()
    required = {one.name for one in parameters if one.default is one.empty}
    if exercise.observe is call or required <= set(codes) <= set(exercise.parameters):
        return f"{exercise.name}({', '.join(f'{name}={code}' for name, code in codes.items())})"
    values = "; ".join(f"{name} = {code}" for name, code in codes.items())
    return f"{values}  # {exercise.name} is tried with this"


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
