"""Panoptic quality: how well the segments of two panoptic maps agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.instances.overlap import Scores, iou_of_areas
from course_lib.masks import as_class_ids

INSTANCES_A_CLASS = 1000
"""A panoptic id is class * 1000 + number of the instance, as in Cityscapes."""


@dataclass(frozen=True)
class Quality:
    """The counts of a class's segments; quality = segmentation * recognition."""

    ious: float  # the sum of the matched pairs' IoUs
    matched: int
    only_predicted: int
    only_true: int

    @property
    def segmentation(self) -> float:
        """SQ: the mean IoU of the matched pairs; NaN if there is no segment, 0 if none matches."""
        return self.ious / self.matched if self.matched else self._none

    @property
    def recognition(self) -> float:
        """RQ: the F1 score of the segments; NaN if there is none."""
        total = self.matched + 0.5 * (self.only_predicted + self.only_true)
        return self.matched / total if total else np.nan

    @property
    def panoptic(self) -> float:
        """PQ = SQ * RQ."""
        return self.segmentation * self.recognition

    @property
    def _none(self) -> float:
        return 0.0 if self.only_predicted + self.only_true else np.nan

    def __add__(self, other: Quality) -> Quality:
        return Quality(
            self.ious + other.ious,
            self.matched + other.matched,
            self.only_predicted + other.only_predicted,
            self.only_true + other.only_true,
        )


class PanopticQuality:
    """Panoptic quality over a data set: PQ, SQ and RQ of each class, from counts pooled over the images.

    A panoptic map has one id per pixel: class * 1000 + number of the instance, which is 0 for stuff. A predicted
    and a true segment of one class match if their IoU is above 0.5; no segment can match two.

    Args:
        num_classes: C; class ids are 0..C-1.
        void: the panoptic id of pixels without a label. Pixels with this true id are left out. A predicted segment
            that matches none and has more than half of its pixels there is not counted.
    """

    def __init__(self, num_classes: int, void: int | None = None) -> None:
        if num_classes < 1:
            raise ValueError(f"num_classes is {num_classes}: pass the number of classes, 1 or more")
        self.num_classes, self.void = num_classes, void
        self._classes = [Quality(0.0, 0, 0, 0)] * num_classes

    def update(self, prediction: Any, truth: Any) -> None:
        """Count the segments of one image's two panoptic maps, integers (H, W).

        Raises:
            ValueError: shapes differ, or an id's class is not in 0..C-1.
        """
        predicted, true = as_class_ids(prediction, "the prediction"), as_class_ids(truth, "the truth")
        if predicted.shape != true.shape:
            raise ValueError(
                f"the prediction has shape {predicted.shape} and the truth {true.shape}: they must be equal"
            )
        predicted, true = predicted.ravel().astype(np.int64), true.ravel().astype(np.int64)
        kept = true != (-1 if self.void is None else self.void)
        for name, ids in (("the prediction", predicted), ("the truth", true[kept])):
            wrong = np.unique(ids[(ids < 0) | (ids >= self.num_classes * INSTANCES_A_CLASS)])
            if wrong.size:
                raise ValueError(
                    f"{name} holds the panoptic id {wrong[0]}, but ids of {self.num_classes} classes are "
                    f"0..{self.num_classes * INSTANCES_A_CLASS - 1}: class * 1000 + number of the instance"
                )
        overlaps = _overlaps(predicted[kept], true[kept])
        in_void = set(_mostly_outside(predicted, kept)) if self.void is not None else set()
        for class_id in {int(i) // INSTANCES_A_CLASS for i in (*overlaps.predicted, *overlaps.true)}:
            self._classes[class_id] += quality_of(overlaps.of_class(class_id, in_void))

    def of_classes(self) -> list[Quality]:
        """Return the counts of each class, in the order of the ids."""
        return list(self._classes)

    def mean(self, classes: Iterable[int] | None = None) -> float:
        """Return the mean PQ over the classes that occurred, or over the given ones among them; NaN if none did."""
        chosen = range(self.num_classes) if classes is None else classes
        values = [self._classes[class_id].panoptic for class_id in chosen]
        met = [value for value in values if not np.isnan(value)]
        return float(np.mean(met)) if met else np.nan


def quality_of(ious: Any) -> Quality:
    """Count one class's segments from their IoUs (predicted, true); a pair above 0.5 is the only one for both."""
    ious = np.asarray(ious, np.float64)
    matched = ious[ious > 0.5]
    count = len(matched)
    return Quality(float(matched.sum()), count, ious.shape[0] - count, ious.shape[1] - count)


@dataclass(frozen=True)
class _Overlaps:
    """The IoUs of all pairs of segments of two panoptic maps, with the segments' ids."""

    predicted: NDArray[np.int64]
    true: NDArray[np.int64]
    ious: Scores  # (predicted, true)

    def of_class(self, class_id: int, in_void: set[int]) -> Scores:
        """The pairs of one class, without predicted segments ``in_void`` that match none."""
        ious = self.ious[:, self.true // INSTANCES_A_CLASS == class_id]
        matched = (ious > 0.5).any(axis=1)
        counts = matched | ~np.isin(self.predicted, list(in_void))
        return ious[(self.predicted // INSTANCES_A_CLASS == class_id) & counts]


def _overlaps(predicted: NDArray[np.int64], true: NDArray[np.int64]) -> _Overlaps:
    """Count the pixels that the segments of two flat panoptic maps share, for all pairs at once."""
    mine, row, my_sizes = _ids_and_sizes(predicted)
    theirs, column, their_sizes = _ids_and_sizes(true)
    pairs = np.bincount(_as_index(row * len(theirs) + column), minlength=len(mine) * len(theirs))
    ious = iou_of_areas(pairs.reshape(len(mine), len(theirs)).astype(np.float64), my_sizes, their_sizes)
    return _Overlaps(mine, theirs, ious)


def _ids_and_sizes(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The ids that occur, the position of each pixel's id among them, and their counts, without sorting pixels."""
    counts = np.bincount(_as_index(ids))
    present = np.flatnonzero(counts)
    places = np.cumsum(counts > 0) - 1
    return present, places[ids], counts[present]


def _mostly_outside(ids: NDArray[np.int64], kept: NDArray[np.bool_]) -> list[int]:
    """The segments of a flat panoptic map of which more than half is not kept."""
    segments, numbers, sizes = _ids_and_sizes(ids)
    share = np.bincount(_as_index(numbers), ~kept) / sizes
    return segments[share > 0.5].tolist()


def _as_index(values: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """Return values in the type that indexes: 32 bits wide in a browser, where ``np.bincount`` takes no wider ones."""
    return values.astype(np.intp, copy=False)
