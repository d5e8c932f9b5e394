"""Both scores from three counts."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import NAN, ratio


def scores_from_counts(both, only_prediction, only_truth):
    """Return IoU and Dice from three counts of pixels.

    Args:
        both: pixels in both masks, an int, not negative.
        only_prediction: pixels in the prediction only, an int, not negative.
        only_truth: pixels in the truth only, an int, not negative.

    Returns:
        A tuple (iou, dice) of floats; both float("nan") where all three counts are 0.
    """
    ### BEGIN SOLUTION
    union = both + only_prediction + only_truth
    if union == 0:
        return float("nan"), float("nan")
    areas = union + both  # the shared pixels once more
    return both / union, 2 * both / areas
    ### END SOLUTION


_KINDS = (
    "usual",
    "all 0",
    "nothing in both",
    "no prediction",
    "no truth",
    "equal",
    "no false alarm",
    "no miss",
)


def _draw_counts(rng, kind):
    both, only_prediction, only_truth = rng.integers(1, 60, size=3).tolist()
    return {
        "all 0": (0, 0, 0),
        "nothing in both": (0, only_prediction, only_truth),
        "no prediction": (0, 0, only_truth),
        "no truth": (0, only_prediction, 0),
        "equal": (both, 0, 0),
        "no false alarm": (both, 0, only_truth),
        "no miss": (both, only_prediction, 0),
    }.get(kind, (both, only_prediction, only_truth))


SCORES_FROM_COUNTS = Exercise(
    scores_from_counts,
    title="Both scores from three counts",
    points=1,
    minutes=5,
    background=0,
    source="Losses and metrics, IoU: the table of pixel counts, and checkpoint 2",
    draw=by_kind(_draw_counts, *_KINDS),
    fresh_cases=24,
    hints=(
        "You have done both divisions already: `both` is the intersection, and all three counts together are "
        "the union.",
        "For Dice you need the two areas: `both + only_prediction` and `both + only_truth`.",
        "`both / (both + only_prediction + only_truth)` and `2 * both / (2 * both + only_prediction + "
        "only_truth)`, and nan twice where all three counts are 0.",
    ),
    why="Three numbers carry all that IoU and Dice need, so an evaluation keeps counts and throws the masks away.",
)

SCORES_FROM_COUNTS.worked(40, 10, 10, gives=(40 / 60, 80 / 100), example="regions-10-10-40")
SCORES_FROM_COUNTS.worked(0, 0, 1000, gives=(0.0, 0.0), example="empty-prediction")
SCORES_FROM_COUNTS.worked(0, 0, 0, gives=(NAN, NAN))


@SCORES_FROM_COUNTS.wrong
def swapped(both, only_prediction, only_truth):
    """You returned Dice first. The order is IoU, then Dice; Dice is never the lower of the two."""
    return scores_from_counts(both, only_prediction, only_truth)[::-1]


@SCORES_FROM_COUNTS.wrong
def counts_as_areas(both, only_prediction, only_truth):
    """You took the second and third counts for the areas of the masks. They count what one mask has alone:
    its area is that and the shared pixels.
    """
    areas = only_prediction + only_truth
    return ratio(both, areas - both), ratio(2 * both, areas)


@SCORES_FROM_COUNTS.wrong
def dice_over_union(both, only_prediction, only_truth):
    """Your IoU is right; your Dice is twice that, so perfect masks would score 2. Dice divides by the two
    areas added up, not by the union.
    """
    score, _ = scores_from_counts(both, only_prediction, only_truth)
    return score, 2 * score


@SCORES_FROM_COUNTS.wrong
def iou_over_areas(both, only_prediction, only_truth):
    """Your Dice is right; your IoU divides by the two areas added up, which hold the shared pixels twice. The
    union holds them once.
    """
    _, score = scores_from_counts(both, only_prediction, only_truth)
    return score / 2, score


@SCORES_FROM_COUNTS.wrong
def precision_recall(both, only_prediction, only_truth):
    """You returned precision and recall: each leaves one kind of mistake out. IoU and Dice have both kinds
    below the line.
    """
    return ratio(both, both + only_prediction), ratio(both, both + only_truth)


@SCORES_FROM_COUNTS.wrong
def percent(both, only_prediction, only_truth):
    """You returned percentages. Scores go from 0 to 1 here: leave the factor 100 out."""
    return tuple(100 * score for score in scores_from_counts(both, only_prediction, only_truth))


@SCORES_FROM_COUNTS.wrong
def rounded(both, only_prediction, only_truth):
    """You rounded. Return the quotients as they are, and round only where you print them: rounded scores add
    up to wrong means.
    """
    return tuple(round(score, 2) for score in scores_from_counts(both, only_prediction, only_truth))


@SCORES_FROM_COUNTS.wrong
def empty_is_0(both, only_prediction, only_truth):
    """Three counts of 0 gave you two zeros. There was nothing to find, so neither score exists: return
    `float("nan")` twice.
    """
    return (
        scores_from_counts(both, only_prediction, only_truth)
        if both + only_prediction + only_truth
        else (0.0, 0.0)
    )


@SCORES_FROM_COUNTS.right
def by_relation(both, only_prediction, only_truth):
    score = ratio(both, both + only_prediction + only_truth)
    return [score, 2 * score / (1 + score)]


@SCORES_FROM_COUNTS.right
def with_numpy(both, only_prediction, only_truth):
    counts = np.array([both, only_prediction, only_truth])
    if not counts.any():
        return np.full(2, np.nan)
    return np.array([both / counts.sum(), 2 * both / (counts @ [2, 1, 1])])


@SCORES_FROM_COUNTS.right
def from_areas(both, only_prediction, only_truth):
    predicted, true = both + only_prediction, both + only_truth
    return ratio(both, predicted + true - both), ratio(both, (predicted + true) / 2)


SCORES_FROM_COUNTS.equivalent(
    "with_numpy, line 2: if not counts.any():; return np.full(2, np.nan) -> nothing",
    "with_numpy, line 4: return np.full(2, np.nan) -> pass",
    because="Nothing divided by nothing is nan without being asked for.",
)

SCORES_FROM_COUNTS.equivalent(
    "from_areas, line 3: (both + only_prediction, both + only_truth)"
    " -> (both + only_truth, both + only_prediction)",
    "with_numpy, line 6: counts @ [2, 1, 1] -> [2, 1, 1] @ counts",
    because="The product and the sum are the same in either order.",
)
