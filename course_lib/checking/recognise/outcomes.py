"""What the outcomes of an answer show as a whole: keys that are missing, nothing returned, an argument changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult


def wrong_outcome(cases: Sequence[CaseResult], is_own: bool = True) -> str | None:
    """Return what the outcomes show to be wrong, whatever else is.

    Args:
        cases: what the answer did.
        is_own: whether the values are what the answer returned; else the keys are not the learner's.
    """
    return (_missing_key(cases) if is_own else None) or _nothing(cases) or _changed(cases)


def _missing_key(cases: Sequence[CaseResult]) -> str | None:
    """Say which keys are missing in every wrong case, and which other keys are there.

    A dict that holds the text of an error is what a look at a network found before it stopped, not the answer's own.
    """
    wrong = [case for case in cases if not case.passed]
    missing, extra = [], []
    for case in wrong:
        got = case.outcome.value
        if not (isinstance(case.expected, dict) and isinstance(got, dict)) or _holds_error(got):
            return None
        missing.append([str(key) for key in case.expected if key not in got])
        extra.append([str(key) for key in got if key not in case.expected])
    if not all(missing):
        return None
    keys = ", ".join(f"`{key}`" for key in missing[0])
    others = ", ".join(f"`{key}`" for key in extra[0])
    return f"The dict lacks the key {keys}." + (
        f" It has {others}: the names must be the same." if others else ""
    )


def _holds_error(observed: dict[object, object]) -> bool:
    return any(isinstance(text, str) and "Error: " in text for text in observed.values())


def _nothing(cases: Sequence[CaseResult]) -> str | None:
    """Say so if some calls return None, where none should."""
    if any(case.expected is None for case in cases):
        return None
    is_nothing = [case.outcome.status == "returned" and case.outcome.value is None for case in cases]
    return (
        "In some cases it returns nothing (None): end every path in `return` and a value."
        if any(is_nothing)
        else None
    )


def _changed(cases: Sequence[CaseResult]) -> str | None:
    """Say which arguments the calls change."""
    names = dict.fromkeys(name for case in cases for name in case.outcome.changed)
    return (
        f"The call changes {' and '.join(f'`{name}`' for name in names)}: work on a copy." if names else None
    )


def untrue(pairs: Sequence[tuple[str, Any, Any]]) -> str | None:
    """Say which properties, in the words of the keys, an observed answer lacks."""
    seen: dict[str, set[bool]] = {}
    for label, expected, got in pairs:
        if " " in label and isinstance(expected, bool) and isinstance(got, bool):
            seen.setdefault(label, set()).add(got)
    said = [_UNTRUE[len(got)].format(label, got=min(got), right=not min(got)) for label, got in seen.items()]
    return "; ".join(said) + "." if said else None


_UNTRUE = {
    1: "`{0}` is {got} and should be {right}",
    2: "`{0}` is sometimes True where it should be False, and sometimes False where it should be True",
}


def other_number(pairs: Sequence[tuple[str, Any, Any]]) -> str | None:
    """Say which number that is observed, in the words of its key, is always the same, and not the one it should be."""
    for label in dict.fromkeys(label for label, *_ in pairs if " " in label):
        own = [(expected, got) for name, expected, got in pairs if name == label]
        are_numbers = all(type(value) in (int, float) for pair in own for value in pair)
        if are_numbers and len(own) >= _CASES and len(set(own)) == 1:
            return f"`{label}` is {own[0][1]:.6g} and should be {own[0][0]:.6g}."
    return None


def fixed_shape(pairs: Sequence[Sequence[Any]]) -> str | None:
    """Say so if a wrong value always has one shape, where the right ones have others of as many axes."""
    if not all(isinstance(value, np.ndarray) for pair in pairs for value in pair):
        return None
    wanted, shapes = {expected.shape for expected, _ in pairs}, {got.shape for _, got in pairs}
    if len(shapes) > 1 or len(wanted) < _SHAPES or len({len(shape) for shape in wanted | shapes}) > 1:
        return None
    return f"Wherever it is wrong the shape is {next(iter(shapes))}. It should follow from the arguments."


_SHAPES = 3  # different right ones, where one and the same is no chance


def in_place_of(pairs: Sequence[Sequence[Any]]) -> str | None:
    """Say so if wherever an answer is wrong one and the same number stands where `None` is right."""
    if len(pairs) < _CASES or any(expected is not None for expected, _ in pairs):
        return None
    values = [got for _, got in pairs]
    if not all(type(value) in (int, float) for value in values) or len(set(values)) > 1:
        return None
    return f"Wherever it is wrong it returns {values[0]:g}, where `None` is asked for."


def other_order(pairs: Sequence[Sequence[Any]]) -> str | None:
    """Say so if wherever an answer is wrong its values are the right ones in another order."""
    values = [value for pair in pairs for value in pair]
    if len(pairs) < _CASES or not all(isinstance(value, np.ndarray) and value.ndim == 1 for value in values):
        return None
    if not all(
        len(wanted) == len(got) and np.allclose(np.sort(wanted), np.sort(got)) for wanted, got in pairs
    ):
        return None
    several = {tuple(wanted.tolist()) for wanted, _ in pairs}
    return "These are the right values in another order." if len(several) >= _CASES else None


_CASES = 3  # wrong ones at least, where one and the same thing in all of them is no chance
