"""Scores of a segmentation: one confusion matrix, and every score derived from it.

For a data set::

    matrix = ConfusionMatrix(num_classes=3, ignore_index=255)
    for images, targets in loader:
        matrix.update(model(images).argmax(dim=1), targets)
    print(matrix.mean_iou(), matrix.iou())

The functions below the class score a single pair of masks, in the words of the lessons.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.masks import as_class_ids, check_class_ids, check_label_map, is_tensor

Counts = NDArray[np.int64]
Scores = NDArray[np.float64]
Score = TypeVar("Score", float, Scores)
CountFunction = Callable[[NDArray[Any], NDArray[Any], int, int | None], Counts]

# From this many pixels a call, a compiled loop counts them, in 0.6 ns each where NumPy takes 3. Below, NumPy
# is done long before numba would be imported and its code loaded: that takes a second, once.
_COMPILED_FROM_PIXELS = 1 << 19

# NumPy counts this many pixels at a time: what it computes on the way stays small, and in the cache.
_CHUNK_PIXELS = 1 << 13


class ConfusionMatrix:
    """Counts of pixels by true and predicted class, pooled over everything it has seen.

    Scores come from the pooled counts, as benchmarks report them: the IoU of a class is all its intersection
    over all its union, across the images. The mean of the images' own scores is another figure, the one which
    torchmetrics' ``MeanIoU`` gives: say which one you report.

    A class found neither in the predictions nor in the targets has no IoU and no Dice: they are NaN, and left
    out of the mean. So are those of a class that is ignored. Where no pixel was counted, all of them ignored
    for instance, every score is NaN.

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
        self._on_devices: dict[Any, Any] = {}  # device -> its flat table, as _count_on_device returns it

    def update(self, prediction: Any, targets: Any) -> None:
        """Count the pixels of one image or batch.

        On a CPU this takes at most a byte a pixel beside the masks, or the 200 kB of one piece if they are small. On a
        GPU it never waits for the device, so ids out of range are found out when the counts or a score are read.

        Args:
            prediction: class ids of any shape, usually (H, W) or (N, H, W): array, nested list or tensor of
                any integer dtype; booleans are the classes 0 and 1.
            targets: true ids of the same shape; the dtype may differ.

        Raises:
            TypeError: one of them does not hold integers (logits, say).
            ValueError: shapes or devices differ, there is no pixel, or an id is neither in 0..C-1 nor
                ignored; nothing of this update has been counted then.
        """
        if _on_cpu(prediction) and _on_cpu(targets):
            prediction, targets = _as_pair(prediction, targets)
            table = _count_on_cpu(prediction, targets, self.num_classes, self.ignore_index)
            if table[-1]:
                _raise_for_ids(prediction, targets, self.num_classes, self.ignore_index)
            self._counts += table[:-1].reshape(self._counts.shape)
        else:
            _check_tensors(prediction, targets)
            table = _count_on_device(prediction, targets, self.num_classes, self.ignore_index)
            self._on_devices[table.device] = self._on_devices.get(table.device, 0) + table

    @property
    def counts(self) -> Counts:
        """The counts, int64 (C, C): true classes in rows, predicted classes in columns.

        A copy. Assign to replace them, with the sum over several processes for instance.
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
                f"to one of {self.num_classes} that ignores {self.ignore_index}: create both alike"
            )
        self.counts = self.counts + other.counts

    def __iadd__(self, other: "ConfusionMatrix") -> "ConfusionMatrix":
        self.merge(other)
        return self

    def pixel_accuracy(self) -> float:
        """Share of the counted pixels whose class is right."""
        counts = self.counts
        return float(_ratio(counts.trace(), counts.sum()))

    def iou(self) -> Scores:
        """Intersection over union (Jaccard index) of each class, float64 (C,)."""
        intersection, total = self._overlaps()
        return _ratio(intersection, total - intersection)

    def dice(self) -> Scores:
        """Dice coefficient (F1) of each class, twice the intersection over both areas, float64 (C,)."""
        intersection, total = self._overlaps()
        return _ratio(2 * intersection, total)

    def mean_iou(self) -> float:
        """Mean IoU (mIoU): the mean of ``iou`` over the classes that have one."""
        return _mean_of_known(self.iou())

    def mean_dice(self) -> float:
        """The mean of ``dice`` over the classes that have one."""
        return _mean_of_known(self.dice())

    def _overlaps(self) -> tuple[Counts, Counts]:
        """Return each class's intersection, and its predicted and its true area added up, int64 (C,)."""
        counts = self.counts
        total = counts.sum(axis=0) + counts.sum(axis=1)
        if self.ignore_index in range(self.num_classes):
            total[self.ignore_index] = 0  # it may be predicted where another class is true, but has no truth
        return counts.diagonal(), total


def pixel_accuracy(prediction: Any, truth: Any) -> float:
    """Share of the pixels whose class is right, 0..1. Source: Lesson 33, worked example accuracy-3x3 (7/9).

    Arguments and errors as in ``ConfusionMatrix.update``, but for the ids, which may be any integers.
    """
    prediction, truth = _as_pair(prediction, truth)
    return float(np.mean(prediction == truth))


def iou(prediction: Any, truth: Any, num_classes: int) -> Scores:
    """IoU of each class for one pair of masks, float64 (C,); NaN for a class in neither.

    Arguments and errors as in ``ConfusionMatrix``, which is also the one to use where pixels are ignored.
    Source: Lesson 33, worked example miou-3x3 (0.750, 0.500, 0.667).
    """
    return _matrix(prediction, truth, num_classes).iou()


def mean_iou(prediction: Any, truth: Any, num_classes: int) -> float:
    """Mean IoU of one pair: the mean of ``iou`` over the classes in either mask (miou-3x3: 0.639)."""
    return _matrix(prediction, truth, num_classes).mean_iou()


def dice(prediction: Any, truth: Any, num_classes: int) -> Scores:
    """Dice of each class for one pair of masks, float64 (C,); NaN for a class in neither. See ``iou``."""
    return _matrix(prediction, truth, num_classes).dice()


def mean_dice(prediction: Any, truth: Any, num_classes: int) -> float:
    """The mean of ``dice`` over the classes in either mask."""
    return _matrix(prediction, truth, num_classes).mean_dice()


def binary_iou(prediction: Any, truth: Any) -> float:
    """IoU of the foreground of two masks of 0 and 1, or of booleans; NaN if both are empty.

    Source: worked examples overlap-4x4 (0.75), regions-10-10-40 (2/3) and empty-prediction (0).
    """
    return float(iou(prediction, truth, num_classes=2)[1])


def binary_dice(prediction: Any, truth: Any) -> float:
    """Dice of the foreground of two masks of 0 and 1, or of booleans; NaN if both are empty.

    Source: worked examples overlap-4x4 (12/14) and regions-10-10-40 (0.8).
    """
    return float(dice(prediction, truth, num_classes=2)[1])


def dice_from_iou(iou: Score) -> Score:
    """Dice = 2 IoU / (1 + IoU), of a number or an array in 0..1. Source: study guide, section 10."""
    _check_score(iou, "IoU")
    return 2 * iou / (1 + iou)


def iou_from_dice(dice: Score) -> Score:
    """IoU = Dice / (2 - Dice), of a number or an array in 0..1: ``dice_from_iou`` solved for the IoU."""
    _check_score(dice, "Dice")
    return dice / (2 - dice)


def _matrix(prediction: Any, truth: Any, num_classes: int) -> ConfusionMatrix:
    matrix = ConfusionMatrix(num_classes)
    matrix.update(prediction, truth)
    return matrix


def _ratio(part: Any, whole: Any) -> Scores:
    """Divide; where the whole is 0 the ratio is NaN, without a warning."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def _mean_of_known(scores: Scores) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else float("nan")


def _check_score(score: Any, name: str) -> None:
    if np.any(np.less(score, 0)) or np.any(np.greater(score, 1)):
        raise ValueError(f"{name} is {score}, but scores lie in 0..1: divide percentages by 100")


def _on_cpu(array: Any) -> bool:
    return not is_tensor(array) or array.device.type == "cpu"


def _as_pair(prediction: Any, targets: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    prediction, targets = as_class_ids(prediction, "the prediction"), as_class_ids(targets, "the target")
    _check_shapes(prediction.shape, targets.shape)
    return prediction, targets


def _check_tensors(prediction: Any, targets: Any) -> None:
    """Do for tensors on a GPU what ``_as_pair`` does, without reading them."""
    if not (is_tensor(prediction) and is_tensor(targets) and prediction.device == targets.device):
        places = [str(getattr(array, "device", "cpu")) for array in (prediction, targets)]
        raise ValueError(
            f"the prediction is on {places[0]} and the target on {places[1]}: bring both to one device, "
            "with torch.as_tensor(targets, device=prediction.device) for instance"
        )
    check_class_ids(prediction, "the prediction")
    check_class_ids(targets, "the target")
    _check_shapes(tuple(prediction.shape), tuple(targets.shape))


def _check_shapes(prediction: tuple[int, ...], targets: tuple[int, ...]) -> None:
    if prediction != targets:
        advice = (
            _superfluous_axis("prediction", prediction, targets)
            or _superfluous_axis("target", targets, prediction)
            or "bring both to one size (upsample logits before the argmax, resize masks with nearest)"
        )
        raise ValueError(f"the prediction has shape {prediction} and the target has {targets}: {advice}")


def _superfluous_axis(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> str | None:
    """Say how to get rid of the axis that one shape has over the other, if that is all the difference."""
    for axis, length in enumerate(shape):
        if shape[:axis] + shape[axis + 1 :] == expected:
            if length == 1:
                return f"take {name}.squeeze({axis})"
            if axis == len(shape) - 1:
                return f"the {name} looks like a colour picture, so map each colour to its class id"
            return f"take {name}.argmax({axis}) if axis {axis} holds a score for each class"
    return None


def _raise_for_ids(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> None:
    """Raise the error that names the ids out of range."""
    check_label_map(targets, num_classes, ignore_index, "the target")
    counted = prediction if ignore_index is None else prediction[targets != ignore_index]
    check_label_map(counted, num_classes, None, "the prediction")


def _count_on_cpu(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> Counts:
    """Count pixels by target and prediction: int64 (C * C + 1,); the last bin is for ids out of range."""
    count = _counter(prediction.size)
    # The iterator cuts any two arrays into flat, contiguous pieces of native byte order, and copies a piece
    # only if it is not so by itself. The compiled loop takes all that needs no copy as one piece.
    flags: Any = ["external_loop", "buffered"] + (["growinner"] if count is not _count_with_numpy else [])
    layout: Any = ["readonly", "contig", "aligned", "nbo"]
    table = np.zeros(num_classes**2 + 1, np.int64)
    pieces = np.nditer(
        [prediction, targets], flags, [layout, layout], casting="equiv", buffersize=_CHUNK_PIXELS
    )
    with pieces:
        for predicted, true in pieces:
            table += count(predicted, true, num_classes, ignore_index)
    return table


def _counter(pixels: int) -> CountFunction:
    if pixels >= _COMPILED_FROM_PIXELS:
        # A numba that supports a new Python or NumPy comes out months after it: NumPy does, until then.
        with contextlib.suppress(ImportError):
            _compiled_loop()
            return _count_compiled
    return _count_with_numpy


def _count_compiled(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> Counts:
    bits = (num_classes - 1).bit_length()
    counts = _compiled_loop()(prediction, targets, bits, ignore_index)
    inside = counts[:-2].reshape(1 << bits, 1 << bits)[:num_classes, :num_classes]
    return np.append(inside, prediction.size - counts[-1] - inside.sum())


@functools.cache
def _compiled_loop() -> Callable[..., Counts]:
    import numba

    try:
        return numba.njit(_count_in_one_pass, cache=True, nogil=True)
    except RuntimeError:  # no folder to keep the compiled code in, neither beside this file nor in the home
        return numba.njit(_count_in_one_pass, nogil=True)


def _count_in_one_pass(
    prediction: NDArray[Any], targets: NDArray[Any], bits: int, ignore_index: int | None
) -> Counts:
    """Count flat arrays into a square table of 2**bits rows, and two bins: ids out of range, pixels ignored.

    Rows as long as a power of two let one comparison check both ids. Four tables take turns: an addition to a bin
    waits for the one before to the same bin, and neighbours in a mask mostly share theirs. Their bins have 32 bits,
    which 2**34 pixels would fill: twice as wide, the tables of 21 classes would not fit a core's first cache.
    """
    shift = np.uint64(bits)
    side = np.uint64(1) << shift
    outside = side * side
    ignored = outside + np.uint64(1)
    tables = np.zeros((4, ignored + np.uint64(1)), np.uint32)
    for i in range(prediction.size):
        true = np.uint64(targets[i])  # a negative id becomes a huge one
        predicted = np.uint64(prediction[i])
        pair = (true << shift) | predicted
        if (true | predicted) >= side:
            pair = outside
        if ignore_index is not None and np.int64(targets[i]) == ignore_index:
            pair = ignored
        tables[i & 3, pair] += np.uint32(1)
    return tables.astype(np.int64).sum(axis=0)


def _count_with_numpy(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> Counts:
    predicted = prediction.astype(np.int64, copy=False).view(np.uint64)  # a negative id becomes a huge one
    true = targets.astype(np.int64, copy=False).view(np.uint64)
    pairs = true * num_classes
    pairs += predicted
    pairs[(true >= num_classes) | (predicted >= num_classes)] = num_classes**2
    if ignore_index is not None:
        pairs = pairs[targets != ignore_index]
    indices = pairs.view(np.int64).astype(
        np.intp, copy=False
    )  # 32 bits in a browser; bincount takes no wider ones
    return np.bincount(indices, minlength=num_classes**2 + 1)


def _count_on_device(prediction: Any, targets: Any, num_classes: int, ignore_index: int | None) -> Any:
    """Count as ``_count_on_cpu`` does, but where the tensors are.

    torch.bincount, boolean indexing and .item() would each wait for the GPU to know a size or a value.
    """
    import torch

    predicted, true = prediction.flatten().long(), targets.flatten().long()
    outside = (true < 0) | (true >= num_classes) | (predicted < 0) | (predicted >= num_classes)
    pairs = (true * num_classes + predicted).masked_fill(outside, num_classes**2)
    counted = torch.ones_like(pairs) if ignore_index is None else (true != ignore_index).long()
    table = torch.zeros(num_classes**2 + 1, dtype=torch.int64, device=pairs.device)
    return table.scatter_add_(0, pairs, counted)
