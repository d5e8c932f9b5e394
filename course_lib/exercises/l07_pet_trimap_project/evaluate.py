"""An honest evaluation."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l07_pet_trimap_project.evaluate_probe import KINDS, draw_evaluate, observe_evaluate
from course_lib.masks import IGNORE_INDEX
from course_lib.metrics import ConfusionMatrix
from course_lib.training import loop
from course_lib.training.devices import Devices


def evaluate(model, batches, num_classes):
    """Return the IoU of each class over all pixels of all batches.

    The model predicts in evaluation mode and without gradients.

    Args:
        model: a module that maps images to logits (B, num_classes, H, W).
        batches: gives (images, targets): float (B, 3, H, W) and int64 (B, H, W). Pixels whose target is
            IGNORE_INDEX count for nothing.
        num_classes: the number of classes, an int.

    Returns:
        num_classes floats; nan for a class that is neither predicted nor true anywhere.
    """
    ### BEGIN SOLUTION
    model.eval()
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    with torch.no_grad():
        for images, targets in batches:  # (B, 3, H, W), (B, H, W)
            prediction = model(images).argmax(dim=1)  # (B, H, W)
            matrix.update(prediction, targets)
    return matrix.iou()  # (C,)
    ### END SOLUTION


EVALUATE = Exercise(
    evaluate,
    title="An honest evaluation",
    points=3,
    minutes=15,
    source="Study guide, implementation guide, and pitfall 6: wrong evaluation mode",
    draw=by_kind(draw_evaluate, *KINDS),
    observe=observe_evaluate,
    hints=(
        "Count over all batches, score once after the last. The confusion matrix of lesson 03 does both.",
        "matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX) before the loop; "
        "matrix.update(prediction, targets) inside; matrix.iou() after it. The prediction is the argmax over "
        "dim 1.",
        "model.eval(), then with torch.no_grad(): for images, targets in batches: "
        "matrix.update(model(images).argmax(dim=1), targets), and at the end return matrix.iou().",
    ),
    why="Pooled counts do not care how the images were batched, and in evaluation mode a prediction depends on "
    "its own image only: the same weights always get the same score.",
)

EVALUATE.worked(
    [[[[0, 1], [1, 1]], [[1, 1], [1, 1]]], [[[0, 0], [0, 2]]]],
    [[[[0, 0], [1, 1]], [[1, 1], [1, 1]]], [[[0, 0], [2, 2]]]],
    3,
    gives={
        "forward passes in evaluation mode": "all",
        "forward passes with gradients": "none",
        "the IoU of each class": [3 / 5, 6 / 7, 1 / 2],
    },
)
EVALUATE.worked(
    [[[[0, 1], [1, 1]]]],
    [[[[0, 255], [1, 1]]]],
    3,
    gives={
        "forward passes in evaluation mode": "all",
        "forward passes with gradients": "none",
        "the IoU of each class": [1.0, 1.0, math.nan],
    },
)


def _evaluation_that(score, mode=False, gradients=False):
    """An evaluate with another mode, or with another way from the masks of each batch to the result."""

    def evaluate(model, batches, num_classes):
        model.train(mode)
        with torch.set_grad_enabled(gradients):
            pairs = [(model(images).argmax(dim=1), targets) for images, targets in batches]
        return score(pairs, num_classes)

    return evaluate


def _iou_of(prediction, targets, num_classes):
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    matrix.update(prediction, targets)
    return matrix.iou()


def _pooled_iou(pairs, num_classes):
    prediction, targets = (torch.cat(part) for part in zip(*pairs, strict=True))
    return _iou_of(prediction, targets, num_classes)


EVALUATE.wrong(
    _evaluation_that(_pooled_iou, mode=True),
    name="training_mode",
    sentence="The network was in training mode: batch norm then scores each image by the company it happens to "
    "be in, and dropout drops features at random. Begin with model.eval().",
)
EVALUATE.wrong(
    _evaluation_that(_pooled_iou, gradients=True),
    name="with_gradients",
    sentence="The network kept everything for a backward pass that never comes, "
    "which costs memory and time. Predict inside `with torch.no_grad():`.",
)


def _known_mean(scores):
    """Mean of each class over the rows that have it, without NumPy's warning for a class in none."""
    scores = np.array(scores)
    known = ~np.isnan(scores)
    count = known.sum(axis=0)
    total = np.where(known, scores, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean_of_batches(pairs, num_classes):
    return _known_mean([_iou_of(*pair, num_classes) for pair in pairs])


EVALUATE.wrong(
    _evaluation_that(_mean_of_batches),
    name="mean_over_batches",
    sentence="You took the IoU of each batch and then their mean. The result depends on how the images were "
    "cut into batches: add up the pixels first, and divide once, at the end.",
)


def _mean_of_batches_with_nan(pairs, num_classes):
    return np.mean([_iou_of(*pair, num_classes) for pair in pairs], axis=0)


EVALUATE.wrong(
    _evaluation_that(_mean_of_batches_with_nan),
    name="mean_over_batches_with_nan",
    sentence="You took the IoU of each batch and then their mean. The result depends on how the images were "
    "cut into batches, and one batch without a class makes its mean nan: add up the pixels first, and divide once, at "
    "the end.",
)


def _mean_of_images(pairs, num_classes):
    return _known_mean([_iou_of(p, t, num_classes) for pair in pairs for p, t in zip(*pair, strict=True)])


EVALUATE.wrong(
    _evaluation_that(_mean_of_images),
    name="mean_over_images",
    sentence="You took the IoU of each image and then their mean, where a pet of ten pixels weighs as much as "
    "one that fills the picture. Here the pixels of all images are pooled: add up first, divide once.",
)


def _absent_as_zero(pairs, num_classes):
    return np.nan_to_num(_pooled_iou(pairs, num_classes), nan=0.0)


EVALUATE.wrong(
    _evaluation_that(_absent_as_zero),
    name="absent_as_zero",
    sentence="A class that was neither true nor predicted anywhere got 0. It has no IoU: give nan, so that the "
    "mean can leave it out.",
)


def _void_counted(pairs, num_classes):
    prediction, targets = (torch.cat(part) for part in zip(*pairs, strict=True))
    overlaps = [((prediction == c) & (targets == c)).sum().item() for c in range(num_classes)]
    unions = [((prediction == c) | (targets == c)).sum().item() for c in range(num_classes)]
    return [o / u if u else math.nan for o, u in zip(overlaps, unions, strict=True)]


EVALUATE.wrong(
    _evaluation_that(_void_counted),
    name="void_counted",
    sentence="You counted predictions on pixels whose target is IGNORE_INDEX. Nobody knows what is right "
    "there: leave them out, with ignore_index=IGNORE_INDEX or with targets != IGNORE_INDEX.",
)


def _mean_alone(pairs, num_classes):
    return float(np.nanmean(_pooled_iou(pairs, num_classes)))


EVALUATE.wrong(
    _evaluation_that(_mean_alone),
    name="only_miou",
    sentence="You returned the mean. It hides the weak class, which is often the border: return the IoU of "
    "every class, and let the caller take the mean.",
)


def _recall(pairs, num_classes):
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    for pair in pairs:
        matrix.update(*pair)
    counts = matrix.counts
    return [counts[c, c] / counts[c].sum() if counts[c].sum() else math.nan for c in range(num_classes)]


EVALUATE.wrong(
    _evaluation_that(_recall),
    name="recall",
    sentence="You divided by only the true pixels: that is recall. The union also holds the pixels that only "
    "the prediction has.",
)


def _dice(pairs, num_classes):
    iou = np.array(_pooled_iou(pairs, num_classes))
    return 2 * iou / (1 + iou)


EVALUATE.wrong(
    _evaluation_that(_dice),
    name="dice",
    sentence="You computed Dice, twice the overlap over the sum of the areas. IoU is the overlap over the union, which "
    "counts the overlap once.",
)


@EVALUATE.right
def by_counting(model, batches, num_classes):
    model.eval()
    counts = torch.zeros(num_classes, num_classes)
    with torch.inference_mode():
        for images, targets in batches:
            known = targets != 255
            places = targets[known], model(images).argmax(1)[known]
            counts.index_put_(places, torch.tensor(1.0), accumulate=True)
    overlap = counts.diagonal()
    return overlap / (counts.sum(0) + counts.sum(1) - overlap)


@EVALUATE.right
def by_library(model, batches, num_classes):
    cpu = Devices(torch.device("cpu"), torch.float32)
    return loop.evaluate(model, batches, num_classes, cpu).iou()


@EVALUATE.right
def in_plain_python(model, batches, num_classes):
    model.eval()
    overlap, union = [0] * num_classes, [0] * num_classes
    for images, targets in batches:
        with torch.no_grad():
            ids = model(images).argmax(dim=1)
        for p, t in zip(ids.flatten().tolist(), targets.flatten().tolist(), strict=True):
            if t == IGNORE_INDEX:
                continue
            union[p] += 1
            union[t] += p != t
            overlap[p] += p == t
    return tuple(o / u if u else float("nan") for o, u in zip(overlap, union, strict=True))


EVALUATE.equivalent(
    "by_counting, line 8: (targets[known], model(images).argmax(1)[known]) -> "
    "(model(images).argmax(1)[known], targets[known])",
    "by_counting, line 9: 1.0 -> 2.0",
    because="The IoU is the same for the transposed matrix, and for counts that are twice as large.",
)

EVALUATE.equivalent(
    "by_library, line 3: torch.device('cpu') -> torch",
    "by_library, line 3: torch.device('cpu') -> 'cpu'",
    because="With float32 and a single process, nothing asks for the device.",
)

EVALUATE.equivalent(
    "in_plain_python, line 13: p -> t",
    because="Where something is added, the two ids are equal.",
)
