"""Crop the skip."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def crop_skip(skip, height, width):
    """Return the middle of a skip, the same pixels.

    Args:
        skip: float (N, C, H, W).
        height: int; H - height is even, and may be 0.
        width: int; W - width is even, and may be 0.

    Returns:
        (N, C, height, width): as much goes at the top as at the bottom, at the left as at the right.
    """
    ### BEGIN SOLUTION
    top = (skip.shape[2] - height) // 2
    left = (skip.shape[3] - width) // 2
    return skip[:, :, top : top + height, left : left + width]
    ### END SOLUTION


def _numbered(*shape):
    """Return a tensor whose every value is its own number, so that a wrong place shows."""
    return torch.arange(float(math.prod(shape))).reshape(shape)


_KINDS = (
    "usual",
    "nothing to crop",
    "only rows",
    "only columns",
    "to one pixel",
    "square",
    "one image",
    "three images",
    "as much as is left",
    "large",
)


def _draw_skip(rng, kind):
    """Draw a skip whose four sizes differ, and the size to crop it to."""
    images, channels, height, width = (int(side) for side in rng.permutation([2, 3, 4, 5]))
    above, beside = (2 * int(half) for half in rng.permutation([1, 2, 3])[:2])
    images = {"one image": 1, "three images": 3}.get(kind, images)
    if kind == "to one pixel":
        height, width = 1, 1
    if kind == "large":
        height, width = height + 9, width + 12
    if kind == "square":
        width, beside = height, above
    if kind == "as much as is left":  # the surplus at the top and at the bottom is as high as the crop
        height, width = above // 2, beside // 2
    above = 0 if kind in ("nothing to crop", "only columns") else above
    beside = 0 if kind in ("nothing to crop", "only rows") else beside
    return _numbered(images, channels, height + above, width + beside), height, width


CROP_SKIP = Exercise(
    crop_skip,
    title="Crop the skip",
    points=1,
    minutes=6,
    source="Study guide, section 5",
    draw=by_kind(_draw_skip, *_KINDS),
    hints=(
        "Height first: of H rows you keep `height`. How many have to go, and how many of these from the top?",
        "top = (skip.shape[2] - height) // 2, and likewise for the left. The rest stays: skip[:, :, ..., ...].",
        "skip[:, :, top : top + height, left : left + width]",
    ),
    why="Unpadded convolutions lose equally on every side, so the middle of the skip shows the same part of the image "
    "as the features do.",
)

CROP_SKIP.worked(
    _numbered(1, 1, 6, 6),
    2,
    4,
    gives=[[[[13.0, 14.0, 15.0, 16.0], [19.0, 20.0, 21.0, 22.0]]]],
    example="crop-6-to-2x4",
)
CROP_SKIP.worked(_numbered(1, 2, 3, 2), 1, 2, gives=[[[[2.0, 3.0]], [[8.0, 9.0]]]])


@CROP_SKIP.wrong
def near_corner(skip, height, width):
    """You kept the top left corner, so the skip is shifted against the features. Leave out half of the
    surplus at the top and at the left first.
    """
    return skip[:, :, :height, :width]


@CROP_SKIP.wrong
def far_corner(skip, height, width):
    """You took the whole surplus off at the top and left. Half of it goes there, the other half at the bottom
    and right.
    """
    return skip[:, :, skip.shape[2] - height :, skip.shape[3] - width :]


@CROP_SKIP.wrong
def one_off(skip, height, width):
    """Your crop starts one pixel too late. Rows count from 0: with 2 to leave out at the top, begin at row 2."""
    top, left = (skip.shape[2] - height) // 2 + 1, (skip.shape[3] - width) // 2 + 1
    return skip[:, :, top : top + height, left : left + width]


@CROP_SKIP.wrong
def swapped(skip, height, width):
    """You cropped the height to the width and the width to the height. The order is (N, C, H, W)."""
    return crop_skip(skip, width, height)


@CROP_SKIP.wrong
def minus_zero(skip, height, width):
    """You cut with [top:-top]. Where nothing is to go, that is [0:-0], which is empty. Take top : top +
    height.
    """
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return skip[:, :, top:-top, left:-left]


@CROP_SKIP.wrong
def of_axes_1_and_2(skip, height, width):
    """You cropped axes 1 and 2. Of (N, C, H, W) these are the channels and the rows: rows and columns are axes 2 and
    3, skip[:, :, ..., ...].
    """
    top, left = (skip.shape[1] - height) // 2, (skip.shape[2] - width) // 2
    return skip[:, top : top + height, left : left + width]


@CROP_SKIP.wrong
def one_too_few(skip, height, width):
    """Your crop is one pixel too small. A slice ends before the number behind its colon, so that needs no - 1: top :
    top + height.
    """
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return skip[:, :, top : top + height - 1, left : left + width - 1]


@CROP_SKIP.wrong
def twice_as_much(skip, height, width):
    """You left out the whole surplus on either side: twice as much as there is. Halve it with //."""
    top, left = skip.shape[2] - height, skip.shape[3] - width
    return skip[:, :, top : skip.shape[2] - top, left : skip.shape[3] - left]


@CROP_SKIP.wrong
def resized(skip, height, width):
    """You resized the skip, which moves its edges against the features. Cropping keeps the very pixels in
    their places, and drops those that the features do not cover.
    """
    return F.interpolate(skip, size=(height, width), mode="nearest")


@CROP_SKIP.wrong
def not_cropped(skip, height, width):
    """Your skip is as large as it was, so it cannot be concatenated. Cut out its middle."""
    return skip


@CROP_SKIP.wrong
def one_offset(skip, height, width):
    """You started the rows and the columns at the same offset. The surplus in width may differ from the one in
    height: compute top and left, each from its own side.
    """
    top = (skip.shape[2] - height) // 2
    return skip[:, :, top : top + height, top : top + width]


@CROP_SKIP.right
def crop_by_padding(skip, height, width):
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return F.pad(skip, (-left, -left, -top, -top))


@CROP_SKIP.right
def crop_by_narrowing(skip, height, width):
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return skip.narrow(2, top, height).narrow(3, left, width)


@CROP_SKIP.right
def crop_by_numpy(skip, height, width):
    _, _, rows, columns = np.shape(skip)
    top, left = (rows - height) // 2, (columns - width) // 2
    return np.array(skip)[..., top : rows - top, left : columns - left]


@CROP_SKIP.right
def crop_by_indices(skip, height, width):
    rows = torch.arange(height) + (skip.shape[2] - height) // 2
    columns = torch.arange(width) + (skip.shape[3] - width) // 2
    return skip[:, :, rows[:, None], columns]
