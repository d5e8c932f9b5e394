"""Dice loss."""

import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l08_losses_for_imbalance.shared import (
    BOTH_BACKGROUND,
    ONE_OF_EACH,
    OVERLAPS,
    areas,
    draw_overlap,
    hard,
    loss_is,
    overlap_loss,
    two_pixels,
    watch_smooth,
)


def dice_loss(logits, targets, smooth=1.0):
    """Return the mean of 1 - Dice over the classes that occur in the targets.

    For each class, Dice = (2 * overlap + smooth) / (predicted + true + smooth), with three sums over all
    pixels of the whole batch: overlap is the class's probability where it is true, predicted its probability
    everywhere, true its number of pixels.

    Args:
        logits: float (N, C, H, W).
        targets: class ids, int64 (N, H, W).
        smooth: float.

    Returns:
        A scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    p = logits.softmax(dim=1)  # (N, C, H, W)
    losses = []
    for class_id in range(logits.shape[1]):
        true = (targets == class_id).float()  # (N, H, W)
        if true.any():
            predicted = p[:, class_id]  # (N, H, W)
            overlap = (predicted * true).sum()
            dice = (2 * overlap + smooth) / (predicted.sum() + true.sum() + smooth)
            losses.append(1 - dice)
    return torch.stack(losses).mean()
    ### END SOLUTION


DICE_LOSS = Exercise(
    dice_loss,
    title="Dice loss",
    points=3,
    minutes=12,
    source="Losses and metrics: Dice loss; study guide, section 9",
    draw=by_kind(draw_overlap, *OVERLAPS),
    fresh_cases=len(OVERLAPS),
    observe=watch_smooth,
    tolerance=1e-5,
    hints=(
        "It is Dice of lesson 03, with probabilities where it had pixels of 0 and 1. Go through the "
        "classes one by one.",
        "p = logits.softmax(dim=1). For one class: true = (targets == class_id).float(), predicted = p[:, class_id]; "
        "skip the class unless true.any().",
        "overlap = (predicted * true).sum(); dice = (2 * overlap + smooth) / (predicted.sum() + true.sum() + smooth); "
        "collect 1 - dice and return torch.stack(losses).mean().",
    ),
    why="Dice is a share of the class's own area. A class of ten pixels counts as much as one of ten thousand, and "
    "background pixels of which the network is sure change hardly anything in the foreground's score.",
)

# Background: overlap 0.75, predicted 0.75 + 0.5, true 1. Foreground: overlap 0.5, predicted 0.25 + 0.5, true 1.
# With smooth 1: 1 - 2.5 / 3.25 = 0.230769 and 1 - 2 / 2.75 = 0.272727, their mean is 0.251748.
# Let N be what is above the line and D what is below it. For each class, the loss falls with the probability where
# the class is true by (2 D - N) / D^2 and rises elsewhere by N / D^2; the slope of p against its logit is p (1 - p).
DICE_LOSS.worked(
    two_pixels(0.25, 0.5),
    ONE_OF_EACH,
    1.0,
    gives=loss_is(
        0.251748,
        ((6.5 - 2.5) / 3.25**2 + 2 / 2.75**2) / 2 * 3 / 16,
        -(2.5 / 3.25**2 + (5.5 - 2) / 2.75**2) / 2 / 4,
    ),
    example="dice-loss",
)
# Without it: 1 - 1.5 / 2.25 = 1/3 and 1 - 1 / 1.75 = 3/7, their mean is 8/21.
DICE_LOSS.worked(
    two_pixels(0.25, 0.5),
    ONE_OF_EACH,
    0.0,
    gives=loss_is(
        8 / 21,
        ((4.5 - 1.5) / 2.25**2 + 1 / 1.75**2) / 2 * 3 / 16,
        -(1.5 / 2.25**2 + (3.5 - 1) / 1.75**2) / 2 / 4,
    ),
)
# The foreground is absent: only background, overlap 0.8 + 0.6, predicted 1.4, true 2; 1 - 2.8 / 3.4 = 3/17.
DICE_LOSS.worked(
    two_pixels(0.2, 0.4),
    BOTH_BACKGROUND,
    0.0,
    gives=loss_is(3 / 17, (6.8 - 2.8) / 3.4**2 * 0.16, (6.8 - 2.8) / 3.4**2 * 0.24),
)


def _dice_of(smooth):
    return lambda overlap, predicted, true: (2 * overlap + smooth) / (predicted + true + smooth)


@DICE_LOSS.wrong
def argmax_first(logits, targets, smooth=1.0):
    """You counted pixels of the class map, after argmax. That has no gradient: nothing could be learned from
    it. Take the probabilities, logits.softmax(dim=1), instead of the counts.
    """
    return overlap_loss(_dice_of(smooth), hard(logits), targets)


@DICE_LOSS.wrong
def absent_classes_counted(logits, targets, smooth=1.0):
    """You counted the classes that the targets do not hold. They have nothing to overlap with; leave them out
    of the mean, as absent classes are left out of mIoU.
    """
    overlap, predicted, true = areas(logits.softmax(dim=1), targets)
    score = (2 * overlap + smooth) / (predicted + true + smooth)
    return (1 - score).mean()


@DICE_LOSS.wrong
def dice_itself(logits, targets, smooth=1.0):
    """You returned Dice itself, which grows as the masks agree. A loss must fall: return 1 - Dice."""
    return 1 - dice_loss(logits, targets, smooth)


@DICE_LOSS.wrong
def no_factor_2(logits, targets, smooth=1.0):
    """The factor 2 is missing above the line. Below it the overlap is counted twice, once as predicted and
    once as true.
    """
    return overlap_loss(
        lambda overlap, predicted, true: (overlap + smooth) / (predicted + true + smooth),
        logits.softmax(dim=1),
        targets,
    )


@DICE_LOSS.wrong
def smooth_only_below(logits, targets, smooth=1.0):
    """You added smooth only below the line, so that a perfect prediction would still cost something. It
    belongs above and below.
    """
    return overlap_loss(
        lambda overlap, predicted, true: 2 * overlap / (predicted + true + smooth),
        logits.softmax(dim=1),
        targets,
    )


@DICE_LOSS.wrong
def logits_for_probabilities(logits, targets, smooth=1.0):
    """You summed logits. Areas are sums of probabilities: apply softmax over the classes first."""
    return overlap_loss(_dice_of(smooth), logits, targets)


@DICE_LOSS.wrong
def image_by_image(logits, targets, smooth=1.0):
    """You computed Dice image by image, and took the mean. Here the three sums run over the whole batch. You will see
    below what difference that makes.
    """
    pairs = zip(logits.split(1), targets.split(1), strict=True)
    return torch.stack([dice_loss(*pair, smooth) for pair in pairs]).mean()


@DICE_LOSS.wrong
def images_and_classes_in_one_list(logits, targets, smooth=1.0):
    """You computed Dice for each class of each image, and took the mean of them all. Here the three sums run over
    the whole batch, so each class has one Dice.
    """
    losses = []
    for p, ids in zip(logits.softmax(dim=1), targets, strict=True):
        for class_id in ids.unique():
            true = ids == class_id
            dice = (2 * p[class_id][true].sum() + smooth) / (p[class_id].sum() + true.sum() + smooth)
            losses.append(1 - dice)
    return torch.stack(losses).mean()


@DICE_LOSS.wrong
def images_apart_and_absent_classes(logits, targets, smooth=1.0):
    """Two things at once. You computed Dice for each image by itself: sum over dims 0, 2 and 3, so that each class has
    one Dice. And you counted the classes that the targets do not hold: leave them out of the mean.
    """
    p = logits.softmax(dim=1)
    true = F.one_hot(targets, logits.shape[1]).movedim(-1, 1)
    overlap, areas_of_both = (p * true).sum((2, 3)), (p + true).sum((2, 3))
    return (1 - (2 * overlap + smooth) / (areas_of_both + smooth)).mean()


@DICE_LOSS.wrong
def divided_by_all_classes(logits, targets, smooth=1.0):
    """You summed over the classes that occur, and divided by the number of all classes. Divide by the number of
    those that you summed.
    """
    return dice_loss(logits, targets, smooth) * len(targets.unique()) / logits.shape[1]


@DICE_LOSS.wrong
def foreground_only(logits, targets, smooth=1.0):
    """You computed the Dice of class 1 only. Every class that occurs has one, the background too: take the mean of 1 -
    Dice over them.
    """
    overlap, predicted, true = areas(logits.softmax(dim=1), targets)
    return (1 - _dice_of(smooth)(overlap, predicted, true))[1]


@DICE_LOSS.wrong
def all_classes_in_one_sum(logits, targets, smooth=1.0):
    """You added up the areas of all classes and computed one Dice from them. Then a class of few pixels hardly counts:
    compute the Dice of each class, and take the mean.
    """
    overlap, predicted, true = areas(logits.softmax(dim=1), targets)
    return 1 - _dice_of(smooth)(overlap.sum(), predicted.sum(), true.sum())


@DICE_LOSS.wrong
def union_of_iou(logits, targets, smooth=1.0):
    """You subtracted the overlap below the line: that gives the union, which belongs to IoU. Dice divides by
    predicted + true.
    """
    return overlap_loss(
        lambda overlap, predicted, true: (2 * overlap + smooth) / (predicted + true - overlap + smooth),
        logits.softmax(dim=1),
        targets,
    )


@DICE_LOSS.right
def dice_by_one_hot(logits, targets, smooth=1.0):
    p = torch.softmax(logits, 1)
    true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    present = true.sum((0, 2, 3)) > 0
    areas = (p + true).sum((0, 2, 3))
    return (1 - (2 * (p * true).sum((0, 2, 3)) + smooth) / (areas + smooth))[present].mean()


@DICE_LOSS.right
def dice_by_columns(logits, targets, smooth=1.0):
    p = logits.softmax(dim=1).movedim(1, -1).reshape(-1, logits.shape[1])  # (pixels, C)
    flat, total, classes = targets.flatten(), 0, targets.unique()
    for class_id in classes:
        overlap = p[flat == class_id, class_id].sum()
        total = (
            total + 1 - (2 * overlap + smooth) / (p[:, class_id].sum() + (flat == class_id).sum() + smooth)
        )
    return total / len(classes)


@DICE_LOSS.right
def dice_by_einsum(logits, targets, smooth=1.0):
    true = torch.eye(logits.shape[1])[targets]  # (N, H, W, C)
    p = logits.softmax(1)
    overlap = torch.einsum("nchw,nhwc->c", p, true)
    true = true.sum((0, 1, 2))
    dice = (2 * overlap + smooth) / (p.sum((0, 2, 3)) + true + smooth)
    return 1 - dice[true > 0].mean()


DICE_LOSS.equivalent(
    "dice_loss, line 20: (targets == class_id).float() -> (targets == class_id).int()",
    "dice_loss, line 20: (targets == class_id).float() -> targets == class_id",
    because="True and False count as 1 and 0.",
)

DICE_LOSS.equivalent(
    "dice_loss, line 19: logits -> p",
    "dice_by_one_hot, line 4: logits -> p",
    "dice_by_columns, line 8: flat -> targets",
    because="Logits and probabilities have equal sizes, and the pixels are counted whatever their shape.",
)

DICE_LOSS.equivalent(
    "dice_by_one_hot, line 5: (0, 2, 3) -> (3, 2, 0)",
    "dice_by_one_hot, line 6: (0, 2, 3) -> (3, 2, 0)",
    "dice_by_one_hot, line 7: (0, 2, 3) -> (3, 2, 0)",
    "dice_by_einsum, line 6: (0, 1, 2) -> (2, 1, 0)",
    "dice_by_einsum, line 7: (0, 2, 3) -> (3, 2, 0)",
    because="The axes are summed over in either order.",
)
