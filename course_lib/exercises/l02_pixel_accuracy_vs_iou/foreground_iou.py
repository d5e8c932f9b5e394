"""IoU of one class."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l02_pixel_accuracy_vs_iou.pixel_accuracy import pixel_accuracy
from course_lib.exercises.l02_pixel_accuracy_vs_iou.shared import NAN, PAIRS, draw_arrays, grid, ratio


def foreground_iou(prediction, truth, foreground):
    """Return the IoU of one class: its pixels in both masks over its pixels in at least one.

    Args:
        prediction: class ids, nested lists of int.
        truth: class ids, nested lists equal in shape.
        foreground: the class's id, an int.

    Returns:
        A float from 0 to 1; float("nan") where neither mask has the class.
    """
    both, either = 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if predicted == foreground and true == foreground:
                both += 1
            if predicted == foreground or true == foreground:
                either += 1
    if either == 0:
        return float("nan")
    ### END SOLUTION
    return both / either


_KINDS = (*PAIRS, "not predicted", "not in the truth", "in neither", "everywhere in the truth")


def _draw_foreground(rng, kind):
    """Draw a pair and the class to score."""
    num_classes = int(rng.integers(2, 5))
    prediction, truth = draw_arrays(rng, num_classes, kind if kind in PAIRS else "usual")
    foreground = int(truth.flat[0])
    if kind == "everywhere in the truth":
        truth[:] = foreground
    if kind in ("not predicted", "in neither"):
        prediction[prediction == foreground] = num_classes
    if kind in ("not in the truth", "in neither"):
        truth[truth == foreground] = num_classes
    if kind == "not in the truth":
        prediction.flat[0] = foreground
    return prediction.tolist(), truth.tolist(), foreground


FOREGROUND_IOU = Exercise(
    foreground_iou,
    title="IoU of one class",
    points=2,
    minutes=6,
    background=0,
    source="Losses and metrics, class imbalance: foreground IoU",
    draw=by_kind(_draw_foreground, *_KINDS),
    fresh_cases=24,
    hints=(
        "Two counters, the same two loops as before. One counts pixels where `predicted` and `true` are both the "
        "class, the other those where at least one of them is.",
        "`if predicted == foreground and true == foreground:` for the first. For the second, `or` in place of `and`.",
        "`both += 1` under the first `if`, `either += 1` under the second, and after the loops "
        '`if either == 0: return float("nan")`.',
    ),
    why="Pixels where neither mask has the class are in no count, so a large background cannot lift the score. "
    "Missed pixels and false alarms both make the union larger.",
)

CAT_PREDICTION = grid("00000 01100 01100 00000")
CAT_TRUTH = grid("00000 00110 00110 00000")

FOREGROUND_IOU.worked(CAT_PREDICTION, CAT_TRUTH, 1, gives=2 / 6, example="shifted-pet")
FOREGROUND_IOU.worked(CAT_PREDICTION, CAT_TRUTH, 0, gives=14 / 18)
FOREGROUND_IOU.worked([[0, 0, 2]], [[0, 2, 2]], 1, gives=NAN)
FOREGROUND_IOU.worked([[1, 1, 0]], [[0, 0, 0]], 1, gives=0.0)


def _areas(prediction, truth, foreground):
    """Return how many pixels have the class in both masks, in the prediction, in the truth."""
    predicted, true = np.array(prediction) == foreground, np.array(truth) == foreground
    return (predicted & true).sum(), predicted.sum(), true.sum()


@FOREGROUND_IOU.wrong
def recall(prediction, truth, foreground):
    """You divided by the class's pixels in the truth: that is recall, the share that was found. The union
    also counts the pixels that only the prediction has.
    """
    both, _, true = _areas(prediction, truth, foreground)
    return ratio(both, true)


@FOREGROUND_IOU.wrong
def precision(prediction, truth, foreground):
    """You divided by the class's pixels in the prediction: that is precision. The union also counts the
    pixels that only the truth has.
    """
    both, predicted, _ = _areas(prediction, truth, foreground)
    return ratio(both, predicted)


@FOREGROUND_IOU.wrong
def over_areas(prediction, truth, foreground):
    """You added the two areas, which counts the pixels in both masks twice. Count a pixel once if the
    prediction or the truth has the class there.
    """
    both, predicted, true = _areas(prediction, truth, foreground)
    return ratio(both, predicted + true)


@FOREGROUND_IOU.wrong
def accuracy(prediction, truth, foreground):
    """That is the pixel accuracy: every match of any class over all pixels. IoU looks at one class: leave out
    the pixels where neither mask has `foreground`.
    """
    return pixel_accuracy(prediction, truth)


@FOREGROUND_IOU.wrong
def over_all_pixels(prediction, truth, foreground):
    """You divided by all pixels of the mask. Divide by those where the prediction or the truth has the class:
    the others say nothing about it.
    """
    both, _, _ = _areas(prediction, truth, foreground)
    return ratio(both, np.size(truth))


@FOREGROUND_IOU.wrong
def class_1(prediction, truth, foreground):
    """You always score class 1. The class to score is the argument: compare the ids with `foreground`."""
    return foreground_iou(prediction, truth, 1)


@FOREGROUND_IOU.wrong
def zero_if_absent(prediction, truth, foreground):
    """You returned 0 where neither mask has the class. 0 would mean a complete miss, but there was nothing to
    find and nothing was found: return float("nan").
    """
    score = foreground_iou(prediction, truth, foreground)
    return 0.0 if np.isnan(score) else score


@FOREGROUND_IOU.wrong
def divides_by_zero(prediction, truth, foreground):
    """Your counting is right, but where neither mask has the class the union is 0, and dividing by it raises.
    Before you divide: `if either == 0: return float("nan")`.
    """
    both, predicted, true = _areas(prediction, truth, foreground)
    return int(both) / int(predicted + true - both)


@FOREGROUND_IOU.wrong
def is_dice(prediction, truth, foreground):
    """That is the Dice score: twice the shared pixels over the two areas added up. IoU divides the shared
    pixels by the union, in which each pixel counts once.
    """
    both, predicted, true = _areas(prediction, truth, foreground)
    return ratio(2 * both, predicted + true)


@FOREGROUND_IOU.right
def iou_numpy(prediction, truth, foreground):
    predicted, true = np.array(prediction) == foreground, np.array(truth) == foreground
    union = (predicted | true).sum()
    return (predicted & true).sum() / union if union else np.nan


@FOREGROUND_IOU.right
def iou_from_areas(prediction, truth, foreground):
    both, predicted, true = _areas(prediction, truth, foreground)
    return ratio(both, predicted + true - both)


@FOREGROUND_IOU.right
def iou_sets(prediction, truth, foreground):
    predicted, true = (
        {(row, column) for row, ids in enumerate(mask) for column, i in enumerate(ids) if i == foreground}
        for mask in (prediction, truth)
    )
    return len(predicted & true) / len(predicted | true) if predicted | true else NAN


FOREGROUND_IOU.equivalent(
    "foreground_iou, line 16: foreground -> predicted",
    "foreground_iou, line 16: foreground -> true",
    because="The other condition makes it the same.",
)

FOREGROUND_IOU.equivalent(
    "iou_numpy, line 5: (predicted & true).sum() / union if union else np.nan -> (predicted & true).sum() / union",
    "iou_numpy, line 5: union -> prediction",
    "iou_numpy, line 5: union -> truth",
    because="Nothing divided by nothing is nan without being asked for.",
)

FOREGROUND_IOU.equivalent(
    "foreground_iou, line 14: (predicted_row, true_row) -> (true_row, predicted_row)",
    "foreground_iou, line 14: zip(prediction, truth, strict=True) -> zip(truth, prediction, strict=True)",
    "foreground_iou, line 15: (predicted, true) -> (true, predicted)",
    "foreground_iou, line 15: zip(predicted_row, true_row, strict=True)"
    " -> zip(true_row, predicted_row, strict=True)",
    "iou_from_areas, line 3: _areas(prediction, truth, foreground) -> _areas(truth, prediction, foreground)",
    "iou_numpy, line 3: (np.array(prediction) == foreground, np.array(truth) == foreground)"
    " -> (np.array(truth) == foreground, np.array(prediction) == foreground)",
    "iou_sets, line 3: (predicted, true) -> (true, predicted)",
    "iou_sets, line 4: (row, column) -> (column, row)",
    "iou_sets, line 5: (prediction, truth) -> (truth, prediction)",
    because="Both masks count alike: prediction and truth may change places. So may rows and columns.",
)
