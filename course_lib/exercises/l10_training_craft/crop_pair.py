"""Cut a patch out of image and mask."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.masks import IGNORE_INDEX


def crop_pair(image, mask, top, left, size):
    """Return image and mask, both cut to size x size pixels.

    The window begins inside the image, and may reach beyond its lower and right edge: there the image gets 0,
    black, and the mask gets 255, void.

    Args:
        image: uint8 array (H, W, 3).
        mask: ids, uint8 array (H, W).
        top: int, the row where the window starts.
        left: int, the column where it starts.
        size: int, its side.

    Returns:
        (image, mask): uint8 arrays (size, size, 3) and (size, size).
    """
    ### BEGIN SOLUTION
    part = image[top : top + size, left : left + size]  # (up to size, up to size, 3)
    ids = mask[top : top + size, left : left + size]
    below, beside = size - part.shape[0], size - part.shape[1]
    part = np.pad(part, ((0, below), (0, beside), (0, 0)), constant_values=0)
    ids = np.pad(ids, ((0, below), (0, beside)), constant_values=255)
    return part, ids
    ### END SOLUTION


def _observe_crop(answer, image, mask, top, left, size):
    result = answer(image, mask, top, left, size)
    if result is None:
        return None
    part, ids = (np.asarray(array) for array in result)
    return {
        "the dtypes of image and mask": f"{part.dtype}, {ids.dtype}",
        "the image": part.tolist(),
        "the mask": ids.tolist(),
    }


_WINDOWS = {
    # height, width, top, left, size: the window begins at neither side's size, nor ends there by chance
    "inside": (11, 12, 1, 2, 4),
    "inside, far from the corner": (12, 11, 6, 5, 3),
    "beyond the lower edge": (5, 9, 3, 2, 4),
    "beyond the right edge": (9, 5, 2, 3, 4),
    "beyond both edges, further on the right": (5, 6, 3, 5, 4),
    "beyond both edges, further below": (6, 5, 5, 3, 4),
    "up to both edges": (6, 7, 2, 3, 4),
    "larger than the image": (3, 4, 1, 2, 9),
    "the whole of a square image": (5, 5, 0, 0, 5),
    "one pixel": (4, 6, 3, 2, 1),
    "a black pixel in the image": (5, 7, 2, 1, 3),
}


def _draw_crop(rng, kind):
    height, width, top, left, size = _WINDOWS[kind]
    image = rng.integers(1, 256, (height, width, 3)).astype(np.uint8)
    mask = rng.integers(0, 3, (height, width)).astype(np.uint8)
    mask.flat[rng.permutation(mask.size)[:2]] = IGNORE_INDEX
    if kind == "a black pixel in the image":
        image[top + 1, left + 1], mask[top + 1, left + 1] = 0, 2  # its mask has an id nevertheless
    return image, mask, top, left, size


CROP_PAIR = Exercise(
    crop_pair,
    title="Cut a patch out of image and mask",
    points=2,
    minutes=8,
    source="Study guide, section 8: data augmentation; section 16: out of memory, crop images into patches",
    draw=by_kind(_draw_crop, *_WINDOWS),
    observe=_observe_crop,
    hints=(
        "The same slices cut out both arrays. What does a slice return if it reaches beyond the end?",
        "After slicing, size - part.shape[0] rows are missing below, and size - part.shape[1] columns on the right. "
        "np.pad(..., constant_values=...) adds them; an image has a third axis, which gets (0, 0).",
        "With below = size - part.shape[0] and beside = size - part.shape[1]: np.pad(part, ((0, below), (0, beside), "
        "(0, 0))) for the image, and np.pad(ids, ((0, below), (0, beside)), constant_values=255) for the mask.",
    ),
    why="The same window for both keeps every pixel with its own id, and void keeps the loss from learning what nobody "
    "labelled.",
)

_ROW = np.array(
    [[[10, 10, 10], [20, 20, 20], [30, 30, 30]], [[40, 40, 40], [50, 50, 50], [60, 60, 60]]], np.uint8
)

_IDS = np.array([[0, 1, 2], [1, 2, 0]], np.uint8)

CROP_PAIR.worked(
    _ROW,
    _IDS,
    0,
    1,
    2,
    gives={
        "the dtypes of image and mask": "uint8, uint8",
        "the image": [[[20] * 3, [30] * 3], [[50] * 3, [60] * 3]],
        "the mask": [[1, 2], [2, 0]],
    },
)
CROP_PAIR.worked(
    _ROW,
    _IDS,
    1,
    2,
    2,
    gives={
        "the dtypes of image and mask": "uint8, uint8",
        "the image": [[[60] * 3, [0] * 3], [[0] * 3, [0] * 3]],
        "the mask": [[0, 255], [255, 255]],
    },
)


def _crop_filled_with(fill):
    def crop(image, mask, top, left, size):
        part, ids = crop_pair(image, mask, top, left, size)
        ids[mask.shape[0] - top :], ids[:, mask.shape[1] - left :] = fill, fill
        return part, ids

    return crop


@CROP_PAIR.wrong
def mask_filled_with_0(image, mask, top, left, size):
    """Beyond the edge your mask says 0, and 0 is a class: the network would learn that black is a pet. Fill
    the mask with 255, void, which the loss leaves out.
    """
    return _crop_filled_with(0)(image, mask, top, left, size)


@CROP_PAIR.wrong
def edge_repeated(image, mask, top, left, size):
    """You repeated the last row and column. What lies beyond the edge is not known: fill the image with 0 and
    the mask with 255.
    """
    part, ids = image[top : top + size, left : left + size], mask[top : top + size, left : left + size]
    below, beside = size - ids.shape[0], size - ids.shape[1]
    return (
        np.pad(part, ((0, below), (0, beside), (0, 0)), mode="edge"),
        np.pad(ids, ((0, below), (0, beside)), mode="edge"),
    )


@CROP_PAIR.wrong
def not_filled(image, mask, top, left, size):
    """Your patch is smaller where the window reaches beyond the edge, because slicing stops there. Patches of
    different sizes cannot be put into one batch: fill up to size x size.
    """
    return image[top : top + size, left : left + size], mask[top : top + size, left : left + size]


@CROP_PAIR.wrong
def mask_from_the_corner(image, mask, top, left, size):
    """Your image comes from the window, your mask from the upper left corner. Use the same top and left for
    both.
    """
    return crop_pair(image, mask, top, left, size)[0], crop_pair(image, mask, 0, 0, size)[1]


@CROP_PAIR.wrong
def image_filled_with_white(image, mask, top, left, size):
    """Beyond the edge your image is 255, which is white. Only the mask gets 255, the id of void; the image gets 0,
    black.
    """
    part, ids = crop_pair(image, mask, top, left, size)
    part[mask.shape[0] - top :], part[:, mask.shape[1] - left :] = 255, 255
    return part, ids


@CROP_PAIR.wrong
def rows_for_columns(image, mask, top, left, size):
    """You took top for the columns and left for the rows. Rows come first: array[top : top + size, left :
    left + size].
    """
    return crop_pair(image, mask, left, top, size)


@CROP_PAIR.wrong
def window_moved_inside(image, mask, top, left, size):
    """You moved the window back so that it fits into the image. It should stay where it is, and be filled up
    beyond the edge.
    """
    top, left = max(0, min(top, mask.shape[0] - size)), max(0, min(left, mask.shape[1] - size))
    return crop_pair(image, mask, top, left, size)


@CROP_PAIR.wrong
def mask_as_int64(image, mask, top, left, size):
    """The ids of your mask are right, but it is int64 and no longer uint8. np.full, for instance, makes int64 of 255
    if it is not told otherwise: pass it dtype=np.uint8.
    """
    part, ids = crop_pair(image, mask, top, left, size)
    return part, ids.astype(np.int64)


@CROP_PAIR.wrong
def both_as_floats(image, mask, top, left, size):
    """Your arrays are floats. np.zeros and np.ones, for instance, make float64 if they are not told otherwise: pass
    them dtype=np.uint8.
    """
    part, ids = crop_pair(image, mask, top, left, size)
    return part.astype(float), ids.astype(float)


@CROP_PAIR.wrong
def filled_above(image, mask, top, left, size):
    """You filled up above and on the left, so the picture slid down. What is missing lies below and on the right: the
    first number of each pair in np.pad is 0.
    """
    part, ids = image[top : top + size, left : left + size], mask[top : top + size, left : left + size]
    above, before = size - ids.shape[0], size - ids.shape[1]
    return (
        np.pad(part, ((above, 0), (before, 0), (0, 0))),
        np.pad(ids, ((above, 0), (before, 0)), constant_values=255),
    )


@CROP_PAIR.wrong
def one_pixel_larger(image, mask, top, left, size):
    """Your window is one pixel too large. The end of a slice is left out, so top : top + size has size rows."""
    return crop_pair(image, mask, top, left, size + 1)


@CROP_PAIR.wrong
def mask_as_floats(image, mask, top, left, size):
    """Your mask is made of floats. np.ones and np.zeros, for instance, make float64 if they are not told otherwise:
    pass them dtype=np.uint8.
    """
    part, ids = crop_pair(image, mask, top, left, size)
    return part, ids.astype(float)


@CROP_PAIR.wrong
def void_where_black(image, mask, top, left, size):
    """You set the mask to void wherever the image is black. An image may have black pixels of its own, and they have
    labels: fill only what lies beyond the edge.
    """
    part, ids = crop_pair(image, mask, top, left, size)
    ids[part.sum(axis=2) == 0] = IGNORE_INDEX
    return part, ids


@CROP_PAIR.wrong
def one_row_and_column_short(image, mask, top, left, size):
    """Your window is one row and one column too small, and they were filled up. The end of a slice is left out already,
    so top : top + size has size rows.
    """
    ends = min(top + size - 1, mask.shape[0]), min(left + size - 1, mask.shape[1])
    return crop_pair(image[: ends[0], : ends[1]], mask[: ends[0], : ends[1]], top, left, size)


@CROP_PAIR.wrong
def window_not_moved_along(image, mask, top, left, size):
    """You padded above and on the left as well. That moves everything down and to the right, and your window stays
    where it was. Pad only below and on the right: the first number of each pair in np.pad is 0.
    """
    image, mask = np.pad(image, ((size, size), (size, size), (0, 0))), np.pad(mask, size, constant_values=255)
    return image[top : top + size, left : left + size], mask[top : top + size, left : left + size]


@CROP_PAIR.wrong
def only_rows_filled(image, mask, top, left, size):
    """You filled up below, but not on the right. Columns may be missing as well as rows: size - part.shape[1] of
    them.
    """
    part, ids = crop_pair(image, mask, top, left, size)
    columns = mask.shape[1] - left
    return part[:, :columns], ids[:, :columns]


@CROP_PAIR.right
def crop_by_canvas(image, mask, top, left, size):
    part, ids = np.zeros((size, size, 3), np.uint8), np.full((size, size), IGNORE_INDEX, np.uint8)
    found = mask[top : top + size, left : left + size]
    part[: found.shape[0], : found.shape[1]] = image[top : top + size, left : left + size]
    ids[: found.shape[0], : found.shape[1]] = found
    return [part, ids]


@CROP_PAIR.right
def crop_padding_first(image, mask, top, left, size):
    image = np.pad(image, ((0, size), (0, size), (0, 0)))
    mask = np.pad(mask, ((0, size), (0, size)), constant_values=IGNORE_INDEX)
    window = np.s_[top : top + size, left : left + size]
    return image[window], mask[window]


@CROP_PAIR.right
def crop_in_torch(image, mask, top, left, size):
    channels = F.pad(torch.from_numpy(image).permute(2, 0, 1), (0, size, 0, size))
    ids = F.pad(torch.from_numpy(mask), (0, size, 0, size), value=255)
    part = channels[:, top : top + size, left : left + size].permute(1, 2, 0)
    return part, ids[top : top + size, left : left + size]


CROP_PAIR.equivalent(
    "crop_pair, line 21: np.pad(part, ((0, below), (0, beside), (0, 0)), constant_values=0)"
    " -> np.pad(part, ((0, below), (0, beside), (0, 0)))",
    because="np.pad fills with 0 by default.",
)
CROP_PAIR.equivalent(
    "crop_pair, line 20: part -> ids",
    because="Both parts are of equal height and width.",
)
