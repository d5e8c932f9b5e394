"""The index of the highest score."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l01_argmax_per_pixel.shared import draw_scores


def argmax(scores):
    """Return the index of the highest score.

    Args:
        scores: the scores of one pixel, one for each class: a list of at least one number, negative ones too.

    Returns:
        The index of the highest score, an int; the first one where several are highest.
    """
    best = 0
    ### BEGIN SOLUTION
    for index in range(1, len(scores)):
        if scores[index] > scores[best]:
            best = index
    ### END SOLUTION
    return best


_KINDS = ("usual", "a single score", "a tie", "all negative", "far below 0", "the first is highest", "rising")


def _draw_list(rng, kind):
    """Draw one pixel's scores."""
    if kind == "a single score":
        return (draw_scores(rng, 1).tolist(),)
    scores = draw_scores(rng, rng.integers(4, 9), negative=kind == "all negative")
    if kind == "all negative":  # and one that is found must not be the first
        scores = np.append(scores.min() - 0.5, scores)
    if kind == "far below 0":  # no number that a search could start from is low enough
        scores = np.append(-4.5, scores) * 100_000 - 1_000_000
    if kind == "a tie":
        scores[rng.choice(len(scores), size=2, replace=False)] = scores.max()
    if kind == "the first is highest":
        scores = np.append(scores.max() + 0.5, scores)
    if kind == "rising":  # so that the first rise is not the highest, and the last score is
        scores = np.unique(np.append(scores, [-5.0, 4.5, 5.0]))
    return (scores.tolist(),)


ARGMAX = Exercise(
    argmax,
    title="The index of the highest score",
    points=1,
    minutes=5,
    source="Lesson 33, section 1 and Your Turn 2",
    draw=by_kind(_draw_list, *_KINDS),
    hints=(
        "Go through the scores from left to right and remember the index of the best one so far.",
        "`best` holds an index. Compare `scores[index]` with `scores[best]`, for every index from 1 on.",
        "`for index in range(1, len(scores)):`, in it `if scores[index] > scores[best]:`, and in that `best = index`.",
    ),
    why="After each step `best` points at the highest score seen so far, and at the end that is the highest of all. "
    "`>` leaves a tie with the first, as NumPy does.",
)

ARGMAX.worked([0.1, 0.3, 0.6], gives=2)
ARGMAX.worked([-3.0, -1.5, -2.0], gives=1)
ARGMAX.worked([2.0, 3.0, 5.0, 1.0, 5.0], gives=2)


@ARGMAX.wrong
def value(scores):
    """You returned the highest score itself: that is max. Argmax is its index, because the
    index is the class.
    """
    return max(scores)


@ARGMAX.wrong
def last(scores):
    """Where several scores are highest you took the last of them, as `>=` does, or sorting. The first one should
    stay: let only a higher score win.
    """
    best = 0
    for index in range(1, len(scores)):
        if scores[index] >= scores[best]:
            best = index
    return best


@ARGMAX.wrong
def above_0(scores):
    """Your search starts from the score 0, so where all scores are negative none wins. Start from the first
    score instead: compare with `scores[best]`.
    """
    best, highest = 0, 0
    for index, score in enumerate(scores):
        if score > highest:
            best, highest = index, score
    return best


@ARGMAX.wrong
def lowest(scores):
    """You found the lowest score: that is argmin. Turn the comparison around."""
    best = 0
    for index in range(1, len(scores)):
        if scores[index] < scores[best]:
            best = index
    return best


@ARGMAX.wrong
def neighbour(scores):
    """You compared each score with the one before it, which finds the last rise. Compare with the best one so
    far, `scores[best]`.
    """
    best = 0
    for index in range(1, len(scores)):
        if scores[index] > scores[index - 1]:
            best = index
    return best


@ARGMAX.wrong
def against_index(scores):
    """You compared a score with `best`, which is an index. Compare it with the score at that index,
    `scores[best]`.
    """
    best = 0
    for index, score in enumerate(scores):
        if score > best:
            best = index
    return best


@ARGMAX.wrong
def never_raised(scores):
    """You compared every score with the first one, and took the last that beats it. Once a score is better, it is
    the one to beat: compare with `scores[best]`, or set your highest score anew together with `best`.
    """
    best = 0
    for index, score in enumerate(scores):
        if score > scores[0]:
            best = index
    return best


@ARGMAX.wrong
def first_larger(scores):
    """You stopped at the first score that beats the first one. A higher one may follow: no `return` or
    `break` inside the loop, go through to the end.
    """
    return next((index for index, score in enumerate(scores) if score > scores[0]), 0)


@ARGMAX.wrong
def skips_last(scores):
    """The last class can never win: your search ends before it. `range(len(scores))` stops at the last index
    by itself, so take nothing off `len(scores)`.
    """
    best = 0
    for index in range(1, len(scores) - 1):
        if scores[index] > scores[best]:
            best = index
    return best


@ARGMAX.wrong
def above_minus_1(scores):
    """Your search starts from the score -1, and where all scores are lower, none wins. No number is surely low enough:
    start from the first score, `scores[0]`, or compare with `scores[best]`.
    """
    best, highest = 0, -1
    for index, score in enumerate(scores):
        if score > highest:
            best, highest = index, score
    return best


@ARGMAX.wrong
def above_a_low_number(scores):
    """Your search starts from a fixed low number, but scores may be lower still, and then none wins. Start from the
    first score, `scores[0]`, or compare with `scores[best]`.
    """
    best, highest = 0, -1000
    for index, score in enumerate(scores):
        if score > highest:
            best, highest = index, score
    return best


@ARGMAX.wrong
def from_1(scores):
    """Your indices are too high by 1. Python counts from 0, and so do class ids: add nothing to the index."""
    best = 0
    for index in range(1, len(scores)):
        if scores[index] > scores[best]:
            best = index
    return best + 1


@ARGMAX.wrong
def without_signs(scores):
    """You compared the scores without their signs, so -5 beats 3. Compare them as they are: leave `abs` out."""
    best = 0
    for index in range(1, len(scores)):
        if abs(scores[index]) > abs(scores[best]):
            best = index
    return best


@ARGMAX.wrong
def in_sorted(scores):
    """You looked for the place of the highest score in the sorted list. Sorting moves the scores, and their old places
    are the classes: look for it in `scores`.
    """
    return sorted(scores).index(max(scores))


@ARGMAX.right
def index_of_max(scores):
    return scores.index(max(scores))


@ARGMAX.right
def key(scores):
    return max(range(len(scores)), key=lambda index: scores[index])


@ARGMAX.right
def with_numpy(scores):
    return np.argmax(scores)


@ARGMAX.right
def backwards(scores):
    best = len(scores) - 1
    for index in reversed(range(len(scores))):
        if scores[index] >= scores[best]:
            best = index
    return best


ARGMAX.equivalent(
    "argmax, line 12: 1 -> 0",
    because="The first score is compared with itself.",
)

ARGMAX.equivalent(
    "backwards, line 3: 1 -> 2",
    "backwards, line 3: len(scores) - 1 -> 1 - len(scores)",
    because="Wherever the search starts, it goes through all scores, and the first of the highest is met last.",
)
