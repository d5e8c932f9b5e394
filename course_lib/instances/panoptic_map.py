"""Panoptic maps from what a network predicts: from its detections and its semantic map, or from that map only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.instances.components import connected_components
from course_lib.instances.overlap import as_array, as_masks
from course_lib.instances.panoptic_quality import INSTANCES_A_CLASS

Ids = NDArray[np.int64]


def panoptic_of_detections(
    detections: Mapping[str, Any],
    logits: Any,
    stuff: Sequence[int],
    things: Sequence[int],
    least: float = 0.3,
) -> Ids:
    """Return a panoptic map in which the surest detection takes its pixels first, and stuff what is left.

    A later detection gets the pixels that are still free, and is dropped if these are less than half of its mask.

    Args:
        detections: ``masks`` (K, H, W), ``labels`` (K,), 1 for the first of ``things``, and ``scores`` (K,), the surest
            first.
        logits: of the semantic map, (classes, H, W).
        stuff: the classes of stuff.
        things: the classes of things.
        least: detections with a lower score are left out.

    Returns:
        class * 1000 + number, (H, W); the number of stuff is 0.
    """
    scores = as_array(logits)[list(stuff)]
    ids = np.asarray(stuff)[scores.argmax(axis=0)].astype(np.int64) * INSTANCES_A_CLASS
    taken, number = np.zeros(ids.shape, bool), 0
    each = (
        as_masks(detections["masks"], "masks"),
        *(as_array(detections[name]) for name in ("labels", "scores")),
    )
    for mask, label, score in zip(*each, strict=True):
        free = mask & ~taken
        if score < least or not free.any() or free.sum() < 0.5 * mask.sum():
            continue
        number += 1
        ids[free] = things[int(label) - 1] * INSTANCES_A_CLASS + number
        taken |= free
    return ids


def panoptic_of_components(logits: Any, things: Sequence[int], smallest: int = 40) -> Ids:
    """Return the panoptic map in which each component of a thing is an object.

    Args:
        logits: of the semantic map, (classes, H, W).
        things: the classes of things.
        smallest: components of fewer pixels keep their class, and get no number.

    Returns:
        class * 1000 + number, (H, W).
    """
    semantic = as_array(logits).argmax(axis=0)
    ids = semantic.astype(np.int64) * INSTANCES_A_CLASS
    for thing in things:
        numbers = connected_components(semantic == thing)
        ids += np.where((np.bincount(numbers.ravel()) < smallest)[numbers], 0, numbers)
    return ids


def masks_of_components(logits: Any, things: Sequence[int]) -> NDArray[np.bool_]:
    """Return the components of every thing in a semantic map, given its logits (classes, H, W), as masks (K, H, W)."""
    semantic = as_array(logits).argmax(axis=0)
    maps = [connected_components(semantic == thing) for thing in things]
    masks = [numbers == number for numbers in maps for number in range(1, numbers.max() + 1)]
    return np.array(masks, bool).reshape(-1, *semantic.shape)
