"""IoU over many images."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.confusion_matrix import confusion_matrix
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_from_matrix import iou_from_matrix
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import NAN, ratio
from course_lib.masks import IGNORE_INDEX


def pooled_iou(pairs, num_classes):
    """Return the IoU of every class over many images: all its intersection over all its union.

    Args:
        pairs: a list of pairs (prediction, truth), arrays of ids that are equal in shape within a pair; the truth may
            hold IGNORE_INDEX, 255, whose pixels are not counted.
        num_classes: the number of classes, an int.

    Returns:
        num_classes floats; nan for a class found in no image, true or predicted.
    """
    ### BEGIN SOLUTION
    total = np.zeros((num_classes, num_classes), dtype=np.int64)  # (C, C)
    for prediction, truth in pairs:
        total += confusion_matrix(prediction, truth, num_classes)
    return iou_from_matrix(total)
    ### END SOLUTION


_KINDS = ("usual", "a class is absent", "a class is in one image only", "one image", "square", "void pixels")


def _draw_pairs(rng, kind):
    """Draw pairs of class maps, of different sizes and unlike each other."""
    num_classes = int(rng.integers(2, 5))
    pairs = []
    for number in range(1 if kind == "one image" else int(rng.integers(2, 5))):
        shape = [int(side) for side in rng.choice(np.arange(2, 8), size=2, replace=False)]
        shape = [4, 4] if kind == "square" else shape
        last_is_absent = kind == "a class is absent" or (
            kind == "a class is in one image only" and number > 0
        )
        held = num_classes - last_is_absent
        truth = rng.integers(held, size=shape)
        prediction = np.where(
            rng.random(shape) < (0.5, 0.2)[number % 2], rng.integers(held, size=shape), truth
        )
        truth[-1, -1] = held - 1
        if kind == "void pixels":
            truth[rng.random(shape) < 0.2] = IGNORE_INDEX
            truth[0, 0] = IGNORE_INDEX
        pairs.append((prediction, truth))
    return pairs, num_classes


POOLED_IOU = Exercise(
    pooled_iou,
    title="IoU over many images",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, multi-class mIoU; study guide, section 15: an evaluation over batches",
    draw=by_kind(_draw_pairs, *_KINDS),
    hints=(
        "Think of all images laid side by side as one large image. What is its confusion matrix?",
        "The matrices of all images have the same shape (C, C), whatever the sizes of the images. Add them up.",
        "Start from `np.zeros((num_classes, num_classes), dtype=np.int64)`, add `confusion_matrix(...)` of "
        "each pair, and return `iou_from_matrix` of the total.",
    ),
    why="Counts may be added and ratios may not: added first, every pixel weighs the same, wherever the image "
    "borders run. The benchmarks of everyday and street scenes report IoU this way.",
)

_LARGE_PET = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]])

POOLED_IOU.worked(
    [(_LARGE_PET, _LARGE_PET), (np.array([[0, 1], [0, 0]]), np.array([[1, 0], [0, 0]]))],
    2,
    gives=(10 / 12, 8 / 10),
    example="pooled-two-images",
)
POOLED_IOU.worked(
    [(np.array([[0, 0, 1]]), np.array([[0, 1, 1]])), (np.array([[0, 0]]), np.array([[0, 0]]))],
    3,
    gives=(3 / 4, 1 / 2, NAN),
)


def _scores_of_images(pairs, num_classes):
    """Return the IoU of each image and class, (images, C)."""
    return np.array([pooled_iou([pair], num_classes) for pair in pairs])


def _average_of_images(scores, weights):
    """Average over the images, without those where the class has no score."""
    known = ~np.isnan(scores)  # (images, C)
    weights = known * np.reshape(weights, (-1, 1))
    total = weights.sum(axis=0)
    return (np.nan_to_num(scores) * weights).sum(axis=0) / np.where(total > 0, total, np.nan)


@POOLED_IOU.wrong
def absent_is_0(pairs, num_classes):
    """You gave 0 to a class that is in no image. It was neither there nor predicted, so it was not missed: leave nan in
    its place.
    """
    return np.nan_to_num(pooled_iou(pairs, num_classes))


@POOLED_IOU.wrong
def mean_of_images(pairs, num_classes):
    """You took the mean of the images' own scores: a picture with one pixel of the class then weighs as much
    as one with thousands. Add the matrices first, and divide once at the end.
    """
    return _average_of_images(_scores_of_images(pairs, num_classes), np.ones(len(pairs)))


@POOLED_IOU.wrong
def mean_absent_is_0(pairs, num_classes):
    """You took the mean of the images' own scores, with 0 for a class that an image does not have. Add the
    matrices first: an absent class then adds nothing.
    """
    return np.nan_to_num(_scores_of_images(pairs, num_classes)).mean(axis=0)


@POOLED_IOU.wrong
def mean_absent_is_1(pairs, num_classes):
    """You took the mean of the images' own scores, with 1 for a class that an image does not have: a small number
    above and below the line does that unnoticed. Add the matrices first: an absent class then adds nothing.
    """
    return np.nan_to_num(_scores_of_images(pairs, num_classes), nan=1.0).mean(axis=0)


@POOLED_IOU.wrong
def mean_with_nan(pairs, num_classes):
    """You took the mean of the images' own scores: another number, and nan where one image lacks the class.
    Add the matrices first: an absent class then adds nothing.
    """
    return _scores_of_images(pairs, num_classes).mean(axis=0)


@POOLED_IOU.wrong
def by_size(pairs, num_classes):
    """You weighted the images' scores by their numbers of pixels. What weighs in pooled IoU is the class's
    own union: add the matrices first, and divide once at the end.
    """
    return _average_of_images(_scores_of_images(pairs, num_classes), [truth.size for _, truth in pairs])


@POOLED_IOU.wrong
def last(pairs, num_classes):
    """You returned the scores of the last image. Is the total made anew inside the loop, or replaced with
    `=`? Make it before the loop and add with `+=`.
    """
    return pooled_iou(pairs[-1:], num_classes)


@POOLED_IOU.wrong
def one_number(pairs, num_classes):
    """You returned the mean over the classes. Return one IoU for each class; a mean would hide the weak ones."""
    scores = pooled_iou(pairs, num_classes)
    return float(np.mean(scores[~np.isnan(scores)]))


@POOLED_IOU.wrong
def exchanged(pairs, num_classes):
    """Does `confusion_matrix` get the truth first? Then 255, which marks void pixels of the truth, is taken for a
    predicted class, and the matrix has no such column. The order is prediction, truth.
    """
    total = np.zeros((num_classes, num_classes), dtype=np.int64)
    for prediction, truth in pairs:
        total += confusion_matrix(truth, prediction, num_classes)
    return iou_from_matrix(total)


@POOLED_IOU.wrong
def void_counted(pairs, num_classes):
    """You counted predictions at void pixels, where the truth is 255, as false alarms. Nobody knows what is right
    there: leave these pixels out, as your `confusion_matrix` does.
    """
    return images_two_sums([(p, np.where(t == IGNORE_INDEX, num_classes, t)) for p, t in pairs], num_classes)


@POOLED_IOU.wrong
def below_each_other(pairs, num_classes):
    """Did you join the matrices, by `+=` on a list or by a function of NumPy? Then they are below each other. They have
    to be added cell by cell: start from `np.zeros((num_classes, num_classes), dtype=np.int64)`.
    """
    rows = []
    for prediction, truth in pairs:
        rows += confusion_matrix(prediction, truth, num_classes).tolist()
    return iou_from_matrix(np.array(rows))


@POOLED_IOU.wrong
def scores_added(pairs, num_classes):
    """You added up the images' own scores. Counts may be added, and ratios may not: add the matrices, and divide once
    at the end.
    """
    return _scores_of_images(pairs, num_classes).sum(axis=0)


@POOLED_IOU.wrong
def scores_added_with_0(pairs, num_classes):
    """You added up the images' own scores, with 0 for a class that an image does not have. Scores cannot be added: add
    the matrices, and divide once at the end.
    """
    return np.nan_to_num(_scores_of_images(pairs, num_classes)).sum(axis=0)


@POOLED_IOU.wrong
def joined(pairs, num_classes):
    """Did you join the images as they are? Only images of one width can be put below each other. Add their matrices, or
    make one row of each image first: `prediction.ravel()`.
    """
    prediction = np.concatenate([prediction for prediction, _ in pairs])
    truth = np.concatenate([truth for _, truth in pairs])
    return iou_from_matrix(confusion_matrix(prediction, truth, num_classes))


@POOLED_IOU.wrong
def first_twice(pairs, num_classes):
    """Your first image counts twice: the total starts with its matrix, and the loop adds it once more. Start from
    zeros.
    """
    return pooled_iou([pairs[0], *pairs], num_classes)


@POOLED_IOU.wrong
def first_image_only(pairs, num_classes):
    """You scored the first image only. All pairs of the list count: add up their matrices, and divide once at the
    end.
    """
    return pooled_iou(pairs[:1], num_classes)


@POOLED_IOU.right
def images_concatenated(pairs, num_classes):
    prediction = np.concatenate([prediction.ravel() for prediction, _ in pairs])
    truth = np.concatenate([truth.ravel() for _, truth in pairs])
    counted = truth != IGNORE_INDEX
    return metrics.iou(prediction[counted], truth[counted], num_classes)


@POOLED_IOU.right
def images_mean_matrix(pairs, num_classes):
    matrices = [confusion_matrix(prediction, truth, num_classes) for prediction, truth in pairs]
    return list(iou_from_matrix(np.mean(matrices, axis=0)))


@POOLED_IOU.right
def images_two_sums(pairs, num_classes):
    scores = []
    for class_id in range(num_classes):
        both = sum(int(((p == class_id) & (t == class_id)).sum()) for p, t in pairs)
        union = sum(int((((p == class_id) & (t != IGNORE_INDEX)) | (t == class_id)).sum()) for p, t in pairs)
        scores.append(ratio(both, union))
    return scores


@POOLED_IOU.right
def images_library(pairs, num_classes):
    matrix = metrics.ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    for prediction, truth in pairs:
        matrix.update(prediction, truth)
    return matrix.iou()


POOLED_IOU.equivalent(
    "images_two_sums, line 5: int(((p == class_id) & (t == class_id)).sum())"
    " -> ((p == class_id) & (t == class_id)).sum()",
    "images_two_sums, line 6: int(((p == class_id) & (t != IGNORE_INDEX) | (t == class_id)).sum())"
    " -> ((p == class_id) & (t != IGNORE_INDEX) | (t == class_id)).sum()",
    "pooled_iou, line 13: np.zeros((num_classes, num_classes), dtype=np.int64)"
    " -> np.zeros((num_classes, num_classes))",
    because="Float and integer counts divide alike.",
)

POOLED_IOU.equivalent(
    "images_mean_matrix, line 4: np.mean(matrices, axis=0) -> np.sum(matrices, axis=0)",
    because="A mean is the sum but for a factor, which cancels.",
)

POOLED_IOU.equivalent(
    "images_two_sums, line 5: class_id -> p",
    "images_two_sums, line 5: class_id -> t",
    because="Where both are equal, either says which class it is.",
)

POOLED_IOU.equivalent(
    "images_concatenated, line 6: metrics.iou(prediction[counted], truth[counted], num_classes)"
    " -> metrics.iou(truth[counted], prediction[counted], num_classes)",
    "images_two_sums, line 5: (p, t) -> (t, p)",
    because="Without the void pixels both masks count alike: prediction and truth may change places.",
)
