"""The recall of each class."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l02_pixel_accuracy_vs_iou.shared import (
    NAN,
    PAIRS,
    THREE_PREDICTION,
    THREE_TRUTH,
    draw_arrays,
    ratio,
)


def class_accuracy(prediction, truth, num_classes):
    """Return, for each class, the share of its true pixels that were found.

    Args:
        prediction: class ids, an int array (H, W).
        truth: class ids, an int array (H, W).
        num_classes: the number of classes, an int.

    Returns:
        A list of num_classes floats; float("nan") for a class that the truth does not have.
    """
    scores = []
    ### BEGIN SOLUTION
    for class_id in range(num_classes):
        is_class = truth == class_id  # (H, W) of True and False
        if is_class.any():
            found = prediction[is_class] == class_id  # one True or False for each true pixel of the class
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    ### END SOLUTION
    return scores


def _draw_class_maps(rng, kind):
    num_classes = int(rng.integers(2, 6))
    prediction, truth = draw_arrays(rng, num_classes, kind)
    return prediction, truth, num_classes


CLASS_ACCURACY = Exercise(
    class_accuracy,
    title="The recall of each class",
    points=2,
    minutes=5,
    background=0,
    source="Lesson 33, common errors: report every class, not just the average",
    draw=by_kind(_draw_class_maps, *PAIRS),
    hints=(
        "For one class: pick its pixels by the truth, and ask at how many of them the prediction says the same.",
        "`is_class = truth == class_id` picks, `prediction[is_class] == class_id` asks, and the mean of True and "
        "False is the share of True.",
        'Around it `for class_id in range(num_classes):`, and `scores.append(float("nan"))` where '
        "`is_class.any()` is False.",
    ),
    why="Each class is divided by its own number of pixels, so a small class cannot hide behind a large one. "
    "This number is the recall of the class.",
)

CLASS_ACCURACY.worked(
    np.array(THREE_PREDICTION),
    np.array(THREE_TRUTH),
    3,
    gives=(1.0, 2 / 3, 2 / 3),
    example="class-accuracy-3x3",
)
CLASS_ACCURACY.worked(np.array([[0, 0, 1, 1]]), np.array([[0, 0, 0, 2]]), 4, gives=(2 / 3, NAN, 0.0, NAN))


@CLASS_ACCURACY.wrong
def precision(prediction, truth, num_classes):
    """You divided by the pixels that the prediction gives to the class: that is precision. Here the question
    is what became of the true pixels: pick them with `truth == class_id`.
    """
    scores = []
    for class_id in range(num_classes):
        is_class = prediction == class_id
        if is_class.any():
            found = truth[is_class] == class_id
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def share_of_image(prediction, truth, num_classes):
    """You divided by all pixels of the image, so a small class scores low even when all of it is found.
    Divide by the class's own pixels in the truth.
    """
    return [((prediction == c) & (truth == c)).mean() for c in range(num_classes)]


@CLASS_ACCURACY.wrong
def one_against_rest(prediction, truth, num_classes):
    """You also counted the pixels that are rightly not of the class, and there are many. Look only at pixels
    where the truth is the class: `prediction[truth == class_id]`.
    """
    return [((prediction == c) == (truth == c)).mean() for c in range(num_classes)]


@CLASS_ACCURACY.wrong
def iou(prediction, truth, num_classes):
    """That is the IoU of each class: its denominator also counts the pixels that only the prediction has.
    Here, divide by the class's pixels in the truth, and by no others.
    """
    return metrics.iou(prediction, truth, num_classes)


@CLASS_ACCURACY.wrong
def always_class_2(prediction, truth, num_classes):
    """You asked about class 2 every time, as in the table of the lesson. Put `class_id` in place of the 2."""
    scores = []
    for _ in range(num_classes):
        is_class = truth == 2
        if is_class.any():
            found = prediction[is_class] == 2
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def absent_is_0(prediction, truth, num_classes):
    """You gave 0 to a class that the truth does not have. 0 means that all of it was missed, and there was
    nothing to miss: append `float("nan")`.
    """
    scores = []
    for class_id in range(num_classes):
        is_class = truth == class_id
        if is_class.any():
            found = prediction[is_class] == class_id
            scores.append(found.mean())
        else:
            scores.append(0.0)
    return scores


@CLASS_ACCURACY.wrong
def absent_skipped(prediction, truth, num_classes):
    """You left out the classes that the truth does not have, so the scores after them slip to another class's
    place. Append `float("nan")` there: the list has num_classes values.
    """
    return [score for score in class_accuracy(prediction, truth, num_classes) if not np.isnan(score)]


@CLASS_ACCURACY.wrong
def missed(prediction, truth, num_classes):
    """You returned the share that was missed. Compare with `==`: the share that was found is expected."""
    scores = []
    for class_id in range(num_classes):
        is_class = truth == class_id
        if is_class.any():
            found = prediction[is_class] != class_id
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def mean_only(prediction, truth, num_classes):
    """You returned one mean. It is the single values that show which class fails: return the list."""
    return float(np.nanmean(class_accuracy(prediction, truth, num_classes)))


@CLASS_ACCURACY.wrong
def mean_of_ids(prediction, truth, num_classes):
    """You took the mean of the predicted ids. An id is a name, not an amount: ask first which of them are the class,
    `prediction[is_class] == class_id`, and take the mean of that.
    """
    scores = []
    for class_id in range(num_classes):
        is_class = truth == class_id
        if is_class.any():
            found = prediction[is_class]
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def accuracy_of_all(prediction, truth, num_classes):
    """You gave each class the pixel accuracy of the whole image. Look only at the pixels whose truth is the class:
    `prediction[is_class] == class_id`.
    """
    scores = []
    for class_id in range(num_classes):
        is_class = truth == class_id
        if is_class.any():
            found = prediction == truth
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def truth_with_itself(prediction, truth, num_classes):
    """You compared the truth with itself, which is always right. Pick the pixels by the truth and look at the
    prediction there: `prediction[is_class]`.
    """
    scores = []
    for class_id in range(num_classes):
        is_class = truth == class_id
        if is_class.any():
            found = truth[is_class] == class_id
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def counts(prediction, truth, num_classes):
    """You counted the pixels that were found. A share is expected: the mean of True and False, not their sum."""
    scores = []
    for class_id in range(num_classes):
        is_class = truth == class_id
        if is_class.any():
            found = prediction[is_class] == class_id
            scores.append(found.sum())
        else:
            scores.append(float("nan"))
    return scores


@CLASS_ACCURACY.wrong
def nothing_found_is_nan(prediction, truth, num_classes):
    """You gave nan to a class of which nothing was found. It was there and all of it was missed, so its score is 0. nan
    is for a class that the truth does not have: ask `is_class.any()`.
    """
    scores = []
    for class_id in range(num_classes):
        found = prediction[truth == class_id] == class_id
        scores.append(found.mean() if found.any() else float("nan"))
    return scores


@CLASS_ACCURACY.right
def class_counts(prediction, truth, num_classes):
    found = np.bincount(truth[prediction == truth], minlength=num_classes)
    total = np.bincount(truth.ravel(), minlength=num_classes)
    return np.divide(found, total, out=np.full(num_classes, np.nan), where=total > 0)


@CLASS_ACCURACY.right
def class_plain(prediction, truth, num_classes):
    found, total = [0] * num_classes, [0] * num_classes
    for predicted, true in zip(prediction.ravel().tolist(), truth.ravel().tolist(), strict=True):
        total[true] += 1
        found[true] += predicted == true
    return [f / t if t else NAN for f, t in zip(found, total, strict=True)]


@CLASS_ACCURACY.right
def class_tuple(prediction, truth, num_classes):
    both = [np.sum((prediction == c) & (truth == c)) for c in range(num_classes)]
    return tuple(ratio(both[c], np.sum(truth == c)) for c in range(num_classes))


CLASS_ACCURACY.equivalent(
    "class_counts, line 3: truth -> prediction",
    "class_plain, line 6: true -> predicted",
    "class_tuple, line 3: c -> prediction",
    "class_tuple, line 3: c -> truth",
    because="Where both are equal, either says which class it is.",
)

CLASS_ACCURACY.equivalent(
    "class_counts, line 5: 0 -> -1",
    "class_counts, line 5: np.divide(found, total, out=np.full(num_classes, np.nan), where=total > 0)"
    " -> np.divide(found, total, out=np.full(num_classes, np.nan))",
    "class_counts, line 5: total -> num_classes",
    "class_counts, line 5: total > 0 -> total >= 0",
    because="Nothing divided by nothing is nan, as is the mean of nothing.",
)
