"""What is surely wrong with the form of what an answer returns: its axes, its length, its kind, the names of its keys.

Each form is a sentence that must be true in every wrong case, so that one odd case does not speak for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference, kind_of
from course_lib.checking.recognise.kinds_of_values import (
    not_true_or_false,
    not_whole,
    number_type,
    other_container,
    shape_in_words,
)
from course_lib.checking.recognise.outcomes import (
    fixed_shape,
    in_place_of,
    other_number,
    other_order,
    untrue,
    wrong_outcome,
)

Form = Callable[[Any, Any], str | None]
"""Says what is wrong with the form of one value, from the expected one and that; None where it does not apply, and an
empty text where that cannot be seen, as in a square that is transposed."""

_ARE_NUMBERS = {"int", "float", "bool"}


def wrong_form(cases: Sequence[CaseResult], is_own: bool = True) -> str | None:
    """Return what is wrong with the form in every wrong case, whether or not anything else is wrong.

    Args:
        cases: what the answer did.
        is_own: whether the values are what the answer returned, and not what was seen when it was looked at.
    """
    pairs = _wrong_parts(cases)
    said = wrong_outcome(cases, is_own) or untrue(pairs) or other_number(pairs)
    if said:
        return said
    for label in dict.fromkeys(label for label, *_ in pairs):
        own = [pair for pair in pairs if pair[0] == label]
        plain = [pair for _, *pair in own]
        fixed = fixed_shape(plain) or in_place_of(plain) or other_order(plain)
        if fixed:
            return f"`{label}`: {fixed}" if label else fixed
        for form in _FORMS if is_own else _OF_WHAT_IS_OBSERVED:
            told = [form(*pair) for _, *pair in own]
            sentence = next(filter(None, told), "")
            if sentence and (None not in told or form in _EVEN_ONCE):
                where = "In some cases: " if None in told else ""
                sentence += _kind_too(own) if form in _OF_SHAPE else ""
                return f"`{label}`: {where}{sentence}" if label else f"{where}{sentence}"
    return None


def _kind_too(pairs: Sequence[Labelled]) -> str:
    """Say beside a wrong shape that the kind of the numbers is wrong as well, if it is in all cases."""
    kinds = {(kind_of(expected), kind_of(got)) for _, expected, got in pairs}
    expected, got = next(iter(kinds))
    if len(kinds) > 1 or (expected, got) not in _OTHER_KINDS:
        return ""
    return f" And the values have the type {got}, where {expected} is asked for."


_OTHER_KINDS = {("bool", "float"), ("bool", "int"), ("int", "float")}


Labelled = tuple[str, Any, Any]
"""A part of a value: its key, what is expected and what was returned."""


def _wrong_parts(cases: Sequence[CaseResult]) -> list[Labelled]:
    """Return the parts that differ: the entries of a dict, or the whole value. Nothing where a case raised."""
    parts: list[Labelled] = []
    for case in cases:
        if case.passed:
            continue
        if case.outcome.status != "returned":
            return []
        expected, got = case.expected, case.outcome.value
        if isinstance(expected, dict) and isinstance(got, dict):
            shared = [key for key in expected if key in got]
            parts += [
                (str(key), expected[key], got[key]) for key in shared if _differ(expected[key], got[key])
            ]
            extra = [key for key in got if key not in expected and got[key] is False]
            parts += [
                (str(key), True, False) for key in extra
            ]  # what should hold, and was seen before all else
        elif isinstance(expected, list) and isinstance(got, list) and len(got) == len(expected):
            pairs = enumerate(zip(expected, got, strict=True))
            parts += [(f"[{number}]", *pair) for number, pair in pairs if _differ(*pair)]
        else:
            parts.append(("", expected, got))
    return parts


def _differ(expected: Any, got: Any) -> bool:
    return difference(expected, got) is not None


def _axes(expected: Any, got: Any) -> str | None:
    """Two axes are exchanged."""
    if not _are_arrays(expected, got) or expected.ndim != got.ndim:
        return None
    if expected.shape == got.shape:
        return "" if len(set(expected.shape[-2:])) == 1 < expected.ndim else None
    pairs = combinations(range(expected.ndim), 2)
    exchanged = [pair for pair in pairs if got.swapaxes(*pair).shape == expected.shape]
    if not exchanged:
        return None
    which = "Rows and columns" if exchanged[0] == (expected.ndim - 2, expected.ndim - 1) else "Two axes"
    return f"{which} are exchanged: the shape is {got.shape}, expected {expected.shape}."


def _flat(expected: Any, got: Any) -> str | None:
    """One long list in the place of rows."""
    if _are_arrays(expected, got) and got.ndim == 1 < expected.ndim and got.size == expected.size > 1:
        return (
            f"All values are in one long list of {got.size}, where the shape {expected.shape} is asked for."
        )
    return None


def _one_axis_more(expected: Any, got: Any) -> str | None:
    """An axis that should have been taken out, such as that of the classes."""
    if not (_is_of_numbers(expected) and _is_of_numbers(got)):
        return None
    shape, wanted = np.shape(got), np.shape(expected)
    asked = f"the shape {wanted}" if wanted else "one number"
    more = len(shape) - len(wanted)
    if more > 1 and [side for side in shape if side > 1] == [side for side in wanted if side > 1]:
        return f"There are {more} axes too many: the shape is {shape}, where {asked} is asked for."
    if more != 1:
        return None
    left_out = [axis for axis in range(len(shape)) if shape[:axis] + shape[axis + 1 :] == wanted]
    if not left_out:
        return None
    return f"There is an axis too many: the shape is {shape}, where {asked} is asked for."


def _one_axis_fewer(expected: Any, got: Any) -> str | None:
    """One value for each row where each pixel has one, or one number where there should be several."""
    if not (isinstance(expected, np.ndarray) and _is_of_numbers(got)):
        return None
    shape, wanted = np.shape(got), expected.shape
    if not shape:
        return f"One number is returned, where {_many(wanted)} asked for."
    if len(shape) < len(wanted) and not (len(shape) == 1 and np.size(got) == expected.size):
        return f"The axes are too few: the shape is {shape}, where {_many(wanted)} asked for."
    return None


def _many(shape: tuple[int, ...]) -> str:
    if len(shape) > 1:
        return f"the shape {shape} is"
    return "1 value in a list is" if shape == (1,) else f"{shape[0]} values are"


def _nan_left_out(expected: Any, got: Any) -> str | None:
    """A list holds everything but the nan."""
    if not (_are_arrays(expected, got) and expected.ndim == got.ndim == 1 and kind_of(expected) == "float"):
        return None
    if not np.isnan(expected).any() or difference(expected[~np.isnan(expected)], got):
        return None
    return "The places of nan are left out, so the list gets shorter: keep a place for each."


def _shorter(expected: Any, got: Any) -> str | None:
    """Values are left out of a list."""
    if _are_arrays(expected, got) and expected.ndim == got.ndim == 1 and len(got) < len(expected):
        if not np.isin(got, expected).all():  # other values are not those that are left
            return f"There are too few values: {len(got)}, expected {len(expected)}."
        return f"Values are left out: there are {len(got)}, expected {len(expected)}."
    return None


def _shorter_rows(expected: Any, got: Any) -> str | None:
    if not (isinstance(got, list) and isinstance(expected, np.ndarray) and expected.ndim == 2):
        return None
    lengths = [len(row) if isinstance(row, np.ndarray) else -1 for row in got]
    if len(lengths) == len(expected) and min(lengths) >= 0 and max(lengths) <= expected.shape[1]:
        return (
            f"Values are left out, so the rows get shorter: {', '.join(map(str, lengths))} values, expected "
            f"{expected.shape[1]} in each row."
        )
    return None


def _longer(expected: Any, got: Any) -> str | None:
    if _are_arrays(expected, got) and expected.ndim == got.ndim == 1 and len(got) > len(expected):
        return f"There are too many values: {len(got)}, expected {len(expected)}."
    return None


def _are_arrays(expected: Any, got: Any) -> bool:
    return isinstance(expected, np.ndarray) and isinstance(got, np.ndarray)


def _is_of_numbers(value: Any) -> bool:
    return kind_of(value) in _ARE_NUMBERS


_FORMS: tuple[Form, ...] = (
    _axes,
    _flat,
    _one_axis_more,
    _one_axis_fewer,
    _nan_left_out,
    _shorter,
    _shorter_rows,
    _longer,
    other_container,
    number_type,
    shape_in_words,
    not_whole,
    not_true_or_false,
)
_OF_SHAPE = (_axes, _flat, _one_axis_more, _one_axis_fewer, _shorter, _longer)
_EVEN_ONCE = (_flat, _one_axis_more, _one_axis_fewer, _nan_left_out, _shorter, _longer, other_container)
_OF_WHAT_IS_OBSERVED = tuple(form for form in _FORMS if form is not other_container)
