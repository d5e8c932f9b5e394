"""Poly and steps."""

import math

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


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


_KINDS = (
    "poly, the start",
    "poly, early",
    "poly, halfway",
    "poly, late",
    "poly, the last epoch",
    "steps, before the first",
    "steps, between two",
    "steps, long after the last",
    *(f"steps, epoch {epoch}" for epoch in (0, 29, 30, 59, 60, 89, 90)),
)


def _draw_decay(rng, kind):
    schedule, when = kind.split(", ")
    epochs = int(rng.choice([150, 160, 200]))
    epoch = {
        "the start": 0,
        "early": int(rng.integers(10, 50)),
        "halfway": epochs // 2,
        "late": int(rng.integers(100, 140)),
        "the last epoch": epochs,
        "before the first": int(rng.integers(1, 29)),
        "between two": int(rng.integers(61, 89)),
        "long after the last": int(rng.integers(120, 150)),
    }.get(when)
    epoch = int(when.split()[-1]) if epoch is None else epoch
    return schedule, epoch, float(rng.choice([0.1, 0.01, 2.0])), epochs


DECAYED_RATE = Exercise(
    decayed_rate,
    title="Poly and steps",
    points=1,
    minutes=6,
    source="Study guide, section 8: learning rate schedules",
    draw=by_kind(_draw_decay, *_KINDS),
    tolerance=1e-7,
    fresh_cases=30,
    hints=(
        "Write the two schedules one after the other. Poly is a single formula. For steps, go through the milestones "
        "30, 60 and 90.",
        "How many milestones has the epoch reached? For each of them the rate is multiplied by 0.1.",
        'if schedule == "poly": return base * (1 - epoch / epochs) ** 0.9; else start with rate = base, and multiply '
        "by 0.1 for every milestone with epoch >= milestone.",
    ),
    why="Poly falls a little with every epoch and reaches 0 at the end; steps learn fast for long, and then slower for "
    "long. Both came before the cosine, and papers that use them say so in these words.",
)

# 0.1 * 0.5 ** 0.9
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
    """Your rate falls one epoch too late: epoch 30 is the first with the smaller rate, so compare with >=."""
    rule = _steps_by(lambda at, rate: rate * 0.1 ** sum(at > milestone for milestone in (30, 60, 90)))
    return rule(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def only_one_step(schedule, epoch, base, epochs):
    """Your rate falls once, and stays there. There are three milestones, and at each of them the rate becomes a tenth
    of what it was: from epoch 60 on it is a hundredth of base.
    """
    return _steps_by(lambda at, rate: rate * 0.1 if at >= 30 else rate)(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def only_at_the_milestones(schedule, epoch, base, epochs):
    """Your rate is a tenth of base in epochs 30, 60 and 90 only. The function does not remember earlier epochs: count
    how many milestones the epoch has reached, with >=.
    """
    return _steps_by(lambda at, rate: rate / 10 if at in (30, 60, 90) else rate)(
        schedule, epoch, base, epochs
    )


@DECAYED_RATE.wrong
def a_tenth_less(schedule, epoch, base, epochs):
    """You took away a tenth of the rate at every milestone. Only a tenth of it should be left: multiply by 0.1."""
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
    """You raised epoch / epochs to the power of 0.9. Raise the share that is left, 1 - epoch / epochs, and do not
    subtract anything after that.
    """
    return _poly_by(lambda share, rate: rate * (1 - share**0.9))(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def only_two_milestones(schedule, epoch, base, epochs):
    """Your rate stays as it is from epoch 60 on. There are three milestones, and the last is 90: from there on it is a
    thousandth of base.
    """
    return _steps_by(lambda at, rate: rate * 0.1 ** min(2, at // 30))(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def times_the_power(schedule, epoch, base, epochs):
    """You multiplied by 0.9 instead of raising to the power. A power is written with two asterisks:
    (1 - epoch / epochs) ** 0.9.
    """
    return _poly_by(lambda share, rate: rate * (1 - share) * 0.9)(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def a_step_every_30_epochs(schedule, epoch, base, epochs):
    """Your rate goes on falling every 30 epochs, at 120 and 150 as well. There are three milestones, and from epoch 90
    on the rate stays as it is.
    """
    return _steps_by(lambda at, rate: rate * 0.1 ** (at // 30))(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def milestones_as_shares(schedule, epoch, base, epochs):
    """You took the milestones as shares of all epochs, 30 %, 60 % and 90 %. They are epochs: 30, 60 and 90, however
    many there are.
    """
    rule = _steps_by(lambda at, rate: rate * 0.1 ** sum(at / epochs >= share for share in (0.3, 0.6, 0.9)))
    return rule(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def poly_without_base(schedule, epoch, base, epochs):
    """Your poly starts at 1, whatever base is: multiply by base."""
    return _poly_by(lambda share, rate: (1 - share) ** 0.9)(schedule, epoch, base, epochs)


@DECAYED_RATE.wrong
def power_of_the_rate_too(schedule, epoch, base, epochs):
    """You raised base to the power as well. Raise only what is in the brackets: base * (1 - epoch / epochs) ** 0.9."""
    return _poly_by(lambda share, rate: (rate * (1 - share)) ** 0.9)(schedule, epoch, base, epochs)


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
def decayed_in_numpy(schedule, epoch, base, epochs):
    if schedule == "poly":
        return np.power(1 - epoch / epochs, 0.9) * base
    return base / 10 ** np.searchsorted([30, 60, 90], epoch, side="right")


DECAYED_RATE.equivalent(
    "decayed_rate, line 18: (30, 60, 90) -> (90, 60, 30)",
    "decayed_by_library, line 7: (30, 60, 90) -> (90, 60, 30)",
    because="The milestones may come in any order.",
)
