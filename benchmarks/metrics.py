"""How fast masks are scored: `python benchmarks/metrics.py` prints Markdown tables, of pixels and of boundaries.

One process, one thread, int64 masks. The methods take turns in a new order each round, so that a busy machine slows
all of them equally. The first call of a turn finds the cache as another method left it, and is not counted. A figure
is the median of a method's turns, a ratio its cost relative to ours. Before that, all must agree on every class's
intersection and union, and on every boundary score.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and NumPy read it

import warnings
from collections.abc import Callable
from random import Random
from statistics import median
from time import perf_counter

import numba
import numpy as np
import segmentation_models_pytorch as smp
import torch
from _common import machine, markdown_table, medians_in_turn, with_ratios
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.metrics import confusion_matrix
from torchmetrics import JaccardIndex

from course_lib.data.pocket_pets.scene import draw_scene_of_pets
from course_lib.metrics import BoundaryScores, ConfusionMatrix, assd, boundary_iou, hd95

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


Pair = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def drawn_pairs(count: int, side: int) -> list[Pair]:
    """Draw masks of pets, predicted four pixels beside the truth."""
    rng = np.random.default_rng(0)
    scenes = [draw_scene_of_pets(rng, (side, side), pets=1) for _ in range(count)]
    truths = [scene.masks.any(axis=0) for scene in scenes]
    return [(np.roll(truth, 4, axis=1), truth) for truth in truths]


def by_distance_transform(prediction: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    """Measure the distance of every pixel, then look up those of the boundaries: what most implementations do."""
    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (prediction, truth)]
    to_edge = [ndimage.distance_transform_edt(~edge) for edge in edges]
    return to_edge[1][edges[0]], to_edge[0][edges[1]]


def authors_boundary_iou(prediction: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    steps = round(0.02 * np.hypot(*truth.shape))
    bands = [mask & ~ndimage.binary_erosion(mask, np.ones((3, 3)), steps) for mask in (prediction, truth)]
    return (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()


def monai_distance(function: Callable, prediction: NDArray[np.bool_], truth: NDArray[np.bool_], **options):
    masks = [torch.from_numpy(mask)[None, None] for mask in (prediction, truth)]
    return function(*masks, include_background=True, **options).item()


def all_four(pairs: list[Pair]) -> list[float]:
    """Measure all four scores of pet and background, and return the distances, which MONAI has too."""
    scores = BoundaryScores(2)
    for prediction, truth in pairs:
        scores.update(prediction, truth)
    return [*scores.hd95(), *scores.assd()]


def monai_distances(pairs: list[Pair]) -> list[float]:
    classes = [[(~p, ~t) for p, t in pairs], pairs]
    measures = (
        (compute_hausdorff_distance, {"percentile": 95}),
        (compute_average_surface_distance, {"symmetric": True}),
    )
    return [
        float(np.mean([monai_distance(function, *pair, **options) for pair in of_class]))
        for function, options in measures
        for of_class in classes
    ]


def boundary_methods(pairs: list[Pair]) -> dict[str, dict[str, Callable[[], list[float]]]]:
    """Return the methods to compare, by score; ours come first."""

    def of_each(score: Callable[[NDArray, NDArray], float]) -> Callable[[], list[float]]:
        return lambda: [score(*pair) for pair in pairs]

    def hd95_by_transform(prediction: NDArray, truth: NDArray) -> float:
        return max(np.percentile(d, 95) for d in by_distance_transform(prediction, truth))

    def assd_by_transform(prediction: NDArray, truth: NDArray) -> float:
        return np.concatenate(by_distance_transform(prediction, truth)).mean()

    def monai_hd95(prediction: NDArray, truth: NDArray) -> float:
        return monai_distance(compute_hausdorff_distance, prediction, truth, percentile=95)

    def monai_assd(prediction: NDArray, truth: NDArray) -> float:
        return monai_distance(compute_average_surface_distance, prediction, truth, symmetric=True)

    return {
        "Boundary IoU": {
            "course_lib boundary_iou": of_each(boundary_iou),
            "the authors' steps, scipy": of_each(authors_boundary_iou),
        },
        "HD95": {
            "course_lib hd95": of_each(hd95),
            "MONAI": of_each(monai_hd95),
            "scipy distance transforms": of_each(hd95_by_transform),
        },
        "ASSD": {
            "course_lib assd": of_each(assd),
            "MONAI": of_each(monai_assd),
            "scipy distance transforms": of_each(assd_by_transform),
        },
        "Two classes": {
            "course_lib BoundaryScores, all four scores": lambda: all_four(pairs),
            "MONAI, HD95 and ASSD": lambda: monai_distances(pairs),
        },
    }


def boundary_tables(count: int, side: int) -> str:
    """Check that all methods give the same scores, time them, and lay out the tables."""
    tables = []
    for score, methods in boundary_methods(drawn_pairs(count, side)).items():
        values = [method() for method in methods.values()]
        assert all(np.allclose(values[0], value, atol=0.01) for value in values), (
            values
        )  # MONAI computes in float32
        figures = medians_in_turn(methods, TURNS)
        title = f"{score}, {count} pairs of {side}×{side}"
        tables.append(markdown_table((title, "ms", "ratio"), with_ratios(figures, next(iter(methods)))))
    return "\n\n".join(tables)


def main() -> None:
    torch.set_num_threads(1)
    # MONAI passes itself an argument that it has deprecated.
    warnings.filterwarnings("ignore", ".*always_return_as_numpy", FutureWarning)
    print(machine())
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
    print(f"\n{boundary_tables(16, 320)}")


if __name__ == "__main__":
    main()
