"""Score maps of one image."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l01_argmax_per_pixel.argmax import argmax
from course_lib.exercises.l01_argmax_per_pixel.argmax_grid import argmax_grid
from course_lib.exercises.l01_argmax_per_pixel.shared import (
    DOG_MAPS,
    MAPS,
    NEGATIVE_MAPS,
    STREET_MAPS,
    draw_maps,
)


def argmax_chw(scores):
    """Turn the score maps of one image into a class map.

    Args:
        scores: a NumPy array of shape (C, H, W), one score map for each class.

    Returns:
        An array of class ids, integers of shape (H, W); of ties the first class.
    """
    ### BEGIN SOLUTION
    return scores.argmax(axis=0)  # (H, W)
    ### END SOLUTION


def _draw_chw(rng, kind):
    return (draw_maps(rng, kind),)


ARGMAX_CHW = Exercise(
    argmax_chw,
    title="Score maps of one image",
    points=1,
    minutes=5,
    source="Lesson 33, sections 1 and 3",
    draw=by_kind(_draw_chw, *MAPS),
    background=0,
    hints=(
        "NumPy has argmax built in: `scores.argmax(axis=...)`. The axis you name is the one that goes away.",
        "The shape is (C, H, W), and (H, W) should be left. Which axis has to go? Counting starts at 0.",
        "`return scores.argmax(axis=0)`.",
    ),
    why="Along axis 0 lie the C scores of one pixel, one in each map. Argmax along it compares exactly these, and H "
    "and W are left.",
)

ARGMAX_CHW.worked(STREET_MAPS, gives=[[0, 1], [2, 2]], example="street-maps")
ARGMAX_CHW.worked(DOG_MAPS, gives=[[0, 1], [2, 0]], example="dog-maps")
ARGMAX_CHW.worked(NEGATIVE_MAPS, gives=[[0, 1, 0]])


@ARGMAX_CHW.wrong
def axis_1(scores):
    """You took the argmax along the height, axis 1: your ids say in which row a score is highest, and the
    shape is (C, W). The classes are axis 0.
    """
    return scores.argmax(axis=1)


@ARGMAX_CHW.wrong
def axis_last(scores):
    """You took the argmax along the width, the last axis: your ids say in which column a score is highest,
    and the shape is (C, H). The last axis was right for the nested lists; in (C, H, W) the classes come
    first.
    """
    return scores.argmax(axis=-1)


@ARGMAX_CHW.wrong
def no_axis(scores):
    """You got one number for the whole image: without `axis`, argmax looks at all scores as one long list.
    Say which axis holds the classes.
    """
    return scores.argmax()


@ARGMAX_CHW.wrong
def values(scores):
    """You returned the highest scores. The class map holds the index of the map they come from: argmax, not
    max.
    """
    return scores.max(axis=0)


@ARGMAX_CHW.wrong
def transposed(scores):
    """Rows and columns have changed places: the shape is (W, H). Take the argmax over the classes and leave
    the other two axes as they are.
    """
    return scores.argmax(axis=0).T


@ARGMAX_CHW.wrong
def floats(scores):
    """The ids are right but stored as floats, as `np.zeros` does unless told otherwise. Ids are integers:
    `np.zeros(shape, dtype=int)`, or return what argmax gives.
    """
    class_map = np.zeros(scores.shape[1:])
    class_map[:] = scores.argmax(axis=0)
    return class_map


@ARGMAX_CHW.wrong
def reshaped(scores):
    """`reshape` does not move axes: it cuts the same row of numbers into other pieces, so your pixels hold
    scores of different places. Take the argmax along axis 0, or move the axis with `transpose(1, 2, 0)`.
    """
    classes, height, width = scores.shape
    return scores.reshape(height, width, classes).argmax(axis=-1)


@ARGMAX_CHW.wrong
def last(scores):
    """Where two classes tie you took the last of them. Take the first, as `argmax` does: `>`, not `>=`."""
    return len(scores) - 1 - scores[::-1].argmax(axis=0)


@ARGMAX_CHW.wrong
def best_starts_at_0(scores):
    """Your best score so far starts at 0, so where all scores are negative no class can beat it. Start with
    the scores of class 0, or with minus infinity.
    """
    return np.where(scores.max(axis=0) > 0, scores.argmax(axis=0), 0)


@ARGMAX_CHW.wrong
def of_maps(scores):
    """Did you give your `argmax` the whole array? It is made for the scores of one pixel, and here it meets whole score
    maps, which cannot be compared with `>`. Arrays have an argmax of their own: `scores.argmax(axis=...)`.
    """
    return argmax(scores)


@ARGMAX_CHW.wrong
def lowest(scores):
    """You took the class with the lowest score: that is argmin. Use argmax."""
    return scores.argmin(axis=0)


@ARGMAX_CHW.wrong
def from_1(scores):
    """Your ids are too high by 1. Class ids count from 0: add nothing to what argmax gives."""
    return scores.argmax(axis=0) + 1


@ARGMAX_CHW.wrong
def square(scores):
    """You took the number of rows for the number of columns: your map has the shape (H, H). The shape of `scores` is
    (C, H, W), so there are `scores.shape[2]` columns.
    """
    height = scores.shape[1]
    return np.array([[scores[:, y, x].argmax() for x in range(height)] for y in range(height)])


@ARGMAX_CHW.right
def function(scores):
    return np.argmax(scores, 0).astype(np.uint8)


@ARGMAX_CHW.right
def moved(scores):
    return np.moveaxis(scores, 0, -1).argmax(axis=-1)


@ARGMAX_CHW.right
def with_loops(scores):
    _, height, width = scores.shape
    return [[argmax(list(scores[:, y, x])) for x in range(width)] for y in range(height)]


@ARGMAX_CHW.right
def by_grid(scores):
    return np.array(argmax_grid(scores.transpose(1, 2, 0).tolist()))


ARGMAX_CHW.equivalent(
    "function, line 3: np.argmax(scores, 0).astype(np.uint8) -> np.argmax(scores, 0)",
    because="Any kind of integer is right.",
)
