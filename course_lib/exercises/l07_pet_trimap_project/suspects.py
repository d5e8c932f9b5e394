"""Whose label is wrong?"""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.masks import IGNORE_INDEX


def suspects(losses, targets, count):
    """Return the places of the images whose labels fit the predictions worst, the worst first.

    An image's loss is the mean over its pixels that have a label.

    Args:
        losses: the loss of every pixel, float array (N, H, W).
        targets: the ids, int array (N, H, W); pixels of IGNORE_INDEX have no label. Each image has some that do.
        count: how many images to return, at most N.

    Returns:
        A list of int, positions from 0 to N - 1.
    """
    ### BEGIN SOLUTION
    labelled = targets != IGNORE_INDEX  # (N, H, W)
    sums = np.where(labelled, losses, 0).sum(axis=(1, 2))  # (N,)
    means = sums / labelled.sum(axis=(1, 2))
    return np.argsort(-means)[:count].tolist()
    ### END SOLUTION


_KINDS = (
    "usual",
    "one of many",
    "all of them",
    "mostly void",
    "loss on void",
    "one bad pixel",
    "a third is wrong",
    "one image",
    "as many images as rows",
)


def _draw_losses(rng, kind):
    """Draw losses of images whose means differ plainly; `kind` says where sums, maxima or void mislead."""
    height, width = (int(side) for side in rng.choice([3, 4, 5], 2, replace=False))
    images = {"one image": 1, "as many images as rows": height}.get(kind, 6)
    means = rng.permutation(np.arange(1, images + 1)) * 0.3
    losses = means[:, None, None] * rng.uniform(0.9, 1.1, (images, height, width))
    targets = rng.integers(0, 3, losses.shape)
    if kind in ("mostly void", "loss on void"):
        worst, best = means.argmax(), means.argmin()
        place = worst if kind == "mostly void" else best
        targets[place, 1:] = IGNORE_INDEX
        losses[place, 1:] = 0 if kind == "mostly void" else 50
    if kind == "one bad pixel":
        losses[means.argmin(), 0, 0] = 4  # its mean stays below the others' largest
    if kind == "a third is wrong":  # its mean is the largest, its median the smallest
        place = means.argmin()
        losses[place] = 0.1
        losses[place].flat[: losses[place].size // 3] = 12
    count = {"one of many": 1, "all of them": images, "one image": 1}.get(kind, min(2, images))
    return np.round(losses, 3), targets, count


SUSPECTS = Exercise(
    suspects,
    title="Whose label is wrong?",
    points=2,
    minutes=10,
    source="Losses and metrics, what to log every epoch",
    draw=by_kind(_draw_losses, *_KINDS),
    hints=(
        "First a number for each image, then the places of the largest numbers.",
        "Only pixels with a label count: labelled = targets != IGNORE_INDEX. Sum the losses there over rows and "
        "columns, and divide by how many there are.",
        "means = np.where(labelled, losses, 0).sum(axis=(1, 2)) / labelled.sum(axis=(1, 2)), then "
        "np.argsort(-means)[:count].tolist()",
    ),
    why="A network that has learned the rule from many right labels loses most where a label breaks it. So the list of "
    "the largest losses holds the hardest images and the wrong labels, and a look tells them apart.",
)

SUSPECTS.worked(
    np.array([[[0.5, 0.7]], [[2.0, 3.0]], [[1.0, 1.2]]]),
    np.array([[[0, 1]], [[1, 1]], [[2, 0]]]),
    2,
    gives=[1, 2],
)
# 0.9, and of the second image one pixel has a label: 0.1
SUSPECTS.worked(
    np.array([[[0.9, 0.9]], [[0.1, 9.0]]]), np.array([[[0, 0]], [[1, IGNORE_INDEX]]]), 1, gives=[0]
)


def _ordered(means, count):
    return np.argsort(-np.asarray(means))[:count].tolist()


@SUSPECTS.wrong
def void_counts(losses, targets, count):
    """You averaged over all pixels, void ones as well. Where the truth has no label, a loss says nothing: leave those
    pixels out of the sum and of the number.
    """
    return _ordered(losses.mean(axis=(1, 2)), count)


@SUSPECTS.wrong
def void_divides(losses, targets, count):
    """You left void out of the sum, but did not divide by the number of labelled pixels. With any other divisor, or
    with none, an image with much void looks good: divide each sum by the number of its own labelled pixels.
    """
    return _ordered(np.where(targets != IGNORE_INDEX, losses, 0).mean(axis=(1, 2)), count)


@SUSPECTS.wrong
def largest_pixel(losses, targets, count):
    """You judged an image by its worst pixel. Every image has a hard pixel somewhere; a wrong label shows in the
    mean.
    """
    return _ordered(np.where(targets != IGNORE_INDEX, losses, 0).max(axis=(1, 2)), count)


@SUSPECTS.wrong
def middle_pixel(losses, targets, count):
    """You ranked by the median. Where a third of a label is wrong, more than half of its pixels are right, and the
    median sees nothing of the others: take the mean.
    """
    return _ordered(
        [np.median(loss[mask != IGNORE_INDEX]) for loss, mask in zip(losses, targets, strict=True)], count
    )


@SUSPECTS.wrong
def smallest_first(losses, targets, count):
    """You returned the images with the smallest losses: argsort begins with the least. Sort by -means."""
    labelled = targets != IGNORE_INDEX
    means = np.where(labelled, losses, 0).sum(axis=(1, 2)) / labelled.sum(axis=(1, 2))
    return np.argsort(means)[:count].tolist()


@SUSPECTS.wrong
def worst_last(losses, targets, count):
    """You found the right images, but the worst comes last. Begin with it."""
    return suspects(losses, targets, count)[::-1]


@SUSPECTS.wrong
def all_images(losses, targets, count):
    """You returned all images. Only `count` of them will be looked at."""
    return suspects(losses, targets, len(losses))


@SUSPECTS.wrong
def only_void(losses, targets, count):
    """You kept the pixels without a label and left out the others. `targets != IGNORE_INDEX` are those that have
    one.
    """
    void = targets == IGNORE_INDEX
    return _ordered(np.where(void, losses, 0).sum(axis=(1, 2)) / np.maximum(1, void.sum(axis=(1, 2))), count)


@SUSPECTS.wrong
def means_for_places(losses, targets, count):
    """You returned the losses themselves. Return the places of the images that have them."""
    places = suspects(losses, targets, count)
    return [float(losses[place][targets[place] != IGNORE_INDEX].mean()) for place in places]


@SUSPECTS.right
def suspects_one_by_one(losses, targets, count):
    means = [loss[target != IGNORE_INDEX].mean() for loss, target in zip(losses, targets, strict=True)]
    return sorted(range(len(means)), key=lambda place: -means[place])[:count]


@SUSPECTS.right
def suspects_by_nan(losses, targets, count):
    means = np.nanmean(np.where(targets == IGNORE_INDEX, np.nan, losses).reshape(len(losses), -1), axis=1)
    return np.argsort(means)[::-1][:count]


@SUSPECTS.right
def suspects_by_torch(losses, targets, count):
    losses, targets = torch.as_tensor(losses), torch.as_tensor(targets)
    labelled = targets != IGNORE_INDEX
    means = (losses * labelled).flatten(1).sum(dim=1) / labelled.flatten(1).sum(dim=1)
    return means.topk(count).indices.tolist()


SUSPECTS.equivalent(
    "suspects, line 16: np.where(labelled, losses, 0).sum(axis=(1, 2)) -> "
    "np.where(labelled, losses, 0).mean(axis=(1, 2))",
    "suspects, line 17: labelled.sum(axis=(1, 2)) -> labelled.mean(axis=(1, 2))",
    "suspects_by_torch, line 5: (losses * labelled).flatten(1).sum(dim=1) -> "
    "(losses * labelled).flatten(1).mean(dim=1)",
    because="All images have as many pixels, so the order stays.",
)
SUSPECTS.equivalent(
    "suspects, line 16: (1, 2) -> (2, 1)",
    "suspects, line 17: (1, 2) -> (2, 1)",
    because="A sum over rows and columns is one over columns and rows.",
)
SUSPECTS.equivalent(
    "suspects_one_by_one, line 4: means -> losses",
    "suspects_one_by_one, line 4: means -> targets",
    "suspects_by_nan, line 3: losses -> targets",
    because="There are as many means as images, and as many targets.",
)
SUSPECTS.equivalent(
    "suspects_by_nan, line 3: 1 -> 2", because="NumPy works out the length for any negative number."
)
