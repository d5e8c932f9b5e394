"""The rate that waits for validation."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def plateau_rates(scores, rate=1e-4, patience=5, factor=0.5):
    """Return the learning rate of every epoch so far, and of the next one.

    When more than patience epochs in a row have not beaten the best score so far, the rate is multiplied by
    factor from the next epoch on, and the count of epochs without a new best starts again.

    Args:
        scores: a list of float above 0, the validation mIoU after each epoch; more is better.
        rate: float, the rate of the first epoch.
        patience: int.
        factor: float.

    Returns:
        A list of float, one longer than scores.
    """
    ### BEGIN SOLUTION
    rates = [rate]
    best, waited = -math.inf, 0
    for score in scores:
        if score > best:
            best, waited = score, 0
        else:
            waited += 1
        if waited > patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates
    ### END SOLUTION


_KINDS = (
    "usual",
    "patient",
    "uphill",
    "downhill",
    "a late best",
    "always the same",
    "no score yet",
    "no patience",
    "as long as the patience",
    "rate, patience and factor as usual",
)


def _draw_plateau(rng, kind):
    """Draw scores, and usually a patience of 1 or 2, with which the rate is lowered several times."""
    patience = {"patient": 5, "a late best": 2, "no patience": 0, "as long as the patience": 4}.get(
        kind, int(rng.integers(1, 3))
    )
    length = {"no score yet": 0, "no patience": 6, "as long as the patience": 5}.get(kind, 14)
    scores = rng.choice([0.40, 0.45, 0.50, 0.55], size=length)
    if kind == "uphill":
        scores = 0.3 + 0.05 * np.arange(length)
    if kind in ("downhill", "as long as the patience"):
        scores = np.sort(scores)[::-1]
    if kind == "a late best":  # as the patience runs out
        scores = np.array([0.40, *rng.choice([0.30, 0.35, 0.40], 2), rng.choice([0.45, 0.50]), 0.40, 0.40])
    if kind == "always the same":
        scores[:] = 0.4
    if kind == "rate, patience and factor as usual":
        return ([0.6, *scores.tolist()],)
    return scores.tolist(), float(rng.choice([1.0, 1e-2])), patience, float(rng.choice([0.5, 0.25]))


PLATEAU_RATES = Exercise(
    plateau_rates,
    title="The rate that waits for validation",
    points=2,
    minutes=8,
    source="Study guide, implementation guide: complete training script",
    draw=by_kind(_draw_plateau, *_KINDS),
    tolerance=1e-12,
    hints=(
        "Keep three things while you go through the scores: the rate, the best score so far, and how many "
        "epochs have passed since it was beaten.",
        "For each score: a new best sets the wait to 0, anything else adds 1. Then look whether the wait is "
        "more than the patience. Then append the rate.",
        "if waited > patience: rate, waited = rate * factor, 0, and after that rates.append(rate), inside the loop.",
    ),
    why="The score of an epoch is known when the epoch is over, so it can only change the rates that follow: "
    "that is why the list is one longer than the scores.",
)

PLATEAU_RATES.worked(
    [0.30, 0.42, 0.50, 0.49, 0.50, 0.48, 0.47, 0.50, 0.46, 0.51],
    1e-4,
    5,
    0.5,
    gives=[1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 5e-5, 5e-5],
    example="recipe",
)
PLATEAU_RATES.worked([0.5, 0.4, 0.4], 1.0, 1, 0.1, gives=[1.0, 1.0, 1.0, 0.1])
PLATEAU_RATES.worked([], 0.003, 2, 0.5, gives=[0.003])


def _plateau_that(better, limit=lambda patience: patience + 1, reset_after=True, reset_when_better=True):
    """A plateau_rates that differs in one rule; ``better`` compares a score with the best and the one before."""

    def plateau_rates(scores, rate=1e-4, patience=5, factor=0.5):
        rates = [rate]
        best, before, waited = None, None, 0
        for score in scores:
            if best is None or better(score, best, before):
                best, waited = score, 0 if reset_when_better else waited
            else:
                waited += 1
            if waited >= limit(patience):
                rate, waited = rate * factor, 0 if reset_after else waited
            before = score
            rates.append(rate)
        return rates

    return plateau_rates


def _above_best(score, best, before):
    return score > best


PLATEAU_RATES.wrong(
    _plateau_that(_above_best, limit=lambda patience: patience),
    name="impatient_by_one",
    sentence="You lowered the rate when the wait reached the patience. With patience 5, five epochs without a "
    "new best are forgiven and the sixth lowers the rate: waited > patience.",
)
PLATEAU_RATES.wrong(
    _plateau_that(_above_best, reset_after=False),
    name="wait_not_set_back",
    sentence="After lowering the rate you went on counting, so every further epoch lowers it again. Set the "
    "count back to 0: the lower rate gets its own patience.",
)
PLATEAU_RATES.wrong(
    _plateau_that(_above_best, reset_when_better=False),
    name="best_does_not_help",
    sentence="A new best did not set your count back to 0. Patience means epochs in a row: one success, and it "
    "starts again.",
)


def _above_before(score, best, before):
    return score > before


PLATEAU_RATES.wrong(
    _plateau_that(_above_before),
    name="compared_with_the_epoch_before",
    sentence="You compared each score with the one before. A score that falls and comes back up has made no "
    "progress: compare with the best so far.",
)


def _not_below_best(score, best, before):
    return score >= best


PLATEAU_RATES.wrong(
    _plateau_that(_not_below_best),
    name="equal_is_better",
    sentence="You let a score that only equals the best count as progress. Standing still is what a plateau "
    "is: ask for score > best.",
)


def _below_best(score, best, before):
    return score < best


PLATEAU_RATES.wrong(
    _plateau_that(_below_best),
    name="lower_is_better",
    sentence="You waited for the score to fall, as one would with a loss. A higher mIoU is better: torch calls "
    "that mode='max'.",
)
PLATEAU_RATES.wrong(
    _plateau_that(lambda score, best, before: True),
    name="best_never_kept",
    sentence="Your rate never falls, because each score beats a best that never changes. Keep the new best when "
    "you find one: best = score.",
)


@PLATEAU_RATES.wrong
def first_epoch_missing(scores, rate=1e-4, patience=5, factor=0.5):
    """Your list lacks the first epoch, which was trained at the rate that was passed in, before there was any
    score. Start with rates = [rate], and append one rate after each score.
    """
    return plateau_rates(scores, rate, patience, factor)[1:]


@PLATEAU_RATES.wrong
def next_epoch_missing(scores, rate=1e-4, patience=5, factor=0.5):
    """Your list lacks the rate of the next epoch, the one after the last score. It is one longer than the scores:
    append a rate after each score, not before.
    """
    return plateau_rates(scores, rate, patience, factor)[:-1]


@PLATEAU_RATES.wrong
def first_score_is_no_best(scores, rate=1e-4, patience=5, factor=0.5):
    """You began with the first score as the best, so the first epoch only equals it and counts as one without a new
    best. It is always a new best: begin with a best below every score. And while there is no score yet, scores[0]
    fails.
    """
    rates, best, waited = [rate], scores[0], 0
    for score in scores:
        best, waited = max(best, score), 0 if score > best else waited + 1
        if waited > patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates


@PLATEAU_RATES.right
def rates_by_torch(scores, rate=1e-4, patience=5, factor=0.5):
    optimizer = torch.optim.SGD([torch.Tensor()], lr=rate)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="max", patience=patience, factor=factor
    )
    rates = [rate]
    for score in scores:
        schedule.step(score)
        rates += schedule.get_last_lr()
    return rates


@PLATEAU_RATES.right
def rates_from_zero(scores, rate=1e-4, patience=5, factor=0.5):
    rates = [rate]
    best = wait = 0
    for score in scores:
        wait = wait + 1 if score <= best else 0
        best = max(best, score)
        if wait > patience:
            rate *= factor
            wait = 0
        rates.append(rate)
    return rates


@PLATEAU_RATES.right
def rates_by_best_epoch(scores, rate=1e-4, patience=5, factor=0.5):
    rates, start = [rate], None  # start: the epoch from which waiting is counted
    for epoch, score in enumerate(scores, start=1):
        if epoch == 1 or score > max(scores[: epoch - 1]):
            start = epoch
        if epoch - start > patience:
            start = epoch
            rates.append(rates[-1] * factor)
        else:
            rates.append(rates[-1])
    return tuple(rates)


@PLATEAU_RATES.right
def rates_in_numpy(scores, rate=1e-4, patience=5, factor=0.5):
    drops, best, waited = np.zeros(len(scores) + 1), float("-inf"), 0
    for epoch, score in enumerate(scores):
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited == patience + 1:
            drops[epoch + 1], waited = 1, 0
    return rate * factor ** np.cumsum(drops)


PLATEAU_RATES.equivalent(
    "plateau_rates, line 18: 0 -> 1",
    "plateau_rates, line 18: 0 -> -1",
    "plateau_rates, line 18: (-math.inf, 0) -> (0, -math.inf)",
    "rates_from_zero, line 4: 0 -> -1",
    "rates_in_numpy, line 3: 0 -> 1",
    "rates_in_numpy, line 3: 0 -> -1",
    because="The first score is above 0, so it beats whatever is not, and sets the count to 0.",
)
