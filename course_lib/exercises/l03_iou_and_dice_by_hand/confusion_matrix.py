"""The confusion matrix."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import (
    CLASS_MAPS,
    THREE_PREDICTION,
    THREE_TRUTH,
    draw_class_maps,
)
from course_lib.masks import IGNORE_INDEX


def confusion_matrix(prediction, truth, num_classes):
    """Count the pixels by true class (row) and predicted class (column).

    Args:
        prediction: an int array (H, W) of ids 0..num_classes-1.
        truth: an int array (H, W) of such ids; it may also hold IGNORE_INDEX, 255.
        num_classes: the number of classes, an int.

    Returns:
        An array of int (num_classes, num_classes); pixels whose truth is 255 are not counted.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)  # (C, C)
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true != IGNORE_INDEX:
                matrix[true, predicted] += 1
    ### END SOLUTION
    return matrix


_KINDS = (*CLASS_MAPS, "void pixels", "only void")


def _draw_arrays(rng, kind):
    """Draw class maps as arrays, some with void pixels in the truth."""
    prediction, truth, num_classes = draw_class_maps(rng, kind)
    prediction, truth = np.array(prediction), np.array(truth)
    if kind == "only void":
        truth[:] = IGNORE_INDEX
    if kind in ("void pixels", "larger than the examples"):
        truth[rng.random(truth.shape) < 0.25] = IGNORE_INDEX
        truth[-1, -1] = IGNORE_INDEX
    return prediction, truth, num_classes


CONFUSION_MATRIX = Exercise(
    confusion_matrix,
    title="The confusion matrix",
    points=2,
    minutes=5,
    background=0,
    source="Lesson 33, mini-challenge; losses and metrics, void pixels",
    draw=by_kind(_draw_arrays, *_KINDS),
    fresh_cases=26,
    hints=(
        "Each pixel adds 1 to one cell of the matrix. Its two ids say which.",
        "Two loops with `zip`, as in `regions`. The true id picks the row, the predicted id the column.",
        "`if true != IGNORE_INDEX: matrix[true, predicted] += 1` for each pixel.",
    ),
    why="The matrix keeps for every pixel what was true and what was predicted, and forgets only where. That is "
    "all that accuracy, IoU and Dice need.",
)

CONFUSION_MATRIX.worked(
    np.array(THREE_PREDICTION),
    np.array(THREE_TRUTH),
    3,
    gives=[[3, 0, 0], [1, 2, 0], [0, 1, 2]],
    example="miou-3x3",
)
CONFUSION_MATRIX.worked(
    np.array([[0, 1, 1], [0, 1, 0]]),
    np.array([[0, 1, 255], [0, 0, 255]]),
    2,
    gives=[[2, 1], [0, 1]],
    example="void-2x3",
)


@CONFUSION_MATRIX.wrong
def transposed(prediction, truth, num_classes):
    """Your matrix is transposed: the prediction picks the row. Let the truth pick the row and the prediction
    the column, `matrix[true, predicted]`.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true != IGNORE_INDEX:
                matrix[predicted, true] += 1
    return matrix


@CONFUSION_MATRIX.wrong
def seen_once(prediction, truth, num_classes):
    """Every pair of ids counts 1 at most. Did you write `=` for `+=`, or use whole arrays? `matrix[truth, prediction]
    += 1` adds once for pairs that repeat: loop over the pixels, or use `np.add.at` or `np.bincount`.
    """
    return (confusion_matrix(prediction, truth, num_classes) > 0).astype(np.int64)


@CONFUSION_MATRIX.wrong
def right_only(prediction, truth, num_classes):
    """You counted the right pixels only, which are on the diagonal. A wrong pixel counts too: in the row of
    its true class and the column of the predicted one.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true != IGNORE_INDEX and predicted == true:
                matrix[true, predicted] += 1
    return matrix


@CONFUSION_MATRIX.wrong
def void_is_0(prediction, truth, num_classes):
    """You counted the void pixels, truth 255, as pixels of a class. Nobody knows their class: leave them out."""
    return confusion_matrix(prediction, np.where(truth == IGNORE_INDEX, 0, truth), num_classes)


@CONFUSION_MATRIX.wrong
def void_counted(prediction, truth, num_classes):
    """You used the id 255 as a row, and the matrix has no such row. Leave out the pixels whose truth is
    `IGNORE_INDEX` before you count.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    np.add.at(matrix, (truth, prediction), 1)
    return matrix


@CONFUSION_MATRIX.wrong
def no_background(prediction, truth, num_classes):
    """Your first row is empty: pixels whose truth is 0 were left out. Class 0 is a class like the others;
    only `IGNORE_INDEX` is left out.
    """
    matrix = confusion_matrix(prediction, truth, num_classes)
    matrix[0] = 0
    return matrix


@CONFUSION_MATRIX.wrong
def shares(prediction, truth, num_classes):
    """You divided by the number of pixels. Return counts: they can be added over many pictures, and shares
    cannot.
    """
    matrix = confusion_matrix(prediction, truth, num_classes)
    return matrix / max(matrix.sum(), 1)


@CONFUSION_MATRIX.wrong
def whole_rows(prediction, truth, num_classes):
    """You looped over rows, so `matrix[true, predicted] += 1` met all pixels of a row at once: a pair that a row holds
    several times counts once, and 255 is not a row of the matrix. A second `zip`, inside the loop, goes through the
    pixels.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        matrix[true_row, predicted_row] += 1
    return matrix


@CONFUSION_MATRIX.wrong
def wrong_only(prediction, truth, num_classes):
    """You counted the wrong pixels only. The right ones belong into the matrix too, on its diagonal: leave out nothing
    but void pixels.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true != IGNORE_INDEX and predicted != true:
                matrix[true, predicted] += 1
    return matrix


@CONFUSION_MATRIX.right
def bincount(prediction, truth, num_classes):
    kept = truth != IGNORE_INDEX
    pairs = truth[kept] * num_classes + prediction[kept]
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


@CONFUSION_MATRIX.right
def of_lists(prediction, truth, num_classes):
    rows = [[0] * num_classes for _ in range(num_classes)]
    for true, predicted in zip(np.ravel(truth).tolist(), np.ravel(prediction).tolist(), strict=True):
        if true < num_classes:
            rows[true][predicted] += 1
    return rows


@CONFUSION_MATRIX.right
def cell_by_cell(prediction, truth, num_classes):
    ids = range(num_classes)
    return np.array([[((truth == t) & (prediction == p)).sum() for p in ids] for t in ids])


@CONFUSION_MATRIX.right
def of_library(prediction, truth, num_classes):
    matrix = metrics.ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    matrix.update(prediction, truth)
    return matrix.counts


CONFUSION_MATRIX.equivalent(
    "of_lists, line 5: true < num_classes -> true <= num_classes",
    because="No id equals the number of classes: it is below it, or it is void.",
)
