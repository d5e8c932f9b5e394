"""IoU of two masks."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
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
    ratio,
)


def iou(prediction, truth):
    """Return the IoU of two masks: the pixels in both over the pixels in at least one.

    Args:
        prediction: a mask of 0 and 1, nested lists.
        truth: a mask of 0 and 1, nested lists of equal shape.

    Returns:
        A float from 0 to 1; float("nan") where both masks are empty.
    """
    ### BEGIN SOLUTION
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    union = both + only_prediction + only_truth
    if union == 0:
        return float("nan")  # nothing to find and nothing found: there is no overlap to measure
    return both / union
    ### END SOLUTION


IOU = Exercise(
    iou,
    title="IoU of two masks",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, IoU; Lesson 33, section 5",
    draw=by_kind(draw_masks, *MASKS),
    fresh_cases=24,
    hints=(
        "Three of the four regions make up the union. Which one is left out?",
        "`both, only_prediction, only_truth, _ = regions(prediction, truth)`. The union is the sum of these "
        "three. When is it 0?",
        'Return `float("nan")` if `both + only_prediction + only_truth` is 0, and otherwise `both` divided by '
        "it.",
    ),
    why="A missed pixel makes the intersection smaller, and a false alarm makes the union larger, so each of them "
    "lowers the score.",
)

IOU.worked(OVERLAP_PREDICTION, OVERLAP_TRUTH, gives=0.75, example="overlap-4x4")
IOU.worked(BLOCK_PREDICTION, BLOCK_TRUTH, gives=40 / 60, example="regions-10-10-40")
IOU.worked(NOTHING_PREDICTED, THOUSAND_TRUE, gives=0.0, example="empty-prediction")
IOU.worked([[0, 0], [0, 0]], [[0, 0], [0, 0]], gives=NAN)


@IOU.wrong
def recall(prediction, truth):
    """You divided by the true pixels only: that is recall. The union also counts the pixels that only the
    prediction has.
    """
    both, _, only_truth, _ = regions(prediction, truth)
    return ratio(both, both + only_truth)


@IOU.wrong
def precision(prediction, truth):
    """You divided by the predicted pixels only: that is precision. The union also counts the pixels that
    only the truth has.
    """
    both, only_prediction, _, _ = regions(prediction, truth)
    return ratio(both, both + only_prediction)


@IOU.wrong
def over_areas(prediction, truth):
    """You divided by the two areas added up, which counts the shared pixels twice. The union counts them
    once: take the intersection off the sum.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return ratio(both, 2 * both + only_prediction + only_truth)


@IOU.wrong
def over_differences(prediction, truth):
    """You divided by the pixels where the masks differ. The union is larger: it also holds the pixels that
    both masks have.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return ratio(both, only_prediction + only_truth)


@IOU.wrong
def accuracy(prediction, truth):
    """You divided the pixels that agree by all pixels: that is pixel accuracy. IoU leaves the pixels in
    neither mask out, above and below the line.
    """
    both, _, _, neither = counts = regions(prediction, truth)
    return (both + neither) / sum(counts)


@IOU.wrong
def is_dice(prediction, truth):
    """You returned Dice: twice the intersection over both areas added up. IoU takes the intersection once,
    over the union.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return ratio(2 * both, 2 * both + only_prediction + only_truth)


@IOU.wrong
def nothing_shared_is_nan(prediction, truth):
    """You returned nan wherever no pixel is in both masks. If one of them holds pixels, there was something to
    score, and nothing shared is an IoU of 0. nan is for two empty masks: ask whether the union is 0.
    """
    return iou(prediction, truth) or NAN


@IOU.wrong
def empty_is_0(prediction, truth):
    """Two empty masks gave you 0. A 0 says that something was missed, but there was nothing to find: return
    float("nan") where the union is 0, and add no small number to the union.
    """
    score = iou(prediction, truth)
    return 0.0 if score != score else score


@IOU.wrong
def empty_is_1(prediction, truth):
    """Two empty masks gave you 1. A 1 would reward a model for a class that the picture does not have: return
    float("nan") where the union is 0.
    """
    score = iou(prediction, truth)
    return 1.0 if score != score else score


@IOU.wrong
def of_background(prediction, truth):
    """You returned the IoU of the background: above the line are the pixels in neither mask. `regions` gives both first
    and neither last: both, only_prediction, only_truth, neither.
    """
    _, only_prediction, only_truth, neither = regions(prediction, truth)
    return ratio(neither, neither + only_prediction + only_truth)


@IOU.wrong
def no_truth_is_nan(prediction, truth):
    """You returned nan where only the truth is empty. What is predicted there are false alarms, so the union holds
    pixels, and the IoU is 0. nan is for two empty masks: ask whether the union is 0.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return both / (both + only_prediction + only_truth) if both + only_truth else NAN


@IOU.wrong
def no_prediction_is_nan(prediction, truth):
    """You returned nan where only the prediction is empty. All true pixels are missed there, so the IoU is 0. nan is
    for two empty masks: ask whether the union is 0.
    """
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return both / (both + only_prediction + only_truth) if both + only_prediction else NAN


@IOU.wrong
def mean_with_background(prediction, truth):
    """You took the mean of two IoUs, that of the object and that of the background. Asked for is the IoU of the object,
    the pixels with 1.
    """
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    wrong = only_prediction + only_truth
    background = neither / (neither + wrong) if neither + wrong else 1.0
    return (ratio(both, both + wrong) + background) / 2


@IOU.wrong
def mean_of_rows(prediction, truth):
    """You computed the IoU of each row and took their mean. A row with one pixel then weighs as much as a full one: add
    up over the whole mask first, and divide once.
    """
    rows = [regions([one], [other]) for one, other in zip(prediction, truth, strict=True)]
    scores = [both / (both + one + other) for both, one, other, _ in rows if both + one + other]
    return sum(scores) / len(scores) if scores else NAN


@IOU.wrong
def over_the_larger_area(prediction, truth):
    """You divided by the larger of the two areas. The union also has the pixels that only the smaller one holds."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return ratio(both, both + max(only_prediction, only_truth))


@IOU.wrong
def sets_of_ids(prediction, truth):
    """You compared which ids the two masks have. Where the pixels are is what counts: go through the pixels of both
    masks side by side.
    """
    one, other = ({pixel for row in mask for pixel in row} for mask in (prediction, truth))
    return len(one & other) / len(one | other)


@IOU.right
def with_numpy(prediction, truth):
    prediction, truth = np.array(prediction, bool), np.array(truth, bool)
    union = np.logical_or(prediction, truth).sum()
    return np.logical_and(prediction, truth).sum() / union if union else np.nan


@IOU.right
def of_sets(prediction, truth):
    predicted, true = (
        {(y, x) for y, row in enumerate(mask) for x, value in enumerate(row) if value}
        for mask in (prediction, truth)
    )
    return len(predicted & true) / len(predicted | true) if predicted | true else NAN


@IOU.right
def from_areas(prediction, truth):
    areas = sum(map(sum, prediction)) + sum(map(sum, truth))
    both = sum(p and t for rows in zip(prediction, truth, strict=True) for p, t in zip(*rows, strict=True))
    return np.float64(both / (areas - both) if areas else NAN)


IOU.right(metrics.binary_iou)


IOU.equivalent(
    "with_numpy, line 2: prediction, truth = (np.array(prediction, bool), np.array(truth, bool)) -> nothing",
    "with_numpy, line 3: np.array(prediction, bool) -> np.array(prediction)",
    "with_numpy, line 3: np.array(truth, bool) -> np.array(truth)",
    because="NumPy's logical functions take lists, and any number but 0 for true.",
)

IOU.equivalent(
    "with_numpy, line 5: np.logical_and(prediction, truth).sum() / union if union else np.nan"
    " -> np.logical_and(prediction, truth).sum() / union",
    because="Nothing divided by nothing is nan without being asked for.",
)

IOU.equivalent(
    "from_areas, line 4: (p, t) -> (t, p)",
    "from_areas, line 4: zip(prediction, truth, strict=True) -> zip(truth, prediction, strict=True)",
    "iou, line 12: regions(prediction, truth) -> regions(truth, prediction)",
    "of_sets, line 3: (predicted, true) -> (true, predicted)",
    "of_sets, line 4: (y, x) -> (x, y)",
    "of_sets, line 5: (prediction, truth) -> (truth, prediction)",
    "with_numpy, line 3: (np.array(prediction, bool), np.array(truth, bool))"
    " -> (np.array(truth, bool), np.array(prediction, bool))",
    because="Both masks count alike: prediction and truth may change places. So may rows and columns.",
)
