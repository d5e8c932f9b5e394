"""Windows, plain and shifted."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def window_ids(height, width, side, shift):
    """Number the windows of a grid of patches: two patches attend to each other if they have the same number.

    The grid is cut into squares of ``side`` patches. The first cuts, counted from the top and from the left, come
    after ``shift`` patches (after ``side`` if shift is 0), the next ones ``side`` further, and so on. What is left
    over at the edges, on any side, is a smaller window of its own. Five rows, side 2, shift 1: rows 0 | 1 2 | 3 4.

    Args:
        height: int, rows of the grid.
        width: int, columns of the grid.
        side: int.
        shift: int, from 0 to side - 1.

    Returns:
        An array (height, width) of whole numbers; any that tell the windows apart will do.
    """
    ### BEGIN SOLUTION
    rows = (np.arange(height) - shift) // side
    columns = (np.arange(width) - shift) // side
    return rows[:, None] * (width + 1) + columns
    ### END SOLUTION


def _observe_windows(answer, height, width, side, shift):
    """Return the shape, and the numbers made comparable: counted in the order in which windows begin."""
    ids = answer(height, width, side, shift)
    ids = np.asarray(ids.tolist() if isinstance(ids, torch.Tensor) else ids)
    _, first, found = np.unique(ids, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return {
        "all numbers are whole": bool((ids == np.floor(ids)).all()),
        "the windows, numbered in the order in which they begin": rank[found].reshape(ids.shape),
    }


_KINDS = (
    "plain",
    "plain, with a rest",
    "shifted by half",
    "shifted by one",
    "shifted by all but one",
    "shifted, with a rest",
    "wide",
    "tall",
    "one window",
    "windows of one patch",
    "large",
)


def _draw_grid(rng, kind):
    """Draw a grid; a shift that is not half of a window tells the direction."""
    side = {"windows of one patch": 1, "shifted by half": 4, "one window": 9, "large": 5}.get(
        kind, int(rng.choice([3, 4]))
    )
    shift = {
        "plain": 0,
        "plain, with a rest": 0,
        "shifted by half": 2,
        "shifted by one": 1,
        "shifted by all but one": side - 1,
        "one window": 0,
        "windows of one patch": 0,
    }.get(kind, int(rng.integers(1, max(side, 2))))
    rows, columns = {
        "wide": (1, 3),
        "tall": (3, 1),
        "one window": (0, 0),
        "large": (3, 12),
        "windows of one patch": (2, 13),
    }.get(kind, (2, 3))
    rest = int(rng.integers(1, 3)) * ("rest" in kind or kind in ("wide", "tall", "one window"))
    return rows * side + rest, columns * side + rest, side, shift


WINDOW_IDS = Exercise(
    window_ids,
    title="Windows and shifted windows",
    points=2,
    minutes=10,
    source="Liu et al. 2021, Swin Transformer",
    draw=by_kind(_draw_grid, *_KINDS),
    observe=_observe_windows,
    fresh_cases=22,
    hints=(
        "Do it for one axis first: a list of the window's number for each row. Then the same for the columns.",
        "Row r lies r - shift rows below the first cut, and each window after that cut has `side` rows. Which integer "
        "division gives the window's number? Python's // rounds down, below 0 as well.",
        "rows = (np.arange(height) - shift) // side, and columns likewise. Different pairs of a row and a column need "
        "different numbers: rows[:, None] * (width + 1) + columns.",
    ),
    why="Within one layer nothing crosses a window's edge. The next layer cuts elsewhere, so in two layers patches on "
    "both sides of an old cut have met.",
)

WINDOW_IDS.worked(
    2,
    5,
    2,
    0,
    gives={
        "all numbers are whole": True,
        "the windows, numbered in the order in which they begin": [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2]],
    },
)
WINDOW_IDS.worked(
    3,
    4,
    2,
    1,
    gives={
        "all numbers are whole": True,
        "the windows, numbered in the order in which they begin": [[0, 1, 1, 2], [3, 4, 4, 5], [3, 4, 4, 5]],
    },
)


@WINDOW_IDS.wrong
def never_shifted(height, width, side, shift):
    """Your windows do not move. With a shift, the first cut comes after `shift` rows, and after `shift` columns."""
    return window_ids(height, width, side, 0)


@WINDOW_IDS.wrong
def shifted_the_other_way(height, width, side, shift):
    """Your first cut comes after side - shift patches, as if the shift were added. It comes after `shift` patches: row
    r lies r - shift rows below it.
    """
    rows, columns = (np.arange(height) + shift) // side, (np.arange(width) + shift) // side
    return rows[:, None] * (width + 1) + columns


@WINDOW_IDS.wrong
def around_the_edge(height, width, side, shift):
    """You rolled the grid around, so that the left edge shares a window with the right one. They are not neighbours:
    what is left over at an edge is a window of its own.
    """
    rows = (np.arange(height) - shift) % height // side
    columns = (np.arange(width) - shift) % width // side
    return rows[:, None] * (width + 1) + columns


@WINDOW_IDS.wrong
def only_rows_move(height, width, side, shift):
    """Only the cuts between your rows are shifted. Those between the columns move as well."""
    rows, columns = (np.arange(height) - shift) // side, np.arange(width) // side
    return rows[:, None] * (width + 1) + columns


@WINDOW_IDS.wrong
def multiplied_by_ten(height, width, side, shift):
    """You multiply the rows' numbers by 10, and a wide grid has more windows than that side by side, so that some share
    a number. Multiply by something that grows with the width, such as width + 1.
    """
    rows, columns = (np.arange(height) - shift) // side, (np.arange(width) - shift) // side
    return rows[:, None] * 10 + columns


@WINDOW_IDS.wrong
def bands(height, width, side, shift):
    """Your windows are bands across the whole width. A window has `side` columns, too: cut the columns as well."""
    return np.repeat((np.arange(height) - shift)[:, None] // side, width, axis=1)


@WINDOW_IDS.wrong
def added_numbers(height, width, side, shift):
    """You added the row's number to the column's, so windows on a diagonal share a number. Multiply one of them by
    more than the other can reach.
    """
    rows, columns = (np.arange(height) - shift) // side, (np.arange(width) - shift) // side
    return rows[:, None] + columns


@WINDOW_IDS.wrong
def too_small_a_factor(height, width, side, shift):
    """Some windows of yours share a number, because you multiply the rows' numbers by too little. Multiply by more than
    there are windows side by side; width + 1 is surely enough.
    """
    rows, columns = (np.arange(height) - shift) // side, (np.arange(width) - shift) // side
    return rows[:, None] * (width // side) + columns


@WINDOW_IDS.wrong
def one_window_too_few(height, width, side, shift):
    """Some windows of yours share a number. You multiply by the number of windows side by side in the plain grid, and
    with a shift there can be one more: width + 1 is surely enough.
    """
    rows, columns = (np.arange(height) - shift) // side, (np.arange(width) - shift) // side
    return rows[:, None] * ((width + side - 1) // side) + columns


@WINDOW_IDS.wrong
def places_in_the_window(height, width, side, shift):
    """Your numbers say where a patch lies within its window, as the remainder, % side, does, and patches of many
    windows share that place. A window's number is the quotient, // side.
    """
    rows, columns = (np.arange(height) - shift) % side, (np.arange(width) - shift) % side
    return rows[:, None] * side + columns


@WINDOW_IDS.right
def windows_by_cuts(height, width, side, shift):
    def numbers(length):
        return np.searchsorted(range(shift or side, length, side), np.arange(length), side="right")

    return numbers(height)[:, None] * (width + 1) + numbers(width)


@WINDOW_IDS.right
def windows_loops(height, width, side, shift):
    names = {}
    return [
        [names.setdefault(((y - shift) // side, (x - shift) // side), len(names)) for x in range(width)]
        for y in range(height)
    ]


@WINDOW_IDS.right
def windows_torch(height, width, side, shift):
    rows = torch.div(torch.arange(height) - shift, side, rounding_mode="floor")
    columns = torch.div(torch.arange(width) - shift, side, rounding_mode="floor")
    return rows[:, None] * 1000 + columns


WINDOW_IDS.equivalent(
    "window_ids, line 20: rows[:, None] * (width + 1) + columns -> rows[:, None] * (width + 1) - columns",
    "window_ids, line 20: rows[:, None] * (width + 1) -> rows[:, None] * width + 1",
    "window_ids, line 20: width + 1 -> width * 1",
    "window_ids, line 20: width + 1 -> width",
    "window_ids, line 20: 1 -> 2",
    "window_ids, line 20: 1 -> 0",
    "windows_by_cuts, line 6: numbers(height)[:, None] * (width + 1) + "
    "numbers(width) -> numbers(height)[:, None] * (width + 1) - numbers(width)",
    "windows_by_cuts, line 6: numbers(height)[:, None] * (width + 1) -> numbers(height)[:, None] * width + 1",
    "windows_by_cuts, line 6: width + 1 -> width * 1",
    "windows_by_cuts, line 6: width + 1 -> width",
    "windows_by_cuts, line 4: shift or side -> shift",
    "windows_by_cuts, line 6: 1 -> 2",
    "windows_by_cuts, line 6: 1 -> 0",
    "windows_by_cuts, line 4: side -> shift",
    "windows_loops, line 5: ((y - shift) // side, (x - shift) // side) -> ((x - "
    "shift) // side, (y - shift) // side)",
    "windows_torch, line 5: rows[:, None] * 1000 + columns -> rows[:, None] * 1000 - columns",
    "windows_torch, line 5: 1000 -> 1001",
    "windows_torch, line 5: 1000 -> 999",
    because="Any numbers will do, as long as different windows have different ones.",
)
