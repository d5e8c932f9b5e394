"""Dice of two masks."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import iou
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import precision as iou_precision
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import recall as iou_recall
from course_lib.exercises.l03_iou_and_dice_by_hand.regions import regions
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import (
    BLOCK_PREDICTION,
    BLOCK_TRUTH,
    MASKS,
    NAN,
    NOTHING_PREDICTED,
    OVERLAP_PREDICTION,
    OVERLAP_TRUTH,
    THOUSAND_TRUE,
    draw_masks,
)


def dice(prediction, truth):
    """Return the Dice coefficient of two masks: twice the pixels in both over the two areas added up.

    Args:
        prediction: a mask of 0 and 1, nested lists.
        truth: a mask of 0 and 1, nested lists of equal shape.

    Returns:
        A float from 0 to 1; float("nan") where both masks are empty.
    """
    ### BEGIN SOLUTION
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    predicted_area = both + only_prediction
    true_area = both + only_truth
    if predicted_area + true_area == 0:
        return float("nan")
    return 2 * both / (predicted_area + true_area)
    ### END SOLUTION


DICE = Exercise(
    dice,
    title="Dice of two masks",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, Dice coefficient; Lesson 33, section 5",
    draw=by_kind(draw_masks, *MASKS),
    fresh_cases=24,
    hints=(
        "The area of the prediction is `both + only_prediction`. What is the area of the truth?",
        "Add the two areas up. Shared pixels are in that sum twice, which is why they are "
        "counted twice above the line as well.",
        'Return `float("nan")` if `2 * both + only_prediction + only_truth` is 0, and otherwise `2 * both` '
        "divided by it.",
    ),
    why="Dice is the F1 score of the pixels: the harmonic mean of precision, the share of the prediction that is "
    "right, and recall, the share of the truth that was found.",
)

DICE.worked(OVERLAP_PREDICTION, OVERLAP_TRUTH, gives=12 / 14, example="overlap-4x4")
DICE.worked(BLOCK_PREDICTION, BLOCK_TRUTH, gives=80 / 100, example="regions-10-10-40")
DICE.worked(NOTHING_PREDICTED, THOUSAND_TRUE, gives=0.0, example="empty-prediction")
DICE.worked([[0, 0], [0, 0]], [[0, 0], [0, 0]], gives=NAN)


@DICE.wrong
def is_iou(prediction, truth):
    """You returned IoU. Dice takes the intersection twice, and divides by the two areas added up instead of
    the union.
    """
    return iou(prediction, truth)


@DICE.wrong
def without_2(prediction, truth):
    """You forgot the 2: perfect masks would score 0.5. The two areas count every shared pixel twice, so the
    intersection must too.
    """
    return dice(prediction, truth) / 2


@DICE.wrong
def over_union(prediction, truth):
    """You divided twice the intersection by the union: perfect masks would score 2. Divide by the two areas
    added up, which count the shared pixels twice.
    """
    return 2 * iou(prediction, truth)


@DICE.wrong
def mean(prediction, truth):
    """You took the mean of precision and recall. Dice is their harmonic mean, which is lower unless they are
    equal: divide twice the intersection by the two areas added up.
    """
    return (iou_precision(prediction, truth) + iou_recall(prediction, truth)) / 2


@DICE.wrong
def without_parentheses(prediction, truth):
    """Python multiplies and divides before it adds, so `2 * a / 2 * a + b + c` is a·a + b + c. Put the sum below the
    line into parentheses.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return float(both * both + only_prediction + only_truth) if both + only_prediction + only_truth else NAN


@DICE.wrong
def empty_is_0(prediction, truth):
    """Two empty masks gave you 0. There was nothing to find, so nothing was missed: return `float("nan")`
    where both areas are 0.
    """
    score = dice(prediction, truth)
    return 0.0 if score != score else score


@DICE.wrong
def empty_is_1(prediction, truth):
    """Two empty masks gave you 1. A 1 would reward a model for a class that the picture does not have: return
    float("nan") where both areas are 0.
    """
    score = dice(prediction, truth)
    return 1.0 if score != score else score


@DICE.wrong
def over_differences(prediction, truth):
    """You divided by the pixels where the masks differ. The two areas below the line are those of the whole masks: the
    prediction has `both + only_prediction` pixels, and the truth `both + only_truth`.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    if both + only_prediction + only_truth == 0:
        return float("nan")
    return 2 * both / (only_prediction + only_truth)


@DICE.wrong
def nothing_shared_is_nan(prediction, truth):
    """You returned nan wherever no pixel is in both masks. If one of them holds pixels, there was something to score,
    and nothing shared is a Dice of 0. nan is for two empty masks: ask whether the two areas add up to 0.
    """
    return dice(prediction, truth) or NAN


@DICE.wrong
def no_truth_is_nan(prediction, truth):
    """You returned nan where only the truth is empty. What is predicted there are false alarms, so the score is 0. nan
    is for two empty masks: ask whether the two areas add up to 0.
    """
    both, _, only_truth, _ = regions(prediction, truth)
    return dice(prediction, truth) if both + only_truth else NAN


@DICE.wrong
def dice_loss(prediction, truth):
    """You returned 1 − Dice: that is the Dice loss, which is 0 for perfect masks. The score is 1 for them."""
    return 1 - dice(prediction, truth)


@DICE.wrong
def equal_is_nan(prediction, truth):
    """You returned nan where the two masks are equal. Equal masks that hold pixels have a Dice of 1; nan is for two
    empty masks. Ask whether the two areas add up to 0, not the pixels where they differ.
    """
    _, only_prediction, only_truth, _ = regions(prediction, truth)
    return dice(prediction, truth) if only_prediction + only_truth else NAN


@DICE.wrong
def smooth(prediction, truth):
    """You added 1 above and below the line. The Dice loss does that so that it never divides by 0; a score
    takes the counts as they are, and is `float("nan")` where both masks are empty.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return (2 * both + 1) / (2 * both + only_prediction + only_truth + 1)


@DICE.wrong
def equal_pixels(prediction, truth):
    """You took the pixels where the masks are equal for the shared ones. Those that are 0 in both are equal as well,
    and they are not in the intersection: count where both are 1.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    areas = 2 * both + only_prediction + only_truth
    return 2 * (both + neither) / areas if areas else NAN


@DICE.right
def with_numpy(prediction, truth):
    prediction, truth = np.array(prediction), np.array(truth)
    areas = prediction.sum() + truth.sum()
    return 2 * (prediction * truth).sum() / areas if areas else np.nan


@DICE.right
def via_iou(prediction, truth):
    score = iou(prediction, truth)
    return 2 * score / (1 + score)


@DICE.right
def of_pairs(prediction, truth):
    pairs = [pair for rows in zip(prediction, truth, strict=True) for pair in zip(*rows, strict=True)]
    areas = sum(p + t for p, t in pairs)
    return sum(2.0 for p, t in pairs if p and t) / areas if areas else NAN


DICE.right(metrics.binary_dice)


DICE.equivalent(
    "dice, line 15: predicted_area -> only_prediction",
    "dice, line 15: true_area -> only_truth",
    because="The sum is 0 in the same cases: where the other area is 0, no pixel is in both.",
)

DICE.equivalent(
    "with_numpy, line 5: 2 * (prediction * truth).sum() / areas if areas else np.nan"
    " -> 2 * (prediction * truth).sum() / areas",
    because="Nothing divided by nothing is nan without being asked for.",
)

DICE.equivalent(
    "dice, line 12: regions(prediction, truth) -> regions(truth, prediction)",
    "of_pairs, line 3: zip(prediction, truth, strict=True) -> zip(truth, prediction, strict=True)",
    "of_pairs, line 4: (p, t) -> (t, p)",
    "of_pairs, line 5: (p, t) -> (t, p)",
    "via_iou, line 3: iou(prediction, truth) -> iou(truth, prediction)",
    "with_numpy, line 3: (np.array(prediction), np.array(truth)) -> (np.array(truth), np.array(prediction))",
    because="Both masks count alike: prediction and truth may change places.",
)
