"""Class maps that an answer makes up itself: they may be anything."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_class_map(value: Any) -> np.ndarray | None:
    """Return nested lists or an array of class ids as an int array (H, W), or None where it is something else."""
    rows = [row for row in value if isinstance(row, list | tuple)] if isinstance(value, list | tuple) else []
    if any(isinstance(pixel, list | tuple) for row in rows for pixel in row):
        return None  # NumPy is not asked: lists that hold each other many times over fill the memory
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array if array.ndim == 2 and array.size and array.dtype.kind in "iu" else None
