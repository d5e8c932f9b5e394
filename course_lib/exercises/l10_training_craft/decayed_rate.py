"""Poly and steps."""

import math

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import Exercise


def decayed_rate(schedule, epoch, base, epochs):
    """Return the learning rate at an epoch.

    Args:
        schedule: "poly": base * (1 - epoch / epochs) to the power of 0.9; or "steps": base, and a tenth of
            what it was from epoch 30 on, again from 60 on, again from 90 on.
        epoch: int.
        base: float, the rate at the start.
        epochs: int, all epochs.

    Returns:
        The rate, a float.
    """
    ### BEGIN SOLUTION
    if schedule == "poly":
        return base * (1 - epoch / epochs) ** 0.9
    rate = base
    for milestone in (30, 60, 90):
        if epoch >= milestone:
            rate = rate * 0.1
    return rate
    ### END SOLUTION


def _draw_decay(rng):
    epoch = int(rng.choice([29, 30, 60, 90, 30, 60, 75, int(rng.integers(0, 100))]))
    return (
        str(rng.choice(["poly", "steps"])),
        epoch,
        float(rng.choice([0.1, 0.01, 1.0])),
        int(rng.choice([100, 120])),
    )


DECAYED_RATE = Exercise(
    decayed_rate,
    title="Poly and steps",
    points=1,
    minutes=6,
    source="Study guide, section 8: learning rate schedules",
    draw=_draw_decay,
    tolerance=1e-7,
    fresh_cases=24,
    hints=(
        "Two schedules, two formulas: the first is one line, the second a loop over (30, 60, 90).",
        "How many milestones has the epoch reached? For each of them the rate is multiplied by 0.1.",
        'if schedule == "poly": return base * (1 - epoch / epochs) ** 0.9; else start with rate = base, and multiply '
        "by 0.1 for every milestone with epoch >= milestone.",
    ),
    why="Poly falls a little with every epoch and reaches 0 at the end; steps learn fast for long, and then slower for "
    "long. Both came before the cosine, and papers that use them say so in these words.",
)

DECAYED_RATE.worked("poly", 50, 0.1, 100, gives=0.0535887)
DECAYED_RATE.worked("poly", 0, 0.1, 100, gives=0.1)
DECAYED_RATE.worked("steps", 29, 0.1, 100, gives=0.1)
DECAYED_RATE.worked("steps", 30, 0.1, 100, gives=0.01)
DECAYED_RATE.worked("steps", 95, 0.1, 100, gives=0.0001)


def _steps_by(rule):
    def decayed(schedule, epoch, base, epochs):
        return rule(epoch, base) if schedule == "steps" else decayed_rate(schedule, epoch, base, epochs)

    return decayed


@DECAYED_RATE.wrong
def after_the_milestone(schedule, epoch, base, epochs):
    """Your rate falls one epoch late: epoch 30 is the first with the smaller rate, so compare with >=."""
    rule = _steps_by(lambda at, rate: rate * 0.1 ** sum(at > milestone for milestone in (30, 60, 90)))
    return rule(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def only_one_step(schedule, epoch, base, epochs):
    """You take one step and stay there. There are three milestones, and each makes a tenth of what the rate
    was: after 60 it is a hundredth.
    """
    return _steps_by(lambda at, rate: rate * 0.1 if at >= 30 else rate)(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def a_tenth_less(schedule, epoch, base, epochs):
    """You took a tenth away at every milestone. The rate becomes a tenth: multiply by 0.1."""
    rule = _steps_by(lambda at, rate: rate * 0.9 ** sum(at >= milestone for milestone in (30, 60, 90)))
    return rule(schedule, epoch, base, epochs)


def _poly_by(rule):
    def decayed(schedule, epoch, base, epochs):
        return (
            rule(epoch / epochs, base) if schedule == "poly" else decayed_rate(schedule, epoch, base, epochs)
        )

    return decayed


@DECAYED_RATE.wrong
def no_power(schedule, epoch, base, epochs):
    """You left the power out, so your rate falls in a straight line. Raise 1 - epoch / epochs to the power of
    0.9.
    """
    return _poly_by(lambda share, rate: rate * (1 - share))(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def power_of_the_share_done(schedule, epoch, base, epochs):
    """You raised epoch / epochs to the power. It is the share that is left, 1 - epoch / epochs, that is
    raised.
    """
    return _poly_by(lambda share, rate: rate * (1 - share**0.9))(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def power_of_the_rate_too(schedule, epoch, base, epochs):
    """You raised base to the power as well. Only the bracket is raised: base * (1 - epoch / epochs) ** 0.9."""
    return _poly_by(lambda share, rate: (rate * (1 - share)) ** 0.9)(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def times_the_power(schedule, epoch, base, epochs):
    """You multiplied by 0.9. A power is written with two asterisks: (1 - epoch / epochs) ** 0.9."""
    return _poly_by(lambda share, rate: rate * (1 - share) * 0.9)(schedule, epoch, base, epochs)


@DECAYED_RATE.right
def decayed_by_library(schedule, epoch, base, epochs):
    from course_lib.training import schedules

    if schedule == "poly":
        return base * schedules.poly(epoch / epochs)
    return base * schedules.steps(epoch, milestones=(30, 60, 90))


@DECAYED_RATE.right
def decayed_by_power(schedule, epoch, base, epochs):
    if schedule == "steps":
        return base * 10.0 ** -min(epoch // 30, 3)
    return base * math.pow((epochs - epoch) / epochs, 0.9)


@DECAYED_RATE.right
def decayed_by_torch(schedule, epoch, base, epochs):
    if schedule == "poly":
        return float(np.power(1 - epoch / epochs, 0.9)) * base
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60, 90], gamma=0.1)
    for _ in range(epoch):
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]
