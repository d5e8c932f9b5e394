"""Crop the skip."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise


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


def _draw_skip(rng):
    images, channels = (int(n) for n in rng.integers(1, 3, size=2))
    height, width = (int(n) for n in rng.integers(1, 5, size=2))
    above, beside = (2 * int(n) for n in rng.integers(0, 4, size=2))
    return _numbered(images, channels, height + above, width + beside), height, width


CROP_SKIP = Exercise(
    crop_skip,
    title="Crop the skip",
    points=1,
    minutes=6,
    source="Study guide, section 5",
    draw=_draw_skip,
    hints=(
        "Height first: of H rows keep `height`. How many are too many, and how many of these lie above the middle?",
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
    """The skip came back as large as it was, so it cannot be concatenated. Cut out its middle."""
    return skip


@CROP_SKIP.right
def crop_by_padding(skip, height, width):
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return F.pad(skip, (-left, -left, -top, -top))


@CROP_SKIP.right
def crop_by_narrowing(skip, height, width):
    for dim, side in ((2, height), (3, width)):
        skip = skip.narrow(dim, (skip.shape[dim] - side) // 2, side)
    return skip.clone()


@CROP_SKIP.right
def crop_by_numpy(skip, height, width):
    array = np.asarray(skip)
    top, left = (array.shape[-2] - height) // 2, (array.shape[-1] - width) // 2
    return array[..., top : array.shape[-2] - top, left : array.shape[-1] - left]


@CROP_SKIP.right
def crop_by_torchvision(skip, height, width):
    from torchvision.transforms.functional import center_crop

    return center_crop(skip, [height, width])
