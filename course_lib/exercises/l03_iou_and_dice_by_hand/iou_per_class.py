"""IoU of each class."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import accuracy as iou_accuracy
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import empty_is_0 as iou_empty_is_0
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import empty_is_1 as iou_empty_is_1
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import iou
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import over_areas as iou_over_areas
from course_lib.exercises.l03_iou_and_dice_by_hand.iou import recall as iou_recall
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import (
    ABSENT_PREDICTION,
    ABSENT_TRUTH,
    CLASS_MAPS,
    NAN,
    THREE_PREDICTION,
    THREE_TRUTH,
    draw_class_maps,
)


def iou_per_class(prediction, truth, num_classes):
    """Return the IoU of every class.

    Args:
        prediction: a class map, nested lists with ids 0..num_classes-1.
        truth: a class map, nested lists of equal shape.
        num_classes: the number of classes, an int.

    Returns:
        A list of num_classes floats, one for each id in order; nan for a class in neither map.
    """
    ### BEGIN SOLUTION
    scores = []
    for class_id in range(num_classes):
        predicted_mask = [[int(pixel == class_id) for pixel in row] for row in prediction]
        true_mask = [[int(pixel == class_id) for pixel in row] for row in truth]
        scores.append(iou(predicted_mask, true_mask))
    return scores
    ### END SOLUTION


IOU_PER_CLASS = Exercise(
    iou_per_class,
    title="IoU of each class",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, multi-class mIoU; Lesson 33, mini-challenge",
    draw=by_kind(draw_class_maps, *CLASS_MAPS),
    hints=(
        "For one class, the question at each pixel is yes or no: is it this class? That makes two masks of 0 "
        "and 1.",
        "`[[int(pixel == class_id) for pixel in row] for row in prediction]` is the mask of one class. You "
        "have a function for two such masks.",
        "Loop over `range(num_classes)`, make the masks of `prediction` and `truth`, append `iou(...)` of them. "
        "The nan of absent classes comes by itself.",
    ),
    why="Against all other classes, each class is a question of yes or no, so the IoU of two masks serves for any "
    "number of classes.",
)

IOU_PER_CLASS.worked(THREE_PREDICTION, THREE_TRUTH, 3, gives=(0.75, 0.5, 2 / 3), example="miou-3x3")
IOU_PER_CLASS.worked(ABSENT_PREDICTION, ABSENT_TRUTH, 4, gives=(0.6, 0.5, NAN, 0.0), example="absent-class")


def _per_class(score):
    """Make the answer that scores the two masks of each class with ``score``."""

    def answer(prediction, truth, num_classes):
        return [
            score(*(np.equal(class_map, c).astype(int).tolist() for class_map in (prediction, truth)))
            for c in range(num_classes)
        ]

    return answer


IOU_PER_CLASS.wrong(
    _per_class(iou_empty_is_0),
    name="absent_is_0",
    sentence="You gave 0 to a class that neither map holds. A 0 says that the model got it all wrong; this one "
    "could not be tested: let its place hold nan.",
)
IOU_PER_CLASS.wrong(
    _per_class(iou_empty_is_1),
    name="absent_is_1",
    sentence="You gave 1 to a class that neither map holds. That is praise for nothing, and lifts the mean: "
    "let its place hold nan.",
)
IOU_PER_CLASS.wrong(
    _per_class(iou_recall),
    name="recall",
    sentence="You divided by the truth pixels of the class: that is recall. The union also counts the pixels "
    "where the class is predicted and another one is true.",
)
IOU_PER_CLASS.wrong(
    _per_class(iou_accuracy),
    name="accuracy",
    sentence="You counted the pixels where both maps say 'not this class' as right. They belong to neither "
    "mask: IoU leaves them out.",
)
IOU_PER_CLASS.wrong(
    _per_class(iou_over_areas),
    name="over_areas",
    sentence="You divided by the predicted and the true area added up, which counts the shared pixels twice. "
    "The union counts them once.",
)


@IOU_PER_CLASS.wrong
def no_background(prediction, truth, num_classes):
    """Your list starts at class 1. Background is a class like the others: start at 0."""
    return iou_per_class(prediction, truth, num_classes)[1:]


@IOU_PER_CLASS.wrong
def of_truth(prediction, truth, num_classes):
    """You scored the classes of the truth alone. A class that is only predicted is a false alarm and scores
    0; go through `range(num_classes)`.
    """
    scores = iou_per_class(prediction, truth, num_classes)
    return [scores[class_id] for class_id in np.unique(truth)]


@IOU_PER_CLASS.wrong
def skipped(prediction, truth, num_classes):
    """You left the absent classes out of the list, so the scores after them have moved to the wrong place.
    Keep one place a class, and put nan into it.
    """
    return [score for score in iou_per_class(prediction, truth, num_classes) if score == score]


@IOU_PER_CLASS.wrong
def equal_in_any_class(prediction, truth, num_classes):
    """Above the line you counted every pixel where the two maps are equal, whatever the class. The
    intersection of a class takes only those where both are that class.
    """
    prediction, truth = np.array(prediction), np.array(truth)
    equal = (prediction == truth).sum()
    unions = [((prediction == id_) | (truth == id_)).sum() for id_ in range(num_classes)]
    return [float(equal / union) if union else float("nan") for union in unions]


IOU_PER_CLASS.right(_per_class(iou))


@IOU_PER_CLASS.right
def with_numpy(prediction, truth, num_classes):
    ids = np.arange(num_classes)[:, None, None]
    predicted, true = np.array(prediction) == ids, np.array(truth) == ids  # (C, H, W)
    both, union = (predicted & true).sum(axis=(1, 2)), (predicted | true).sum(axis=(1, 2))
    return np.where(union > 0, both / np.maximum(union, 1), np.nan)


@IOU_PER_CLASS.right
def counting(prediction, truth, num_classes):
    both, union = [0] * num_classes, [0] * num_classes
    for p, t in zip(np.ravel(prediction), np.ravel(truth), strict=True):
        both[p] += p == t
        for class_id in {p, t}:
            union[class_id] += 1
    return tuple(float(b) / u if u else NAN for b, u in zip(both, union, strict=True))


IOU_PER_CLASS.right(metrics.iou)


IOU_PER_CLASS.equivalent(
    "counting, line 4: both[p] += p == t -> both[p] += p == t (moved)",
    "counting, line 5: p -> t",
    because="Something is added only where both ids are equal, and then there is one of them.",
)

IOU_PER_CLASS.equivalent(
    "counting, line 8: float(b) -> b",
    "counting, line 8: float(b) -> int(b)",
    "iou_per_class, line 15: int(pixel == class_id) -> pixel == class_id",
    "iou_per_class, line 16: int(pixel == class_id) -> pixel == class_id",
    because="True and False count as 1 and 0, and whole numbers divide like others.",
)

IOU_PER_CLASS.equivalent(
    "with_numpy, line 6: 1 -> 0",
    "with_numpy, line 6: np.maximum(union, 1) -> union",
    because="Where the union is 0, this value is replaced by nan.",
)

IOU_PER_CLASS.equivalent(
    "with_numpy, line 5: (1, 2) -> (2, 1)",
    because="The axes are summed over in either order.",
)

IOU_PER_CLASS.equivalent(
    "counting, line 4: (p, t) -> (t, p)",
    "counting, line 4: zip(np.ravel(prediction), np.ravel(truth), strict=True)"
    " -> zip(np.ravel(truth), np.ravel(prediction), strict=True)",
    "iou_per_class, line 17: iou(predicted_mask, true_mask) -> iou(true_mask, predicted_mask)",
    "with_numpy, line 4: (np.array(prediction) == ids, np.array(truth) == ids)"
    " -> (np.array(truth) == ids, np.array(prediction) == ids)",
    because="Both masks count alike: prediction and truth may change places.",
)
