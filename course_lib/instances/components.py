"""Connected components: from a mask to its pieces."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_lib.masks import as_class_ids


def connected_components(mask: Any, connectivity: Literal[4, 8] = 4) -> NDArray[np.int32]:
    """Number the connected pieces of a mask from 1 on, in the order of their first pixels, row by row.

    Pixels of a row that touch form a run. Runs of neighbouring rows that overlap are joined, until no number changes.

    Args:
        mask: booleans or integers (H, W); pixels that are not 0 belong to it.
        connectivity: 4, or 8 if a shared corner joins two pixels as well.

    Returns:
        int32 (H, W): 0 outside of the mask.

    Raises:
        ValueError: the mask does not have two axes, or the connectivity is neither 4 nor 8.
    """
    if connectivity not in (4, 8):
        raise ValueError(f"connectivity is {connectivity}: a pixel has 4 neighbours, or 8 with its corners")
    inside = as_class_ids(mask) != 0
    if inside.ndim != 2:
        raise ValueError(f"the mask has shape {inside.shape}, expected one mask (H, W)")
    edges = np.diff(np.pad(inside, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]  # the first column outside
    roots = _joined(len(rows), *_touching(rows, starts, stops, reach=connectivity == 8))
    numbers = np.unique(roots, return_inverse=True)[1].astype(np.int32) + 1  # a root is its piece's first run
    labels = np.zeros(inside.shape, np.int32)
    labels[inside] = np.repeat(numbers, stops - starts)
    return labels


def _touching(
    rows: NDArray[np.intp], starts: NDArray[np.intp], stops: NDArray[np.intp], reach: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of runs (upper, lower) that touch, each run given by its row and columns, in reading order."""
    width = int(stops.max(initial=0)) + 2
    begin, end = rows * width + starts, rows * width + stops
    # The runs of the row above which end after this one's start, and start before its end, are consecutive.
    first = np.searchsorted(end, begin - width - reach, side="right")
    last = np.searchsorted(begin, end - width + reach, side="left")
    count = np.maximum(last - first, 0)
    lower = np.repeat(np.arange(len(rows)), count)
    upper = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return upper, lower


def _joined(count: int, upper: NDArray[np.intp], lower: NDArray[np.intp]) -> NDArray[np.intp]:
    """The smallest node that each of the nodes 0..count-1 is connected with, by pairs (upper, lower)."""
    roots = np.arange(count)
    while True:
        low, high = np.minimum(roots[upper], roots[lower]), np.maximum(roots[upper], roots[lower])
        if (low == high).all():
            return roots
        np.minimum.at(roots, high, low)
        while (roots != roots[roots]).any():
            roots = roots[roots]
