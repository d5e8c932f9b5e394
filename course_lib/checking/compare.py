"""Compare two values: lenient on containers, strict on kind, shape and value. Says where they differ."""

from __future__ import annotations

import math
import re
import sys
from typing import Any

import numpy as np

from course_lib.checking.kinds import kind_difference
from course_lib.masks import IGNORE_INDEX

_NUMBERS = {"bool", "int", "float"}
_ARE_PLAIN = {bool, int, float}
_MOST_CLASSES = 22  # larger numbers are not class ids, but colours or counts
_DIGITS = (6, 9, 12, 15, 17)  # ever more, until two values look different
_LONGEST = 400  # characters of a value that are shown
_MOST_VALUES = 200  # in an array that is shown
_KINDS = {"b": "bool", "i": "int", "u": "int", "f": "float"}


def to_plain(value: Any) -> Any:
    """Return ``value`` as Python scalars, NumPy arrays, lists and dicts: tensors and nested lists become arrays."""
    if is_torch_tensor(value):
        value = value.detach().cpu()
        value = (
            value.float() if value.dtype.is_floating_point and value.element_size() < 4 else value
        ).numpy()
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return _as_array(
            list(value) if set(map(type, value)) <= _ARE_PLAIN else [to_plain(item) for item in value]
        )
    return value


def is_torch_tensor(value: Any) -> bool:
    """Return whether ``value`` is a torch tensor, without importing torch."""
    torch = sys.modules.get(
        "torch"
    )  # another thread may still be importing it, and then it has no Tensor yet
    return isinstance(value, getattr(torch, "Tensor", ()))


def kind_of(value: Any) -> str:
    """Return ``"bool"``, ``"int"`` or ``"float"`` for numbers and arrays of them, or else the type's name."""
    if isinstance(value, np.ndarray):
        kind = value.dtype.kind
        return _KINDS[kind] if kind in _KINDS else str(value.dtype)
    return "None" if value is None else type(value).__name__


def is_mask(value: Any) -> bool:
    """Return whether ``value`` is a class map small enough to be drawn."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 2
        and kind_of(value) in ("int", "bool")
        and value.size > 0
        and max(value.shape) <= 16
        and bool((((value >= 0) & (value < _MOST_CLASSES)) | (value == IGNORE_INDEX)).all())
    )


def difference(expected: Any, got: Any, tolerance: float = 1e-6) -> str | None:
    """Return how ``got`` differs from ``expected`` in one sentence, or None where they are the same answer.

    Both must have gone through :func:`to_plain`.
    """
    if isinstance(expected, dict):
        return _dict_difference(expected, got, tolerance)
    if isinstance(expected, list):
        return _list_difference(expected, got, tolerance)
    if isinstance(expected, np.ndarray):
        return _array_difference(expected, got, tolerance)
    if expected is None:
        return None if got is None else f"got {show(got)}, expected None."
    if isinstance(got, np.ndarray | list | dict):
        return f"got {describe(got)}, expected a single {kind_of(expected)}."
    wrong_kind = kind_difference(kind_of(expected), kind_of(got))
    if wrong_kind:
        return wrong_kind
    same = close(expected, got, tolerance) if isinstance(expected, float) else expected == got
    return None if same else _got_and_expected(got, expected)


def describe(value: Any) -> str:
    """Say in a few words what kind of value this is."""
    if isinstance(value, np.ndarray):
        return f"an array of {kind_of(value)} of shape {value.shape}"
    if isinstance(value, list | dict):
        return f"a {kind_of(value)} of {len(value)}"
    return f"a value of type {kind_of(value)} ({show(value)})"


def show(value: Any, digits: int = _DIGITS[0]) -> str:
    """Return a value as a learner would write it, cut off if it is long. The text is the same on every run."""
    text = _written(value, digits)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def show_both(one: Any, other: Any) -> tuple[str, str]:
    """Return two values as a learner would write them, with as many digits as tell them apart."""
    texts = ((show(one, digits), show(other, digits)) for digits in _DIGITS)
    return next((pair for pair in texts if pair[0] != pair[1]), (show(one), show(other)))


def without_addresses(text: str) -> str:
    """Remove the places in memory that Python writes into a text: they differ from run to run."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", text)


def _written(value: Any, digits: int) -> str:
    if isinstance(value, np.ndarray):
        return _written(value.tolist(), digits) if value.size <= _MOST_VALUES else describe(value)
    if isinstance(value, float):
        return _float_text(value, digits)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {show(item, digits)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(show(item, digits) for item in value) + "]"
    if isinstance(value, set | frozenset):  # in an order of its own, which differs from run to run
        return "{" + ", ".join(sorted(show(item, digits) for item in value)) + "}" if value else repr(value)
    return without_addresses(repr(value))


def _float_text(value: float, digits: int) -> str:
    """Return some digits of a float, with a point in it: 1 and 1.0 are different answers."""
    text = f"{value:.{digits}g}"
    return text if any(sign in text for sign in ".en") else f"{text}.0"


def _as_array(items: list[Any]) -> Any:
    """Return numbers, or arrays of one shape and kind, as one array; anything else stays a list."""
    if not items:
        return np.array([])
    types = set(map(type, items))
    if len(types) == 1 and types <= _ARE_PLAIN:
        return _of_one_kind(items)
    kinds = {kind_of(item) for item in items}
    shapes = {item.shape if isinstance(item, np.ndarray) else () for item in items}
    if len(shapes) > 1 or not kinds <= _NUMBERS or ("bool" in kinds and len(kinds) > 1):
        return items
    return _of_one_kind(items)


def _of_one_kind(items: list[Any]) -> Any:
    try:
        return np.array(items)
    except OverflowError:
        return items


def _dict_difference(expected: dict[Any, Any], got: Any, tolerance: float) -> str | None:
    if not isinstance(got, dict):
        is_row = isinstance(got, list) or (isinstance(got, np.ndarray) and got.ndim == 1)
        what = _values(len(got)) if is_row else describe(got)  # a row may have been a tuple
        return f"got {what}, expected a dict with {', '.join(map(str, expected))}."
    for key, value in expected.items():
        found = difference(value, got[key], tolerance) if key in got else None
        if found:
            return f"`{key}`: {found}"
    extra = [key for key in got if key not in expected]
    for key in extra:
        if got[key] is False:  # something that should hold, and was seen before all else
            return f"`{key}` is False and should be True."
    for key in expected:
        if key not in got:
            return f"`{key}` is missing."
    return f"unexpected key: {', '.join(map(str, extra))}." if extra else None


def _list_difference(expected: list[Any], got: Any, tolerance: float) -> str | None:
    if not isinstance(got, list | np.ndarray):
        return f"got {describe(got)}, expected {_values(len(expected))}."
    if len(got) != len(expected):
        return f"got {_values(len(got))}, expected {len(expected)}."
    for index, (wanted, found) in enumerate(zip(expected, got, strict=True)):
        problem = difference(wanted, to_plain(found), tolerance)
        if problem:
            return f"at [{index}]: {problem}"
    return None


def _array_difference(expected: np.ndarray, got: Any, tolerance: float) -> str | None:
    if isinstance(got, list) and got and all(isinstance(item, np.ndarray) for item in got):
        lengths = ", ".join(str(len(item)) for item in got)
        return f"got rows of different lengths ({lengths}), expected shape {expected.shape}."
    if isinstance(got, list | np.ndarray) and len(expected) == 0 < len(got):
        return f"got {show(got)}, expected an empty list: []."
    if isinstance(got, list) and (others := _kinds_in(got) - _NUMBERS):
        return f"got {' and '.join(sorted(others))} among the values, expected only {kind_of(expected)}."
    if not isinstance(got, np.ndarray):
        return f"got {describe(got)}, expected an array (or nested list) of shape {expected.shape}."
    if got.shape != expected.shape:
        return f"got shape {got.shape}, expected {expected.shape}."
    wrong_kind = kind_difference(kind_of(expected), kind_of(got)) if expected.size else None
    if wrong_kind:
        return wrong_kind
    wrong = ~close(expected, got, tolerance) if kind_of(expected) == "float" else expected != got
    if not wrong.any():
        return None
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    where = "".join(f"[{index}]" for index in place)
    return (
        f"{int(wrong.sum())} of {wrong.size} values differ; the first at {where}: "
        f"{_got_and_expected(got[place].item(), expected[place].item())}"
    )


def _got_and_expected(got: Any, expected: Any) -> str:
    got_text, expected_text = show_both(got, expected)
    return f"got {got_text}, expected {expected_text}."


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _kinds_in(value: Any) -> set[str]:
    """Return the kinds of the values in a nested list."""
    return set().union(*(_kinds_in(item) for item in value)) if isinstance(value, list) else {kind_of(value)}


def _arrays_close(expected: np.ndarray, got: np.ndarray, tolerance: float) -> np.ndarray:
    """Return what ``np.isclose(got, expected, tolerance, tolerance, equal_nan=True)`` does, in a third of the time."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf, and the largest floats
        near = abs(got - expected) <= tolerance + tolerance * abs(expected)
    close: np.ndarray = (near & np.isfinite(expected)) | (got == expected)
    return close | (np.isnan(got) & np.isnan(expected))


def close(expected: Any, got: Any, tolerance: float) -> Any:
    """Return whether two floats are close, or where two arrays of floats are; nan is close to nan."""
    if isinstance(expected, np.ndarray):
        return _arrays_close(expected, got, tolerance)
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    return math.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)
