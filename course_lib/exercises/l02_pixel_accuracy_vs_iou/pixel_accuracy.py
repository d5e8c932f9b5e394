"""Pixel accuracy."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l02_pixel_accuracy_vs_iou.shared import (
    PAIRS,
    THREE_PREDICTION,
    THREE_TRUTH,
    draw_arrays,
    ratio,
)


def pixel_accuracy(prediction, truth):
    """Return the share of the pixels whose class is right.

    Args:
        prediction: class ids, nested lists of int.
        truth: class ids, nested lists equal in shape.

    Returns:
        A float from 0 to 1.
    """
    correct, total = 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true:
                correct += 1
    ### END SOLUTION
    return correct / total


def _draw_pair(rng, kind):
    prediction, truth = draw_arrays(rng, int(rng.integers(2, 5)), kind if kind in PAIRS else "usual")
    if kind == "large ids":  # as in lists of a thousand classes
        prediction, truth = prediction + 300, truth + 300
    return prediction.tolist(), truth.tolist()


PIXEL_ACCURACY = Exercise(
    pixel_accuracy,
    title="Pixel accuracy",
    points=1,
    minutes=5,
    background=0,
    source="Lesson 33, Your Turn 1: pixel accuracy",
    draw=by_kind(_draw_pair, *PAIRS, "large ids"),
    hints=(
        "Every pixel adds 1 to `total`. Which pixels add 1 to `correct` too?",
        "Two loops: `for predicted_row, true_row in zip(prediction, truth)` goes through the rows, and inside it "
        "`for predicted, true in zip(predicted_row, true_row)` through the pixels.",
        "Inside both loops: `total += 1`, and then `if predicted == true: correct += 1`.",
    ),
    why="Every pixel has one vote, whatever its class. That makes the number easy to read, and it is the "
    "weakness that the rest of this lesson is about.",
)

PIXEL_ACCURACY.worked(THREE_PREDICTION, THREE_TRUTH, gives=7 / 9, example="accuracy-3x3")
PIXEL_ACCURACY.worked([[0, 0, 0, 2]], [[0, 0, 1, 2]], gives=0.75)
PIXEL_ACCURACY.worked([[1], [0]], [[0], [1]], gives=0.0)


@PIXEL_ACCURACY.wrong
def foreground_matches(prediction, truth):
    """You left out the pixels that are rightly background. Background is a class like the others here: a
    pixel counts as correct whenever the two ids are equal, 0 and 0 too.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true and true != 0:
                correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def over_foreground(prediction, truth):
    """You looked only at pixels whose truth is not 0, above and below the line. Pixel accuracy asks about all
    pixels: count every match, and divide by every pixel.
    """
    prediction, truth = np.array(prediction), np.array(truth)
    return ratio(((prediction == truth) & (truth != 0)).sum(), (truth != 0).sum())


@PIXEL_ACCURACY.wrong
def over_rows(prediction, truth):
    """You divided by the number of rows, `len(truth)`. Divide by the number of pixels: rows times columns, or
    a counter that grows by 1 inside the inner loop.
    """
    return pixel_accuracy(prediction, truth) * len(truth[0])


@PIXEL_ACCURACY.wrong
def over_squared_rows(prediction, truth):
    """You divided by the number of rows squared, as if every mask were square. Count the pixels: rows times
    columns, or a counter that grows by 1 inside the inner loop.
    """
    return pixel_accuracy(prediction, truth) * len(truth[0]) / len(truth)


@PIXEL_ACCURACY.wrong
def every_row_with_every_row(prediction, truth):
    """You compared every row of the one mask with every row of the other. Each row belongs to one row only: let
    `zip` walk through both masks at once, in a single `for`.
    """
    pairs = [zip(predicted, true, strict=True) for predicted in prediction for true in truth]
    return float(np.mean([predicted == true for pair in pairs for predicted, true in pair]))


@PIXEL_ACCURACY.wrong
def percent(prediction, truth):
    """You returned a percentage. Return the share itself, from 0 to 1: leave out the 100, and turn it into
    percent only where you print it.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true:
                correct += 1
    return 100 * correct / total


@PIXEL_ACCURACY.wrong
def errors(prediction, truth):
    """You counted the pixels that are wrong. Accuracy is the share that is right: compare with `==`, not
    `!=`.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted != true:
                correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def count(prediction, truth):
    """You returned how many pixels are right. A share is expected: divide by the number of all pixels."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true:
                correct += 1
    return correct


@PIXEL_ACCURACY.wrong
def first_row(prediction, truth):
    """You looked only at the first row. Is the `return` indented into the loop? Move it out, to the
    indentation of the first `for`.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction[:1], truth[:1], strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true:
                correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def whole_rows(prediction, truth):
    """You compared whole rows, so one wrong pixel spoils its row. Compare pixel by pixel: a second loop goes
    through the row.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        total += 1
        if predicted_row == true_row:
            correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def both_not_0(prediction, truth):
    """`predicted and true` only asks whether both ids differ from 0. It does not compare the two: write
    `predicted == true`.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted and true:
                correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def anywhere_in_the_row(prediction, truth):
    """You asked whether the predicted id is anywhere in the true row. It has to be at the same place: `zip` gives the
    two pixels of each place, and they are compared with `==`.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted in predicted_row:
            total += 1
            if predicted in true_row:
                correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def identical(prediction, truth):
    """`is` asks whether two values are the same object in the computer's memory. Python keeps one object for each small
    number, so it seems to work for small ids only. Numbers are compared with `==`.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted is true:
                correct += 1
    return correct / total


@PIXEL_ACCURACY.wrong
def never_above_1(prediction, truth):
    """Your `correct` is never higher than 1. `correct = 1` sets it to 1 again and again, and so does `correct =+ 1`:
    `correct += 1`, with the plus in front, adds 1 to it.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true:
                correct = 1
    return correct / total


@PIXEL_ACCURACY.wrong
def mean_difference(prediction, truth):
    """You took the mean of the differences between the ids. An id is a name, not an amount: ask only whether the two
    are equal, and count where they are.
    """
    return float(np.abs(np.array(prediction) - np.array(truth)).mean())


@PIXEL_ACCURACY.right
def with_numpy(prediction, truth):
    return (np.array(prediction) == np.array(truth)).mean()


@PIXEL_ACCURACY.right
def indices(prediction, truth):
    height, width = len(truth), len(truth[0])
    correct = 0
    for row in range(height):
        for column in range(width):
            correct += prediction[row][column] == truth[row][column]
    return correct / (height * width)


@PIXEL_ACCURACY.right
def comprehension(prediction, truth):
    rows = zip(prediction, truth, strict=True)
    right = [predicted == true for pair in rows for predicted, true in zip(*pair, strict=True)]
    return sum(right) / len(right)


PIXEL_ACCURACY.equivalent(
    "indices, line 3: 0 -> -1",
    "indices, line 3: truth -> prediction",
    because="Prediction and truth are equal in size, and so are their rows.",
)

PIXEL_ACCURACY.equivalent(
    "comprehension, line 3: zip(prediction, truth, strict=True) -> zip(truth, prediction, strict=True)",
    "comprehension, line 4: (predicted, true) -> (true, predicted)",
    "pixel_accuracy, line 13: (predicted_row, true_row) -> (true_row, predicted_row)",
    "pixel_accuracy, line 13: zip(prediction, truth, strict=True) -> zip(truth, prediction, strict=True)",
    "pixel_accuracy, line 14: (predicted, true) -> (true, predicted)",
    "pixel_accuracy, line 14: zip(predicted_row, true_row, strict=True)"
    " -> zip(true_row, predicted_row, strict=True)",
    because="Two ids are equal in either order.",
)
