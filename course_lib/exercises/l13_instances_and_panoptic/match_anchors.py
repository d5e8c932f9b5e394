"""Anchors and the objects that they are to learn."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def match_anchors(ious, high, low):
    """Return for each anchor the number of its object, -1 for background, or -2 for "not used".

    An anchor's object is the one with which it overlaps most. It is given to the anchor if that IoU is at least `high`,
    or if the anchor is the best one that some object has, however small that IoU is: then no object goes without an
    anchor. Of the other anchors, those whose largest IoU is below `low` are background, and the rest is not used.

    Args:
        ious: a NumPy array (anchors, objects) of float; no two of its values are equal, and each object overlaps some
            anchor. There may be no objects.
        high: float.
        low: float, at most `high`.

    Returns:
        A list of int, one for each anchor.
    """
    ### BEGIN SOLUTION
    anchors, objects = ious.shape
    if objects == 0:
        return [-1] * anchors
    best_of_an_object = {ious[:, number].argmax() for number in range(objects)}
    matches = []
    for anchor in range(anchors):
        number = ious[anchor].argmax()
        largest = ious[anchor, number]
        if largest >= high or anchor in best_of_an_object:
            matches.append(number)
        else:
            matches.append(-1 if largest < low else -2)
    return matches
    ### END SOLUTION


_KINDS = (
    "usual",
    "a small object",
    "no object",
    "one object",
    "one anchor",
    "at both thresholds",
    "as many anchors as objects",
    "the best anchor prefers another object",
    "large",
)


def _draw_table(rng, kind):
    """Draw the IoUs of anchors with objects: columns of large, middle and small values, all different."""
    anchors = {"one anchor": 1, "large": 40}.get(kind, int(rng.integers(6, 9)))
    objects = {"no object": 0, "one object": 1, "one anchor": 1, "large": 6}.get(
        kind, int(rng.integers(2, 4))
    )
    objects = anchors if kind == "as many anchors as objects" else objects
    values = rng.permutation(np.arange(1, 1 + anchors * objects)) / (
        1 + anchors * objects
    )  # (0, 1), all different
    table = values.reshape(anchors, objects).round(4)
    high, low = (float(value) for value in ((0.7, 0.3), (0.6, 0.4), (0.75, 0.25))[rng.integers(3)])
    if kind == "a small object":  # its best anchor overlaps it by less than `low`, and nothing else
        table[:, 0] *= 0.15
        table[int(rng.integers(anchors)), :] = np.append(0.2, np.linspace(0.02, 0.05, objects - 1))
    if kind == "at both thresholds":
        table[1:4] = np.linspace(0.01, 0.1, 3 * objects).reshape(3, objects)
        table[1, 0], table[2, 0], table[3, 0] = high, low, (high + low) / 2
        table[0], table[4] = 0.95 + 0.01 * np.arange(objects), 0.002 * np.arange(1, objects + 1)
    if kind == "the best anchor prefers another object":  # anchor 0 is the best of objects 0 and 1, both
        table[:, :2] = np.minimum(table[:, :2], 0.3) * np.linspace(0.9, 1, anchors)[:, None]
        table[0, :2] = (0.35, 0.5)
        table[0, 2:] = 0.001
    return table, high, low


MATCH_ANCHORS = Exercise(
    match_anchors,
    title="Anchors and their objects",
    points=3,
    minutes=9,
    source="Study guide, section 7: region proposal network",
    draw=by_kind(_draw_table, *_KINDS),
    fresh_cases=18,
    hints=(
        "Ask one question along each axis of the table. Along a row: which object does this anchor overlap most? Along "
        "a column: which anchor is the best one for this object?",
        "ious[anchor].argmax() is an anchor's object, ious[:, number].argmax() is an object's best anchor. Collect the "
        "second ones in a set before you walk over the anchors.",
        "An anchor gets its object's number if largest >= high or anchor in best_of_an_object. Otherwise it gets -1 if "
        "largest < low, and -2 if not. Without objects every anchor gets -1, before you call argmax.",
    ),
    why="Only an anchor that surely misses every object is background, and nothing is asked of the doubtful ones "
    "between the thresholds. A thin or small object, which no anchor fits well, still gets its best one.",
)

# Anchor 1 is the best that object 1 has, although 0.4 is below `high`. Anchor 2 lies between the thresholds.
MATCH_ANCHORS.worked(
    np.array([[0.8, 0.1], [0.05, 0.4], [0.5, 0.2], [0.25, 0.15]]), 0.7, 0.3, gives=[0, 1, -2, -1]
)
MATCH_ANCHORS.worked(np.array([[0.7], [0.9], [0.69], [0.3], [0.29]]), 0.7, 0.3, gives=[0, 0, -2, -2, -1])
MATCH_ANCHORS.worked(np.zeros((2, 0)), 0.7, 0.3, gives=[-1, -1])


def _matches_by(rule):
    """Match by another rule of the largest IoU of an anchor, its object, whether it is an object's best."""

    def matches(ious, high, low):
        if not ious.shape[1]:
            return [-1] * len(ious)
        best = set(ious.argmax(axis=0).tolist())
        return [
            rule(float(row.max()), int(row.argmax()), number in best, high, low)
            for number, row in enumerate(ious)
        ]

    return matches


@MATCH_ANCHORS.wrong
def objects_left_out(ious, high, low):
    """An object that no anchor fits well gets no anchor in your answer, so the network never learns it. Give every
    object its best anchor, even below `high`.
    """
    return _matches_by(lambda iou, n, best, high, low: n if iou >= high else -1 if iou < low else -2)(
        ious, high, low
    )


@MATCH_ANCHORS.wrong
def nothing_left_unused(ious, high, low):
    """You called everything below `high` background. Between the two thresholds an anchor covers a good part of an
    object: it is not used, -2.
    """
    return _matches_by(lambda iou, n, best, high, low: n if iou >= high or best else -1)(ious, high, low)


@MATCH_ANCHORS.wrong
def codes_swapped(ious, high, low):
    """You have the two codes the wrong way round: background, below `low`, is -1; not used, in between, is -2."""
    return _matches_by(lambda iou, n, best, high, low: n if iou >= high or best else -2 if iou < low else -1)(
        ious, high, low
    )


@MATCH_ANCHORS.wrong
def more_than_high(ious, high, low):
    """Your answer asks for more than `high`. An IoU of exactly `high` is enough: compare with >=."""
    return match_anchors(ious, high + 1e-9, low)


@MATCH_ANCHORS.wrong
def background_first(ious, high, low):
    """The best anchor of an object is background in your answer if its IoU is below `low`. A best anchor learns its
    object however low its IoU is, so ask for that before you ask whether an anchor is background.
    """
    return _matches_by(lambda iou, n, best, high, low: -1 if iou < low else n if iou >= high or best else -2)(
        ious, high, low
    )


@MATCH_ANCHORS.wrong
def one_anchor_for_each_object(ious, high, low):
    """You gave each object only its best anchor. All anchors with an IoU of at least `high` learn the object, too:
    several anchors may learn the same one.
    """
    return _matches_by(lambda iou, n, best, high, low: n if best else -1 if iou < low else -2)(
        ious, high, low
    )


@MATCH_ANCHORS.wrong
def object_of_the_column(ious, high, low):
    """You gave an object's best anchor to that object, even where the anchor overlaps another object more. An anchor
    learns the object with which it overlaps most.
    """
    matches = match_anchors(ious, high, low)
    for number in range(ious.shape[1]):
        matches[int(ious[:, number].argmax())] = number
    return matches


@MATCH_ANCHORS.wrong
def first_object_that_fits(ious, high, low):
    """You took the first object above the threshold. Take the one that the anchor overlaps most."""
    matches = match_anchors(ious, high, low)
    for anchor, row in enumerate(ious):
        fitting = np.flatnonzero(row >= high)
        matches[anchor] = int(fitting[0]) if fitting.size else matches[anchor]
    return matches


@MATCH_ANCHORS.wrong
def no_anchors_without_objects(ious, high, low):
    """Without objects your list does not have one entry per anchor. A picture without pets teaches as well: all its
    anchors are background, -1.
    """
    return match_anchors(ious, high, low) if ious.shape[1] else []


@MATCH_ANCHORS.wrong
def fails_without_objects(ious, high, low):
    """Your answer fails where there are no objects, because an empty row has no largest value. Return before that: all
    anchors are background, -1.
    """
    ious.argmax(axis=1)
    return match_anchors(ious, high, low)


@MATCH_ANCHORS.right
def matched_by_where(ious, high, low):
    if not ious.shape[1]:
        return np.full(len(ious), -1)
    largest = ious.max(axis=1)
    given = (largest >= high) | (ious == ious.max(axis=0)).any(axis=1)
    return np.where(given, ious.argmax(axis=1), np.where(largest < low, -1, -2))


@MATCH_ANCHORS.right
def matched_in_torch(ious, high, low):
    if not ious.size:
        return torch.full((len(ious),), -1)
    largest, matches = torch.from_numpy(ious).max(dim=1)
    best = ious.argmax(axis=0)
    kept = matches[best]
    matches[largest < high] = -2
    matches[largest < low] = -1
    matches[best] = kept
    return matches


@MATCH_ANCHORS.right
def matched_by_torchvision(ious, high, low):
    from torchvision.models.detection._utils import Matcher

    if not ious.size:
        return [-1] * len(ious)
    return Matcher(high, low, allow_low_quality_matches=True)(torch.from_numpy(ious.T))
