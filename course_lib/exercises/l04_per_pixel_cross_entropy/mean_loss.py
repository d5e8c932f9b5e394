"""The mean over the pixels that count."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l04_per_pixel_cross_entropy.pixel_loss import pixel_loss
from course_lib.exercises.l04_per_pixel_cross_entropy.shared import (
    ONE_TWO_FIVE,
    SIZES,
    TOLERANCE,
    draw_logits,
    draw_sizes,
    everywhere,
)


def mean_loss(logits, targets, ignore_index=255):
    """Return the mean cross-entropy over the pixels of a batch that count.

    Args:
        logits: float tensor (N, C, H, W).
        targets: int64 tensor (N, H, W), ids from 0 to C-1, or ignore_index.
        ignore_index: int; pixels with this target are neither added nor counted.

    Returns:
        One float, or a tensor of one float; nan where no pixel counts.
    """
    ### BEGIN SOLUTION
    counted = targets != ignore_index  # (N, H, W)
    safe_targets = targets.where(counted, 0)  # gather needs ids that exist; these losses are dropped below
    log_p = logits.log_softmax(dim=1)  # (N, C, H, W)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)  # (N, H, W)
    return losses[counted].mean()
    ### END SOLUTION


_KINDS = (
    *SIZES,
    "another id is ignored",
    "nothing counts",
    "nothing is ignored",
    "one image",
    "hundreds apart",
)


def _draw_batch(rng, kind):
    """Draw a batch in which some pixels are ignored, of each image another number."""
    classes, height, width = draw_sizes(rng, kind)
    count = 1 if kind == "one image" else int(rng.integers(2, 4))
    targets = rng.integers(0, classes, (count, height, width))
    share = {"nothing counts": 1.0, "nothing is ignored": 0.0}.get(kind, 0.4)
    ignored = rng.uniform(size=targets.shape) < share
    if 0 < share < 1:
        ignored.flat[:2] = True, False
    ignore_index = int(rng.integers(classes)) if kind == "another id is ignored" else 255
    targets[ignored] = ignore_index
    if kind == "another id is ignored":
        targets.flat[1] = (ignore_index + 1) % classes
    scale = 800.0 if kind == "hundreds apart" else 1.0
    return draw_logits(rng, count, classes, height, width) * scale, torch.from_numpy(targets), ignore_index


MEAN_LOSS = Exercise(
    mean_loss,
    title="The mean over the pixels that count",
    points=3,
    minutes=8,
    source="Losses and metrics, per-pixel cross-entropy, ignore_index",
    draw=by_kind(_draw_batch, *_KINDS),
    tolerance=TOLERANCE,
    fresh_cases=16,
    hints=(
        "Three steps: the loss of every pixel as in loss_map, which pixels count, the mean over these.",
        "counted = targets != ignore_index. gather fails at an id of 255, so give it "
        "targets.where(counted, 0) instead, and drop those losses afterwards.",
        "log_p = logits.log_softmax(dim=1); losses = -log_p.gather(1, safe_targets.unsqueeze(1)).squeeze(1); "
        "return losses[counted].mean().",
    ),
    why="An ignored pixel is left out of the sum and of the count, so it can neither raise nor lower the loss. "
    "This is what torch.nn.functional.cross_entropy computes.",
)

MEAN_LOSS.worked(everywhere(ONE_TWO_FIVE, 2, 2)[None], torch.tensor([[[2, 1], [0, 255]]]), gives=1.31191)
MEAN_LOSS.worked(everywhere(ONE_TWO_FIVE, 1, 2)[None], torch.tensor([[[255, 255]]]), gives=math.nan)
MEAN_LOSS.worked(everywhere(ONE_TWO_FIVE, 2, 2)[None], torch.tensor([[[2, 1], [0, 0]]]), 0, gives=0.92815)


def _losses(logits, targets, ignore_index=255):
    """Return the losses with 0 where they are ignored, and how many count."""
    losses = F.cross_entropy(logits, targets, ignore_index=ignore_index, reduction="none")
    return losses, (targets != ignore_index).sum()


@MEAN_LOSS.wrong
def summed(logits, targets, ignore_index=255):
    """You added the losses up and did not divide. A sum grows with the image and the batch: divide by the number
    of pixels that count.
    """
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses[counted].sum()


@MEAN_LOSS.wrong
def ignored_pixels_in_the_denominator(logits, targets, ignore_index=255):
    """You set the loss of ignored pixels to 0 but divided by all pixels, so each ignored pixel counts as a
    perfect one. Divide by the number of pixels that count: losses[counted].mean().
    """
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return (losses * counted).mean()


@MEAN_LOSS.wrong
def no_minus(logits, targets, ignore_index=255):
    """Your loss is negative. The logarithm of a probability is 0 or less: put a minus sign before it."""
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=1)
    losses = log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses[counted].mean()


@MEAN_LOSS.wrong
def ignored_id_for_gather(logits, targets, ignore_index=255):
    """You gave gather the id that is to be ignored. It looks for a class of that number, and there is none: give it
    targets.where(counted, 0), and drop those losses afterwards.
    """
    counted = targets != ignore_index
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(dim=1, index=targets.unsqueeze(1)).squeeze(1)
    return losses[counted].mean()


@MEAN_LOSS.wrong
def ignored_pixels_clamped(logits, targets, ignore_index=255):
    """You clamped the ids, so that 255 became the last class and is counted as such. Leave those pixels out
    of the mean: losses[counted].mean().
    """
    return F.cross_entropy(logits, targets.clamp(0, logits.shape[1] - 1))


@MEAN_LOSS.wrong
def ignored_pixels_as_class_0(logits, targets, ignore_index=255):
    """You gave ignored pixels the class 0, and then counted them. An id that exists is fine for gather, but
    drop these losses afterwards: losses[counted].mean().
    """
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses.mean()


@MEAN_LOSS.wrong
def mean_of_means(logits, targets, ignore_index=255):
    """You averaged each image first. An image with few counted pixels then weighs as much as one with many:
    take one mean over all counted pixels of the batch.
    """
    means = [
        mean_loss(image[None], target[None], ignore_index)
        for image, target in zip(logits, targets, strict=True)
    ]
    return torch.stack(means).mean()


@MEAN_LOSS.wrong
def zero_for_nothing(logits, targets, ignore_index=255):
    """Where no pixel counts you returned 0, which reads as a perfect loss. The mean of nothing does not
    exist, and torch says nan: divide without a guard.
    """
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses[counted].sum() / counted.sum().clamp(min=1)


@MEAN_LOSS.wrong
def only_255(logits, targets, ignore_index=255):
    """You left out 255, or whatever is not a class, whichever id the caller names. It may be any id, even that of
    a class: compare the targets with ignore_index.
    """
    counted = targets != 255
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses[counted].mean()


@MEAN_LOSS.wrong
def softmax_over_the_last_axis(logits, targets, ignore_index=255):
    """You took the softmax over the last axis, the width. The logits are (N, C, H, W), and the classes are
    axis 1: use dim=1.
    """
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=-1)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses[counted].mean()


@MEAN_LOSS.wrong
def softmax_over_the_batch(logits, targets, ignore_index=255):
    """You took the softmax over axis 0, as for one image. With a batch that axis is the images, and the classes are
    axis 1: use dim=1.
    """
    counted = targets != ignore_index
    safe_targets = targets.where(counted, 0)
    log_p = logits.log_softmax(dim=0)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)
    return losses[counted].mean()


@MEAN_LOSS.wrong
def class_axis_left(logits, targets, ignore_index=255):
    """The axis of length 1 that gather leaves is still there, so (N, 1, H, W) meets (N, H, W): every image's
    losses are paired with every image's pixels. Drop it with squeeze(1) first.
    """
    counted = targets != ignore_index
    losses = -logits.log_softmax(dim=1).gather(1, targets.where(counted, 0).unsqueeze(1))
    return (losses * counted).sum() / counted.sum()


@MEAN_LOSS.wrong
def nan_if_any_is_ignored(logits, targets, ignore_index=255):
    """You returned nan as soon as one pixel is ignored. The others still count: leave that pixel out, and nan is only
    for a batch in which no pixel is left.
    """
    mean = mean_loss(logits, targets, ignore_index)
    return mean * float("nan") if (targets == ignore_index).any() else mean


@MEAN_LOSS.right
def mean_by_torch(logits, targets, ignore_index=255):
    return F.cross_entropy(logits, targets, ignore_index=ignore_index)


@MEAN_LOSS.right
def mean_of_counted_pixels(logits, targets, ignore_index=255):
    counted = targets != ignore_index
    pixels = logits.permute(0, 2, 3, 1)[counted]  # (pixels, C)
    return F.cross_entropy(pixels, targets[counted])


@MEAN_LOSS.right
def mean_by_loops(logits, targets, ignore_index=255):
    losses = []
    for image, target in zip(logits, targets, strict=True):
        for row, column in np.ndindex(*target.shape):
            if target[row, column] != ignore_index:
                losses.append(pixel_loss(image[:, row, column].tolist(), int(target[row, column])))
    return sum(losses) / len(losses) if losses else float("nan")


@MEAN_LOSS.right
def mean_by_quotient(logits, targets, ignore_index=255):
    losses, count = _losses(logits, targets, ignore_index)
    return (losses.sum() / count).item()


MEAN_LOSS.equivalent(
    "mean_loss, line 14: 0 -> 1",
    because="These losses are dropped: any id that exists will do.",
)

MEAN_LOSS.equivalent(
    "mean_by_loops, line 7: int(target[row, column]) -> target[row, column]",
    "mean_by_quotient, line 4: (losses.sum() / count).item() -> losses.sum() / count",
    because="A tensor of one number counts as this number.",
)
