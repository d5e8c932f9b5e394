"""From logits to probabilities."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l04_per_pixel_cross_entropy.shared import (
    ONE_TWO_FIVE,
    PIXELS,
    TOLERANCE,
    draw_pixel,
)


def softmax(logits):
    """Return the probabilities of one pixel's classes.

    Args:
        logits: a list of floats, one per class; they may be negative, and as large as 1000.

    Returns:
        A list of as many floats from 0 to 1 that add up to 1.
    """
    ### BEGIN SOLUTION
    highest = max(logits)
    exponentials = [math.exp(z - highest) for z in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]
    ### END SOLUTION


def _draw_logits(rng, kind):
    return (draw_pixel(rng, kind),)


SOFTMAX = Exercise(
    softmax,
    title="From logits to probabilities",
    points=2,
    minutes=7,
    source="Losses and metrics, per-pixel cross-entropy",
    draw=by_kind(_draw_logits, *PIXELS),
    tolerance=TOLERANCE,
    hints=(
        "Every logit becomes a positive number, then each of these is divided by the sum of all. What happens "
        "to math.exp(1000)?",
        "exp(z - m) is exp(z) / exp(m). The divisor is the same for all classes, so it cancels: subtract "
        "max(logits) from every logit.",
        "exponentials = [math.exp(z - max(logits)) for z in logits], then each one divided by sum(exponentials).",
    ),
    why="Only differences between logits count: adding the same number to all of them changes no probability. "
    "So you may subtract the largest, and then nothing can overflow.",
)

SOFTMAX.worked(ONE_TWO_FIVE, gives=[0.125, 0.25, 0.625])
SOFTMAX.worked([1000.0, 1000.0], gives=[0.5, 0.5])
SOFTMAX.worked([-1000.0, 0.0], gives=[0.0, 1.0])


@SOFTMAX.wrong
def overflow(logits):
    """Your formula is right, but math.exp(1000) is larger than any float (OverflowError), and where all
    logits are -1000 the sum is 0. Subtract max(logits) from every logit first: the probabilities stay the
    same, and the largest exponential is 1.
    """
    exponentials = [math.exp(z) for z in logits]
    return [exponential / sum(exponentials) for exponential in exponentials]


@SOFTMAX.wrong
def nan(logits):
    """Your formula is right, but np.exp(1000) is inf, and inf / inf is nan: not a number. Subtract the
    largest logit from all of them first: the probabilities stay the same.
    """
    with np.errstate(all="ignore"):
        exponentials = np.exp(np.array(logits))
        return exponentials / exponentials.sum()


@SOFTMAX.wrong
def no_exponential(logits):
    """You divided the logits by their sum. Logits may be negative, and then such a share is not a
    probability: take math.exp of each one first, which is always positive.
    """
    return [z / sum(logits) for z in logits]


@SOFTMAX.wrong
def not_divided(logits):
    """Your values do not add up to 1: the highest is 1 by itself. Divide each exponential by the sum of all of
    them.
    """
    return [math.exp(z - max(logits)) for z in logits]


@SOFTMAX.wrong
def base_2(logits):
    """You took powers of 2. Softmax uses e = 2.718...: use math.exp."""
    return softmax([z * math.log(2) for z in logits])


@SOFTMAX.wrong
def sign_turned(logits):
    """Your probabilities are turned round: the highest logit got the lowest probability. Compute z - highest,
    not highest - z.
    """
    return softmax([-z for z in logits])


@SOFTMAX.wrong
def largest_in_size_subtracted(logits):
    """You subtracted the logit that is largest in size, max(abs(z)). Where all logits are far below 0 that makes
    them lower still, until every exponential is 0. Subtract the highest: max(logits).
    """
    highest = max(abs(z) for z in logits)
    exponentials = [math.exp(z - highest) for z in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


@SOFTMAX.wrong
def cut_off(logits):
    """You cut the logits off at a highest value, so all that are above it get the same probability. Only
    differences count: subtract max(logits) from every logit, and none needs to be cut.
    """
    exponentials = [math.exp(min(z, 700)) for z in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


@SOFTMAX.wrong
def first_subtracted(logits):
    """You subtracted the first logit. On paper any number will do, but another logit can still be 1000 above that
    one, and its exponential overflows. Subtract the highest: max(logits).
    """
    highest = logits[0]
    exponentials = [math.exp(z - highest) for z in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


@SOFTMAX.wrong
def mean_subtracted(logits):
    """You subtracted the mean. On paper any number will do, but one logit can still be far above the mean, and its
    exponential overflows. Subtract the highest: max(logits).
    """
    highest = sum(logits) / len(logits)
    exponentials = [math.exp(z - highest) for z in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


@SOFTMAX.wrong
def logarithms(logits):
    """You returned the logarithms of the probabilities: all of them are 0 or less. Return the probabilities."""
    highest = max(logits)
    log_total = highest + math.log(sum(math.exp(z - highest) for z in logits))
    return [z - log_total for z in logits]


@SOFTMAX.wrong
def hard_maximum(logits):
    """You gave the highest logit 1 and the others 0. That is argmax; softmax is the soft version, in which
    every class keeps a share: divide each exponential by the sum of all.
    """
    return [float(c == logits.index(max(logits))) for c in range(len(logits))]


@SOFTMAX.wrong
def sigmoid_of_each(logits):
    """You took the sigmoid of each logit by itself, so the values do not add up to 1. The classes of a pixel
    compete: divide each exponential by the sum over all classes.
    """
    return [0.5 + 0.5 * math.tanh(z / 2) for z in logits]


@SOFTMAX.right
def in_numpy(logits):
    exponentials = np.exp(np.array(logits) - np.max(logits))
    return exponentials / exponentials.sum()


@SOFTMAX.right
def by_torch(logits):
    return torch.softmax(torch.tensor(logits), dim=0)


@SOFTMAX.right
def through_logs(logits):
    highest = max(logits)
    log_total = highest + math.log(sum(math.exp(z - highest) for z in logits))
    return tuple(math.exp(z - log_total) for z in logits)


SOFTMAX.equivalent(
    "by_torch, line 3: 0 -> -1",
    because="One pixel has a single axis, the first and the last.",
)
