"""Forms of a wrong kind: a dict in the place of numbers, another dtype, numbers in the place of True and False."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from course_lib.checking.compare import kind_of

_DTYPE = re.compile(r"(((torch\.)?(u?int|b?float)\d+|(torch\.)?bool)(, |$))+")
_SHAPE = re.compile(r"\(\d+,?(, \d+)*\)")


def other_container(expected: Any, got: Any) -> str | None:
    """A dict, a set or a text in the place of numbers."""
    kind = kind_of(got)
    if kind not in ("dict", "set", "str", "generator", "map", "zip", "filter"):
        return None
    if isinstance(expected, np.ndarray | list):
        return f"A {kind} is returned, where a list or an array is asked for."
    if isinstance(expected, bool | int | float):
        return f"A {'text' if kind == 'str' else kind} is returned, where a number is asked for."
    return None


def number_type(expected: Any, got: Any) -> str | None:
    """The name of a dtype, which some checks look at."""
    if not (isinstance(expected, str) and isinstance(got, str)):
        return None
    if expected != got and all(_DTYPE.fullmatch(name) for name in (expected, got)):
        return f"The values have the type {got}, where {expected} is asked for."
    return None


def not_whole(expected: Any, got: Any) -> str | None:
    """Floats in the place of whole numbers."""
    if kind_of(expected) == "int" and kind_of(got) == "float" and np.shape(expected) == np.shape(got):
        return "The values have the type float, where whole numbers (int) are asked for."
    return None


def not_true_or_false(expected: Any, got: Any) -> str | None:
    """Numbers in the place of True and False."""
    kind = kind_of(got)
    if kind_of(expected) == "bool" and kind in ("int", "float") and np.shape(expected) == np.shape(got):
        return f"The values have the type {kind}, where True and False (bool) are asked for."
    return None


def shape_in_words(expected: Any, got: Any) -> str | None:
    """The shape of something that is looked at, as a text."""
    if not (isinstance(expected, str) and isinstance(got, str)) or expected == got:
        return None
    if all(_SHAPE.fullmatch(shape) for shape in (expected, got)):
        return f"The shape is {got}, where {expected} is asked for."
    return None
