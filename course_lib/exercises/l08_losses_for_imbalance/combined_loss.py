"""Cross-entropy and Dice together."""

import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l08_losses_for_imbalance.dice_loss import dice_loss
from course_lib.exercises.l08_losses_for_imbalance.shared import (
    BATCHES,
    ONE_OF_EACH,
    areas,
    draw_batch,
    facts_of,
    log_p_true,
    loss_is,
    two_pixels,
)


def combined_loss(logits, targets, dice_weight):
    """Return the cross-entropy + dice_weight * (1 - Dice).

    The cross-entropy is the plain mean over the pixels; your dice_loss is 1 - Dice already, with its usual
    smooth.

    Args:
        logits: float (N, C, H, W).
        targets: class ids, int64 (N, H, W).
        dice_weight: a number, often called lambda.

    Returns:
        A scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    return F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets)
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_combined(answer, logits, targets, dice_weight):
    return facts_of(answer(logits.clone().requires_grad_(), targets, dice_weight))


def _draw_combined(rng, kind):
    return *draw_batch(rng, kind), float(rng.choice([0.25, 0.5, 2.0, 3.0]))


COMBINED_LOSS = Exercise(
    combined_loss,
    title="Cross-entropy and Dice together",
    points=1,
    minutes=5,
    source="Losses and metrics: loss = CE + lambda * (1 - Dice)",
    draw=by_kind(_draw_combined, *BATCHES),
    observe=_watch_combined,
    tolerance=1e-5,
    hints=(
        "Both parts exist: one in torch, one you have just written.",
        "F.cross_entropy(logits, targets) is the first. Is your dice_loss Dice, or 1 - Dice?",
        "return F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets).",
    ),
    why="Cross-entropy gives every pixel a clear direction from the first step on; Dice sees to it that "
    "the rare class counts. The sum is the usual choice in medical imaging.",
)

# Background costs ln 4/3 = 0.287682, foreground ln 2 = 0.693147: the cross-entropy is 0.490415. 1 - Dice is 0.251748.
# The gradient of the cross-entropy is (p - true) / 2; that of the Dice loss is worked out in dice_loss.py.
COMBINED_LOSS.worked(
    two_pixels(0.25, 0.5),
    ONE_OF_EACH,
    2.0,
    gives=loss_is(0.490415 + 2 * 0.251748, 0.125 + 2 * 0.060296, -0.25 - 2 * 0.087437),
)
COMBINED_LOSS.worked(two_pixels(0.25, 0.5), ONE_OF_EACH, 0.0, gives=loss_is(0.490415, 0.125, -0.25))


@COMBINED_LOSS.wrong
def one_minus_twice(logits, targets, dice_weight):
    """You subtracted from 1 what is 1 - Dice already: you would train for masks that do not overlap. Add
    dice_weight * dice_loss(...).
    """
    return F.cross_entropy(logits, targets) + dice_weight * (1 - dice_loss(logits, targets))


@COMBINED_LOSS.wrong
def weight_on_the_cross_entropy(logits, targets, dice_weight):
    """You gave the factor to the cross-entropy. It belongs to the Dice part."""
    return dice_weight * F.cross_entropy(logits, targets) + dice_loss(logits, targets)


@COMBINED_LOSS.wrong
def shares_of_both(logits, targets, dice_weight):
    """You mixed (1 - weight) of one with weight of the other. Here the cross-entropy always counts in full: a
    weight of 2 would turn it round.
    """
    return (1 - dice_weight) * F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets)


@COMBINED_LOSS.wrong
def dice_loss_subtracted(logits, targets, dice_weight):
    """You subtracted the Dice loss. Both parts are to become small: add them."""
    return F.cross_entropy(logits, targets) - dice_weight * dice_loss(logits, targets)


@COMBINED_LOSS.wrong
def no_weight(logits, targets, dice_weight):
    """You left dice_weight out. Multiply the Dice loss with it."""
    return F.cross_entropy(logits, targets) + dice_loss(logits, targets)


@COMBINED_LOSS.wrong
def weight_on_both(logits, targets, dice_weight):
    """You multiplied the sum. Then the weight makes the steps longer and nothing else: multiply the Dice loss
    alone.
    """
    return dice_weight * (F.cross_entropy(logits, targets) + dice_loss(logits, targets))


@COMBINED_LOSS.wrong
def softmax_first(logits, targets, dice_weight):
    """You applied softmax first. Both losses take logits, and apply it themselves."""
    p = logits.softmax(dim=1)
    return F.cross_entropy(p, targets) + dice_weight * dice_loss(p, targets)


@COMBINED_LOSS.wrong
def only_dice(logits, targets, dice_weight):
    """You left the cross-entropy out. Add it to the weighted Dice loss."""
    return dice_weight * dice_loss(logits, targets)


@COMBINED_LOSS.wrong
def divided_by_the_weights(logits, targets, dice_weight):
    """You divided by 1 + dice_weight, as for a mean. The sum is asked for: the cross-entropy counts in full."""
    return (F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets)) / (1 + dice_weight)


@COMBINED_LOSS.right
def combined_by_parts(logits, targets, dice_weight):
    cross_entropy = -log_p_true(logits, targets).mean()
    return torch.add(cross_entropy, dice_loss(logits, targets), alpha=dice_weight)


@COMBINED_LOSS.right
def combined_by_hand(logits, targets, dice_weight):
    log_p = logits.log_softmax(dim=1)
    overlap, predicted, true = areas(log_p.exp(), targets)
    dice = (2 * overlap + 1) / (predicted + true + 1)
    return F.nll_loss(log_p, targets) + dice_weight * (1 - dice[true > 0].mean())


@COMBINED_LOSS.right
def combined_as_a_sum(logits, targets, dice_weight):
    parts = ((1.0, F.cross_entropy), (dice_weight, dice_loss))
    return sum(factor * loss(logits, targets) for factor, loss in parts)


COMBINED_LOSS.equivalent(
    "combined_as_a_sum, line 3: ((1.0, F.cross_entropy), (dice_weight, dice_loss)) -> "
    "((dice_weight, dice_loss), (1.0, F.cross_entropy))",
    because="A sum is the same in either order.",
)
