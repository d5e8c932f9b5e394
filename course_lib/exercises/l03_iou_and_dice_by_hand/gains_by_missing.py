"""A class is missed, and mIoU rises."""

import numpy as np

from course_lib import metrics
from course_lib.checking.class_maps import as_class_map
from course_lib.checking.exercise import Exercise, by_kind


def gains_by_missing(num_classes):
    """Return a truth and two predictions: the second misses a whole class, and has the higher mIoU.

    Args:
        num_classes: the number of classes, an int from 5 to 30.

    Returns:
        (truth, first, second), three maps of the ids 0..num_classes-1, equal in shape; any size will do. The truth
        has every class. The first prediction finds at least one pixel of each class, the second none of one.
    """
    ### BEGIN SOLUTION
    truth = np.repeat(np.arange(num_classes), 4).reshape(
        num_classes, 4
    )  # a row of four pixels for each class
    first = truth.copy()
    first[:, 3] = (first[:, 3] + 1) % num_classes  # each class loses one pixel, and one false alarm joins it
    second = truth.copy()
    second[1] = 0  # class 1 is missed, and everything else is right
    ### END SOLUTION
    return truth, first, second


# The fewer classes there are, the more the others have to gain.
_CLASSES = {
    "21 classes, as in Pascal VOC": (21,),
    "19 classes, as in Cityscapes": (19,),
    "five classes": (5,),
    "few classes": (6, 7, 8, 9),
    "many classes": (25, 30),
}


def _draw_number(rng, kind):
    return (int(rng.choice(_CLASSES[kind])),)


def _observe_maps(answer, num_classes):
    """Put three maps in plain facts; many answers have the same."""
    maps = answer(num_classes)
    if maps is None or maps is Ellipsis:
        return maps
    arrays = [as_class_map(one) for one in maps] if isinstance(maps, list | tuple | np.ndarray) else []
    if len(arrays) != 3 or any(one is None or one.shape != arrays[0].shape for one in arrays):
        return _facts(False)
    if any(one.min() < 0 or one.max() >= num_classes for one in arrays):
        return _facts(True, False)
    truth, first, second = arrays
    classes = np.arange(num_classes)
    scores = [metrics.iou(prediction, truth, num_classes) for prediction in (first, second)]
    return _facts(
        True,
        True,
        bool(np.isin(classes, truth).all()),
        bool((scores[0] > 0).all()),
        bool((scores[1] == 0).any()),
        bool(np.nanmean(scores[1]) > np.nanmean(scores[0]) + 1e-9),
    )


def _facts(*known):
    """Name what is known of an answer; what cannot be known because of something before it is None."""
    facts = (
        "three maps of class ids, equal in shape",
        "all ids are classes",
        "the truth has every class",
        "the first prediction finds some of each class",
        "the second prediction finds nothing of some class",
        "the second has the higher mIoU",
    )
    return dict(zip(facts, [*known, *[None] * (len(facts) - len(known))], strict=True))


GAINS_BY_MISSING = Exercise(
    gains_by_missing,
    title="A class is missed, and mIoU rises",
    points=2,
    minutes=8,
    source="Losses and metrics, multi-class mIoU; Lesson 33, common errors: report every class, not just the average",
    draw=by_kind(_draw_number, *_CLASSES),
    fresh_cases=10,
    observe=_observe_maps,
    background=0,
    hints=(
        "With 21 classes, how much of the mean can one class take with it? And how much do the other twenty have to "
        "gain on average to make up for it?",
        "Let the first prediction be mediocre everywhere and the second perfect but for one class. A truth with one "
        "row of pixels for each class keeps the counting simple.",
        "`truth = np.repeat(np.arange(num_classes), 4).reshape(num_classes, 4)`. Copy it twice. In the first copy, "
        "give the last pixel of each row to the next class; in the second, call the whole row of class 1 class 0.",
    ),
    why="One class of C has a share of 1/C in the mean. A class that is missed altogether costs no more than that, and "
    "small gains on all the others pay for it. Only the list of the classes' IoU shows what happened.",
)

GAINS_BY_MISSING.worked(21, gives=_facts(*[True] * 6), example="miss-one-of-21")


@GAINS_BY_MISSING.wrong
def predictions_swapped(num_classes):
    """Your two predictions have changed places: the one that misses a class comes last. Return truth, first,
    second, in this order.
    """
    truth, first, second = gains_by_missing(num_classes)
    return truth, second, first


@GAINS_BY_MISSING.wrong
def one_array(num_classes):
    """Your three maps are equal, and a class is gone from the truth too. Are they three names for one array?
    `first = truth` copies nothing: write `truth.copy()`.
    """
    truth, _, _ = gains_by_missing(num_classes)
    truth[1] = 0
    return truth, truth, truth


@GAINS_BY_MISSING.wrong
def truth_last(num_classes):
    """Your truth is not in the first place. Return truth, first, second, in this order: the second finds nothing
    of one class, and the first finds some of each.
    """
    truth, first, second = gains_by_missing(num_classes)
    return first, second, truth


@GAINS_BY_MISSING.wrong
def only_worse(num_classes):
    """Your second prediction misses a class and gains too little elsewhere, so its mIoU is not the higher one. Make the
    first one a little wrong in every class, and let the second be right where it does not miss.
    """
    truth, _, second = gains_by_missing(num_classes)
    return truth, truth, second


@GAINS_BY_MISSING.wrong
def truth_lacks_a_class(num_classes):
    """Your truth does not have every class. A class that nobody could find has no IoU, so it is not missed: give each
    class some pixels in the truth. Is a prediction another name for the truth? Then what you write into it is in both.
    """
    truth, first, second = gains_by_missing(num_classes)
    truth[1] = 0
    return truth, first, second


@GAINS_BY_MISSING.wrong
def one_pixel_is_found(num_classes):
    """Your second prediction has the higher mIoU, but it still finds some of every class. Let it find not one pixel
    of one of them.
    """
    truth, first, second = gains_by_missing(num_classes)
    second[1, 0] = 1
    return truth, first, second


@GAINS_BY_MISSING.wrong
def both_miss(num_classes):
    """Your first prediction misses a whole class too. It has to find at least one pixel of each: the second one
    should look better although it has lost a class.
    """
    truth, first, second = gains_by_missing(num_classes)
    first[first == 1] = 0
    return truth, first, second


@GAINS_BY_MISSING.wrong
def always_21(num_classes):
    """You made 21 classes, whatever the argument says. Build the maps with `num_classes`."""
    return gains_by_missing(21)


@GAINS_BY_MISSING.wrong
def two_maps(num_classes):
    """What you returned cannot be scored. Return three maps of class ids that are equal in shape: the truth, the
    first prediction and the second.
    """
    return gains_by_missing(num_classes)[:2]


@GAINS_BY_MISSING.wrong
def ids_of_no_class(num_classes):
    """One of your ids is not a class: with `num_classes` classes the ids go from 0 to `num_classes - 1`."""
    truth, first, second = gains_by_missing(num_classes)
    return truth + 1, first + 1, second + 1


@GAINS_BY_MISSING.wrong
def nothing_missed(num_classes):
    """Your second prediction finds some of every class, and its mIoU is not the higher one. Are the maps the same, or
    do they share rows? A copy of a list of lists still has the same rows: copy each row. Then let the second miss one
    class.
    """
    truth, _, _ = gains_by_missing(num_classes)
    return truth, truth, truth


@GAINS_BY_MISSING.wrong
def gain_too_small(num_classes):
    """With many classes your second prediction has the higher mIoU, and with few it has not: there a single class
    weighs more, and the others have to gain more. Let the first prediction be worse, wrong at a quarter of each class
    or more.
    """
    truth = np.repeat(np.arange(num_classes), 10).reshape(num_classes, 10)
    first, second = truth.copy(), truth.copy()
    first[:, 9] = (first[:, 9] + 1) % num_classes
    second[1] = 0
    return truth, first, second


@GAINS_BY_MISSING.right
def plain_lists(num_classes):
    truth = [[c] * 3 for c in range(num_classes)]
    first = [[c, c, (c + 1) % num_classes] for c in range(num_classes)]
    second = [[c] * 3 for c in range(num_classes - 1)] + [[0] * 3]
    return truth, first, second


@GAINS_BY_MISSING.right
def large_background(num_classes):
    truth = np.zeros((num_classes, 20), dtype=np.uint8)
    truth[:, :6] = np.arange(num_classes)[:, None]
    first = np.where(np.arange(20) < 2, truth, 0)
    second = np.where(truth == num_classes - 1, 0, truth)
    return [truth, first, second]


@GAINS_BY_MISSING.right
def one_row(num_classes):
    classes = list(range(num_classes))
    return (
        [classes + classes],
        [classes + [0] * num_classes],
        [[max(c, 1) for c in classes] * 2],
    )


GAINS_BY_MISSING.equivalent(
    "gains_by_missing, line 16: (first[:, 3] + 1) % num_classes -> (first[:, 3] + 1) // num_classes",
    "gains_by_missing, line 16: 1 -> 2",
    "gains_by_missing, line 16: 3 -> 2",
    "gains_by_missing, line 16: first -> truth",
    "gains_by_missing, line 16: first[:, 3] + 1 -> first[:, 3] - 1",
    "gains_by_missing, line 18: 1 -> 2",
    "large_background, line 3: np.zeros((num_classes, 20), dtype=np.uint8)"
    " -> np.ones((num_classes, 20), dtype=np.uint8)",
    "large_background, line 4: 6 -> 5",
    "large_background, line 4: 6 -> 7",
    "large_background, line 5: 0 -> 1",
    "large_background, line 5: 2 -> 1",
    "large_background, line 5: 2 -> 3",
    "large_background, line 5: np.arange(20) < 2 -> np.arange(20) <= 2",
    "large_background, line 5: np.arange(20) < 2 -> np.arange(20) > 2",
    "large_background, line 6: 0 -> 1",
    "large_background, line 6: 1 -> 2",
    "large_background, line 6: num_classes - 1 -> 1",
    "one_row, line 6: 0 -> 1",
    "plain_lists, line 4: (c + 1) % num_classes -> (c + 1) // num_classes",
    "plain_lists, line 4: 1 -> 2",
    "plain_lists, line 4: c + 1 -> 1",
    "plain_lists, line 4: c + 1 -> c - 1",
    "plain_lists, line 4: c -> num_classes",
    "plain_lists, line 5: 0 -> 1",
    because="Any three maps will do for which the facts hold: classes, places and numbers of pixels are free.",
)
