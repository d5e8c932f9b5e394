"""Dice from IoU."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import NAN


def dice_from_iou(iou_score):
    """Turn the IoU of two masks into their Dice, without the masks.

    Args:
        iou_score: a float from 0 to 1, or nan.

    Returns:
        A float from 0 to 1; nan for nan.
    """
    ### BEGIN SOLUTION
    return 2 * iou_score / (1 + iou_score)
    ### END SOLUTION


_KINDS = ("usual", "nan", "0", "1")


def _draw_iou(rng, kind):
    return ({"nan": NAN, "0": 0.0, "1": 1.0}.get(kind, round(float(rng.uniform(0.01, 0.99)), 3)),)


DICE_FROM_IOU = Exercise(
    dice_from_iou,
    title="Dice from IoU",
    points=1,
    minutes=5,
    background=0,
    source="Study guide, section 10",
    draw=by_kind(_draw_iou, *_KINDS),
    hints=(
        "Imagine that the union is 1. Then the intersection is the IoU itself.",
        "Dice is twice the intersection over the two areas. The two areas are the union and, once more, the "
        "intersection.",
        "With a union of 1: twice the IoU, divided by (1 + IoU). Mind the parentheses.",
    ),
    why="The two areas added up are the union and the intersection once more. Divide above and below the line by "
    "the union, and 2·IoU / (1 + IoU) is left.",
)

DICE_FROM_IOU.worked(0.75, gives=6 / 7, example="dice-from-iou")
DICE_FROM_IOU.worked(2 / 3, gives=0.8)
DICE_FROM_IOU.worked(0.0, gives=0.0)


@DICE_FROM_IOU.wrong
def equals_iou(iou_score):
    """You returned the IoU as it came. The two agree at 0 and at 1 only; between them Dice is higher."""
    return iou_score


@DICE_FROM_IOU.wrong
def twice_iou(iou_score):
    """You doubled the IoU: from 0.5 on that is 1 or more. What is below the line grows too: with a union
    of 1, the two areas add up to 1 + IoU.
    """
    return 2 * iou_score


@DICE_FROM_IOU.wrong
def inverse(iou_score):
    """You went the other way: IoU = Dice / (2 − Dice). Your result is below the IoU, and Dice never is."""
    return iou_score / (2 - iou_score)


@DICE_FROM_IOU.wrong
def without_2(iou_score):
    """You forgot the 2: an IoU of 1 would give a Dice of 0.5. Shared pixels count twice above the line."""
    return iou_score / (1 + iou_score)


@DICE_FROM_IOU.wrong
def without_parentheses(iou_score):
    """Python divides before it adds, so `2 * x / 1 + x` is `3 * x`. Put the sum below the line into
    parentheses.
    """
    return 2 * iou_score / 1 + iou_score


@DICE_FROM_IOU.wrong
def loss_for_dice(iou_score):
    """You returned 1 − Dice: that is the Dice loss, which is 0 for perfect masks. The score is 1 for them."""
    return 1 - 2 * iou_score / (1 + iou_score)


@DICE_FROM_IOU.wrong
def without_iou(iou_score):
    """The IoU is missing above the line. With a union of 1 the shared pixels are the IoU, and they count twice there:
    `2 * iou_score`.
    """
    return 2 / (1 + iou_score)


@DICE_FROM_IOU.wrong
def nan_is_0(iou_score):
    """You turned nan into 0. nan says that there was nothing to score, and that is as true of Dice: leave it nan. The
    formula does so by itself, since whatever is computed with nan is nan.
    """
    return 0.0 if iou_score != iou_score else 2 * iou_score / (1 + iou_score)


@DICE_FROM_IOU.wrong
def mean_with_1(iou_score):
    """You took the mean of the IoU and 1. With a union of 1 the two areas add up to 1 + IoU, and that sum belongs below
    the line; above it are the shared pixels, twice.
    """
    return (1 + iou_score) / 2


@DICE_FROM_IOU.wrong
def root(iou_score):
    """You took the square root. It also lies above the IoU and meets it at 0 and at 1, but between them it is not the
    Dice: with a union of 1, the two areas add up to 1 + IoU.
    """
    return iou_score**0.5


@DICE_FROM_IOU.right
def from_counts(iou_score):
    union = 1.0
    return 2 * iou_score / (union + iou_score)


@DICE_FROM_IOU.right
def as_numpy(iou_score):
    return np.divide(2 * np.float64(iou_score), 1 + np.float64(iou_score))


@DICE_FROM_IOU.right
def as_rest(iou_score):
    return 2 - 2 / (1 + iou_score)


DICE_FROM_IOU.right(metrics.dice_from_iou)
