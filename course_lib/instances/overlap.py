"""Boxes and masks of instances, and the IoU of each with each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Masks = NDArray[np.bool_]  # (K, H, W)


def boxes_of(masks: Any) -> Scores:
    """Return the boxes around masks (K, H, W), float64 (K, 4); an empty mask has a box of zeros."""
    masks = as_masks(masks, "the masks")
    boxes = np.zeros((len(masks), 4))
    for box, mask in zip(boxes, masks, strict=True):
        rows, columns = _window(mask)
        box[:] = columns.start or 0, rows.start or 0, columns.stop, rows.stop
    return boxes


def box_iou(first: Any, second: Any) -> Scores:
    """Return the IoU of each of N boxes with each of M boxes, float64 (N, M); 0 where both are empty.

    Raises:
        ValueError: boxes are not (N, 4), or one ends before it starts.
    """
    a, b = as_boxes(first), as_boxes(second)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    intersection = (high - low).clip(min=0).prod(axis=-1)
    return iou_of_areas(
        intersection, (a[:, 2:] - a[:, :2]).prod(axis=-1), (b[:, 2:] - b[:, :2]).prod(axis=-1)
    )


def mask_iou(first: Any, second: Any) -> Scores:
    """Return the IoU of each of N masks with each of M masks of the same size, float64 (N, M); 0 where both are empty.

    Raises:
        ValueError: masks are not (N, H, W), or differ in size.
    """
    a, b = as_masks(first, "the first masks"), as_masks(second, "the second masks")
    if len(a) and len(b) and a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"masks of {a.shape[1:]} and of {b.shape[1:]} pixels cannot overlap: bring both to the image's size first"
        )
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)))
    # One product of matrices counts all pairs. float32 holds whole numbers up to 2**24, a mask of 4096 x 4096.
    kind: Any = np.float32 if a[0].size <= 1 << 24 else np.float64
    window = (slice(None), *_window(np.asarray(a.any(axis=0))))
    flat, other = (masks[window].reshape(len(masks), -1).astype(kind) for masks in (a, b))
    intersection = np.asarray(flat @ other.T, np.float64)
    return iou_of_areas(intersection, np.count_nonzero(a, axis=(1, 2)), np.count_nonzero(b, axis=(1, 2)))


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns of the box around a mask (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0), slice(0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def iou_of_areas(intersection: Scores, first: NDArray[Any], second: NDArray[Any]) -> Scores:
    """Return IoUs (N, M) from the intersections (N, M) and both areas, (N,) and (M,); 0 where both are empty."""
    union = first[:, None] + second[None, :] - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def as_array(values: Any) -> NDArray[Any]:
    """Return an array, list or tensor as an array."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def as_masks(masks: Any, name: str) -> Masks:
    """Return masks as booleans (K, H, W); soft ones are cut at 0.5.

    Raises:
        ValueError: they have another shape.
    """
    plain = as_array(masks)
    if plain.ndim == 4 and plain.shape[1] == 1:
        plain = plain[:, 0]
    if not plain.size and plain.ndim != 3:
        return np.zeros((0, 0, 0), bool)
    if plain.ndim != 3:
        raise ValueError(f"{name} have shape {plain.shape}, expected one mask per instance, (K, H, W)")
    return plain > 0.5


def as_boxes(boxes: Any) -> Scores:
    """Return boxes as float64 (K, 4).

    Raises:
        ValueError: they have another shape, or one ends before it starts.
    """
    plain = as_array(boxes).astype(np.float64)
    if not plain.size:
        return np.zeros((0, 4))
    if plain.ndim != 2 or plain.shape[1] != 4:
        raise ValueError(f"boxes have shape {plain.shape}, expected (K, 4): left, top, right, bottom")
    if (plain[:, 2:] < plain[:, :2]).any():
        wrong = plain[(plain[:, 2:] < plain[:, :2]).any(axis=1)][0]
        raise ValueError(
            f"the box {wrong.tolist()} ends before it starts: boxes are (left, top, right, bottom), not (x, y, width, "
            "height)"
        )
    return plain
