"""A box from a mask."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def box_from_mask(mask):
    """Return the smallest box around a mask, to prompt a model with.

    Args:
        mask: a bool or int array (H, W).

    Returns:
        (x0, y0, x1, y1), four int; x1 and y1 are one past the last pixel. None for an empty mask.
    """
    ### BEGIN SOLUTION
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    ### END SOLUTION


_KINDS = (
    "usual",
    "of ints",
    "empty",
    "empty, of ints",
    "one pixel",
    "full",
    "a diamond",
    "square",
    "one row",
    "one column",
    "large",
)


def _draw_mask(rng, kind):
    """Draw a mask; the first and the last pixel of a diamond are in none of its outermost columns."""
    shape = tuple(int(side) for side in rng.choice([5, 6, 7, 8], size=2, replace=False))
    shape = {"square": (6, 6), "one row": (1, 9), "one column": (9, 1), "large": (21, 30)}.get(kind, shape)
    mask = rng.random(shape) < (0.0 if kind.startswith("empty") else 0.15)
    if kind == "full":
        mask[:] = True
    if kind == "a diamond":
        mask[:] = False
        mask[1, 2] = mask[2, 1:4] = mask[3, 2] = True
    if kind not in ("empty", "empty, of ints", "full", "a diamond"):
        mask = np.zeros(shape, bool) if kind == "one pixel" else mask
        mask[tuple(rng.integers(side) for side in shape)] = True
    return (mask * int(rng.choice([2, 7, 255])) if kind.endswith("of ints") else mask,)


BOX_FROM_MASK = Exercise(
    box_from_mask,
    title="A box from a mask",
    points=2,
    minutes=6,
    source="Notes, SAM",
    draw=by_kind(_draw_mask, *_KINDS),
    fresh_cases=16,
    hints=(
        "np.nonzero(mask) gives the rows and the columns of all pixels that are on.",
        "The box goes from the smallest column and row to the largest column and row, plus 1.",
        "Before that: where there is no row at all, return None.",
    ),
    why="So one model can prompt another: a U-Net finds the pet, its box asks SAM for the outline.",
)

BOX_FROM_MASK.worked(np.array([[0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0]]), gives=(1, 1, 3, 3))
BOX_FROM_MASK.worked(np.array([[0, 0], [0, 0]]), gives=None)


def _box_changed(change):
    def answer(mask):
        box = box_from_mask(mask)
        return None if box is None else change(box, mask)

    return answer


def _box_last_pixel(box, mask):
    return box[0], box[1], box[2] - 1, box[3] - 1


BOX_FROM_MASK.wrong(
    _box_changed(_box_last_pixel),
    name="last_pixel",
    sentence="Your box ends at the last pixel. x1 and y1 are one past it, so that x1 − x0 is the width: add 1.",
)


def _box_rows_first(box, mask):
    return box[1], box[0], box[3], box[2]


BOX_FROM_MASK.wrong(
    _box_changed(_box_rows_first),
    name="rows_first",
    sentence="Your box has y before x. np.nonzero gives rows first; a box starts with x, the column.",
)


def _box_size(box, mask):
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


BOX_FROM_MASK.wrong(
    _box_changed(_box_size),
    name="width_height",
    sentence="Your last two numbers are width and height. Here the box has its second corner: x1, y1.",
)


@BOX_FROM_MASK.wrong
def empty_raises(mask):
    """An empty mask has no smallest column, so that min() raises: look for that first, and return None."""
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@BOX_FROM_MASK.wrong
def last_pixel_empty_raises(mask):
    """Your box ends at the last pixel: x1 and y1 are one past it, so add 1. Then look at an empty mask: min()
    raises there, and None is expected.
    """
    x0, y0, x1, y1 = empty_raises(mask)
    return x0, y0, x1 - 1, y1 - 1


@BOX_FROM_MASK.wrong
def empty_is_zero(mask):
    """For an empty mask you return a box. There is nothing to prompt with: return None."""
    box = box_from_mask(mask)
    return (0, 0, 0, 0) if box is None else box


def _box_image(box, mask):
    return 0, 0, mask.shape[1], mask.shape[0]


BOX_FROM_MASK.wrong(
    _box_changed(_box_image),
    name="whole_image",
    sentence="Your box is the whole image. Look for the smallest one: from the first to the last row and "
    "column with a pixel.",
)


def _box_ends(box, mask):
    rows, columns = np.nonzero(mask)  # sorted by row, so that the columns' ends are not first and last
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


BOX_FROM_MASK.wrong(
    _box_changed(_box_ends),
    name="first_and_last",
    sentence="You took the columns of the first and the last pixel. The pixels are sorted by rows, so the "
    "outermost columns may be anywhere: take min and max.",
)


@BOX_FROM_MASK.wrong
def only_ones(mask):
    """You look for pixels that are exactly 1. An int mask may carry another id, as 2 or 255: every pixel that is not 0
    belongs to it.
    """
    return box_from_mask(np.asarray(mask) == 1)


@BOX_FROM_MASK.wrong
def empty_has_no_first(mask):
    """An empty mask has no first row, so that [0] raises an IndexError: look for that first, and return None."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@BOX_FROM_MASK.right
def box_any(mask):
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


@BOX_FROM_MASK.right
def box_loops(mask):
    places = [(x, y) for y, row in enumerate(mask) for x, value in enumerate(row) if value]
    if not places:
        return None
    xs, ys = zip(*places, strict=True)
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


@BOX_FROM_MASK.right
def box_torch(mask):
    ys, xs = torch.nonzero(torch.as_tensor(np.asarray(mask)), as_tuple=True)
    return None if len(ys) == 0 else torch.stack([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])


BOX_FROM_MASK.equivalent(
    *(
        f"box_from_mask, line 14: int({end}()) -> {end}()"
        for end in ("columns.min", "rows.min", "columns.max", "rows.max")
    ),
    "box_torch, line 4: torch.stack([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])"
    " -> [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]",
    because="The integers of NumPy and of torch count as int.",
)

BOX_FROM_MASK.equivalent(
    "box_from_mask, line 12: rows -> columns",
    "box_torch, line 4: ys -> xs",
    because="There are as many rows as columns: one of each for every pixel.",
)
