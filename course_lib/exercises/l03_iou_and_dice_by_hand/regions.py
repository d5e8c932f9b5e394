"""The four regions of two masks."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import (
    MASKS,
    OVERLAP_PREDICTION,
    OVERLAP_TRUTH,
    draw_masks,
)


def regions(prediction, truth):
    """Count the pixels of two masks by region.

    Args:
        prediction: a mask of 0 and 1, nested lists.
        truth: a mask of 0 and 1, nested lists of equal shape.

    Returns:
        Four counts (both, only_prediction, only_truth, neither), a tuple of int.
    """
    both, only_prediction, only_truth, neither = 0, 0, 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if predicted == 1 and true == 1:
                both += 1
            elif predicted == 1:
                only_prediction += 1
            elif true == 1:
                only_truth += 1
            else:
                neither += 1
    ### END SOLUTION
    return both, only_prediction, only_truth, neither


REGIONS = Exercise(
    regions,
    title="The four regions of two masks",
    points=1,
    minutes=5,
    background=0,
    source="Losses and metrics, IoU: the table of pixel counts",
    draw=by_kind(draw_masks, *MASKS),
    hints=(
        "At every pixel the two masks hold one of four pairs: 1 and 1, 1 and 0, 0 and 1, 0 and 0.",
        "Walk through both masks at once: `for predicted_row, true_row in zip(prediction, truth)`, and inside "
        "it a second `zip` over the two rows.",
        "For each pixel: `if predicted == 1 and true == 1: both += 1`, `elif predicted == 1: "
        "only_prediction += 1`, `elif true == 1: only_truth += 1`, `else: neither += 1`.",
    ),
    why="Every pixel falls into exactly one of the four regions, so the counts add up to the number of pixels. "
    "Every overlap score is made of them.",
)

REGIONS.worked(OVERLAP_PREDICTION, OVERLAP_TRUTH, gives=(6, 1, 1, 8), example="overlap-4x4")
REGIONS.worked([[1, 1, 0]], [[0, 1, 0]], gives=(1, 1, 0, 1))
REGIONS.worked([[0, 0], [0, 0]], [[1, 1], [0, 1]], gives=(0, 0, 3, 1))


@REGIONS.wrong
def swapped(prediction, truth):
    """Your second and third counts have changed places. The second counts false alarms, prediction 1 and
    truth 0; the third counts misses, prediction 0 and truth 1.
    """
    both, only_prediction, only_truth, neither = 0, 0, 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if predicted == 1 and true == 1:
                both += 1
            elif true == 1:
                only_prediction += 1
            elif predicted == 1:
                only_truth += 1
            else:
                neither += 1
    return both, only_prediction, only_truth, neither


@REGIONS.wrong
def areas(prediction, truth):
    """You counted the whole area of each mask. Only the prediction means prediction 1 and truth 0: leave out
    the pixels that both have, they are already in the first count.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, both + only_prediction, both + only_truth, neither


@REGIONS.wrong
def agreement(prediction, truth):
    """Your first count takes every pixel where the two masks agree, so shared zeros too. Both means that both
    are 1; shared zeros belong to neither.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both + neither, only_prediction, only_truth, neither


@REGIONS.wrong
def not_both(prediction, truth):
    """Your last count takes every pixel that is not in both masks. Neither means that both are 0: a pixel of
    only one mask is already in the second or third count.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, only_prediction, only_truth, only_prediction + only_truth + neither


@REGIONS.wrong
def union(prediction, truth):
    """Your first count takes pixels that at least one mask has: you wrote `or` where `and` is needed. Both
    means prediction 1 and truth 1.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both + only_prediction + only_truth, only_prediction, only_truth, neither


@REGIONS.wrong
def first_row(prediction, truth):
    """You counted only the first row. Is the `return` indented into the loop? Move it out, to the
    indentation of the `for`.
    """
    return regions(prediction[:1], truth[:1])


@REGIONS.wrong
def shares(prediction, truth):
    """You divided by the number of pixels. Return the counts themselves: whole numbers that add up to the
    number of pixels.
    """
    counts = regions(prediction, truth)
    return tuple(count / sum(counts) for count in counts)


@REGIONS.wrong
def never_neither(prediction, truth):
    """Your last count is 0 everywhere. It should take the pixels where both masks are 0, after the other three have
    taken theirs: `else: neither += 1`.
    """
    return *regions(prediction, truth)[:3], 0


@REGIONS.wrong
def if_for_elif(prediction, truth):
    """A pixel of both masks is counted a second time, as only one of them: did you write `if` where `elif` is needed?
    `elif` asks only if the conditions above it were false.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, both + only_prediction, only_truth, neither


@REGIONS.wrong
def equal_comes_first(prediction, truth):
    """Your first count takes every pixel where the two masks are equal, so the shared zeros are taken before
    they can reach the last count. Both means that both are 1.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both + neither, only_prediction, only_truth, 0


@REGIONS.wrong
def last_else(prediction, truth):
    """Your last count takes every pixel that is not in the third one. An `else` belongs only to the last `if` before
    it: write `elif` from the second condition on, and `else` is left with what none of them took.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, only_prediction, only_truth, both + only_prediction + neither


@REGIONS.wrong
def areas_and_rest(prediction, truth):
    """You counted the whole area of each mask, and for the last count you took both areas off, so the shared pixels
    went off twice. Only the prediction means prediction 1 and truth 0: that is its area without the shared pixels.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, both + only_prediction, both + only_truth, neither - both


@REGIONS.wrong
def rest_is_only_truth(prediction, truth):
    """Your third count takes every pixel that the prediction does not have, and nothing is left for the last one. Ask
    `elif true == 1:` before you add to it.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, only_prediction, only_truth + neither, 0


@REGIONS.wrong
def whole_rows(prediction, truth):
    """You counted rows, not pixels: a row, which is a list, never equals 1. A second `zip`, inside the first loop, goes
    through the pixels of the two rows.
    """
    return 0, 0, 0, len(truth)


@REGIONS.wrong
def neither_second(prediction, truth):
    """Your counts are right, but not in the order that is asked for: both, only_prediction, only_truth, neither."""
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, neither, only_prediction, only_truth


@REGIONS.wrong
def rest_counts_both_twice(prediction, truth):
    """You took both areas off the number of pixels, and a pixel of both masks is in either area. It was taken off
    twice: add the shared pixels once.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, only_prediction, only_truth, neither - both


@REGIONS.right
def with_numpy(prediction, truth):
    prediction, truth = np.array(prediction, bool), np.array(truth, bool)
    only_prediction, only_truth = (prediction & ~truth).sum(), (~prediction & truth).sum()
    return (prediction & truth).sum(), only_prediction, only_truth, (~prediction & ~truth).sum()


@REGIONS.right
def of_pairs(prediction, truth):
    pairs = [pair for rows in zip(prediction, truth, strict=True) for pair in zip(*rows, strict=True)]
    return [pairs.count(pair) for pair in ((1, 1), (1, 0), (0, 1), (0, 0))]


@REGIONS.right
def from_areas(prediction, truth):
    predicted, true = sum(map(sum, prediction)), sum(map(sum, truth))
    both = sum(p * t for rows in zip(prediction, truth, strict=True) for p, t in zip(*rows, strict=True))
    pixels = len(truth) * len(truth[0])
    return both, predicted - both, true - both, pixels - predicted - true + both


REGIONS.equivalent(
    "with_numpy, line 3: np.array(prediction, bool) -> np.array(prediction)",
    "with_numpy, line 3: np.array(truth, bool) -> np.array(truth)",
    because="A mask of 0 and 1 gives the same as one of False and True.",
)

REGIONS.equivalent(
    "from_areas, line 5: 0 -> -1",
    "from_areas, line 5: truth -> prediction",
    because="Prediction and truth are equal in size, and so are their rows.",
)

REGIONS.equivalent(
    "from_areas, line 4: (p, t) -> (t, p)",
    "from_areas, line 4: zip(prediction, truth, strict=True) -> zip(truth, prediction, strict=True)",
    because="Adding up and multiplying, the two areas may change places.",
)
