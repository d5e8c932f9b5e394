"""Pixels whose class a little noise could change."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l01_argmax_per_pixel.shared import MAPS, draw_maps


def shaky_pixels(scores, noise):
    """Find the pixels whose class could change if every score were off by a little.

    Args:
        scores: a NumPy array of shape (C, H, W), the score maps of two classes or more.
        noise: how far each score may be off, up or down, each on its own; a float above 0.

    Returns:
        A bool array of shape (H, W): True where some noise of this size gives another class the highest score. You
        need not ask about a margin that the noise closes exactly: none of the cases has one.
    """
    ### BEGIN SOLUTION
    ordered = np.sort(scores, axis=0)  # (C, H, W), the lowest score first
    margin = ordered[-1] - ordered[-2]  # (H, W)
    return margin < 2 * noise
    ### END SOLUTION


_KINDS = (*MAPS, "two classes", "one pixel", "hardly any noise", "much noise")


def _draw_scores(rng, kind):
    """Draw score maps, and a noise that about half of the pixels survive; twice the noise is never a margin."""
    scores = draw_maps(rng, kind if kind in MAPS else "usual")
    if kind == "two classes":
        scores = scores[:2]
    if kind == "one pixel":
        scores = scores[:, :1, :1]
    ordered = np.sort(scores, axis=0)
    margins = np.unique((ordered[-1] - ordered[-2]).round(1))  # ordered
    place = {"hardly any noise": 0, "much noise": len(margins) - 1}.get(kind, len(margins) // 2)
    return scores, float(margins[place] + 0.05) / 2


SHAKY_PIXELS = Exercise(
    shaky_pixels,
    title="Pixels that a little noise could change",
    points=3,
    minutes=12,
    source="Lesson 33, section 1: what argmax hides",
    draw=by_kind(_draw_scores, *_KINDS),
    hints=(
        "The class changes if the second highest score overtakes the highest. Both may be off: how far can they move "
        "towards each other?",
        "`np.sort(scores, axis=0)` orders the scores of each pixel from the lowest to the highest. The highest are in "
        "`[-1]` and the second highest in `[-2]`.",
        "`ordered = np.sort(scores, axis=0)`, then `return ordered[-1] - ordered[-2] < 2 * noise`: one score falls by "
        "the noise while the other rises by it.",
    ),
    why="The highest score may fall by the noise while the second highest rises by it, so together they close a gap of "
    "twice the noise. That gap, the margin, is what a class map does not show.",
)

SHAKY_PIXELS.worked(
    np.array([[[5.0, 3.0]], [[4.0, 0.0]], [[1.0, 1.0]]]),  # margins 1 and 2
    0.75,
    gives=[[True, False]],
)
SHAKY_PIXELS.worked(np.array([[[0.8, 0.3]], [[0.1, 0.3]], [[0.1, 0.4]]]), 0.1, gives=[[False, True]])
SHAKY_PIXELS.worked(np.array([[[-1.0]], [[-4.0]]]), 2.0, gives=[[True]])


@SHAKY_PIXELS.wrong
def one_moves(scores, noise):
    """You let one score move and the other stay. Both may be off: the highest may fall by the noise while the second
    highest rises by it, so compare the difference with twice the noise.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[-2]
    return margin < noise


@SHAKY_PIXELS.wrong
def half_of_the_noise(scores, noise):
    """You compared the margin with half the noise. The highest score may fall by the noise while the second highest
    rises by it: together they close a gap of twice the noise.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[-2]
    return margin < noise / 2


@SHAKY_PIXELS.wrong
def all_move_alike(scores, noise):
    """Pixels that are shaky get False from you. Did you move all scores by the same amount? That changes no class: the
    highest has to fall while the second highest rises.
    """
    return (scores + noise).argmax(axis=0) != (scores - noise).argmax(axis=0)


@SHAKY_PIXELS.wrong
def low_scores(scores, noise):
    """You compare the highest score with a limit. Scores mean something only in comparison with each other: look at how
    far the second highest is behind.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def to_the_lowest(scores, noise):
    """You took the difference between the highest and the lowest score. It is the second highest that overtakes first:
    `ordered[-2]`.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[0]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def two_lowest(scores, noise):
    """You compared the two lowest scores. `np.sort` puts the lowest first, so the two highest are `[-1]` and `[-2]`."""
    ordered = np.sort(scores, axis=0)
    margin = ordered[1] - ordered[0]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def second_from_the_front(scores, noise):
    """`ordered[1]` is the second lowest score. The second highest is `ordered[-2]`, and the two are the same only where
    there are three classes.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[1]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def firm(scores, noise):
    """You found the pixels that keep their class whatever the noise does. Asked for are the others: turn the
    comparison around.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[-2]
    return margin > 2 * noise


@SHAKY_PIXELS.wrong
def sorted_along_width(scores, noise):
    """`np.sort` sorts along the last axis, the width, unless you say otherwise, and then your scores belong to
    different pixels. The classes are axis 0.
    """
    ordered = np.sort(scores)
    margin = ordered[-1] - ordered[-2]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def margin_along_width(scores, noise):
    """You sorted along the width and compared the last two columns, so there is one value for each row of each score
    map, (C, H). The classes are axis 0: sort along it and take `ordered[-1]` and `ordered[-2]`.
    """
    ordered = np.sort(scores)
    margin = ordered[:, :, -1] - ordered[:, :, -2]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def places_sorted(scores, noise):
    """`np.argsort` gives the ids of the classes in the order of their scores, and you subtracted ids. Subtract scores:
    `np.sort`.
    """
    ordered = np.argsort(scores, axis=0)
    margin = ordered[-1] - ordered[-2]
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def margins(scores, noise):
    """You returned the margins themselves. Compare them with what the noise can close, so that each pixel gets True or
    False.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[-2]
    return margin


@SHAKY_PIXELS.wrong
def counted(scores, noise):
    """You counted the shaky pixels. Return where they are: an array of shape (H, W) with True or False for each
    pixel.
    """
    ordered = np.sort(scores, axis=0)
    margin = ordered[-1] - ordered[-2]
    return int((margin < 2 * noise).sum())


@SHAKY_PIXELS.wrong
def first_two_classes(scores, noise):
    """You compared class 0 with class 1. Which two classes are ahead differs from pixel to pixel: sort the scores of
    each pixel first.
    """
    margin = np.abs(scores[0] - scores[1])
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def ties_removed(scores, noise):
    """Where two classes tie for the highest score, you took both away before you looked for the second highest. A tie
    has the margin 0: sort the scores of each pixel, and take `[-1]` and `[-2]`.
    """
    highest = scores.max(axis=0)
    margin = highest - np.where(scores == highest, -np.inf, scores).max(axis=0)
    return margin < 2 * noise


@SHAKY_PIXELS.wrong
def winner_becomes_0(scores, noise):
    """You put 0 in place of the highest score to find the second highest. Where all others are negative, that 0 is
    taken for it. Sort the scores of each pixel, and take `[-1]` and `[-2]`.
    """
    highest = scores.max(axis=0)
    return highest - np.where(scores == highest, 0, scores).max(axis=0) < 2 * noise


@SHAKY_PIXELS.right
def with_partition(scores, noise):
    second, first = np.partition(scores, -2, axis=0)[-2:]
    return first - second < 2 * noise


@SHAKY_PIXELS.right
def by_the_worst_case(scores, noise):
    winner = scores.argmax(axis=0)
    wins = np.arange(len(scores))[:, None, None] == winner
    worst = np.where(wins, scores - noise, scores + noise)
    return worst.argmax(axis=0) != winner


@SHAKY_PIXELS.right
def with_loops(scores, noise):
    _, height, width = scores.shape
    found = []
    for row in range(height):
        line = []
        for column in range(width):
            *_, second, first = sorted(scores[:, row, column])
            line.append(bool(second + noise > first - noise))
        found.append(line)
    return found


SHAKY_PIXELS.equivalent(
    "shaky_pixels, line 15: margin < 2 * noise -> margin <= 2 * noise",
    "with_partition, line 4: first - second < 2 * noise -> first - second <= 2 * noise",
    "with_loops, line 9: second + noise > first - noise -> second + noise >= first - noise",
    because="No pixel is exactly at the limit.",
)

SHAKY_PIXELS.equivalent(
    "with_partition, line 3: 2 -> 1",
    because="NumPy sorts so few numbers as a whole.",
)

SHAKY_PIXELS.equivalent(
    "with_loops, line 9: bool(second + noise > first - noise) -> second + noise > first - noise",
    because="A bool of NumPy counts as one of Python.",
)
