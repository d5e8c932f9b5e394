"""Scores of instances and of panoptic maps: components, IoU of boxes and masks, average precision, panoptic quality.

For a data set of detections, in the dictionaries that torchvision's detectors give::

    precision = AveragePrecision(by="masks")
    for prediction, truth in zip(predictions, truths):
        precision.update(prediction, truth)
    print(precision.mean(), precision.mean(at=0.5))

Everything here is NumPy and takes tensors too. A box is (left, top, right, bottom) in pixels, and right and bottom are
the first ones outside, so that (right - left) * (bottom - top) is the number of pixels in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_lib.masks import as_class_ids

Scores = NDArray[np.float64]
Masks = NDArray[np.bool_]  # (K, H, W)

INSTANCES_A_CLASS = 1000
"""A panoptic id is class * 1000 + number of the instance, as in Cityscapes."""

COCO_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""The IoU thresholds over which COCO averages: 0.5, 0.55, ..., 0.95."""

_RECALLS = np.linspace(0.0, 1.0, 101)  # where COCO reads the precision off


def connected_components(mask: Any, connectivity: Literal[4, 8] = 4) -> NDArray[np.int32]:
    """Number the connected pieces of a mask from 1 on, in the order of their first pixels, row by row.

    Pixels of a row that touch form a run. Runs of neighbouring rows that overlap are joined, until no number changes.

    Args:
        mask: booleans or integers (H, W); what is not 0 belongs to it.
        connectivity: 4, or 8 if a shared corner joins two pixels as well.

    Returns:
        int32 (H, W): 0 outside of the mask.

    Raises:
        ValueError: the mask has not two axes, or the connectivity is neither 4 nor 8.
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
    # The runs of the row above which end after this one's start, and start before its end, stand side by side.
    first = np.searchsorted(end, begin - width - reach, side="right")
    last = np.searchsorted(begin, end - width + reach, side="left")
    count = np.maximum(last - first, 0)
    lower = np.repeat(np.arange(len(rows)), count)
    upper = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return upper, lower


def _joined(count: int, upper: NDArray[np.intp], lower: NDArray[np.intp]) -> NDArray[np.intp]:
    """The least of the nodes 0..count-1 which each is connected with, by pairs (upper, lower)."""
    roots = np.arange(count)
    while True:
        low, high = np.minimum(roots[upper], roots[lower]), np.maximum(roots[upper], roots[lower])
        if (low == high).all():
            return roots
        np.minimum.at(roots, high, low)
        while (roots != roots[roots]).any():
            roots = roots[roots]


def boxes_of(masks: Any) -> Scores:
    """Return the boxes around masks (K, H, W), float64 (K, 4); an empty mask has a box of zeros."""
    masks = _as_masks(masks, "the masks")
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
    a, b = _as_boxes(first), _as_boxes(second)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    intersection = (high - low).clip(min=0).prod(axis=-1)
    return _iou(intersection, (a[:, 2:] - a[:, :2]).prod(axis=-1), (b[:, 2:] - b[:, :2]).prod(axis=-1))


def mask_iou(first: Any, second: Any) -> Scores:
    """Return the IoU of each of N masks with each of M masks of the same size, float64 (N, M); 0 where both are empty.

    Raises:
        ValueError: masks are not (N, H, W), or differ in size.
    """
    a, b = _as_masks(first, "the first masks"), _as_masks(second, "the second masks")
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
    return _iou(intersection, np.count_nonzero(a, axis=(1, 2)), np.count_nonzero(b, axis=(1, 2)))


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns of the box around a mask (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0), slice(0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _iou(intersection: Scores, first: NDArray[Any], second: NDArray[Any]) -> Scores:
    union = first[:, None] + second[None, :] - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def match_greedily(ious: Any, threshold: float = 0.5) -> NDArray[np.bool_]:
    """Tell which detections are hits: bool (N,), from IoUs (N, M) of detections, the surest first, with truths.

    Each detection in turn takes the truth with which it overlaps most among those still free, if that is at least the
    threshold: what comes second for a truth is a false alarm.
    """
    ious = np.asarray(ious, np.float64)
    hits = np.zeros(len(ious), bool)
    free = np.ones(ious.shape[1:], bool)
    for number, row in enumerate(ious):
        candidates = np.where(free, row, -1.0)
        # Of equal overlaps the last one, as in COCO's own evaluation.
        best = candidates.size - 1 - candidates[::-1].argmax() if candidates.size else 0
        if candidates.size and candidates[best] >= min(threshold, 1 - 1e-10):
            hits[number], free[best] = True, False
    return hits


def precision_at_recalls(hits: Any, truths: int) -> float:
    """Return the average precision of detections, the surest first, where ``truths`` objects were to be found.

    COCO's: at each recall 0, 0.01, ..., 1 the best precision that is reached with that recall or more, and the mean of
    these 101. NaN where there was nothing to find.
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
        most: detections that count in each image and class, the surest first.
    """

    by: Literal["masks", "boxes"] = "masks"
    thresholds: Scores = field(default_factory=lambda: COCO_THRESHOLDS)
    most: int = 100

    def __post_init__(self) -> None:
        if self.by not in ("masks", "boxes"):
            raise ValueError(f"by is {self.by!r}: instances are compared by 'masks' or by 'boxes'")
        self.thresholds = np.atleast_1d(np.asarray(self.thresholds, np.float64))
        self._truths: dict[int, int] = {}
        self._scores: dict[int, list[Scores]] = {}
        self._hits: dict[int, list[NDArray[np.bool_]]] = {}  # each (thresholds, detections)

    def update(self, prediction: Mapping[str, Any], truth: Mapping[str, Any]) -> None:
        """Count the detections of one image.

        Raises:
            ValueError: a part is missing, or the parts have not equally many entries.
        """
        found, known = self._parts(prediction, "the prediction"), self._parts(truth, "the truth")
        if "scores" not in prediction:
            raise ValueError("the prediction has no 'scores': without them there is no order to count in")
        scores = _plain(prediction["scores"]).astype(np.float64)
        if scores.shape != (len(found[0]),):
            raise ValueError(
                f"the prediction has {len(found[0])} labels and scores of shape {scores.shape}: give one score each"
            )
        overlap = mask_iou if self.by == "masks" else box_iou
        for label in np.union1d(found[0], known[0]).tolist():
            true = known[1][known[0] == label]
            mine = np.flatnonzero(found[0] == label)
            mine = mine[np.argsort(-scores[mine], kind="stable")][: self.most]
            self._truths[label] = self._truths.get(label, 0) + len(true)
            if len(mine):
                ious = overlap(found[1][mine], true)
                hits = np.stack([match_greedily(ious, threshold) for threshold in self.thresholds])
                self._scores.setdefault(label, []).append(scores[mine])
                self._hits.setdefault(label, []).append(hits)

    def of_classes(self) -> dict[int, Scores]:
        """Return each class's average precision at each threshold; NaN for a class with nothing to find."""
        table = {}
        for label, truths in sorted(self._truths.items()):
            scores = np.concatenate([*self._scores.get(label, []), np.zeros(0)])
            hits = np.concatenate(
                [*self._hits.get(label, []), np.zeros((len(self.thresholds), 0), bool)], axis=1
            )
            order = np.argsort(-scores, kind="stable")
            table[label] = np.array([precision_at_recalls(row, truths) for row in hits[:, order]])
        return table

    def mean(self, at: float | None = None) -> float:
        """Return the mean over classes and thresholds, or at one threshold; NaN where nothing was to be found.

        Raises:
            ValueError: ``at`` is none of the thresholds.
        """
        table = [row for row in self.of_classes().values() if not np.isnan(row).any()]
        if at is None:
            return float(np.mean(table)) if table else np.nan
        chosen = np.flatnonzero(np.isclose(self.thresholds, at))
        if not chosen.size:
            raise ValueError(f"{at} is none of the thresholds {self.thresholds.round(2).tolist()}")
        return float(np.mean([row[chosen[0]] for row in table])) if table else np.nan

    def _parts(self, instances: Mapping[str, Any], name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        missing = [part for part in ("labels", self.by) if part not in instances]
        if missing:
            raise ValueError(
                f"{name} has {', '.join(sorted(instances)) or 'nothing'}, but needs {', '.join(map(repr, missing))}"
            )
        labels = _plain(instances["labels"])
        shapes = _as_masks(instances["masks"], name) if self.by == "masks" else _as_boxes(instances["boxes"])
        if labels.shape != (len(shapes),):
            raise ValueError(
                f"{name} has {len(shapes)} {self.by} and labels of shape {labels.shape}: give one label each"
            )
        return labels, shapes


@dataclass(frozen=True)
class Quality:
    """What became of a class's segments; quality = segmentation * recognition."""

    ious: float  # the sum of the matched pairs' IoUs
    matched: int
    only_predicted: int
    only_true: int

    @property
    def segmentation(self) -> float:
        """SQ: the mean IoU of the matched pairs; NaN where there is no segment, 0 where none matches."""
        return self.ious / self.matched if self.matched else self._none

    @property
    def recognition(self) -> float:
        """RQ: the F1 score of the segments; NaN where there is none."""
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

    A panoptic map has one id a pixel: class * 1000 + number of the instance, which is 0 for stuff. A predicted
    and a true segment of one class match if their IoU is above 0.5; no segment can match two.

    Args:
        num_classes: C; class ids are 0..C-1.
        void: the panoptic id of pixels without a label. Where it is the true one, pixels are left out; a predicted
            segment that matches none and lies in there by more than half counts as nothing.
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
        """Return the mean PQ over the classes that were met, or over the given ones of them; NaN if none was."""
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
    """Count what two flat panoptic maps share, all pairs at once."""
    mine, row, my_sizes = _counted(predicted)
    theirs, column, their_sizes = _counted(true)
    pairs = np.bincount(_as_index(row * len(theirs) + column), minlength=len(mine) * len(theirs))
    ious = _iou(pairs.reshape(len(mine), len(theirs)).astype(np.float64), my_sizes, their_sizes)
    return _Overlaps(mine, theirs, ious)


def _counted(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The ids that occur, the place of each pixel's among them, and how often each does, without sorting pixels."""
    counts = np.bincount(_as_index(ids))
    present = np.flatnonzero(counts)
    places = np.cumsum(counts > 0) - 1
    return present, places[ids], counts[present]


def _as_index(values: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """Values in the type that indexes: 32 bits wide in a browser, where ``np.bincount`` takes no wider ones."""
    return values.astype(np.intp, copy=False)


def _mostly_outside(ids: NDArray[np.int64], kept: NDArray[np.bool_]) -> list[int]:
    """The segments of a flat panoptic map of which more than half is not kept."""
    segments, numbers, sizes = _counted(ids)
    share = np.bincount(_as_index(numbers), ~kept) / sizes
    return segments[share > 0.5].tolist()


def _plain(values: Any) -> NDArray[Any]:
    """An array, list or tensor as an array."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def _as_masks(masks: Any, name: str) -> Masks:
    plain = _plain(masks)
    if plain.ndim == 4 and plain.shape[1] == 1:
        plain = plain[:, 0]
    if not plain.size and plain.ndim != 3:
        return np.zeros((0, 0, 0), bool)
    if plain.ndim != 3:
        raise ValueError(f"{name} have shape {plain.shape}, expected one mask an instance, (K, H, W)")
    return plain > 0.5


def _as_boxes(boxes: Any) -> Scores:
    plain = _plain(boxes).astype(np.float64)
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
