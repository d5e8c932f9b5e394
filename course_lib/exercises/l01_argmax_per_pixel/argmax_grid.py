"""A class for every pixel."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l01_argmax_per_pixel.argmax import argmax
from course_lib.exercises.l01_argmax_per_pixel.argmax import last as argmax_last
from course_lib.exercises.l01_argmax_per_pixel.shared import MAPS, draw_maps


def argmax_grid(scores):
    """Turn a grid of scores into a class map.

    Args:
        scores: scores[row][column][class], nested lists; use your argmax.

    Returns:
        The class ids, class_map[row][column], nested lists of int; of ties the first class.
    """
    class_map = []
    ### BEGIN SOLUTION
    for row in scores:
        class_map.append([argmax(pixel) for pixel in row])
    ### END SOLUTION
    return class_map


def _draw_grid(rng, kind):
    return (draw_maps(rng, kind).transpose(1, 2, 0).tolist(),)


ARGMAX_GRID = Exercise(
    argmax_grid,
    title="A class for every pixel",
    points=2,
    minutes=5,
    source="Lesson 33, section 1 and Your Turn 2",
    draw=by_kind(_draw_grid, *MAPS),
    background=0,
    hints=(
        "What your argmax does for one pixel has to happen for each pixel of each row.",
        "`for row in scores:`. Build the list of the ids of this row, then append it to `class_map`.",
        "In the loop: `class_map.append([argmax(pixel) for pixel in row])`.",
    ),
    why="Each pixel is decided by its own scores only. The map keeps the rows and columns and loses the scores: one "
    "id is left for each pixel.",
)

# The worked examples' scores, [row][column][class].
STREET_SCORES = [[[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]]

ARGMAX_GRID.worked(STREET_SCORES, gives=[[0, 1], [2, 2]], example="argmax-street")

DOG_SCORES = [[[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], [[0.2, 0.2, 0.6], [0.7, 0.2, 0.1]]]

ARGMAX_GRID.worked(DOG_SCORES, gives=[[0, 1], [2, 0]], example="argmax-dog")
ARGMAX_GRID.worked([[[-1.0, -2.0], [-2.0, -1.0], [-1.0, -1.0]]], gives=[[0, 1, 0]])


@ARGMAX_GRID.wrong
def flat(scores):
    """The ids are right, but the rows are gone: all pixels are in one long list. Build one list for each
    row and append that.
    """
    return [argmax(pixel) for row in scores for pixel in row]


@ARGMAX_GRID.wrong
def transposed(scores):
    """Rows and columns have changed places. Let the outer loop go through the rows and the inner one through
    the pixels of a row.
    """
    return [list(column) for column in zip(*argmax_grid(scores), strict=True)]


@ARGMAX_GRID.wrong
def values(scores):
    """You put the highest score into the map. A class map holds the index of that score: use argmax, not max."""
    return [[max(pixel) for pixel in row] for row in scores]


STREET_CLASSES = ("background", "road", "car")


@ARGMAX_GRID.wrong
def names(scores):
    """You put names into the map. A class map holds ids, which can be counted and compared; names are looked
    up later, for people.
    """
    return [[STREET_CLASSES[argmax(pixel)] for pixel in row] for row in scores]


@ARGMAX_GRID.wrong
def over_rows(scores):
    """You compared the rows with each other: the ids you got say in which row a score is highest. Compare the
    scores inside each pixel, which are its classes.
    """
    return np.argmax(scores, axis=0).tolist()


@ARGMAX_GRID.wrong
def of_rows(scores):
    """You gave `argmax` a whole row, so it compared pixels with each other and returned one id for the row. Give it
    the scores of one pixel: a second loop goes through the row.
    """
    return [argmax(row) for row in scores]


@ARGMAX_GRID.wrong
def square(scores):
    """You took the number of rows for the number of columns. A row has `len(row)` pixels, and `len(scores)` counts
    the rows.
    """
    return [[argmax(row[column]) for column in range(len(scores))] for row in scores]


@ARGMAX_GRID.wrong
def first_row(scores):
    """You returned only the first row. Is the `return` indented into the loop? Move it out, to the indentation
    of the `for`.
    """
    return argmax_grid(scores[:1])


@ARGMAX_GRID.wrong
def one_row(scores):
    """All your rows are the last one. Is one list used for every row, as in `[[0] * width] * height`, or one
    made before the loop? Make a new list for each row.
    """
    return [argmax_grid(scores)[-1]] * len(scores)


@ARGMAX_GRID.wrong
def last(scores):
    """Where two classes tie you took the last of them. Take the first: `>`, not `>=`."""
    return [[argmax_last(pixel) for pixel in row] for row in scores]


@ARGMAX_GRID.wrong
def lists_of_one(scores):
    """Each of your ids is in a list of its own. Append the id itself: `argmax(pixel)`, without brackets around it."""
    return [[[argmax(pixel)] for pixel in row] for row in scores]


@ARGMAX_GRID.wrong
def from_1(scores):
    """Your ids are too high by 1. Class ids count from 0: add nothing to what `argmax` gives."""
    return [[argmax(pixel) + 1 for pixel in row] for row in scores]


@ARGMAX_GRID.right
def comprehension(scores):
    return [[pixel.index(max(pixel)) for pixel in row] for row in scores]


@ARGMAX_GRID.right
def with_numpy(scores):
    return np.array(scores).argmax(axis=-1)


@ARGMAX_GRID.right
def by_place(scores):
    class_map = [[0] * len(row) for row in scores]
    for row in range(len(scores)):
        for column in range(len(scores[row])):
            class_map[row][column] = argmax(scores[row][column])
    return tuple(class_map)


ARGMAX_GRID.equivalent(
    "by_place, line 4: scores -> class_map",
    "by_place, line 5: scores -> class_map",
    because="The two grids are equal in size.",
)

ARGMAX_GRID.equivalent(
    "by_place, line 3: 0 -> -1",
    "by_place, line 3: 0 -> 1",
    because="What the list is filled with is replaced.",
)
