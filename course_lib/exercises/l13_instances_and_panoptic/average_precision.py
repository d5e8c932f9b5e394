"""Average precision."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def average_precision(hits, objects):
    """Return the average precision as COCO computes it.

    After each detection, precision is the share of hits among the detections so far, recall the share of
    objects found so far. At each recall 0, 0.01, 0.02, ..., 1 take the best precision reached with that
    recall or more, 0 if it is never reached; the result is the mean of these 101.

    Args:
        hits: a list of bool, one for each detection, the surest first; empty if there is none.
        objects: int, the number of true objects.

    Returns:
        A float; nan if there are no objects.
    """
    ### BEGIN SOLUTION
    if objects == 0:
        return math.nan
    found, points = 0, []
    for count, hit in enumerate(hits, start=1):
        found += hit
        points.append((found / objects, found / count))  # recall, precision
    total = 0.0
    for step in range(101):
        total += max([precision for recall, precision in points if recall >= step / 100], default=0)
    return total / 101
    ### END SOLUTION


_KINDS = (
    "usual",
    "no object",
    "neither",
    "no detection",
    "only misses",
    "only hits",
    "a miss first",
    "all found",
    "many detections",
    "one of ten",
)


def _draw_hits(rng, kind):
    """Draw hits, the most certain detection first; after a miss, the best precision lies further on."""
    count = 16 if kind == "many detections" else int(rng.integers(4, 9))
    hits = (rng.uniform(size=count) < 0.6).tolist()
    hits[:3] = [False, True, True] if kind == "a miss first" else [True, False, True]
    hits = {
        "no detection": [],
        "neither": [],
        "no object": [False] * count,
        "only misses": [False] * count,
    }.get(kind, hits)
    hits = [True] * count if kind == "only hits" else hits
    if kind == "one of ten":  # its recall, 0.1, is a level that the sum of ten times 0.01 does not pass
        return [True] + [False] * count, 10
    missed = 0 if kind == "all found" else int(rng.integers(1, 4))
    objects = 0 if kind in ("no object", "neither") else sum(hits) + missed
    return hits, objects + (objects % 10 == 0 < objects)  # 7 of 10 is less than NumPy's 0.01 * 70


AVERAGE_PRECISION = Exercise(
    average_precision,
    title="Average precision",
    points=3,
    minutes=10,
    source="Study guide, section 10: COCO's average precision",
    draw=by_kind(_draw_hits, *_KINDS),
    fresh_cases=20,
    hints=(
        "First make a list of points, the recall and the precision after each detection. Then go through the 101 "
        "levels of recall, and look at this list for each of them.",
        "found / objects is the recall, found / count the precision. For a level, which points have at least that "
        "recall? Which of these has the best precision?",
        "For each step of range(101) add max([precision for recall, precision in points if recall >= step / 100], "
        "default=0) to a total, and divide the total by 101.",
    ),
    why="The surest detections come first, so a good ranking keeps the precision high while the recall grows. AP is "
    "the area under that curve in 101 steps, with its dents filled in.",
)

# Recall 1/2 with precision 1, then recall 1 with precision 2/3: 51 levels at 1, 50 at 2/3.
AVERAGE_PRECISION.worked([True, False, True], 2, gives=0.834983)
AVERAGE_PRECISION.worked([False, True], 1, gives=0.5)
# recall 0.25 is all: 26 levels at 1, 75 at 0
AVERAGE_PRECISION.worked([True, False], 4, gives=0.257426)
AVERAGE_PRECISION.worked([], 3, gives=0.0)


def _points(hits, objects):
    found = np.cumsum(np.array(hits, bool))
    return found / objects, found / np.arange(1, len(found) + 1)


def _read_at(hits, objects, levels, best_from_here=True):
    """The mean precision at some levels of recall."""
    if objects == 0:
        return math.nan
    recall, precision = _points(hits, objects)
    values = []
    for level in levels:
        reached = precision[recall >= level]
        values.append(0.0 if not reached.size else reached.max() if best_from_here else reached[0])
    return float(np.mean(values))


@AVERAGE_PRECISION.wrong
def not_the_best_from_there_on(hits, objects):
    """You took the precision where the recall is first reached. Take the best one with that recall or more,
    so that an early false alarm does not count against all that follows.
    """
    return _read_at(hits, objects, np.arange(101) / 100, best_from_here=False)


@AVERAGE_PRECISION.wrong
def eleven_levels(hits, objects):
    """You read the precision at 11 levels of recall, as the older VOC benchmark does. COCO reads it at 101:
    0, 0.01, ..., 1.
    """
    return _read_at(hits, objects, np.arange(11) / 10)


@AVERAGE_PRECISION.wrong
def levels_added_up(hits, objects):
    """Your levels of recall are not exact. If 0.01 is added again and again, for example, the level of 0.5 becomes
    0.5000000000000002, which a recall of 0.5 does not reach. Compute each level as step / 100.
    """
    levels = [0.0]
    for _ in range(100):
        levels.append(levels[-1] + 0.01)
    return _read_at(hits, objects, levels)


@AVERAGE_PRECISION.wrong
def more_than_the_level(hits, objects):
    """You ask for a recall above the level. A recall that equals the level is enough: compare with >=."""
    if objects == 0:
        return math.nan
    recall, precision = _points(hits, objects)
    return sum(max(precision[recall > step / 100], default=0.0) for step in range(101)) / 101


@AVERAGE_PRECISION.wrong
def precision_in_the_end(hits, objects):
    """You returned the share of hits among all detections. That is the precision after the last one, and it does not
    depend on their order. AP is the mean over 101 levels of recall, so that the order matters.
    """
    return math.nan if objects == 0 else sum(hits) / len(hits) if hits else 0.0


@AVERAGE_PRECISION.wrong
def divided_by_all_detections(hits, objects):
    """You divided the hits so far by the number of all detections. Precision is the share of hits among the detections
    so far: after the third one, divide by 3.
    """
    if objects == 0:
        return math.nan
    found, points = 0, []
    for hit in hits:
        found += hit
        points.append((found / objects, found / len(hits)))
    total = 0.0
    for step in range(101):
        total += max([precision for recall, precision in points if recall >= step / 100], default=0)
    return total / 101


@AVERAGE_PRECISION.wrong
def sum_at_the_hits(hits, objects):
    """You added up the precision at the hits and divided by the number of objects. COCO reads it at 101
    recalls, and at each takes the best precision from there on: a later one may be higher.
    """
    return math.nan if objects == 0 else float(sum(_points(hits, objects)[1][np.array(hits, bool)])) / objects


@AVERAGE_PRECISION.wrong
def mean_at_the_hits(hits, objects):
    """You averaged the precision at the hits. Objects that were never found must count as 0: read the
    precision at 101 recalls up to 1.
    """
    if objects == 0:
        return math.nan
    precision = _points(hits, objects)[1][np.array(hits, bool)]
    return float(precision.mean()) if precision.size else 0.0


@AVERAGE_PRECISION.wrong
def recall_among_the_found(hits, objects):
    """You divided by the number of hits to get the recall. Divide by the number of true objects: those that
    were missed count as well.
    """
    return math.nan if objects == 0 else _read_at(hits, max(sum(hits), 1), np.arange(101) / 100)


@AVERAGE_PRECISION.wrong
def zero_without_objects(hits, objects):
    """Where there are no objects you returned 0. There was nothing to find and nothing to miss: return
    math.nan, and the mean over classes leaves it out.
    """
    return 0.0 if objects == 0 else average_precision(hits, objects)


@AVERAGE_PRECISION.wrong
def recall_among_the_detections(hits, objects):
    """You divided by the number of detections to get the recall. Recall is the share of the true objects that were
    found: divide by objects.
    """
    return math.nan if objects == 0 else _read_at(hits, max(len(hits), 1), np.arange(101) / 100)


@AVERAGE_PRECISION.wrong
def a_hundred_levels(hits, objects):
    """You read the precision at 100 levels and left out the recall of 1. From 0 to 1 in steps of 0.01 there are 101:
    range(101), and divide by 101.
    """
    last = average_precision(hits, objects) * 101
    found, points = 0, []
    for count, hit in enumerate(hits, start=1):
        found += hit
        points.append((found, found / count))
    return (last - max([precision for number, precision in points if number >= objects], default=0)) / 100


@AVERAGE_PRECISION.right
def precision_in_numpy(hits, objects):
    return _read_at(hits, objects, np.arange(101) / 100)


@AVERAGE_PRECISION.right
def precision_from_the_right(hits, objects):
    if not objects:
        return np.float64("nan")
    found = np.cumsum(hits)
    precision = found / np.arange(1, found.size + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]  # from each detection on
    first = np.searchsorted(found / objects, np.arange(101) / 100)  # the detection that reaches each recall
    return np.append(best, 0)[first].mean()


@AVERAGE_PRECISION.right
def precision_in_torch(hits, objects):
    if objects == 0:
        return float("nan")
    found = torch.tensor([*hits, False]).cumsum(0)  # a miss at the end takes nothing away
    precision = found / (torch.arange(len(found)) + 1)
    reached = found / objects >= torch.arange(101)[:, None] / 100  # (101, detections)
    return torch.where(reached, precision, 0).amax(dim=1).mean()


AVERAGE_PRECISION.equivalent(
    "average_precision, line 23: 101 -> 102",
    because="A recall of 1.01 is never reached and adds 0.",
)

AVERAGE_PRECISION.equivalent(
    "precision_in_torch, line 5: 0 -> -1",
    because="There is one axis, the first and the last.",
)
