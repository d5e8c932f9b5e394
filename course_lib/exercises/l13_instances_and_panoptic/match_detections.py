"""Hits and false alarms."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def match_detections(ious, threshold):
    """Return for each detection whether it is a hit.

    Each detection in turn takes the free object with which it overlaps most, if that IoU is at least the
    threshold. An object that is taken is no longer free.

    Args:
        ious: nested lists of float: one row for each detection, the surest first, with its IoU with every
            true object. There is no row if there is no detection, and rows are empty if there is no object.
        threshold: float.

    Returns:
        A list of bool, one for each detection.
    """
    ### BEGIN SOLUTION
    hits, taken = [], set()
    for row in ious:
        free = [number for number in range(len(row)) if number not in taken]
        best = max(free, key=lambda number: row[number], default=None)
        hit = best is not None and row[best] >= threshold
        if hit:
            taken.add(best)
        hits.append(hit)
    return hits
    ### END SOLUTION


_KINDS = (
    "usual",
    "no object",
    "one object",
    "the second best is left",
    "at the threshold",
    "just under the threshold",
    "nothing matches",
    "no detection",
    "one detection",
    "as many objects as detections",
    "large",
)


def _draw_overlaps(rng, kind):
    """Draw IoUs, no two of a row alike: objects are crowded, so that detections compete for them."""
    threshold = float(rng.choice([0.5, 0.6, 0.75]))
    detections = {"no detection": 0, "one detection": 1, "large": 14}.get(kind, int(rng.integers(3, 6)))
    if kind == "no object":
        return [[] for _ in range(detections)], threshold
    objects = {"one object": 1, "as many objects as detections": detections, "large": 9}.get(
        kind, int(rng.integers(2, 4))
    )
    low = rng.permuted(np.tile(np.arange(1, 1 + objects) * 0.03, (detections, 1)), axis=1)
    high = rng.permuted(np.tile(0.8 + np.arange(objects) * 0.02, (detections, 1)), axis=1)
    middle = high - 0.27  # above 0.5, below 0.75
    table = np.choose(rng.choice(3, low.shape, p=[0.4, 0.2, 0.4]), [low, middle, high]).round(2)
    if kind == "nothing matches":
        table = low.round(2)
    if kind == "the second best is left":  # the first could have either of two, the second only one of them
        table[0, :2], table[1, :2] = (0.85, 0.9), (0.05, 0.95)
    if kind in ("at the threshold", "just under the threshold"):
        table[0], table[0, 0] = low[0].round(2), threshold - 0.01 * kind.startswith("just")
    return table.tolist(), threshold


MATCH_DETECTIONS = Exercise(
    match_detections,
    title="Hits and false alarms",
    points=2,
    minutes=8,
    source="Study guide, section 10: average precision",
    draw=by_kind(_draw_overlaps, *_KINDS),
    fresh_cases=24,
    hints=(
        "Go through the rows in order, and keep a set of the objects that are taken. Which objects may a row choose "
        "from?",
        "Among the free objects find the one with the largest IoU. It may be that there is none at all.",
        "best = max(free, key=lambda number: row[number], default=None). The detection is a hit if best is not None "
        "and row[best] >= threshold. Only a hit adds its object to the set of those that are taken.",
    ),
    why="Each object can be found only once. A network that reports everything three times gets one hit and two false "
    "alarms for each object, and its average precision falls.",
)

MATCH_DETECTIONS.worked([[0.9, 0.0], [0.8, 0.6], [0.1, 0.3]], 0.5, gives=[True, True, False])
MATCH_DETECTIONS.worked([[0.9, 0.0], [0.8, 0.6], [0.1, 0.3]], 0.75, gives=[True, False, False])
MATCH_DETECTIONS.worked([[], []], 0.5, gives=[False, False])


@MATCH_DETECTIONS.wrong
def objects_taken_twice(ious, threshold):
    """You let two detections hit the same object. A pet that is found a second time is a false alarm:
    remember which objects are taken.
    """
    return [max(row, default=0) >= threshold for row in ious]


@MATCH_DETECTIONS.wrong
def strictly_above(ious, threshold):
    """You asked for more than the threshold. An IoU equal to it is a hit: compare with >=."""
    return match_detections(ious, threshold + 1e-9)


@MATCH_DETECTIONS.wrong
def always_half(ious, threshold):
    """You compared with 0.5, whatever the threshold is. It is an argument, because AP is a mean over ten thresholds."""
    return match_detections(ious, 0.5)


@MATCH_DETECTIONS.wrong
def best_object_or_nothing(ious, threshold):
    """You looked only at the best object, taken or not. If it is taken, the best of the free ones may still
    be a hit: leave the taken ones out before you look for the best.
    """
    hits, taken = [], set()
    for row in ious:
        best = max(range(len(row)), key=lambda number: row[number], default=None)
        hits.append(best is not None and best not in taken and row[best] >= threshold)
        taken |= {best} if hits[-1] else set()
    return hits


@MATCH_DETECTIONS.wrong
def first_object_above(ious, threshold):
    """You took the first object above the threshold. Take the one with the largest IoU: a later detection may need the
    other one.
    """
    hits, taken = [], set()
    for row in ious:
        found = next((n for n, iou in enumerate(row) if n not in taken and iou >= threshold), None)
        hits.append(found is not None)
        taken.add(found)
    return hits


@MATCH_DETECTIONS.wrong
def every_object_above(ious, threshold):
    """In your answer one detection takes all free objects above the threshold. It should take only the best of them, so
    that the others stay free for the next detections.
    """
    hits, taken = [], set()
    for row in ious:
        above = {n for n, iou in enumerate(row) if n not in taken and iou >= threshold}
        hits.append(bool(above))
        taken |= above
    return hits


@MATCH_DETECTIONS.wrong
def surest_last(ious, threshold):
    """You went through the detections from the last to the first. The surest comes first and chooses first."""
    return match_detections(ious[::-1], threshold)[::-1]


@MATCH_DETECTIONS.wrong
def object_chooses(ious, threshold):
    """You let each object choose its best detection. It is the other way round: the detections choose, in the
    order of their scores.
    """
    hits = [False] * len(ious)
    for number in range(len(ious[0]) if ious else 0):
        best = max(range(len(ious)), key=lambda row: ious[row][number])
        hits[best] = hits[best] or ious[best][number] >= threshold
    return hits


@MATCH_DETECTIONS.wrong
def taken_without_a_hit(ious, threshold):
    """You marked an object as taken although the detection was no hit. Only a hit takes its object away."""
    hits, taken = [], set()
    for row in ious:
        free = [n for n in range(len(row)) if n not in taken]
        best = max(free, key=lambda n: row[n], default=None)
        hits.append(best is not None and row[best] >= threshold)
        taken.add(best)
    return hits


@MATCH_DETECTIONS.wrong
def always_a_free_object(ious, threshold):
    """Your answer fails where no object is free, or where there is none at all, because an empty list has no largest
    value. Such a detection is a false alarm. `max(..., default=None)` helps.
    """
    hits, taken = [], set()
    for row in ious:
        best = max((n for n in range(len(row)) if n not in taken), key=lambda n: row[n])
        hits.append(row[best] >= threshold)
        if hits[-1]:
            taken.add(best)
    return hits


@MATCH_DETECTIONS.wrong
def best_object_of_any(ious, threshold):
    """You looked for the best object first and asked afterwards whether it is free. If it is taken, the best of the
    free ones may still be a hit, so leave the taken ones out before you look. And an empty row has no best object.
    """
    hits, taken = [], set()
    for row in ious:
        best = max(range(len(row)), key=lambda number: row[number])
        hits.append(best not in taken and row[best] >= threshold)
        taken |= {best} if hits[-1] else set()
    return hits


@MATCH_DETECTIONS.right
def matched_in_numpy(ious, threshold):
    hits, left = np.zeros(len(ious), bool), np.array(ious)
    for number, row in enumerate(left):
        if row.size and row.max() >= threshold:
            hits[number] = True
            left[:, row.argmax()] = -1
    return hits


@MATCH_DETECTIONS.right
def matched_by_sorting(ious, threshold):
    hits, free = [], {number for row in ious for number in range(len(row))}
    for row in ious:
        hits.append(any(row[n] >= threshold for n in free))
        if hits[-1]:
            free.remove(sorted(free, key=lambda n: row[n])[-1])
    return tuple(hits)


@MATCH_DETECTIONS.right
def matched_in_torch(ious, threshold):
    table = torch.tensor(ious, dtype=torch.float64)
    hits = torch.empty(len(ious), dtype=torch.bool)
    for number, row in enumerate(table):
        hits[number] = (row >= threshold).any()
        if hits[number]:
            table[:, row.argmax()] = -1
    return hits


MATCH_DETECTIONS.equivalent(
    "matched_in_numpy, line 7: 1 -> 2",
    "matched_in_numpy, line 7: 1 -> 0",
    "matched_in_torch, line 8: 1 -> 2",
    "matched_in_torch, line 8: 1 -> 0",
    because="Any number under the threshold says that the object is taken.",
)

MATCH_DETECTIONS.equivalent(
    "matched_in_torch, line 3: torch.tensor(ious, dtype=torch.float64) -> torch.tensor(ious)",
    because="The threshold is then rounded like the IoUs.",
)

MATCH_DETECTIONS.equivalent(
    "matched_in_numpy, line 5: row -> left",
    "matched_in_torch, line 4: ious -> table",
    because="The table has as many rows as there are detections, and is empty where its rows are.",
)
