"""The epoch to keep."""

import math

import numpy as np

from course_lib.checking.exercise import Exercise


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


def _draw_log(rng):
    length = int(rng.integers(1, 8))
    first = int(rng.choice([1, 1, 6]))
    scores = rng.choice([0.35, 0.40, 0.45, 0.50], size=length)
    scores[rng.random(length) < 0.25] = np.nan
    if rng.random() < 0.5:
        scores[0] = np.nan
    scores[rng.integers(length)] = rng.choice([0.35, 0.50])  # at least one number
    drops = rng.random(length)
    return (
        [
            {"epoch": first + i, "train_loss": float(np.round(drops[i], 3)), "val_mIoU": float(scores[i])}
            for i in range(length)
        ],
    )


CHOOSE_BEST = Exercise(
    choose_best,
    title="The epoch to keep",
    points=1,
    minutes=5,
    source="Losses and metrics, train against validation",
    draw=_draw_log,
    hints=(
        "Which column decides: the training loss, or the validation mIoU?",
        "Comparisons with nan are always False. Skip those rows first: math.isnan tells.",
        "Keep the best row so far; replace it when row['val_mIoU'] is greater than its val_mIoU; return best['epoch'].",
    ),
    why="Validation images taught the network nothing, so their mIoU tells when it stopped learning what carries over.",
)


def _row(epoch, loss, score):
    return {"epoch": epoch, "train_loss": loss, "val_mIoU": score}


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


@CHOOSE_BEST.right
def best_by_max(log):
    return max(_known(log), key=lambda row: row["val_mIoU"])["epoch"]


@CHOOSE_BEST.right
def best_by_numpy(log):
    return log[int(np.nanargmax([row["val_mIoU"] for row in log]))]["epoch"]


@CHOOSE_BEST.right
def best_by_sorting(log):
    return np.int64(sorted(_known(log), key=lambda row: (-row["val_mIoU"], row["epoch"]))[0]["epoch"])
