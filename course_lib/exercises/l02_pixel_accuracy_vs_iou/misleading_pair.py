"""92 % right, and every pedestrian missed."""

import numpy as np

from course_lib.checking.class_maps import as_class_map
from course_lib.checking.exercise import Exercise, by_kind


def misleading_pair(pedestrian):
    """Return a pair of masks with a pixel accuracy of exactly 0.92 and every pedestrian missed.

    Args:
        pedestrian: the class id of pedestrians, an int from 2 to 9; 0 is background, 1 is road.

    Returns:
        (prediction, truth), nested lists of these three ids, equal in shape; any size will do.
    """
    ### BEGIN SOLUTION
    prediction = [[0] * 10 for _ in range(5)] + [[1] * 10 for _ in range(5)]  # background above, road below
    truth = [row.copy() for row in prediction]
    for row in range(3, 7):  # two pedestrians of four pixels each: 8 of the 100 pixels
        truth[row][2] = pedestrian
        truth[row][7] = pedestrian
    ### END SOLUTION
    return prediction, truth


PEDESTRIAN = 2  # in the lesson's street: 0 background, 1 road, 2 pedestrian


_KINDS = ("the lesson's class", "another class")


def _draw_pedestrian(rng, kind):
    """Draw a class id, so that a fixed id is told from no pedestrian."""
    return (PEDESTRIAN if kind == "the lesson's class" else int(rng.integers(PEDESTRIAN + 1, 10)),)


def _observe_pair(answer, pedestrian):
    """Put a pair in plain facts; many pairs have the same."""
    pair = answer(pedestrian)
    if pair is None or pair is Ellipsis:
        return pair
    masks = [as_class_map(mask) for mask in pair] if isinstance(pair, list | tuple | np.ndarray) else []
    comparable = len(masks) == 2 and masks[0] is not None and masks[1] is not None
    if not comparable or masks[0].shape != masks[1].shape:
        return {"two masks of class ids, equal in shape": False}
    prediction, truth = masks
    is_pedestrian = truth == pedestrian
    return {
        "two masks of class ids, equal in shape": True,
        "all ids are background, road or pedestrian": bool(np.isin(masks, (0, 1, pedestrian)).all()),
        "the truth has pedestrians": bool(is_pedestrian.any()),
        "every pedestrian is missed": not (prediction[is_pedestrian] == pedestrian).any(),
        "pixel accuracy": float((prediction == truth).mean()),
    }


MISLEADING_PAIR = Exercise(
    misleading_pair,
    title="92 % right, and every pedestrian missed",
    points=2,
    minutes=6,
    background=0,
    source="Lesson 33, common errors: trusting pixel accuracy over IoU",
    draw=by_kind(_draw_pedestrian, *_KINDS),
    observe=_observe_pair,
    hints=(
        "Which sizes make 0.92 easy? With 100 pixels, 92 are right and 8 are wrong. Spend the wrong ones on "
        "pedestrians.",
        "Make a prediction of 10 rows of 10 pixels without any pedestrian. Copy its rows for the truth: "
        "`truth = [row.copy() for row in prediction]`.",
        "Then write `pedestrian` into 8 pixels of the truth, for example `for column in range(8): "
        "truth[5][column] = pedestrian`.",
    ),
    why="The accuracy has 92 % of the pixels to be right about, so it never needs the 8 % that matter: such a class "
    "costs it at most 8 points.",
)

MISLEADING_PAIR.worked(
    PEDESTRIAN,
    gives={
        "two masks of class ids, equal in shape": True,
        "all ids are background, road or pedestrian": True,
        "the truth has pedestrians": True,
        "every pedestrian is missed": True,
        "pixel accuracy": 0.92,
    },
    example="pedestrians-92",
)


@MISLEADING_PAIR.wrong
def none(pedestrian):
    """Your truth has no pedestrian, so none can be missed. The truth is the second of the two masks: if the
    pedestrians are in the first, return `prediction, truth` in this order.
    """
    prediction, truth = misleading_pair(pedestrian)
    return truth, prediction


@MISLEADING_PAIR.wrong
def fixed_id(pedestrian):
    """You wrote the id 2 into the truth, but pedestrians can have another id: write the argument
    `pedestrian` into the pixels.
    """
    return misleading_pair(PEDESTRIAN)


@MISLEADING_PAIR.wrong
def mostly(pedestrian):
    """Your accuracy is 0.08: 92 % of your pixels are wrong. It is the other way round: 92 pixels of 100 are right, and
    the pedestrians are among the other 8.
    """
    truth = np.full((10, 10), pedestrian)
    truth[0, :8] = 0
    return np.zeros_like(truth), truth


@MISLEADING_PAIR.wrong
def some_found(pedestrian):
    """The accuracy is right, but the prediction finds some of the pedestrians' pixels. At every pixel where
    the truth is `pedestrian`, predict another class.
    """
    prediction, truth = misleading_pair(pedestrian)
    prediction[9][0] = truth[9][0] = pedestrian
    return prediction, truth


@MISLEADING_PAIR.wrong
def equal(pedestrian):
    """Prediction and truth are equal, pedestrians included. Did you change the rows of one mask that the
    other shares? Give each its own rows: `truth = [row.copy() for row in prediction]`.
    """
    _, truth = misleading_pair(pedestrian)
    return truth, truth


@MISLEADING_PAIR.wrong
def no_masks(pedestrian):
    """What you returned cannot be compared. Return two masks: each a list of rows, each row a list of whole
    numbers, as many rows and columns in the one as in the other.
    """
    return [row.copy() for row in misleading_pair(pedestrian)[0]], [0] * 92 + [pedestrian] * 8


@MISLEADING_PAIR.wrong
def rounded(pedestrian):
    """11 of 12 right is 0.9167, which is 92 % only when rounded. Exactly 0.92 needs a number of pixels that
    25 divides: 23 of 25 right, or 92 of 100.
    """
    return np.zeros((3, 4), dtype=int), np.array([[0] * 4, [0] * 4, [0, 0, 0, pedestrian]])


@MISLEADING_PAIR.wrong
def ten_percent(pedestrian):
    """Your pair scores 0.90: a tenth of the pixels is wrong. For 0.92 only 8 of 100 pixels may be wrong."""
    truth = np.zeros((10, 10), dtype=int)
    truth[0] = pedestrian
    return np.zeros_like(truth), truth


@MISLEADING_PAIR.wrong
def another_id(pedestrian):
    """One of your ids is not a class of this street. Write 0 for background, 1 for road and `pedestrian`, and nothing
    else: where a pedestrian is missed, predict one of the other two.
    """
    prediction, truth = misleading_pair(pedestrian)
    prediction[3][2] = 10
    return prediction, truth


@MISLEADING_PAIR.wrong
def seven_wrong(pedestrian):
    """Your accuracy is 0.93. For 0.92, 8 pixels of 100 have to be wrong: 92 and 8 together make 100."""
    truth = np.zeros((10, 10), dtype=int)
    truth[0, :7] = pedestrian
    return np.zeros_like(truth), truth


@MISLEADING_PAIR.wrong
def elsewhere(pedestrian):
    """Your accuracy is 0.84: you missed 8 pixels of pedestrians, and put 8 false ones elsewhere. Only 8 pixels of 100
    may be wrong altogether: predict no pedestrian at all.
    """
    truth = np.zeros((10, 10), dtype=int)
    truth[0, :8] = pedestrian
    return truth[::-1], truth


@MISLEADING_PAIR.wrong
def nine_wrong(pedestrian):
    """Your accuracy is 0.91. For 0.92, 8 pixels of 100 have to be wrong, one less than now."""
    truth = np.zeros((10, 10), dtype=int)
    truth[0, :9] = pedestrian
    return np.zeros_like(truth), truth


@MISLEADING_PAIR.right
def pair_numpy(pedestrian):
    truth = np.zeros((5, 5), dtype=int)
    truth[2:4, 2] = pedestrian
    return np.zeros_like(truth), truth


@MISLEADING_PAIR.right
def pair_one_row(pedestrian):
    return [[[1] * 25], [[1] * 23 + [pedestrian] * 2]]


@MISLEADING_PAIR.right
def pair_false_alarms(pedestrian):
    prediction = np.zeros((20, 10), dtype=np.uint8)
    truth = prediction.copy()
    truth[4, 4] = pedestrian
    prediction[10, :8] = pedestrian
    prediction[12, :7] = 1
    return prediction, truth


MISLEADING_PAIR.equivalent(
    "misleading_pair, line 11: 0 -> 1",
    "misleading_pair, line 11: 1 -> 0",
    "misleading_pair, line 14: 2 -> 1",
    "misleading_pair, line 14: 2 -> 3",
    "misleading_pair, line 14: truth -> prediction",
    "misleading_pair, line 15: 7 -> 6",
    "misleading_pair, line 15: 7 -> 8",
    "misleading_pair, line 15: truth -> prediction",
    "pair_false_alarms, line 5: 4 -> 3",
    "pair_false_alarms, line 5: 4 -> 5",
    "pair_false_alarms, line 6: 10 -> 11",
    "pair_false_alarms, line 6: 10 -> 9",
    "pair_false_alarms, line 6: prediction -> truth",
    "pair_false_alarms, line 7: 12 -> 11",
    "pair_false_alarms, line 7: 12 -> 13",
    "pair_false_alarms, line 7: prediction -> truth",
    "pair_false_alarms, line 8: (prediction, truth) -> (truth, prediction)",
    "pair_numpy, line 4: (2:4, 2) -> (2, 2:4)",
    "pair_numpy, line 4: 2 -> 1",
    "pair_numpy, line 4: 2 -> 3",
    because="Any pair of masks will do that has these scores: places and sizes are free.",
)
