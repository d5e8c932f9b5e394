"""Whether two values differ, where nobody asks how: that is asked thousands of times in a search."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checking.compare import close, difference, kind_of
from course_lib.checking.kinds import kind_difference

_SCALARS = (bool, int, float)


def differ(expected: Any, got: Any, tolerance: float) -> bool:
    """Return whether :func:`~course_lib.checking.compare.difference` has something to say; both must be plain."""
    if type(expected) in _SCALARS and type(got) in _SCALARS:
        if kind_difference(type(expected).__name__, type(got).__name__):
            return True
        return not close(expected, got, tolerance) if type(expected) is float else bool(expected != got)
    if isinstance(expected, np.ndarray) and isinstance(got, np.ndarray) and expected.size:
        if expected.shape != got.shape or kind_difference(kind_of(expected), kind_of(got)):
            return True
        if kind_of(expected) == "float":
            return not close(expected, got, tolerance).all()
        return bool((expected != got).any())
    return difference(expected, got, tolerance) is not None
