"""COCO's average precision of detected instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_lib.instances.overlap import Scores, as_array, as_boxes, as_masks, box_iou, mask_iou

COCO_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""The IoU thresholds over which COCO averages: 0.5, 0.55, ..., 0.95."""

_RECALLS = np.linspace(0.0, 1.0, 101)  # the recalls at which COCO reads the precision


def match_greedily(ious: Any, threshold: float = 0.5) -> NDArray[np.bool_]:
    """Find which detections are hits: bool (N,), from IoUs (N, M) of detections, the most certain first, with truths.

    Each detection in turn takes the free truth with which it overlaps most, if the IoU is at least the threshold. A
    second detection of a truth is a false alarm.
    """
    ious = np.asarray(ious, np.float64)
    return match_counted(ious, np.ones(ious.shape[1:], bool), threshold)[0]


def match_counted(
    ious: Any, counted: NDArray[np.bool_], threshold: float = 0.5
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Match as :func:`match_greedily` does where only some of the truths count, as when small objects are scored.

    A detection takes a truth that counts if it can. Where it can only take another one, it is left out: it is neither
    a hit nor a false alarm.

    Args:
        ious: float (N, M).
        counted: whether each truth counts, bool (M,).
        threshold: the IoU that a match needs.

    Returns:
        Which detections are hits, and which are left out, both bool (N,).
    """
    ious = np.asarray(ious, np.float64)
    hits, left_out = np.zeros((2, len(ious)), bool)
    free = np.ones(ious.shape[1:], bool)
    for number, row in enumerate(ious):
        for group, matched in ((counted, hits), (~counted, left_out)):
            candidates = np.where(free & group, row, -1.0)
            # Of equal overlaps the last one counts, as in COCO's own evaluation.
            best = candidates.size - 1 - candidates[::-1].argmax() if candidates.size else 0
            if candidates.size and candidates[best] >= min(threshold, 1 - 1e-10):
                matched[number], free[best] = True, False
                break
    return hits, left_out


def precision_at_recalls(hits: Any, truths: int) -> float:
    """Return the average precision of detections, the most certain first, of ``truths`` objects.

    As in COCO, it is the mean over the recalls 0, 0.01, ..., 1 of the best precision that is reached with that recall
    or more. It is NaN if there was nothing to find.
    """
    if not truths:
        return np.nan
    found = np.cumsum(np.asarray(hits, bool))
    precision = found / np.arange(1, len(found) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    first = np.searchsorted(found / truths, _RECALLS, side="left")
    return float(np.append(best_from_here, 0.0)[first].mean())


@dataclass
class AveragePrecision:
    """COCO's average precision over a data set, for boxes or for masks.

    A prediction and a truth are dictionaries as torchvision's detectors take and give them: "labels" (K,), for a
    prediction "scores" (K,), and "boxes" (K, 4) or "masks", bool (K, H, W). Soft masks (K, 1, H, W) are cut at 0.5.

    Attributes:
        by: "masks" or "boxes".
        thresholds: the IoUs that a hit needs.
        most: number of detections that count in each image and class, the most certain first; COCO's maxDets.
        area: the smallest and the largest area in pixels, of masks or of boxes, of the truths that count. Others are
            left out, and so are detections that match these, or match nothing and have such an area themselves.
    """

    by: Literal["masks", "boxes"] = "masks"
    thresholds: Scores = field(default_factory=lambda: COCO_THRESHOLDS)
    most: int = 100
    area: tuple[float, float] = (0, np.inf)

    def __post_init__(self) -> None:
        if self.by not in ("masks", "boxes"):
            raise ValueError(f"by is {self.by!r}: instances are compared by 'masks' or by 'boxes'")
        self.thresholds = np.atleast_1d(np.asarray(self.thresholds, np.float64))
        self._truths: dict[int, int] = {}
        self._scores: dict[int, list[Scores]] = {}
        self._hits: dict[int, list[NDArray[np.bool_]]] = {}  # each (thresholds, detections)
        self._left_out: dict[int, list[NDArray[np.bool_]]] = {}

    def update(self, prediction: Mapping[str, Any], truth: Mapping[str, Any]) -> None:
        """Count the detections of one image.

        Raises:
            ValueError: a part is missing, or the parts differ in their number of entries.
        """
        found, known = self._parts(prediction, "the prediction"), self._parts(truth, "the truth")
        if "scores" not in prediction:
            raise ValueError("the prediction has no 'scores': without them the detections have no order")
        scores = as_array(prediction["scores"]).astype(np.float64)
        if scores.shape != (len(found[0]),):
            raise ValueError(
                f"the prediction has {len(found[0])} labels and scores of shape {scores.shape}: give one score each"
            )
        overlap = mask_iou if self.by == "masks" else box_iou
        for label in np.union1d(found[0], known[0]).tolist():
            true = known[1][known[0] == label]
            mine = np.flatnonzero(found[0] == label)
            mine = mine[np.argsort(-scores[mine], kind="stable")][: self.most]
            counted = self._in_range(true)
            self._truths[label] = self._truths.get(label, 0) + int(counted.sum())
            if len(mine):
                ious = overlap(found[1][mine], true)
                matches = [match_counted(ious, counted, threshold) for threshold in self.thresholds]
                hits, left_out = np.stack(matches, axis=1)  # (thresholds, detections) each
                left_out |= ~hits & ~self._in_range(found[1][mine])
                self._scores.setdefault(label, []).append(scores[mine])
                self._hits.setdefault(label, []).append(hits)
                self._left_out.setdefault(label, []).append(left_out)

    def of_classes(self) -> dict[int, Scores]:
        """Return each class's average precision at each threshold; NaN for a class with nothing to find."""
        table = {}
        for label, truths in sorted(self._truths.items()):
            scores = np.concatenate([*self._scores.get(label, []), np.zeros(0)])
            none = np.zeros((len(self.thresholds), 0), bool)
            order = np.argsort(-scores, kind="stable")
            hits = np.concatenate([*self._hits.get(label, []), none], axis=1)[:, order]
            kept = ~np.concatenate([*self._left_out.get(label, []), none], axis=1)[:, order]
            rows = zip(hits, kept, strict=True)
            table[label] = np.array([precision_at_recalls(row[stays], truths) for row, stays in rows])
        return table

    def mean(self, at: float | None = None) -> float:
        """Return the mean over classes and thresholds, or at one threshold; NaN if there was nothing to find.

        Raises:
            ValueError: ``at`` is not one of the thresholds.
        """
        table = [row for row in self.of_classes().values() if not np.isnan(row).any()]
        if at is None:
            return float(np.mean(table)) if table else np.nan
        chosen = np.flatnonzero(np.isclose(self.thresholds, at))
        if not chosen.size:
            raise ValueError(f"{at} is not one of the thresholds {self.thresholds.round(2).tolist()}")
        return float(np.mean([row[chosen[0]] for row in table])) if table else np.nan

    def _in_range(self, shapes: NDArray[Any]) -> NDArray[np.bool_]:
        if self.by == "masks":
            areas = np.count_nonzero(shapes, axis=(1, 2)).astype(np.float64)
        else:
            areas = (shapes[:, 2:] - shapes[:, :2]).prod(axis=1)
        return (self.area[0] <= areas) & (areas <= self.area[1])

    def _parts(self, instances: Mapping[str, Any], name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        missing = [part for part in ("labels", self.by) if part not in instances]
        if missing:
            raise ValueError(
                f"{name} has {', '.join(sorted(instances)) or 'nothing'}, but needs {', '.join(map(repr, missing))}"
            )
        labels = as_array(instances["labels"])
        shapes = as_masks(instances["masks"], name) if self.by == "masks" else as_boxes(instances["boxes"])
        if labels.shape != (len(shapes),):
            raise ValueError(
                f"{name} has {len(shapes)} {self.by} and labels of shape {labels.shape}: give one label each"
            )
        return labels, shapes
