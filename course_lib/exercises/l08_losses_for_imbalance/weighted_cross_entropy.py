"""Weighted cross-entropy."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l08_losses_for_imbalance.shared import (
    BATCHES,
    ONE_OF_EACH,
    draw_batch,
    facts_of,
    log_p_true,
    loss_is,
    two_pixels,
)


def weighted_cross_entropy(logits, targets, weight):
    """Return the weighted mean of -log p over all pixels, p being the probability of the pixel's true class.

    Every pixel counts with the weight of its true class: the sum of weight * loss, divided by the sum of
    these weights.

    Args:
        logits: float (N, C, H, W).
        targets: class ids, int64 (N, H, W).
        weight: float (C,).

    Returns:
        A scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    log_p = logits.log_softmax(dim=1)  # (N, C, H, W)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)  # (N, H, W)
    pixel_weight = weight[targets]  # (N, H, W)
    return (pixel_weight * losses).sum() / pixel_weight.sum()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_weighted(answer, logits, targets, weight):
    return facts_of(answer(logits.clone().requires_grad_(), targets, weight))


def _draw_weighted(rng, kind):
    logits, targets = draw_batch(rng, kind)
    targets[0, 0, :2] = torch.tensor([0, 1])  # two classes at least: with only one, no weight matters
    weight = torch.from_numpy(rng.permutation([0.5, 2.0, 5.0, 9.0])[: logits.shape[1]].astype(np.float32))
    return logits, targets, weight


WEIGHTED_CROSS_ENTROPY = Exercise(
    weighted_cross_entropy,
    title="Weighted cross-entropy",
    points=2,
    minutes=8,
    source="Study guide, section 9: weighted cross-entropy; pitfall 4",
    draw=by_kind(_draw_weighted, *BATCHES),
    observe=_watch_weighted,
    tolerance=1e-5,
    hints=(
        "You wrote the mean loss in lesson 04. What is new is a factor for each pixel. In a weighted mean it is needed "
        "twice: where?",
        "log_softmax over dim 1, gather the true class, and weight[targets] gives a map of weights (N, H, W).",
        "losses = -logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1); "
        "return (weight[targets] * losses).sum() / weight[targets].sum().",
    ),
    why="A pixel of weight 20 pulls as hard as twenty pixels of weight 1. If the pet has the weight 20 and the "
    "background 1, a missed pet pixel costs as much as twenty false alarms.",
)

# Both pixels have one chance in four of foreground.
# Background costs ln 4/3 = 0.287682, foreground ln 4 = 1.386294:
# (0.5 * 0.287682 + 2 * 1.386294) / (0.5 + 2) = 2.916430 / 2.5
# The gradient is weight / 2.5 * (p - true): 0.2 * 0.25 and 0.8 * (0.25 - 1).
WEIGHTED_CROSS_ENTROPY.worked(
    two_pixels(0.25, 0.25),
    ONE_OF_EACH,
    torch.tensor([0.5, 2.0]),
    gives=loss_is(1.166572, 0.05, -0.6),
    example="weighted-ce",
)
WEIGHTED_CROSS_ENTROPY.worked(
    two_pixels(0.25, 0.25), ONE_OF_EACH, torch.tensor([3.0, 3.0]), gives=loss_is(0.836988, 0.125, -0.375)
)


@WEIGHTED_CROSS_ENTROPY.wrong
def no_weights(logits, targets, weight):
    """You left the weights out: that is the plain mean. weight[targets] is a map of the weights of all
    pixels.
    """
    return F.cross_entropy(logits, targets)


@WEIGHTED_CROSS_ENTROPY.wrong
def divided_by_the_pixels(logits, targets, weight):
    """You divided by the number of pixels. A weighted mean is divided by the sum of its weights; otherwise
    the size of the steps depends on which classes a batch happens to hold.
    """
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[targets]
    return (pixel_weight * losses).sum() / losses.numel()


@WEIGHTED_CROSS_ENTROPY.wrong
def divided_by_weights(logits, targets, weight):
    """You divided by the sum over the classes, weight.sum(). Every pixel has a weight: divide by the sum over
    the pixels, weight[targets].sum().
    """
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[targets]
    return (pixel_weight * losses).sum() / weight.sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def weight_of_the_prediction(logits, targets, weight):
    """You took the weight of the predicted class. A missed pixel of a rare class would then count little:
    take the weight of the true one, weight[targets].
    """
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[logits.argmax(dim=1)]
    return (pixel_weight * losses).sum() / pixel_weight.sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def log_of_a_probability(logits, targets, weight):
    """You took softmax first and the logarithm afterwards. Where the network is sure and wrong, p becomes 0 and
    its logarithm infinite: log_softmax does both in one step and stays finite.
    """
    losses = -logits.softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1).log()
    return (weight[targets] * losses).sum() / weight[targets].sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def sum_not_mean(logits, targets, weight):
    """You returned the weighted sum, which grows with the size of the batch. Divide by the sum of the pixels'
    weights.
    """
    log_p = logits.log_softmax(dim=1)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[targets]
    return (pixel_weight * losses).sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def softmax_twice(logits, targets, weight):
    """You applied softmax twice: log_softmax, like F.cross_entropy, takes the logits themselves."""
    log_p = logits.softmax(dim=1).log_softmax(dim=1)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[targets]
    return (pixel_weight * losses).sum() / pixel_weight.sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def sign(logits, targets, weight):
    """Your loss is negative: the minus before the logarithm is missing. Training would make the network
    worse.
    """
    log_p = logits.log_softmax(dim=1)
    losses = log_p.gather(1, targets.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[targets]
    return (pixel_weight * losses).sum() / pixel_weight.sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def image_by_image(logits, targets, weight):
    """You took the weighted mean of each image, and then the mean of the images. All pixels of the batch share one
    mean: sum over all of them, and divide once.
    """
    pairs = zip(logits.split(1), targets.split(1), strict=True)
    return torch.stack([weighted_cross_entropy(*pair, weight) for pair in pairs]).mean()


@WEIGHTED_CROSS_ENTROPY.wrong
def each_image_with_the_weights_of_all(logits, targets, weight):
    """Your losses have the shape (N, 1, H, W) and your weights (N, H, W), so each image meets the weights of every
    image. Drop the axis that `gather` leaves: squeeze(1).
    """
    losses = -logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1))  # (N, 1, H, W)
    pixel_weight = weight[targets]
    return (pixel_weight * losses).sum() / pixel_weight.sum()


@WEIGHTED_CROSS_ENTROPY.wrong
def mean_of_the_classes(logits, targets, weight):
    """You took the mean of each class first, so a class of one pixel counts as much as one of many. Sum over all
    pixels, each with the weight of its class.
    """
    losses = -log_p_true(logits, targets)
    held = targets.unique()
    return sum(weight[k] * losses[targets == k].mean() for k in held) / weight[held].sum()


@WEIGHTED_CROSS_ENTROPY.right
def weighted_by_torch(logits, targets, weight):
    return F.cross_entropy(logits, targets, weight=weight)


@WEIGHTED_CROSS_ENTROPY.right
def weighted_class_by_class(logits, targets, weight):
    losses = F.cross_entropy(logits, targets, reduction="none")
    total = area = 0.0
    for class_id, factor in enumerate(weight.tolist()):
        here = targets == class_id
        total = total + factor * losses[here].sum()
        area += factor * here.sum()
    return total / area


@WEIGHTED_CROSS_ENTROPY.right
def weighted_by_one_hot(logits, targets, weight):
    true = torch.eye(logits.shape[1])[targets].movedim(-1, 1) * weight[:, None, None]  # (N, C, H, W)
    return -(true * torch.log_softmax(logits, 1)).sum() / true.sum()
