"""Leave out the pixels without a label."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l02_pixel_accuracy_vs_iou.pixel_accuracy import pixel_accuracy
from course_lib.exercises.l02_pixel_accuracy_vs_iou.shared import (
    NAN,
    PAIRS,
    THREE_PREDICTION,
    draw_arrays,
    ratio,
)
from course_lib.masks import IGNORE_INDEX


def pixel_accuracy_ignoring(prediction, truth, ignore_index=255):
    """Return the share of right pixels among those that have a label.

    Args:
        prediction: class ids, nested lists of int.
        truth: class ids, nested lists equal in shape.
        ignore_index: int; pixels whose truth is this have no label and do not count, whatever is predicted
            there.

    Returns:
        A float from 0 to 1; float("nan") where no pixel has a label.
    """
    correct, total = 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true == ignore_index:
                continue  # on to the next pixel: neither right nor wrong
            total += 1
            if predicted == true:
                correct += 1
    if total == 0:
        return float("nan")
    ### END SOLUTION
    return correct / total


_KINDS = (
    *PAIRS,
    "nothing ignored",
    "all ignored",
    "all wrong where it counts",
    "another id is ignored",
    "an id is ignored that is predicted as well",
)


def _draw_void_pair(rng, kind):
    """Draw a pair and the ignored id."""
    prediction, truth = draw_arrays(rng, int(rng.integers(2, 5)), kind if kind in PAIRS else "usual")
    if kind == "all wrong where it counts":
        prediction = truth + 1
    others = {"another id is ignored": 999, "an id is ignored that is predicted as well": 0}
    ignore_index = others.get(kind, IGNORE_INDEX)
    share = {"nothing ignored": 0.0, "only background": 0.0, "all ignored": 1.0}.get(kind, 0.3)
    ignored = rng.random(truth.shape) < share
    if 0 < share < 1 and truth.size > 2:  # one pixel that counts beside one that does not
        ignored.flat[:2] = True, False
    truth[ignored] = ignore_index
    if kind == "an id is ignored that is predicted as well":
        prediction.flat[:2] = ignore_index
        prediction.flat[2] = truth.flat[1] = truth.flat[2] = 1
    return prediction.tolist(), truth.tolist(), ignore_index


PIXEL_ACCURACY_IGNORING = Exercise(
    pixel_accuracy_ignoring,
    title="Leave out the pixels without a label",
    points=1,
    minutes=5,
    background=0,
    source="Losses and metrics, per-pixel cross-entropy and mIoU: void pixels and ignore_index",
    draw=by_kind(_draw_void_pair, *_KINDS),
    fresh_cases=24,
    hints=(
        "Start from your `pixel_accuracy`. A pixel without a label must change neither `correct` nor `total`.",
        "First thing in the inner loop: `if true == ignore_index: continue`. `continue` goes on with the next pixel.",
        'After the loops, before the division: `if total == 0: return float("nan")`.',
    ),
    why="A pixel without a label can be neither right nor wrong, so it leaves both counts. With no pixel left "
    "there is no score, and nan says so: unlike 0 or 1 it cannot be taken for a result.",
)

VOID_TRUTH = [[0, 1, 255], [2, 1, 0], [255, 1, 2]]  # the 3x3 truth with two pixels that nobody labelled

PIXEL_ACCURACY_IGNORING.worked(THREE_PREDICTION, VOID_TRUTH, gives=6 / 7, example="accuracy-3x3-void")
PIXEL_ACCURACY_IGNORING.worked([[0, 0], [1, 0]], [[0, 0], [1, 1]], 0, gives=0.5)
PIXEL_ACCURACY_IGNORING.worked([[0, 1]], [[255, 255]], gives=NAN)


@PIXEL_ACCURACY_IGNORING.wrong
def nothing(prediction, truth, ignore_index=IGNORE_INDEX):
    """You counted every pixel, so one without a label is counted like the others. Skip it before anything is
    counted: `if true == ignore_index: continue`.
    """
    return pixel_accuracy(prediction, truth)


@PIXEL_ACCURACY_IGNORING.wrong
def in_denominator(prediction, truth, ignore_index=IGNORE_INDEX):
    """You left the pixels without a label out of `correct`, but not out of `total`: they now count as errors.
    Leave them out of both.
    """
    prediction, truth = np.array(prediction), np.array(truth)
    return ((prediction == truth) & (truth != ignore_index)).mean()


@PIXEL_ACCURACY_IGNORING.wrong
def as_correct(prediction, truth, ignore_index=IGNORE_INDEX):
    """You counted the pixels without a label as correct. Nobody knows what is right there: leave them out of
    `correct` and of `total`.
    """
    prediction, truth = np.array(prediction), np.array(truth)
    return ((prediction == truth) | (truth == ignore_index)).mean()


@PIXEL_ACCURACY_IGNORING.wrong
def by_prediction(prediction, truth, ignore_index=IGNORE_INDEX):
    """You skipped pixels whose prediction is `ignore_index`. It is the truth that lacks a label: compare the
    true id with `ignore_index`.
    """
    prediction, truth = np.array(prediction), np.array(truth)
    counted = prediction != ignore_index
    return ratio(((prediction == truth) & counted).sum(), counted.sum())


@PIXEL_ACCURACY_IGNORING.wrong
def only_255(prediction, truth, ignore_index=IGNORE_INDEX):
    """You wrote 255 into your function, but another id can mark the pixels without a label: compare with the
    argument `ignore_index`.
    """
    return pixel_accuracy_ignoring(prediction, truth, IGNORE_INDEX)


@PIXEL_ACCURACY_IGNORING.wrong
def zero_if_none(prediction, truth, ignore_index=IGNORE_INDEX):
    """You returned 0 where no pixel has a label. 0 would mean that everything is wrong, and nothing was
    looked at: return float("nan").
    """
    score = pixel_accuracy_ignoring(prediction, truth, ignore_index)
    return 0.0 if np.isnan(score) else score


@PIXEL_ACCURACY_IGNORING.wrong
def one_if_none(prediction, truth, ignore_index=IGNORE_INDEX):
    """You returned 1 where no pixel has a label. 1 would mean that everything is right, and nothing was
    looked at: return float("nan").
    """
    score = pixel_accuracy_ignoring(prediction, truth, ignore_index)
    return 1.0 if np.isnan(score) else score


@PIXEL_ACCURACY_IGNORING.wrong
def divides_by_zero(prediction, truth, ignore_index=IGNORE_INDEX):
    """Your counting is right, but where no pixel has a label `total` is 0, and dividing by it raises. Before
    you divide: `if total == 0: return float("nan")`.
    """
    counted = np.array(truth) != ignore_index
    correct = counted & (np.array(prediction) == np.array(truth))
    return int(correct.sum()) / int(counted.sum())


@PIXEL_ACCURACY_IGNORING.wrong
def skipped_by_either(prediction, truth, ignore_index=IGNORE_INDEX):
    """You also skipped pixels whose prediction is `ignore_index`. Only the truth says whether a pixel has a label:
    leave the prediction out of this condition.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true == ignore_index or predicted == ignore_index:
                continue
            total += 1
            if predicted == true:
                correct += 1
    if total == 0:
        return float("nan")
    return correct / total


@PIXEL_ACCURACY_IGNORING.wrong
def rows_slip(prediction, truth, ignore_index=IGNORE_INDEX):
    """You took the pixels without a label out of the truth only, so the pixels behind them slip, and each is compared
    with the prediction of another place. Walk through both masks first, and skip in the loop: `if true ==
    ignore_index:`.
    """
    labelled = [[true for true in row if true != ignore_index] for row in truth]
    pairs = [pair for rows in zip(prediction, labelled, strict=True) for pair in zip(*rows, strict=False)]
    return ratio(sum(predicted == true for predicted, true in pairs), len(pairs))


@PIXEL_ACCURACY_IGNORING.wrong
def nothing_right_is_nan(prediction, truth, ignore_index=IGNORE_INDEX):
    """You returned nan where no pixel is right. Such a prediction has a score, and it is 0. nan is for a truth without
    any label: ask whether `total` is 0.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true == ignore_index:
                continue
            total += 1
            if predicted == true:
                correct += 1
    if correct == 0:
        return float("nan")
    return correct / total


@PIXEL_ACCURACY_IGNORING.wrong
def the_same_object(prediction, truth, ignore_index=IGNORE_INDEX):
    """`is` asks whether two values are the same object in the computer's memory, which is only sure for small numbers.
    Compare numbers with `==`.
    """
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true is ignore_index:
                continue
            total += 1
            if predicted == true:
                correct += 1
    if total == 0:
        return float("nan")
    return correct / total


@PIXEL_ACCURACY_IGNORING.wrong
def rows_left_out(prediction, truth, ignore_index=IGNORE_INDEX):
    """You left out every row that has a pixel without a label. The other pixels of such a row count: decide it for each
    pixel, in the inner loop.
    """
    kept = [rows for rows in zip(prediction, truth, strict=True) if ignore_index not in rows[1]]
    pairs = [pair for rows in kept for pair in zip(*rows, strict=True)]
    return ratio(sum(predicted == true for predicted, true in pairs), len(pairs))


@PIXEL_ACCURACY_IGNORING.wrong
def any_void_is_nan(prediction, truth, ignore_index=IGNORE_INDEX):
    """You returned nan as soon as one pixel had no label. The others still count: skip that pixel, and return nan only
    if no pixel is left.
    """
    if any(ignore_index in row for row in truth):
        return NAN
    return pixel_accuracy(prediction, truth)


@PIXEL_ACCURACY_IGNORING.wrong
def each_list_by_itself(prediction, truth, ignore_index=255):
    """You took `ignore_index` out of each mask by itself. A pixel leaves the truth and its prediction stays, so the
    pixels after it no longer meet their own: go through both masks side by side, and leave out the pair.
    """
    predicted = [pixel for row in prediction for pixel in row if pixel != ignore_index]
    true = [pixel for row in truth for pixel in row if pixel != ignore_index]
    pairs = zip(predicted, true)  # noqa: B905  (they differ in length: that is the mistake)
    return ratio(sum(pixel == other for pixel, other in pairs), len(true))


@PIXEL_ACCURACY_IGNORING.right
def with_numpy(prediction, truth, ignore_index=IGNORE_INDEX):
    prediction, truth = np.array(prediction), np.array(truth)
    labelled = truth != ignore_index
    return np.mean(prediction[labelled] == truth[labelled]) if labelled.any() else np.nan


@PIXEL_ACCURACY_IGNORING.right
def comprehension(prediction, truth, ignore_index=IGNORE_INDEX):
    rows = zip(prediction, truth, strict=True)
    pairs = [(p, t) for row in rows for p, t in zip(*row, strict=True) if t != ignore_index]
    return sum(p == t for p, t in pairs) / len(pairs) if pairs else NAN


@PIXEL_ACCURACY_IGNORING.right
def ignoring_try(prediction, truth, ignore_index=IGNORE_INDEX):
    try:
        return divides_by_zero(prediction, truth, ignore_index)
    except ZeroDivisionError:
        return NAN


PIXEL_ACCURACY_IGNORING.equivalent(
    "with_numpy, line 5: np.mean(prediction[labelled] == truth[labelled]) if labelled.any() else np.nan"
    " -> np.mean(prediction[labelled] == truth[labelled])",
    because="The mean of nothing is nan without being asked for.",
)

PIXEL_ACCURACY_IGNORING.equivalent(
    "comprehension, line 4: (p, t) -> (t, p)",
    "comprehension, line 5: (p, t) -> (t, p)",
    because="Two ids are equal in either order; the names in the second loop only pass them on.",
)
