"""Mean IoU."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_per_class import counting as per_class_counting
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_per_class import iou_per_class
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_per_class import of_truth as classes_of_truth
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_per_class import skipped as classes_of_either
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
        prediction: a class map, nested lists with ids 0..num_classes-1.
        truth: a class map, nested lists of equal shape.
        num_classes: the number of classes, an int.

    Returns:
        A float from 0 to 1; classes in neither map are left out of the mean.
    """
    ### BEGIN SOLUTION
    scores = iou_per_class(prediction, truth, num_classes)
    known = [score for score in scores if score == score]  # nan is the one number unequal to itself
    return sum(known) / len(known)
    ### END SOLUTION


MEAN_IOU = Exercise(
    mean_iou,
    title="Mean IoU",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, multi-class mIoU; Lesson 33, mini-challenge; study guide, section 15",
    draw=by_kind(draw_class_maps, *CLASS_MAPS),
    fresh_cases=24,
    hints=(
        "`iou_per_class` gives you all scores. Which of them do not belong in a mean?",
        "A nan can be told by comparing it with itself: `score == score` is False for nan only. `math.isnan` "
        "and `np.isnan` do the same.",
        "`known = [score for score in scores if score == score]`, then the sum of `known` over the length of "
        "`known`.",
    ),
    why="Every class has one vote, whatever its size, so a model cannot hide a failed class behind a large "
    "background; a class that was not there has no vote.",
)

MEAN_IOU.worked(THREE_PREDICTION, THREE_TRUTH, 3, gives=23 / 36, example="miou-3x3")
MEAN_IOU.worked(ABSENT_PREDICTION, ABSENT_TRUTH, 4, gives=1.1 / 3, example="absent-class")
MEAN_IOU.worked(
    [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
    [[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]],
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
    return sum(iou_per_class(prediction, truth, num_classes)) / num_classes


@MEAN_IOU.wrong
def absent_is_0(prediction, truth, num_classes):
    """You divided by `num_classes`, which counts an absent class as 0. Divide by the number of classes that
    have a score.
    """
    return sum(classes_of_either(prediction, truth, num_classes)) / num_classes


@MEAN_IOU.wrong
def absent_is_1(prediction, truth, num_classes):
    """You counted an absent class as 1, which lifts the mean of every picture that lacks one. Leave it out of
    the sum and out of the number you divide by.
    """
    known = classes_of_either(prediction, truth, num_classes)
    return (sum(known) + num_classes - len(known)) / num_classes


@MEAN_IOU.wrong
def of_truth(prediction, truth, num_classes):
    """You took the mean over the classes of the truth alone. A class that is only predicted has an IoU too:
    0, and it counts.
    """
    known = classes_of_truth(prediction, truth, num_classes)
    return sum(known) / len(known)


@MEAN_IOU.wrong
def without_background(prediction, truth, num_classes):
    """You left the background out. It is a class like the others in mIoU: average from class 0 on."""
    known = [score for score in iou_per_class(prediction, truth, num_classes)[1:] if score == score]
    return ratio(sum(known), len(known))


@MEAN_IOU.wrong
def without_zeros(prediction, truth, num_classes):
    """You left the zeros out along with the nan. A 0 is a result: the class is there, or was predicted, and
    nothing of it is right. Leave out nan only.
    """
    known = [score for score in iou_per_class(prediction, truth, num_classes) if score > 0]
    return ratio(sum(known), len(known))


@MEAN_IOU.wrong
def by_area(prediction, truth, num_classes):
    """You weighted each class by its true pixels. Mean IoU counts every class alike, so that a small one
    matters as much as the background.
    """
    scores = np.nan_to_num(iou_per_class(prediction, truth, num_classes))
    return float(np.average(scores, weights=np.bincount(np.ravel(truth), minlength=num_classes)))


@MEAN_IOU.wrong
def is_accuracy(prediction, truth, num_classes):
    """You returned pixel accuracy, the share of right pixels. Mean IoU is the mean of the classes' IoU: get
    these first.
    """
    return float(np.mean(np.equal(prediction, truth)))


@MEAN_IOU.right
def with_numpy(prediction, truth, num_classes):
    return np.nanmean(iou_per_class(prediction, truth, num_classes))


@MEAN_IOU.right
def running(prediction, truth, num_classes):
    total, found = 0.0, 0
    for score in per_class_counting(prediction, truth, num_classes):
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
    "mean_iou, line 13: iou_per_class(prediction, truth, num_classes)"
    " -> iou_per_class(truth, prediction, num_classes)",
    "running, line 4: per_class_counting(prediction, truth, num_classes)"
    " -> per_class_counting(truth, prediction, num_classes)",
    "with_numpy, line 3: iou_per_class(prediction, truth, num_classes)"
    " -> iou_per_class(truth, prediction, num_classes)",
    because="Both masks count alike: prediction and truth may change places.",
)
