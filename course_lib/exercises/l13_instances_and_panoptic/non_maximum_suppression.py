"""One box for each object."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def non_maximum_suppression(ious, scores, threshold):
    """Return the numbers of the boxes that stay, the surest first.

    The surest box stays, and every box that overlaps it by more than the threshold goes. Of what is left the surest
    stays in turn, and so on. A box that has gone removes nothing.

    Args:
        ious: a NumPy array (N, N), the IoU of each box with each.
        scores: a list of N floats, no two of them equal, and not sorted.
        threshold: float.

    Returns:
        A list of int.
    """
    ### BEGIN SOLUTION
    left = sorted(range(len(scores)), key=lambda number: -scores[number])
    kept = []
    while left:
        surest = left[0]
        kept.append(surest)
        left = [number for number in left[1:] if ious[surest, number] <= threshold]
    return kept
    ### END SOLUTION


_KINDS = (
    "usual",
    "a chain",
    "at the threshold",
    "no box",
    "one box",
    "none overlaps",
    "all overlap",
    "large",
)


def _draw_boxes(rng, kind):
    """Draw boxes on a line, so that neighbours overlap and their neighbours do not, or overlap less."""
    count = {"no box": 0, "one box": 1, "large": 30}.get(kind, int(rng.integers(5, 8)))
    step = {"none overlaps": 12.0, "all overlap": 0.3, "a chain": 3.0}.get(kind, 2.0)
    starts = np.arange(count) * step + rng.integers(0, 4, count) / 8
    overlap = (10 - abs(starts[:, None] - starts)).clip(min=0)
    ious = overlap / (20 - overlap)
    scores = (rng.permutation(count) + 1.0) / (count + 1)
    threshold = float(rng.choice([0.3, 0.5, 0.6]))
    if kind == "a chain":  # the surest removes the second; the third overlaps only the second, and stays
        scores = np.sort(scores)[::-1]
    if kind == "at the threshold":
        ious[:, :] = np.eye(count)
        ious[0, 1] = ious[1, 0] = threshold
        ious[2, 3] = ious[3, 2] = threshold + 0.01
    shuffled = rng.permutation(count)
    return ious[shuffled][:, shuffled].round(4), scores[shuffled].tolist(), threshold


NON_MAXIMUM_SUPPRESSION = Exercise(
    non_maximum_suppression,
    title="One box for each object",
    points=2,
    minutes=8,
    source="Study guide, section 7: region proposal network",
    draw=by_kind(_draw_boxes, *_KINDS),
    fresh_cases=16,
    hints=(
        "Put the boxes in the order of their scores first. What happens to the list of those that are left when its "
        "first one stays?",
        "left = sorted(range(len(scores)), key=lambda number: -scores[number]) gives the numbers, the surest first. "
        "Then loop while left is not empty.",
        "surest = left[0]; keep it; then left = [number for number in left[1:] if ious[surest, number] <= threshold].",
    ),
    why="It needs no truth, only boxes and scores: whatever overlaps a surer box by much is taken to be the same "
    "object. That is a guess, and two pets that hug are where it goes wrong.",
)

_CHAIN = np.array([[1.0, 0.6, 0.1], [0.6, 1.0, 0.6], [0.1, 0.6, 1.0]])

# The surest, 0, removes 1. Box 2 overlaps only 1, which has gone, and so it stays.
NON_MAXIMUM_SUPPRESSION.worked(_CHAIN, [0.9, 0.8, 0.7], 0.5, gives=[0, 2])
# Now 1 is the surest, and it removes both of its neighbours.
NON_MAXIMUM_SUPPRESSION.worked(_CHAIN, [0.7, 0.9, 0.8], 0.5, gives=[1])
NON_MAXIMUM_SUPPRESSION.worked(_CHAIN, [0.7, 0.9, 0.8], 0.6, gives=[1, 2, 0])
NON_MAXIMUM_SUPPRESSION.worked(np.zeros((0, 0)), [], 0.5, gives=[])


def _order(scores):
    return sorted(range(len(scores)), key=lambda number: -scores[number])


@NON_MAXIMUM_SUPPRESSION.wrong
def removed_boxes_remove(ious, scores, threshold):
    """A box that has gone still removes others in your answer. Only a box that stays may remove: in a chain of three,
    the third one is free again once the second has gone.
    """
    order = _order(scores)
    return [n for rank, n in enumerate(order) if all(ious[n, m] <= threshold for m in order[:rank])]


@NON_MAXIMUM_SUPPRESSION.wrong
def in_the_given_order(ious, scores, threshold):
    """You went through the boxes in the order in which they came. The surest one must come first: sort by score."""
    kept = []
    for number in range(len(scores)):
        if all(ious[number, other] <= threshold for other in kept):
            kept.append(number)
    return kept


@NON_MAXIMUM_SUPPRESSION.wrong
def least_sure_first(ious, scores, threshold):
    """You began with the least sure box. Begin with the surest: it stays, and removes what overlaps it too much."""
    return non_maximum_suppression(ious, [-score for score in scores], threshold)


@NON_MAXIMUM_SUPPRESSION.wrong
def at_the_threshold_gone(ious, scores, threshold):
    """A box with an IoU of exactly the threshold stays: only more than the threshold removes it."""
    return non_maximum_suppression(ious, scores, threshold - 1e-9)


@NON_MAXIMUM_SUPPRESSION.wrong
def order_of_the_numbers(ious, scores, threshold):
    """You keep the right boxes, but they are sorted by their numbers. List them by their scores, the surest first."""
    return sorted(non_maximum_suppression(ious, scores, threshold))


@NON_MAXIMUM_SUPPRESSION.wrong
def positions_in_the_sorted_list(ious, scores, threshold):
    """You return places in the sorted list. Return the boxes' own numbers: their places in `scores`."""
    order = _order(scores)
    return [order.index(number) for number in non_maximum_suppression(ious, scores, threshold)]


@NON_MAXIMUM_SUPPRESSION.wrong
def compared_with_the_last_kept(ious, scores, threshold):
    """You compare each box only with the one that was kept last. Every box that stays removes what overlaps it: compare
    with all that were kept.
    """
    kept = []
    for number in _order(scores):
        if not kept or ious[number, kept[-1]] <= threshold:
            kept.append(number)
    return kept


@NON_MAXIMUM_SUPPRESSION.wrong
def only_the_surest(ious, scores, threshold):
    """You keep a single box. Of the boxes that are left, the surest one stays as well, and so on until none is left."""
    return non_maximum_suppression(ious, scores, threshold)[:1]


@NON_MAXIMUM_SUPPRESSION.wrong
def only_the_surest_removes(ious, scores, threshold):
    """Only the surest box of all removes others in your answer. Every box that stays removes what overlaps it too
    much.
    """
    order = _order(scores)
    return [number for number in order if number == order[0] or ious[order[0], number] <= threshold]


@NON_MAXIMUM_SUPPRESSION.wrong
def overlapping_boxes_kept(ious, scores, threshold):
    """You keep the boxes that overlap the surest one, and throw away the others. It is the other way round: what
    overlaps it by more than the threshold goes.
    """
    order = _order(scores)
    return order[:1] + [number for number in order[1:] if ious[order[0], number] > threshold]


@NON_MAXIMUM_SUPPRESSION.right
def suppressed_in_numpy(ious, scores, threshold):
    alive, kept = np.ones(len(scores), bool), []
    for number in np.argsort(-np.array(scores)):
        if alive[number]:
            kept.append(number)
            alive &= ious[number] <= threshold
    return np.array(kept)


@NON_MAXIMUM_SUPPRESSION.right
def suppressed_against_the_kept(ious, scores, threshold):
    kept = []
    for number in _order(scores):
        if not any(ious[number, other] > threshold for other in kept):
            kept.append(number)
    return tuple(kept)


@NON_MAXIMUM_SUPPRESSION.right
def suppressed_in_torch(ious, scores, threshold):
    overlap, left = torch.from_numpy(ious), torch.tensor(scores).argsort(descending=True)
    kept = []
    while len(left):
        kept.append(left[0])
        left = left[1:][overlap[left[0], left[1:]] <= threshold]
    return kept


NON_MAXIMUM_SUPPRESSION.equivalent(
    "non_maximum_suppression, line 21: left[1:] -> left[:]",
    "non_maximum_suppression, line 21: 1 -> 0",
    because="A box overlaps itself by 1, so it leaves the list in any case.",
)

NON_MAXIMUM_SUPPRESSION.equivalent(
    "non_maximum_suppression, line 21: (surest, number) -> (number, surest)",
    "suppressed_against_the_kept, line 5: (number, other) -> (other, number)",
    "suppressed_in_torch, line 7: (left[0], left[1:]) -> (left[1:], left[0])",
    because="The table is symmetric.",
)

NON_MAXIMUM_SUPPRESSION.equivalent(
    "non_maximum_suppression, line 16: scores -> ious",
    "suppressed_in_numpy, line 3: scores -> ious",
    because="There are as many rows as boxes.",
)
