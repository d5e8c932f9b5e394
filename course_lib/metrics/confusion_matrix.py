"""Counts of pixels by true and predicted class, and the scores that follow from them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.masks import as_class_ids
from course_lib.metrics.checks import as_pair, check_tensors, on_cpu, raise_for_ids
from course_lib.metrics.counting import Counts, count_on_cpu, count_on_device

Scores = NDArray[np.float64]


class ConfusionMatrix:
    """Counts of pixels by true and predicted class, pooled over everything it has seen.

    Scores come from the pooled counts, as benchmarks report them: the IoU of a class is all its intersection
    over all its union, across the images. The mean of the images' own scores is another figure, the one
    that torchmetrics' ``MeanIoU`` gives: say which one you report.

    A class found neither in the predictions nor in the targets has no IoU and no Dice: they are NaN, and left
    out of the mean. So are those of a class that is ignored. If no pixel was counted, for instance because all
    are ignored, every score is NaN.

    To pool several processes, add up what each has counted: ``matrix += other``, or with torch.distributed::

        counts = torch.from_numpy(matrix.counts)
        torch.distributed.all_reduce(counts)
        matrix.counts = counts

    Args:
        num_classes: C; class ids are 0..C-1.
        ignore_index: pixels whose *target* has this id are left out, whatever is predicted there.
    """

    def __init__(self, num_classes: int, ignore_index: int | None = None) -> None:
        if num_classes < 1:
            raise ValueError(f"num_classes is {num_classes}: pass the number of classes, 1 or more")
        self.num_classes = num_classes
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        """Forget everything counted so far."""
        self._counts: Counts = np.zeros((self.num_classes, self.num_classes), np.int64)
        self._on_devices: dict[Any, Any] = {}  # device -> its flat table, as count_on_device returns it

    def update(self, prediction: Any, targets: Any) -> None:
        """Count the pixels of one image or batch.

        On a CPU this takes at most one extra byte per pixel, or the 200 kB of one piece if the masks are small. On a
        GPU it never waits for the device, so ids out of range are found when the counts or a score are read.

        Args:
            prediction: class ids of any shape, usually (H, W) or (N, H, W): array, nested list or tensor of
                any integer dtype; booleans are the classes 0 and 1.
            targets: true ids of the same shape; the dtype may differ.

        Raises:
            TypeError: one of them does not hold integers (but logits, say).
            ValueError: shapes or devices differ, there is no pixel, or an id is neither in 0..C-1 nor
                ignored; nothing of this update has been counted then.
        """
        if on_cpu(prediction) and on_cpu(targets):
            prediction, targets = as_pair(prediction, targets)
            table = count_on_cpu(prediction, targets, self.num_classes, self.ignore_index)
            if table[-1]:
                raise_for_ids(prediction, targets, self.num_classes, self.ignore_index)
            self._counts += table[:-1].reshape(self._counts.shape)
        else:
            check_tensors(prediction, targets)
            table = count_on_device(prediction, targets, self.num_classes, self.ignore_index)
            self._on_devices[table.device] = self._on_devices.get(table.device, 0) + table

    @property
    def counts(self) -> Counts:
        """The counts, int64 (C, C): true classes in rows, predicted classes in columns.

        This is a copy. Assign to replace the counts, for instance with the sum over several processes.
        """
        for device in list(self._on_devices):
            table = self._on_devices[device].cpu().numpy()
            if table[-1]:
                raise ValueError(
                    f"{table[-1]} pixels counted on {device} hold ids outside 0..{self.num_classes - 1}: see "
                    "prediction.unique() and targets.unique(), map the labels to class ids, then reset()"
                )
            self._counts += table[:-1].reshape(self._counts.shape)
            del self._on_devices[device]
        return self._counts.copy()

    @counts.setter
    def counts(self, counts: ArrayLike) -> None:
        replacement = as_class_ids(counts, "the counts")
        if replacement.shape != self._counts.shape or replacement.min() < 0:
            raise ValueError(
                f"counts of shape {replacement.shape} with minimum {replacement.min()} cannot be those of "
                f"{self.num_classes} classes: pass numbers of pixels of shape {self._counts.shape}"
            )
        self.reset()
        self._counts += replacement.astype(np.int64)

    def merge(self, other: "ConfusionMatrix") -> None:
        """Add what another matrix has counted."""
        if (other.num_classes, other.ignore_index) != (self.num_classes, self.ignore_index):
            raise ValueError(
                f"a matrix of {other.num_classes} classes that ignores {other.ignore_index} cannot be added "
                f"to one of {self.num_classes} that ignores {self.ignore_index}: create both with the same settings"
            )
        self.counts = self.counts + other.counts

    def __iadd__(self, other: "ConfusionMatrix") -> "ConfusionMatrix":
        self.merge(other)
        return self

    def pixel_accuracy(self) -> float:
        """Share of the counted pixels whose class is right."""
        counts = self.counts
        return float(ratio(counts.trace(), counts.sum()))

    def iou(self) -> Scores:
        """Intersection over union (Jaccard index) of each class, float64 (C,)."""
        intersection, total = self._overlaps()
        return ratio(intersection, total - intersection)

    def dice(self) -> Scores:
        """Dice coefficient (F1) of each class, twice the intersection over both areas, float64 (C,)."""
        intersection, total = self._overlaps()
        return ratio(2 * intersection, total)

    def mean_iou(self) -> float:
        """Mean IoU (mIoU): the mean of ``iou`` over the classes that have one."""
        return mean_of_known(self.iou())

    def mean_dice(self) -> float:
        """The mean of ``dice`` over the classes that have one."""
        return mean_of_known(self.dice())

    def _overlaps(self) -> tuple[Counts, Counts]:
        """Return each class's intersection, and its predicted and its true area added up, int64 (C,)."""
        counts = self.counts
        total = counts.sum(axis=0) + counts.sum(axis=1)
        if self.ignore_index in range(self.num_classes):
            total[self.ignore_index] = 0  # it may be predicted where another class is true, but has no truth
        return counts.diagonal(), total


def ratio(part: Any, whole: Any) -> Scores:
    """Divide; if the whole is 0 the ratio is NaN, without a warning."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def mean_of_known(scores: Scores) -> float:
    """Return the mean of the scores that are not NaN; NaN if all are."""
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else float("nan")
