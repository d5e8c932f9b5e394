"""Mean IoU."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.confusion_matrix import confusion_matrix
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_from_matrix import iou_from_matrix
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import (
    ABSENT_PREDICTION,
    ABSENT_TRUTH,
    CLASS_MAPS,
    THREE_PREDICTION,
    THREE_TRUTH,
    draw_class_maps,
    ratio,
)


def mean_iou(prediction, truth, num_classes):
    """Return the mean IoU: the mean over the classes that have an IoU.

    Args:
        prediction: an int array (H, W) of ids 0..num_classes-1.
        truth: an int array (H, W) of such ids.
        num_classes: the number of classes, an int.

    Returns:
        A float from 0 to 1; classes in neither map are left out of the mean.
    """
    ### BEGIN SOLUTION
    scores = iou_from_matrix(confusion_matrix(prediction, truth, num_classes))  # (C,)
    known = [score for score in scores if score == score]  # nan is the one number unequal to itself
    return sum(known) / len(known)
    ### END SOLUTION


def _draw_arrays(rng, kind):
    prediction, truth, num_classes = draw_class_maps(rng, kind)
    return np.array(prediction), np.array(truth), num_classes


def _classes(prediction, truth, num_classes):
    """Return the IoU of each class, nan where it has none."""
    return metrics.iou(prediction, truth, num_classes)


def _known(prediction, truth, num_classes):
    """Return the IoU of the classes that have one."""
    return [score for score in _classes(prediction, truth, num_classes) if score == score]


MEAN_IOU = Exercise(
    mean_iou,
    title="Mean IoU",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, multi-class mIoU; Lesson 33, mini-challenge; study guide, section 15",
    draw=by_kind(_draw_arrays, *CLASS_MAPS),
    fresh_cases=24,
    hints=(
        "`iou_from_matrix(confusion_matrix(prediction, truth, num_classes))` gives you all scores. Which of them "
        "do not belong in a mean?",
        "A nan can be told by comparing it with itself: `score == score` is False for nan only. `math.isnan` "
        "and `np.isnan` do the same.",
        "`known = [score for score in scores if score == score]`, then the sum of `known` over the length of "
        "`known`.",
    ),
    why="Every class has one vote, whatever its size, so a failed class costs the same whether it is large or small. "
    "A class that was not there has no vote.",
)

MEAN_IOU.worked(np.array(THREE_PREDICTION), np.array(THREE_TRUTH), 3, gives=23 / 36, example="miou-3x3")
MEAN_IOU.worked(np.array(ABSENT_PREDICTION), np.array(ABSENT_TRUTH), 4, gives=1.1 / 3, example="absent-class")
MEAN_IOU.worked(
    np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]),
    np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]]),
    2,
    gives=0.45,
    example="all-background-90",
)


@MEAN_IOU.wrong
def with_nan(prediction, truth, num_classes):
    """One nan made your whole mean nan. Leave it out before you add, and divide by the number of scores that
    are left. nan is not even equal to itself: `score != float("nan")` is always True, so ask
    `math.isnan(score)`.
    """
    return sum(_classes(prediction, truth, num_classes)) / num_classes


@MEAN_IOU.wrong
def nan_kept(prediction, truth, num_classes):
    """You kept the nan and dropped the numbers: a `not` is missing, or one too many. Add the scores that are not
    nan.
    """
    nans = [score for score in _classes(prediction, truth, num_classes) if score != score]
    return sum(nans) / len(nans)


@MEAN_IOU.wrong
def absent_is_0(prediction, truth, num_classes):
    """You divided by `num_classes`, which counts an absent class as 0. Divide by the number of classes that
    have a score.
    """
    return sum(_known(prediction, truth, num_classes)) / num_classes


@MEAN_IOU.wrong
def absent_is_1(prediction, truth, num_classes):
    """You counted an absent class as 1, which lifts the mean of every picture that lacks one. Leave it out of
    the sum and out of the number you divide by.
    """
    known = _known(prediction, truth, num_classes)
    return (sum(known) + num_classes - len(known)) / num_classes


@MEAN_IOU.wrong
def of_truth(prediction, truth, num_classes):
    """You took the mean over the classes of the truth alone. A class that is only predicted has an IoU too:
    0, and it counts.
    """
    known = _classes(prediction, truth, num_classes)[np.unique(truth)]
    return sum(known) / len(known)


@MEAN_IOU.wrong
def without_background(prediction, truth, num_classes):
    """You left the background out. It is a class like the others in mIoU: average from class 0 on."""
    known = [score for score in _classes(prediction, truth, num_classes)[1:] if score == score]
    return ratio(sum(known), len(known))


@MEAN_IOU.wrong
def without_zeros(prediction, truth, num_classes):
    """You left the zeros out along with the nan. A 0 is a result: the class is there, or was predicted, and
    nothing of it is right. Leave out nan only.
    """
    known = [score for score in _classes(prediction, truth, num_classes) if score > 0]
    return ratio(sum(known), len(known))


@MEAN_IOU.wrong
def by_area(prediction, truth, num_classes):
    """You weighted each class by its true pixels. Mean IoU counts every class alike, so that a small one
    matters as much as the background.
    """
    scores = np.nan_to_num(_classes(prediction, truth, num_classes))
    return float(np.average(scores, weights=np.bincount(np.ravel(truth), minlength=num_classes)))


@MEAN_IOU.wrong
def is_accuracy(prediction, truth, num_classes):
    """You returned pixel accuracy, the share of right pixels. Mean IoU is the mean of the classes' IoU: get
    these first.
    """
    return float(np.mean(np.equal(prediction, truth)))


@MEAN_IOU.wrong
def sums_over_classes(prediction, truth, num_classes):
    """You added up the intersections of all classes and divided by the sum of their unions, so a large class decides.
    In the mean every class has one vote: divide for each class, and then take the mean.
    """
    matrix = confusion_matrix(prediction, truth, num_classes)
    return matrix.trace() / (2 * matrix.sum() - matrix.trace())


@MEAN_IOU.right
def with_numpy(prediction, truth, num_classes):
    return np.nanmean(_classes(prediction, truth, num_classes))


@MEAN_IOU.right
def running(prediction, truth, num_classes):
    total, found = 0.0, 0
    for score in _classes(prediction, truth, num_classes):
        if not np.isnan(score):
            total += score
            found += 1
    return total / found


MEAN_IOU.right(metrics.mean_iou)


MEAN_IOU.equivalent(
    "running, line 3: (0.0, 0) -> (0, 0.0)",
    because="0 and 0.0 are the same number.",
)


MEAN_IOU.equivalent(
    "mean_iou, line 13: confusion_matrix(prediction, truth, num_classes)"
    " -> confusion_matrix(truth, prediction, num_classes)",
    "running, line 4: _classes(prediction, truth, num_classes) -> _classes(truth, prediction, num_classes)",
    "with_numpy, line 3: _classes(prediction, truth, num_classes) -> _classes(truth, prediction, num_classes)",
    because="Both masks count alike: prediction and truth may change places.",
)
