"""The parts of a value in which an answer can be right or wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checking.calling import Outcome

_MOST_PARTS = 12  # of a value that is compared part by part


def split(expected: Any, value: Any) -> list[Any]:
    """Return a value as the parts in which it can be right or wrong: the entries of a dict, list or short array."""
    if isinstance(expected, dict):
        return [value.get(key) if isinstance(value, dict) else value for key in expected]
    if isinstance(expected, list) and 1 < len(expected) <= _MOST_PARTS:
        return value if isinstance(value, list) and len(value) == len(expected) else [value] * len(expected)
    if isinstance(expected, np.ndarray) and expected.ndim == 1 and 1 < len(expected) <= _MOST_PARTS:
        is_alike = isinstance(value, np.ndarray) and value.shape == expected.shape
        return [each.item() for each in value] if is_alike else [value] * len(expected)
    return [value]


def comparable(outcome: Outcome) -> Any:
    """Return a value to compare: what was returned, or the error as text."""
    if outcome.status != "returned":
        return f"{outcome.status} {outcome.error}"
    if not outcome.changed:
        return outcome.value
    if isinstance(outcome.value, dict):  # its entries are compared one by one
        return outcome.value
    return {"value": outcome.value, "changed": " ".join(outcome.changed)}
