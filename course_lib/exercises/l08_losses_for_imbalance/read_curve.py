"""Read a precision-recall curve."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def read_curve(precision, recall, wanted):
    """Read two things off a precision-recall curve: what a recall costs, and the best IoU that the curve passes.

    No pixel is needed for the IoU of a point. Suppose that T pixels are truly of the class. Then recall * T of them
    are found, and this number divided by the precision is how many pixels are called the class, rightly or wrongly.
    Write the IoU with these numbers, and see what becomes of T.

    Args:
        precision: a float array (points,), from 0 to 1.
        recall: a float array (points,), from 0 to 1; the points are in any order.
        wanted: a float, the recall that is needed at least.

    Returns:
        Two floats: the best precision among the points whose recall is at least `wanted`, nan if there is no such
        point; and the best IoU of all points. A point whose precision or recall is 0 has an IoU of 0.
    """
    ### BEGIN SOLUTION
    enough = precision[recall >= wanted]
    best_precision = enough.max() if len(enough) else math.nan
    # Intersection R T, called R T / P, union R T / P + T - R T: their quotient is 1 / (1 / P + 1 / R - 1).
    above_zero = (precision > 0) & (recall > 0)
    iou = [1 / (1 / p + 1 / r - 1) for p, r in zip(precision[above_zero], recall[above_zero], strict=True)]
    return best_precision, max(iou, default=0.0)
    ### END SOLUTION


_KINDS = (
    "usual",
    "a bump",
    "a poor curve",
    "recall is reached exactly",
    "out of reach",
    "one point",
    "a point at 0",
    "all at 0",
    "perfect",
)


def _draw_curve(rng, kind):
    """Draw a few points of a curve, in no order, and a recall."""
    count = 1 if kind == "one point" else 7
    recall = rng.choice(np.arange(2, 19), count, replace=False) / 20
    precision = np.round(np.clip(1 - recall + rng.uniform(-0.1, 0.15, count), 0.05, 0.98), 2)
    middle = float(np.median(recall)) - 0.02
    if kind == "a bump":  # the point with the most recall is also precise
        precision[recall.argmax()] = 0.97
    if kind == "a poor curve":  # precision and recall together are below 1 everywhere
        precision = precision * 0.3
    if kind == "a point at 0":
        precision[0] = recall[0] = 0.0
    if kind == "all at 0":
        precision, recall = np.zeros(3), np.array([0.0, 0.5, 0.0])
        middle = 0.25
    if kind == "perfect":
        precision[2] = recall[2] = 1.0
    if kind == "recall is reached exactly":
        recall[:2], precision[:2], middle = [0.95, 0.65], [0.15, 0.3], 0.65
    return precision, recall, 0.99 if kind == "out of reach" else middle


READ_CURVE = Exercise(
    read_curve,
    title="Read a precision-recall curve",
    points=3,
    minutes=12,
    source="Losses and metrics: precision, recall and IoU",
    draw=by_kind(_draw_curve, *_KINDS),
    hints=(
        "Two questions, one after the other. For the first, which points come into question at all? For the second, "
        "imagine 100 true pixels: how many are found, how many are called the class, and how large is the union?",
        "With T true pixels, found = recall * T, and called = found / precision. The union is called + T - found; "
        "divide found by it, and T cancels.",
        "precision[recall >= wanted] belongs to the points with enough recall: take its .max(), or math.nan if it is "
        "empty. The IoU of a point is 1 / (1 / p + 1 / r - 1), and 0 where p or r is 0.",
    ),
    why="Precision and recall fix the IoU, so each point of the curve has one. A threshold only chooses a point, and "
    "can do no better than the best of them. To compare two networks, compare their curves first.",
)

# 100 true pixels. Recall 0.5, precision 0.5: 50 of 100 called, IoU 50 / 150. Recall 0.8, precision 0.4: 80 of 200
# called, IoU 80 / 220. Recall 0.2, precision 0.8: 20 of 25 called, IoU 20 / 105.
READ_CURVE.worked(np.array([0.8, 0.5, 0.4]), np.array([0.2, 0.5, 0.8]), 0.5, gives=(0.5, 80 / 220))
READ_CURVE.worked(np.array([0.8, 0.5, 0.4]), np.array([0.2, 0.5, 0.8]), 0.9, gives=(math.nan, 80 / 220))


def _with(iou=None, reach=None):
    """Return an answer that is right but for the IoU of a point, or the precision that is read off."""

    def answer(precision, recall, wanted):
        best_precision, best_iou = read_curve(precision, recall, wanted)
        if reach is not None:
            best_precision = reach(precision, recall, wanted)
        if iou is not None:
            best_iou = max(iou(p, r) if p and r else 0.0 for p, r in zip(precision, recall, strict=True))
        return best_precision, best_iou

    return answer


@READ_CURVE.wrong
def dice_of_the_points(precision, recall, wanted):
    """Your second number is Dice, 2 P R / (P + R). IoU has the union below the line: P R / (P + R - P R)."""
    return _with(iou=lambda p, r: 2 * p * r / (p + r))(precision, recall, wanted)


@READ_CURVE.wrong
def dice_without_a_look_at_the_edges(precision, recall, wanted):
    """Your second number is Dice, 2 P R / (P + R): IoU has the union below the line. Then look at the edges: there may
    be no point with enough recall, and a point with precision and recall 0 gives 0 / 0.
    """
    with np.errstate(invalid="ignore"):
        dice = 2 * precision * recall / (precision + recall)
    return precision[recall >= wanted].max(), dice.max()


@READ_CURVE.wrong
def product(precision, recall, wanted):
    """You multiplied precision and recall. Work with T true pixels: recall * T are found, found / precision are called,
    and the union is called + T - found.
    """
    return _with(iou=lambda p, r: p * r)(precision, recall, wanted)


@READ_CURVE.wrong
def overlap_counted_twice(precision, recall, wanted):
    """Your union counts what was found twice, once among what was called and once among T. Subtract it: called + T -
    found.
    """
    return _with(iou=lambda p, r: p * r / (p + r))(precision, recall, wanted)


@READ_CURVE.wrong
def more_than_wanted(precision, recall, wanted):
    """You asked for more recall than is wanted. A recall that is just reached is enough: recall >= wanted."""

    def reach(precision, recall, wanted):
        return max(precision[recall > wanted], default=math.nan)

    return _with(reach=reach)(precision, recall, wanted)


@READ_CURVE.wrong
def nearest_point(precision, recall, wanted):
    """You took the point whose recall is nearest to the one wanted. It may lie below it, and a point further on may be
    more precise: look at all points with enough recall.
    """
    return _with(reach=lambda p, r, wanted: p[np.abs(r - wanted).argmin()])(precision, recall, wanted)


@READ_CURVE.wrong
def first_point_with_enough(precision, recall, wanted):
    """You took the smallest recall that is enough. A point with more recall can be more precise as well, because curves
    have bumps: take the best precision of all that are enough.
    """

    def reach(precision, recall, wanted):
        order = [index for index in np.argsort(recall) if recall[index] >= wanted]
        return precision[order[0]] if order else math.nan

    return _with(reach=reach)(precision, recall, wanted)


@READ_CURVE.wrong
def best_precision_anywhere(precision, recall, wanted):
    """You took the best precision of the whole curve, which is usually where little is found. Keep the points with
    enough recall first.
    """
    return _with(reach=lambda p, r, wanted: p.max())(precision, recall, wanted)


@READ_CURVE.wrong
def zero_where_out_of_reach(precision, recall, wanted):
    """Where no point has enough recall you returned 0, as if the network were wrong each time. The curve does not say:
    return math.nan.
    """
    return _with(reach=lambda p, r, wanted: max(p[r >= wanted], default=0.0))(precision, recall, wanted)


@READ_CURVE.wrong
def recall_that_is_equal(precision, recall, wanted):
    """You looked for a point whose recall equals the one wanted. Few curves have such a point: every recall that is as
    high or higher will do, recall >= wanted.
    """
    return _with(reach=lambda p, r, wanted: max(p[r == wanted], default=math.nan))(precision, recall, wanted)


@READ_CURVE.wrong
def first_in_the_list(precision, recall, wanted):
    """You took the first point of the list with enough recall. The points are in no order, and another one may be more
    precise: take the best precision of all that have enough.
    """
    return _with(reach=lambda p, r, wanted: next(iter(p[r >= wanted]), math.nan))(precision, recall, wanted)


@READ_CURVE.wrong
def maximum_of_nothing(precision, recall, wanted):
    """In some cases no point has enough recall, and an empty array has no maximum. Ask first whether there are any
    points, and return math.nan otherwise.
    """
    return _with(reach=lambda p, r, wanted: p[r >= wanted].max())(precision, recall, wanted)


@READ_CURVE.wrong
def the_smaller_one(precision, recall, wanted):
    """You took the smaller of precision and recall. Where there are both misses and false alarms, the IoU is smaller
    than either, because both make the union larger.
    """
    return _with(iou=min)(precision, recall, wanted)


@READ_CURVE.wrong
def iou_of_that_point(precision, recall, wanted):
    """Your IoU is the best among the points with enough recall. The best IoU of the whole curve is asked for."""
    enough = recall >= wanted
    if not enough.any():
        return math.nan, 0.0
    return read_curve(precision[enough], recall[enough], wanted)


@READ_CURVE.wrong
def nan_where_precision_is_0(precision, recall, wanted):
    """A point whose precision and recall are 0 makes your best IoU nan, from 0 / 0. Nothing is found there, so its IoU
    is 0.
    """
    product = precision * recall
    with np.errstate(invalid="ignore"):
        iou = product / (precision + recall - product)
    return read_curve(precision, recall, wanted)[0], iou.max()


@READ_CURVE.right
def read_with_numpy(precision, recall, wanted):
    product = precision * recall
    iou = product / np.maximum(precision + recall - product, 1e-12)
    enough = np.where(recall >= wanted, precision, -1.0).max()
    return (math.nan if enough < 0 else enough), iou.max()


@READ_CURVE.right
def read_in_plain_python(precision, recall, wanted):
    enough, best = [], 0.0
    for p, r in zip(precision.tolist(), recall.tolist(), strict=True):
        if r >= wanted:
            enough.append(p)
        if p * r > 0:
            found, called = 100 * r, 100 * r / p
            best = max(best, found / (called + 100 - found))
    return max(enough) if enough else math.nan, best


@READ_CURVE.right
def read_in_torch(precision, recall, wanted):
    p, r = torch.from_numpy(precision), torch.from_numpy(recall)
    dice = 2 * p * r / (p + r).clamp_min(1e-12)
    enough = p[r >= wanted]
    return (enough.max() if len(enough) else torch.tensor(math.nan)), (dice / (2 - dice)).max()


READ_CURVE.equivalent(
    *(
        f"read_curve, line 21: {old} -> {new}"
        for old, new in (
            ("(precision > 0) & (recall > 0)", "(precision > 0) | (recall > 0)"),
            ("(precision > 0) & (recall > 0)", "precision > 0"),
            ("(precision > 0) & (recall > 0)", "recall > 0"),
            ("precision > 0", "precision >= 0"),
            ("recall > 0", "recall >= 0"),
            ("precision", "recall"),
            ("precision", "wanted"),
            ("recall", "precision"),
            ("recall", "wanted"),
            ("0", "-1"),
        )
    ),
    "read_in_plain_python, line 7: p * r -> p",
    "read_in_plain_python, line 7: r -> wanted",
    "read_in_plain_python, line 7: r -> p",
    because="NumPy's 1 / 0 is infinite, and 1 / infinity is 0; with a recall of 0 nothing is found, and 0 is right.",
)

READ_CURVE.equivalent(
    "read_curve, line 22: (p, r) -> (r, p)",
    "read_curve, line 22: zip(precision[above_zero], recall[above_zero], strict=True) -> "
    "zip(recall[above_zero], precision[above_zero], strict=True)",
    because="The IoU treats precision and recall alike.",
)

READ_CURVE.equivalent(
    "read_with_numpy, line 4: 1e-12 -> 2e-12",
    "read_with_numpy, line 5: 1.0 -> 2.0",
    "read_in_torch, line 3: torch.from_numpy(recall) -> recall",
    "read_in_torch, line 4: r -> recall",
    "read_in_torch, line 4: 1e-12 -> 2e-12",
    "read_in_torch, line 5: r -> recall",
    "read_in_torch, line 6: torch.tensor(math.nan) -> math.nan",
    because="Any number this small, or any below 0, will do; arrays and tensors hold the same numbers.",
)
