"""How fast a batch of masks is scored: `python benchmarks/metrics.py` prints a Markdown table.

One process, one thread, int64 masks. The methods take turns in a new order each round, so that a busy machine slows
all of them equally. The first call of a turn finds the cache as another method left it, and is not counted. A figure
is the median of a method's turns, a ratio its cost relative to ours. Before that, all must agree on every class's
intersection and union.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and NumPy read it

from collections.abc import Callable
from random import Random
from statistics import median
from time import perf_counter

import numba
import numpy as np
import segmentation_models_pytorch as smp
import torch
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from torchmetrics import JaccardIndex

from course_lib.metrics import ConfusionMatrix

Overlaps = tuple[NDArray[np.int64], NDArray[np.int64]]  # intersection and union of each class
Method = Callable[[torch.Tensor, torch.Tensor, int], Overlaps]

OURS = "course_lib ConfusionMatrix"
TURNS = 11


def overlaps(counts: NDArray[np.int64]) -> Overlaps:
    intersection = counts.diagonal()
    return intersection, counts.sum(axis=0) + counts.sum(axis=1) - intersection


def ours(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    matrix = ConfusionMatrix(num_classes)
    matrix.update(prediction, targets)
    return overlaps(matrix.counts)


@numba.njit
def four_histograms(prediction: NDArray[np.int64], targets: NDArray[np.int64], num_classes: int):
    """Count without a single check: the fastest technique known, and memory errors on a bad id."""
    counts = np.zeros((4, num_classes * num_classes), np.int64)
    whole = prediction.size // 4 * 4
    for i in range(0, whole, 4):
        counts[0, targets[i] * num_classes + prediction[i]] += 1
        counts[1, targets[i + 1] * num_classes + prediction[i + 1]] += 1
        counts[2, targets[i + 2] * num_classes + prediction[i + 2]] += 1
        counts[3, targets[i + 3] * num_classes + prediction[i + 3]] += 1
    for i in range(whole, prediction.size):
        counts[0, targets[i] * num_classes + prediction[i]] += 1
    return counts.sum(axis=0)


def numba_unchecked(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    counts = four_histograms(prediction.numpy().ravel(), targets.numpy().ravel(), num_classes)
    return overlaps(counts.reshape(num_classes, num_classes))


def numpy_bincount(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    pairs = targets.numpy().ravel() * num_classes + prediction.numpy().ravel()
    return overlaps(np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes))


def torch_bincount(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    pairs = targets.flatten() * num_classes + prediction.flatten()
    return overlaps(torch.bincount(pairs, minlength=num_classes**2).view(num_classes, num_classes).numpy())


def loop_over_classes(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    p, t = prediction.numpy(), targets.numpy()
    intersection = [((p == c) & (t == c)).sum() for c in range(num_classes)]
    union = [((p == c) | (t == c)).sum() for c in range(num_classes)]
    return np.array(intersection), np.array(union)


def torchmetrics_unchecked(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    metric = JaccardIndex(task="multiclass", num_classes=num_classes, validate_args=False)
    metric.update(prediction, targets)
    return overlaps(metric.confmat.numpy())


def torchmetrics_default(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    metric = JaccardIndex(task="multiclass", num_classes=num_classes)
    metric.update(prediction, targets)
    return overlaps(metric.confmat.numpy())


def smp_stats(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    tp, fp, fn, _ = smp.metrics.get_stats(prediction, targets, mode="multiclass", num_classes=num_classes)
    return tp.sum(dim=0).numpy(), (tp + fp + fn).sum(dim=0).numpy()


def scikit_learn(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> Overlaps:
    return overlaps(
        confusion_matrix(targets.flatten().numpy(), prediction.flatten().numpy(), labels=range(num_classes))
    )


METHODS: dict[str, Method] = {
    OURS: ours,
    "numba, four sub-histograms, no checks": numba_unchecked,
    "numpy bincount, no checks": numpy_bincount,
    "torch bincount": torch_bincount,
    "torchmetrics JaccardIndex, validate_args=False": torchmetrics_unchecked,
    "loop over classes, numpy": loop_over_classes,
    "smp get_stats": smp_stats,
    "scikit-learn confusion_matrix": scikit_learn,
    "torchmetrics JaccardIndex, default": torchmetrics_default,
}


def random_masks(images: int, size: int, num_classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw every pixel independently: the worst case for branch prediction."""
    rng = np.random.default_rng(0)
    prediction, targets = rng.integers(0, num_classes, (2, images, size, size))
    return torch.from_numpy(prediction), torch.from_numpy(targets)


def blobby_masks(images: int, size: int, num_classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw patches, predicted a few pixels beside the truth: neighbours fall into one bin, as in real masks."""
    patches = np.random.default_rng(0).integers(0, num_classes, (images, size // 32, size // 32))
    targets = patches.repeat(32, axis=1).repeat(32, axis=2)
    return torch.from_numpy(np.roll(targets, 3, axis=2).copy()), torch.from_numpy(targets)


def measure(prediction: torch.Tensor, targets: torch.Tensor, num_classes: int) -> dict[str, float]:
    """Return each method's median in milliseconds."""
    expected = ours(prediction, targets, num_classes)
    for name, method in METHODS.items():  # this is also the warm-up, in which numba compiles
        assert np.array_equal(method(prediction, targets, num_classes), expected), (
            f"{name} counts differently"
        )
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    order = Random(0)
    for _ in range(TURNS):
        for name in order.sample(list(METHODS), len(METHODS)):
            METHODS[name](prediction, targets, num_classes)
            start = perf_counter()
            METHODS[name](prediction, targets, num_classes)
            seconds[name].append(perf_counter() - start)
    return {name: 1000 * median(times) for name, times in seconds.items()}


def main() -> None:
    torch.set_num_threads(1)
    columns = {}
    for images, size, num_classes in [(16, 256, 3), (8, 512, 21)]:
        for kind, draw in [("random", random_masks), ("blobby", blobby_masks)]:
            title = f"{images}×{size}², {num_classes} classes, {kind}"
            columns[title] = measure(*draw(images, size, num_classes), num_classes)
    print("| method |" + "".join(f" {title}, ms | ratio |" for title in columns))
    print("|---|" + "---:|---:|" * len(columns))
    for name in METHODS:
        cells = [f" {column[name]:.2f} | {column[name] / column[OURS]:.1f} |" for column in columns.values()]
        print(f"| {name} |" + "".join(cells))


if __name__ == "__main__":
    main()
