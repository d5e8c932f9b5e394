"""The loss of one pixel."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l04_per_pixel_cross_entropy.shared import (
    ONE_TWO_FIVE,
    PIXELS,
    TOLERANCE,
    draw_pixel,
)
from course_lib.exercises.l04_per_pixel_cross_entropy.softmax import softmax


def pixel_loss(logits, target):
    """Return the cross-entropy of one pixel: minus the natural logarithm of the target's probability.

    Args:
        logits: a list of floats, one per class, as large as 1000.
        target: the id of the true class, an int.

    Returns:
        A float, 0 or more. Where the target's probability is too small for a float, the loss is large, but
        not infinite.
    """
    ### BEGIN SOLUTION
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    # -log(exp(z_target) / sum) is log(sum) - z_target, and no probability can become 0 on the way.
    return highest + math.log(total) - logits[target]
    ### END SOLUTION


_KINDS = (*PIXELS, "sure and wrong", "sure and right", "nearly sure and wrong")


def _draw_pixel_and_target(rng, kind):
    """Draw logits and a target; where the network is sure and wrong, its probability is too small for a float."""
    of = {
        "sure and wrong": "far apart",
        "sure and right": "far apart",
        "nearly sure and wrong": "near and far",
    }
    logits = draw_pixel(rng, of.get(kind, kind))
    target = int(rng.integers(len(logits)))
    if kind == "sure and right":
        target = logits.index(max(logits))
    if kind.endswith("wrong"):
        target = logits.index(min(logits))
    return logits, target


PIXEL_LOSS = Exercise(
    pixel_loss,
    title="The loss of one pixel",
    points=2,
    minutes=7,
    source="Losses and metrics, per-pixel cross-entropy",
    draw=by_kind(_draw_pixel_and_target, *_KINDS),
    tolerance=TOLERANCE,
    hints=(
        "Write -log(softmax(z)[target]) down as a formula, with the fraction, and simplify it: the logarithm of a "
        "fraction is a difference.",
        "-log(exp(z_target) / sum) = log(sum) - z_target. The sum of the exponentials can still overflow: what did you "
        "do about that in softmax?",
        "With m = max(logits): m + math.log(sum(math.exp(z - m) for z in logits)) - logits[target].",
    ),
    why="The loss is the logarithm of the sum minus the target's logit. Written like this it never takes the "
    "logarithm of 0, and libraries compute it in the same way.",
)

PIXEL_LOSS.worked(ONE_TWO_FIVE, 2, gives=0.47000, example="ce-one-pixel")
PIXEL_LOSS.worked(ONE_TWO_FIVE, 0, gives=2.07944)
PIXEL_LOSS.worked([0.0, 1000.0], 0, gives=1000.0)


@PIXEL_LOSS.wrong
def log_of_0(logits, target):
    """You took the logarithm of a probability that had become 0: exp(-1000) is too small for a float, and
    log(0) does not exist (ValueError). Simplify first: -log(exp(z_target) / sum) is log(sum) - z_target.
    """
    return -math.log(softmax(logits)[target])


@PIXEL_LOSS.wrong
def infinite(logits, target):
    """Your loss is inf where the probability has become 0. In truth it is tiny and not 0: only a float cannot hold
    exp(-1000). Simplify first: -log(exp(z_target) / sum) is log(sum) - z_target.
    """
    with np.errstate(all="ignore"):
        return -np.log(np.array(softmax(logits)))[target]


@PIXEL_LOSS.wrong
def overflow(logits, target):
    """Your formula is right on paper, but math.exp(1000) is larger than any float. Subtract the highest logit
    inside the exponentials, and add it to the logarithm again.
    """
    return math.log(sum(math.exp(z) for z in logits)) - logits[target]


@PIXEL_LOSS.wrong
def no_minus(logits, target):
    """Your loss is negative, so training would make it smaller by getting worse. The logarithm of a
    probability is 0 or less: put a minus sign before it.
    """
    return -pixel_loss(logits, target)


@PIXEL_LOSS.wrong
def base_2(logits, target):
    """You used the logarithm to base 2, so your losses are 1.44 times too large. Cross-entropy in libraries
    uses the natural one: math.log.
    """
    return pixel_loss(logits, target) / math.log(2)


@PIXEL_LOSS.wrong
def base_10(logits, target):
    """You used the logarithm to base 10, so your losses are 0.43 times what they should be. Cross-entropy in
    libraries uses the natural one: math.log.
    """
    return pixel_loss(logits, target) / math.log(10)


@PIXEL_LOSS.wrong
def highest_class(logits, target):
    """You took the probability of the class that the model prefers. A sure mistake would then cost nothing:
    take the probability of the true class, target.
    """
    return pixel_loss(logits, logits.index(max(logits)))


@PIXEL_LOSS.wrong
def one_minus_p(logits, target):
    """You returned 1 - p, which is never more than 1. Cross-entropy is -log(p): a sure mistake costs far more
    than a hesitant one.
    """
    return 1 - softmax(logits)[target]


@PIXEL_LOSS.wrong
def highest_not_added(logits, target):
    """You subtracted the highest logit inside the exponentials and did not add it to the logarithm again.
    log(sum) is highest + log(sum of exp(z - highest)).
    """
    return pixel_loss(logits, target) - max(logits)


def _clamped(tiny):
    return lambda logits, target: -math.log(max(softmax(logits)[target], tiny))


for _tiny in (1e-8, 1e-10, 1e-12, 1e-300):
    PIXEL_LOSS.wrong(
        _clamped(_tiny),
        name=f"clamped_at_{_tiny:g}",
        sentence=f"You kept the probability above a tiny number, {_tiny:g}, so no loss can be larger than "
        f"{-math.log(_tiny):.1f}: sure mistakes all cost the same. Simplify first: -log(exp(z_target) / sum) is "
        "log(sum) - z_target.",
    )


@PIXEL_LOSS.wrong
def nothing_for_zero(logits, target):
    """You returned 0 where the probability has become 0, so the surest mistake costs nothing. Simplify first:
    -log(exp(z_target) / sum) is log(sum) - z_target.
    """
    probability = softmax(logits)[target]
    return -math.log(probability) if probability > 0 else 0.0


@PIXEL_LOSS.wrong
def ids_from_one(logits, target):
    """You took the entry before the target's, target - 1. The ids count from 0, as the entries of a list do: take
    logits[target].
    """
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    return highest + math.log(total) - logits[target - 1]


@PIXEL_LOSS.wrong
def gap_to_the_highest(logits, target):
    """You took the gap between the highest logit and the target's. That is nearly the loss of a sure mistake, but
    the other classes count, too: it is log(sum), not the highest logit, from which the target's is subtracted.
    """
    return max(logits) - logits[target]


@PIXEL_LOSS.right
def loss_by_torch(logits, target):
    return F.cross_entropy(torch.tensor([logits]), torch.tensor([target]))


@PIXEL_LOSS.right
def loss_in_numpy(logits, target):
    return np.logaddexp.reduce(logits) - logits[target]


@PIXEL_LOSS.right
def loss_of_differences(logits, target):
    moved = [z - logits[target] for z in logits]
    top = max(moved)
    return top + math.log(math.fsum(math.exp(z - top) for z in moved))
