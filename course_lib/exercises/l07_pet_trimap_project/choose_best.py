"""The epoch to keep."""

import math

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def choose_best(log):
    """Return the number of the epoch to keep: the one with the highest validation mIoU, the first of them on a tie.

    Args:
        log: one dict per epoch, such as {"epoch": 1, "train_loss": 0.9, "val_mIoU": 0.41}. An epoch whose
            val_mIoU is nan is never chosen; at least one epoch has a number.

    Returns:
        The number of the epoch, an int.
    """
    ### BEGIN SOLUTION
    best = None
    for row in log:
        if math.isnan(row["val_mIoU"]):
            continue
        if best is None or row["val_mIoU"] > best["val_mIoU"]:
            best = row
    return best["epoch"]
    ### END SOLUTION


def _row(epoch, loss, score):
    return {"epoch": epoch, "train_loss": loss, "val_mIoU": score}


_KINDS = (
    "usual",
    "a tie",
    "a tie of all",
    "nan first",
    "nan last",
    "all but one are nan",
    "one epoch",
    "resumed",
    "never above 0",
    "the first is best",
)


def _draw_log(rng, kind):
    """Draw the log of usually six epochs with different scores."""
    length = 1 if kind == "one epoch" else 6
    scores = rng.permutation([0.35, 0.40, 0.42, 0.45, 0.48, 0.50])[:length]
    scores[rng.choice(length, {"a tie": 2, "a tie of all": 6}.get(kind, 0), replace=False)] = 0.55
    if kind == "nan first":
        scores[0] = np.nan
    if kind == "nan last":
        scores[-1] = np.nan
    if kind == "all but one are nan":
        scores[np.arange(length) != rng.integers(length)] = np.nan
    if kind == "never above 0":
        scores[:] = [np.nan, *[0.0] * 5]
    if kind == "the first is best":
        scores[0] = 0.6
    first = 6 if kind == "resumed" else 1
    losses = np.round(rng.random(length), 3)
    return ([_row(first + i, float(losses[i]), float(scores[i])) for i in range(length)],)


CHOOSE_BEST = Exercise(
    choose_best,
    title="The epoch to keep",
    points=1,
    minutes=5,
    source="Losses and metrics, train against validation",
    draw=by_kind(_draw_log, *_KINDS),
    hints=(
        "Which column decides: the training loss, or the validation mIoU?",
        "Comparisons with nan are always False. Skip those rows first: math.isnan tells.",
        "Keep the best row so far; replace it when row['val_mIoU'] is greater than its val_mIoU; return best['epoch'].",
    ),
    why="Validation images taught the network nothing, so their mIoU tells when it stopped learning what carries over.",
)


CHOOSE_BEST.worked(
    [_row(1, 0.95, 0.38), _row(2, 0.80, 0.47), _row(3, 0.71, 0.47), _row(4, 0.60, 0.44)], gives=2
)
CHOOSE_BEST.worked([_row(1, 0.90, math.nan), _row(2, 0.85, 0.31)], gives=2)


def _known(log):
    return [row for row in log if not math.isnan(row["val_mIoU"])]


@CHOOSE_BEST.wrong
def lowest_score(log):
    """You took the lowest mIoU. Of a loss the lowest is best; of an IoU the highest."""
    return min(_known(log), key=lambda row: row["val_mIoU"])["epoch"]


@CHOOSE_BEST.wrong
def lowest_training_loss(log):
    """You took the epoch with the lowest training loss. That loss goes on falling while the network learns
    its training images by heart: validation decides.
    """
    return min(log, key=lambda row: row["train_loss"])["epoch"]


@CHOOSE_BEST.wrong
def last_of_ties(log):
    """Of several equally good epochs you took the last. Replace the best only by something better, with > and
    not >=: then the first one stays.
    """
    return max(reversed(_known(log)), key=lambda row: row["val_mIoU"])["epoch"]


@CHOOSE_BEST.wrong
def nan_stays(log):
    """An epoch without a score won. Nothing is greater than nan, so max() keeps a nan that comes first: leave
    those epochs out before you compare.
    """
    return max(log, key=lambda row: row["val_mIoU"])["epoch"]


@CHOOSE_BEST.wrong
def nan_wins(log):
    """An epoch without a score won: np.argmax takes nan for the highest value. Use np.nanargmax, or leave
    those epochs out.
    """
    return log[int(np.argmax([row["val_mIoU"] for row in log]))]["epoch"]


@CHOOSE_BEST.wrong
def position_for_epoch(log):
    """You returned the position in the list, which starts at 0. The epochs have numbers of their own: return
    row['epoch'].
    """
    return next(i for i, row in enumerate(log) if row["epoch"] == choose_best(log))


@CHOOSE_BEST.wrong
def last_epoch(log):
    """You took the last epoch. The best weights often come earlier: look through all of them."""
    return log[-1]["epoch"]


@CHOOSE_BEST.wrong
def score_for_epoch(log):
    """You found the best score, but returned the score itself. Return the number of its epoch."""
    return max(row["val_mIoU"] for row in _known(log))


@CHOOSE_BEST.wrong
def row_for_epoch(log):
    """You returned the whole row of the best epoch. Only its number is asked for: row['epoch']."""
    return max(_known(log), key=lambda row: row["val_mIoU"])


@CHOOSE_BEST.wrong
def position_from_1(log):
    """You returned the position in the list, counted from 1. A resumed log starts later: return row['epoch']."""
    return 1 + next(i for i, row in enumerate(log) if row["epoch"] == choose_best(log))


@CHOOSE_BEST.right
def best_by_max(log):
    return max(_known(log), key=lambda row: row["val_mIoU"])["epoch"]


@CHOOSE_BEST.right
def best_by_numpy(log):
    return log[np.nanargmax([row["val_mIoU"] for row in log])]["epoch"]


@CHOOSE_BEST.right
def best_by_sorting(log):
    return np.int64(sorted(_known(log), key=lambda row: (-row["val_mIoU"], row["epoch"]))[0]["epoch"])


CHOOSE_BEST.equivalent(
    "best_by_sorting, line 3: np.int64(sorted(_known(log), key=lambda row: (-row['val_mIoU'], row['epoch']))[0]"
    "['epoch']) -> sorted(_known(log), key=lambda row: (-row['val_mIoU'], row['epoch']))[0]['epoch']",
    because="Any kind of integer is right.",
)
