"""Warm up, then a cosine."""

import math

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def warmup_cosine(epoch, base, warmup, epochs):
    """Return the learning rate at an epoch.

    From 0 to warmup the rate rises in a straight line from 0 to base. From warmup to epochs it falls from
    base to 0 along half a cosine: base * (1 + cos(pi * share)) / 2, where share goes from 0 to 1.

    Args:
        epoch: a number, perhaps a fraction, such as 2.5.
        base: float, the highest rate.
        warmup: a number of epochs, which may be 0.
        epochs: int, all epochs.

    Returns:
        The rate, a float.
    """
    ### BEGIN SOLUTION
    if epoch < warmup:
        return base * epoch / warmup
    share = (epoch - warmup) / (epochs - warmup)
    return base * (1 + math.cos(math.pi * share)) / 2
    ### END SOLUTION


_KINDS = (
    "rising",
    "rising, just before its end",
    "falling",
    "falling, just after the start",
    "the start",
    "the end of the warm-up",
    "the last epoch",
    "no warm-up, the start",
    "no warm-up, falling",
)


def _draw_epoch(rng, kind):
    epochs = int(rng.integers(12, 60))
    warmup = 0 if kind.startswith("no warm-up") else int(rng.choice([2, 3, 5]))
    share = float(rng.uniform(0.1, 0.9))
    epoch = {
        "rising": warmup * share,
        "rising, just before its end": warmup - 0.25,
        "falling": warmup + (epochs - warmup) * share,
        "falling, just after the start": warmup + 0.5,
        "the end of the warm-up": warmup,
        "the last epoch": epochs,
        "no warm-up, falling": epochs * share,
    }.get(kind, 0)
    return epoch, float(rng.choice([0.1, 0.02, 0.001])), warmup, epochs


WARMUP_COSINE = Exercise(
    warmup_cosine,
    title="Warm up, then a cosine",
    points=2,
    minutes=8,
    source="Study guide, section 8: learning rate schedules",
    draw=by_kind(_draw_epoch, *_KINDS),
    fresh_cases=18,
    tolerance=1e-7,
    hints=(
        "There are two cases: epochs before warmup, and the rest. For the rest, work out which share of the fall is "
        "done.",
        "Rising: base * epoch / warmup. Falling: share = (epoch - warmup) / (epochs - warmup).",
        "return base * (1 + math.cos(math.pi * share)) / 2 for the second case.",
    ),
    why="The idea of the warm-up is that random weights have large gradients, which do not yet say much, so the first "
    "steps are small. The idea of the fall is that small steps at the end let the weights settle.",
)

# halfway up
WARMUP_COSINE.worked(2.5, 0.1, 5, 50, gives=0.05, example="lr-schedules")
# halfway down: cos(pi / 2) = 0
WARMUP_COSINE.worked(27.5, 0.1, 5, 50, gives=0.05)
# a third of the way down: cos(pi / 3) = 0.5
WARMUP_COSINE.worked(20, 0.1, 5, 50, gives=0.075)
WARMUP_COSINE.worked(50, 0.1, 5, 50, gives=0.0)


@WARMUP_COSINE.wrong
def cosine_from_epoch_0(epoch, base, warmup, epochs):
    """Your cosine runs from epoch 0, so the rate jumps down where the warm-up ends. The cosine begins there: share =
    (epoch - warmup) / (epochs - warmup).
    """
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * epoch / epochs)) / 2


@WARMUP_COSINE.wrong
def divided_by_all_epochs(epoch, base, warmup, epochs):
    """You divided by epochs, so the rate is not yet 0 at the end. The fall takes epochs - warmup epochs."""
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * (epoch - warmup) / epochs)) / 2


@WARMUP_COSINE.wrong
def no_warm_up(epoch, base, warmup, epochs):
    """You start at the full rate. From epoch 0 to warmup the rate rises from 0: base * epoch / warmup."""
    return base * (1 + math.cos(math.pi * max(0.0, epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def a_whole_cosine(epoch, base, warmup, epochs):
    """Your rate falls and rises again: 2 * pi is a whole wave. Half of one, up to pi, goes from 1 to -1."""
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(2 * math.pi * (epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def without_pi(epoch, base, warmup, epochs):
    """You took the cosine of share itself, which goes up to 1, so the rate falls by only about a quarter. Half a wave
    goes up to pi: math.cos(math.pi * share).
    """
    if epoch < warmup:
        return base * epoch / warmup
    share = (epoch - warmup) / (epochs - warmup)
    return base * (1 + math.cos(share)) / 2


@WARMUP_COSINE.wrong
def not_halved(epoch, base, warmup, epochs):
    """Your rate becomes negative, because a cosine goes from 1 to -1. Add 1, and halve the sum."""
    if epoch < warmup:
        return base * epoch / warmup
    return base * math.cos(math.pi * (epoch - warmup) / (epochs - warmup))


@WARMUP_COSINE.wrong
def straight_fall(epoch, base, warmup, epochs):
    """Your rate falls in a straight line. A cosine falls slowly at the beginning and at the end: base * (1 + cos(pi *
    share)) / 2.
    """
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 - (epoch - warmup) / (epochs - warmup))


@WARMUP_COSINE.wrong
def degrees(epoch, base, warmup, epochs):
    """You gave the cosine degrees. math.cos takes radians: half a turn is math.pi, not 180."""
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(180 * (epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def warm_up_from_1(epoch, base, warmup, epochs):
    """In the warm-up your rate is that of one epoch later. At epoch 0 it should be 0, and reach base only at warmup:
    base * epoch / warmup.
    """
    if epoch < warmup:
        return base * (epoch + 1) / warmup
    return warmup_cosine(epoch, base, warmup, epochs)


@WARMUP_COSINE.wrong
def brackets_missing(epoch, base, warmup, epochs):
    """You divided only the warm-up by the epochs: Python divides before it subtracts. Put brackets around both
    differences: (epoch - warmup) / (epochs - warmup).
    """
    if epoch < warmup:
        return base * epoch / warmup
    share = epoch - warmup / epochs - warmup
    return base * (1 + math.cos(math.pi * share)) / 2


@WARMUP_COSINE.wrong
def cosine_during_the_warm_up(epoch, base, warmup, epochs):
    """During the warm-up you return the cosine as well. Where epoch < warmup, return base * epoch / warmup: to compute
    it is not enough.
    """
    return base * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def rises_to_1(epoch, base, warmup, epochs):
    """Your warm-up rises to 1, whatever base is. Multiply it by base."""
    if epoch < warmup:
        return epoch / warmup
    return base * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def whole_epochs(epoch, base, warmup, epochs):
    """You cut off the fraction of epoch. It may be 2.5, half-way through an epoch, and the rate changes within an
    epoch as well.
    """
    epoch = int(epoch)
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def share_that_is_left(epoch, base, warmup, epochs):
    """You took the share of the fall that is left. It goes from 1 to 0, so your rate rises. Take the share that is
    done: (epoch - warmup) / (epochs - warmup).
    """
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * (epochs - epoch) / (epochs - warmup))) / 2


@WARMUP_COSINE.wrong
def sum_without_brackets(epoch, base, warmup, epochs):
    """You multiplied only the 1 by base: Python multiplies and divides before it adds. Put brackets around the sum:
    base * (1 + math.cos(...)) / 2.
    """
    if epoch < warmup:
        return base * epoch / warmup
    return base * 1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup)) / 2


@WARMUP_COSINE.wrong
def divided_by_no_warm_up(epoch, base, warmup, epochs):
    """Where warmup is 0 you divide by 0 at epoch 0. Only epochs before warmup belong to the rise: epoch < warmup
    instead of <=.
    """
    if epoch <= warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup))) / 2


@WARMUP_COSINE.right
def cosine_in_numpy(epoch, base, warmup, epochs):
    if epoch < warmup:
        return np.interp(epoch, [0, warmup], [0, base])
    return base * np.cos(np.pi / 2 * (epoch - warmup) / (epochs - warmup)) ** 2


@WARMUP_COSINE.right
def cosine_by_library(epoch, base, warmup, epochs):
    from course_lib.training.schedules import warmup_cosine as by_progress

    return base * by_progress(epoch / epochs, warmup / epochs)


@WARMUP_COSINE.right
def cosine_by_sine(epoch, base, warmup, epochs):
    if warmup > epoch:
        return base / warmup * epoch
    quarter = math.pi / 2 / (epochs - warmup) * (epoch - warmup)
    return base - base * math.sin(quarter) ** 2


WARMUP_COSINE.equivalent(
    "warmup_cosine, line 19: epoch - warmup -> warmup - epoch",
    "warmup_cosine, line 19: epochs - warmup -> warmup - epochs",
    "cosine_in_numpy, line 5: epoch - warmup -> warmup - epoch",
    "cosine_in_numpy, line 5: epochs - warmup -> warmup - epochs",
    "cosine_by_sine, line 5: epoch - warmup -> warmup - epoch",
    "cosine_by_sine, line 5: epochs - warmup -> warmup - epochs",
    because="A negative share has the same cosine, and the square of its sine is the same.",
)
WARMUP_COSINE.equivalent(
    "cosine_in_numpy, line 3: epoch < warmup -> epoch <= warmup",
    because="np.interp gives base where warm-up ends, even where it takes no time.",
)
