"""The loss falls, and the mask gets worse."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def misleading_loss(truth):
    """Build two predictions: from the first to the second the loss falls, and the IoU of the object falls too.

    The loss is the mean cross-entropy: the mean over the pixels of -log p, where p is the probability that the
    prediction gives to the pixel's true class. A pixel is predicted as object where the probability of the object is
    above 0.5.

    Args:
        truth: the classes of two or more pixels, a list of int: 1 object, 0 background; one or more, or all, are 1.

    Returns:
        (before, after): two lists with the probability of the object at each pixel, from 0.01 to 0.99.
    """
    ### BEGIN SOLUTION
    before = [0.51 if true == 1 else 0.49 for true in truth]  # all right, and by very little
    after = [0.99 if true == 1 else 0.01 for true in truth]  # all right and sure of it ...
    after[truth.index(1)] = 0.49  # ... but for one pixel of the object, which is just lost
    ### END SOLUTION
    return before, after


_KINDS = ("usual", "two pixels", "one pixel of the object", "mostly background", "only object")


def _draw_classes(rng, kind):
    """Draw the classes of a few pixels."""
    count = 2 if kind == "two pixels" else int(rng.integers(4, 9))
    share = {"mostly background": 0.2, "only object": 1.0}.get(kind, 0.5)
    truth = (rng.random(count) < share).astype(int)
    if kind in ("one pixel of the object", "two pixels"):
        truth[:] = 0
    truth[rng.integers(count)] = 1
    return (truth.tolist(),)


_COSTS_MORE = "rises: the pixels that get worse cost more than the others gain"


def _observe_pair(answer, truth):
    """Put two predictions in plain facts; many pairs have the same."""
    pair = answer(list(truth))
    if pair is None or pair is Ellipsis:
        return pair
    lists = _as_lists(pair)
    if len(lists) != 2:
        return _facts(False)
    if any(len(one) != len(truth) for one in lists):
        return _facts(True, False)
    if any((one < 0.01 - 1e-9).any() or (one > 0.99 + 1e-9).any() for one in lists):
        return _facts(True, True, False)
    losses, ious = zip(*((_loss(truth, one), _iou(truth, one)) for one in lists), strict=True)
    if ious[0] == 0:
        return _facts(True, True, True, False)
    change = _change(*losses)
    return _facts(True, True, True, True, _COSTS_MORE if change == "rises" else change, _change(*ious))


def _facts(*known):
    """Name what is known of an answer; what need not be asked because of something before it is None."""
    facts = (
        "two lists of numbers",
        "one number for each pixel",
        "all numbers from 0.01 to 0.99",
        "the first one finds some of the object",
        "the loss",
        "the IoU",
    )
    return dict(zip(facts, [*known, *[None] * (len(facts) - len(known))], strict=True))


def _as_lists(pair):
    """Return the lists of numbers that an answer holds, as arrays; none if it holds anything else."""
    try:
        found = [np.asarray(one, dtype=float) for one in pair]
    except (TypeError, ValueError):
        return []
    return found if all(one.ndim == 1 for one in found) else []


def _change(before, after):
    return "falls" if after < before else "rises" if after > before else "stays"


def _loss(truth, probabilities):
    given = np.where(np.array(truth) == 1, probabilities, 1 - probabilities)
    return float(-np.log(given).mean())


def _iou(truth, probabilities):
    predicted, true = probabilities > 0.5, np.array(truth) == 1
    return float((predicted & true).sum() / (predicted | true).sum())


MISLEADING_LOSS = Exercise(
    misleading_loss,
    title="The loss falls, and the mask gets worse",
    points=2,
    minutes=10,
    source="Losses and metrics, checkpoint 3: why look at overlays if the loss already falls",
    draw=by_kind(_draw_classes, *_KINDS),
    observe=_observe_pair,
    hints=(
        "The loss asks how sure each pixel is, and the IoU only on which side of 0.5 it is. Where can a pixel lower "
        "the loss by much without crossing 0.5, and where can it cross 0.5 and hardly raise the loss?",
        "Let the first prediction be right everywhere and very unsure: 0.51 for the object, 0.49 for the background.",
        "In the second one make every pixel sure, 0.99 or 0.01, except for one pixel of the object, which gets 0.49. "
        "`truth.index(1)` is the place of the first one.",
    ),
    why="Pixels that become surer can lower the mean loss by more than those that cross 0.5 raise it, and the IoU sees "
    "only the crossing. That is why a run logs IoU and pictures beside the loss.",
)

_FOUND = _facts(True, True, True, True, "falls", "falls")
MISLEADING_LOSS.worked([1, 0], gives=_FOUND)
MISLEADING_LOSS.worked([0, 1, 1, 0, 0], gives=_FOUND)


@MISLEADING_LOSS.wrong
def other_way_round(truth):
    """From your first prediction to your second both rise. They are in the wrong order: return `before, after`."""
    return misleading_loss(truth)[::-1]


@MISLEADING_LOSS.wrong
def surer_everywhere(truth):
    """Your second prediction is surer everywhere, and its mask is the same as before. Let one pixel of the object end
    on the wrong side of 0.5, just below.
    """
    before, _ = misleading_loss(truth)
    return before, [0.99 if true == 1 else 0.01 for true in truth]


@MISLEADING_LOSS.wrong
def worse_everywhere(truth):
    """In your second prediction the mask is worse, and so is the loss. Let the other pixels become much surer, so that
    the mean falls all the same.
    """
    before, _ = misleading_loss(truth)
    after = list(before)
    after[truth.index(1)] = 0.01
    return before, after


@MISLEADING_LOSS.wrong
def same_twice(truth):
    """Your two predictions are the same. Is `after` another name for `before`, instead of a list of its own?"""
    before, _ = misleading_loss(truth)
    return before, before


@MISLEADING_LOSS.wrong
def of_the_true_class(truth):
    """You wrote down the probability of each pixel's true class. Asked for is the probability of the object: where the
    truth is 0, it is low if the pixel is right.
    """
    before, after = misleading_loss(truth)
    return tuple(
        [p if true == 1 else 1 - p for p, true in zip(one, truth, strict=True)] for one in (before, after)
    )


@MISLEADING_LOSS.wrong
def zero_and_one(truth):
    """Some of your numbers are not from 0.01 to 0.99. They are probabilities, not percentages, and at exactly 0 or 1
    a logarithm may be infinite.
    """
    before, after = misleading_loss(truth)
    return before, [1.0 if p == 0.99 else 0.0 if p == 0.01 else p for p in after]


@MISLEADING_LOSS.wrong
def nothing_found_at_first(truth):
    """Your first prediction finds nothing of the object, so its IoU is 0 and cannot fall. A pixel is found where its
    probability is above 0.5; 0.5 itself is not enough.
    """
    _, after = misleading_loss(truth)
    return [0.5 if true == 1 else 0.49 for true in truth], after


@MISLEADING_LOSS.wrong
def first_pixel_spoilt(truth):
    """You spoil the pixel at place 0, and where that is background, no object is lost. Take the place of the first
    object pixel: `truth.index(1)`.
    """
    before, _ = misleading_loss(truth)
    after = [0.99 if true == 1 else 0.01 for true in truth]
    after[0] = 0.49
    return before, after


@MISLEADING_LOSS.wrong
def whole_object_lost(truth):
    """You lose the whole object. Where there are too few other pixels, nothing is left that could lower the loss: lose
    one pixel only, and make all others sure.
    """
    before, _ = misleading_loss(truth)
    return before, [0.49 if true == 1 else 0.01 for true in truth]


@MISLEADING_LOSS.wrong
def one_list(truth):
    """What you returned is not two lists of numbers. Return two predictions, `before, after`, each of them a list."""
    return misleading_loss(truth)[1]


@MISLEADING_LOSS.wrong
def false_alarms_only(truth):
    """In your second prediction all of the object is found, and only false alarms lower the IoU. Where every pixel is
    object, there is none to make. Let one pixel of the object end just below 0.5 instead: there always is one.
    """
    before = [0.51 if true == 1 else 0.49 for true in truth]
    return before, [0.99 if true == 1 else 0.51 for true in truth]


@MISLEADING_LOSS.wrong
def false_alarm_at_a_background(truth):
    """Did you look for a background pixel with `truth.index(0)`? Where every pixel is object there is none, and `index`
    raises. There always is a pixel of the object: `truth.index(1)`.
    """
    before = [0.51 if true == 1 else 0.49 for true in truth]
    after = [0.99 if true == 1 else 0.01 for true in truth]
    after[truth.index(0)] = 0.51
    return before, after


@MISLEADING_LOSS.wrong
def lost_by_far(truth):
    """The pixel that you lose is so far on the wrong side of 0.5 that with few pixels the loss rises. Just below 0.5 is
    enough.
    """
    before = [0.51 if true == 1 else 0.49 for true in truth]
    after = [0.99 if true == 1 else 0.01 for true in truth]
    after[truth.index(1)] = 0.01
    return before, after


@MISLEADING_LOSS.wrong
def sure_already(truth):
    """Your first prediction is sure already, so with few pixels the others cannot win back what the lost one costs.
    Start with a prediction that is right, and only just: 0.51 and 0.49.
    """
    before = [0.9 if true == 1 else 0.1 for true in truth]
    after = [0.99 if true == 1 else 0.01 for true in truth]
    after[truth.index(1)] = 0.49
    return before, after


@MISLEADING_LOSS.wrong
def one_list_twice(truth):
    """Your two predictions are one and the same list. `after = before` copies nothing, so what you write into it is in
    both: make a second list.
    """
    before = [0.51 if true == 1 else 0.49 for true in truth]
    before[truth.index(1)] = 0.49
    return before, before


@MISLEADING_LOSS.wrong
def last_pixel_spoilt(truth):
    """You spoil the last pixel, and where that is background, no object is lost. Take the place of the first object
    pixel: `truth.index(1)`.
    """
    before = [0.51 if true == 1 else 0.49 for true in truth]
    after = [0.99 if true == 1 else 0.01 for true in truth]
    after[-1] = 0.49
    return before, after


@MISLEADING_LOSS.right
def with_numpy(truth):
    true = np.array(truth) == 1
    before, after = np.where(true, 0.55, 0.45), np.where(true, 0.97, 0.03)
    after[true.argmax()] = 0.48
    return before, after


@MISLEADING_LOSS.right
def last_object(truth):
    before = [0.5 + (0.02 if true else -0.02) for true in truth]
    after = [0.5 + (0.48 if true else -0.48) for true in truth]
    lost = max(place for place, true in enumerate(truth) if true)
    after[lost] = 0.5
    return [before, after]


@MISLEADING_LOSS.right
def by_place(truth):
    lost = truth.index(1)
    after = [0.4 if place == lost else 0.98 if true else 0.02 for place, true in enumerate(truth)]
    return [[0.6 if true else 0.4 for true in truth], after]


MISLEADING_LOSS.equivalent(
    "misleading_loss, line 16: 0.01 -> 0.02",
    "by_place, line 4: 0.02 -> 0.04",
    "last_object, line 3: 0.02 -> 0.0",
    "last_object, line 3: 0.02 -> 0.04",
    "last_object, line 5: max((place for place, true in enumerate(truth) if true))"
    " -> min((place for place, true in enumerate(truth) if true))",
    "with_numpy, line 4: 0.03 -> 0.06",
    "with_numpy, line 4: true -> truth",
    "with_numpy, line 5: true -> after",
    "with_numpy, line 5: true -> before",
    because="Any two predictions will do with which the loss and the IoU fall.",
)
