"""Mend run I: crop image and mask together."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def crop_pairs(images, masks, tops, lefts, side):
    """Cut the same crops out of images and masks.

    Args:
        images: tensor (N, C, H, W).
        masks: tensor (N, H, W).
        tops: a list of N int, the upper row of each crop, the same in an image and in its mask.
        lefts: a list of N int, the left column of each crop.
        side: int.

    Returns:
        Two tensors: crops (N, C, side, side) of the images and (N, side, side) of the masks.
    """
    ### BEGIN SOLUTION
    image_crops, mask_crops = [], []
    for image, mask, top, left in zip(images, masks, tops, lefts, strict=True):
        rows, columns = slice(top, top + side), slice(left, left + side)
        image_crops.append(image[:, rows, columns])
        mask_crops.append(mask[rows, columns])
    return torch.stack(image_crops), torch.stack(mask_crops)
    ### END SOLUTION


def _two_tensors(answer, images, masks, tops, lefts, side):
    crops = answer(images, masks, tops, lefts, side)
    if crops is None:
        return None
    if isinstance(crops, torch.Tensor):
        raise TypeError("got one tensor, expected two: the crops of the images, and the crops of the masks")
    of_images, of_masks = crops
    return {
        "what came back": [type(of_images).__name__, type(of_masks).__name__],
        "the crops of the images": of_images,
        "the crops of the masks": of_masks,
    }


_SIZES = {  # of the images, the rows, the columns and the side of the crops; exchanged corners fit, too
    "two crops": ((2, 3, 6, 7), [0, 3], [2, 1], 3),
    "one crop": ((1, 3, 7, 5), [1], [2], 2),
    "three crops, at the edges": ((3, 2, 6, 6), [0, 3, 1], [3, 0, 2], 3),
    "one channel": ((2, 1, 5, 8), [2, 0], [1, 3], 2),
    "whole images": ((2, 3, 4, 4), [0, 0], [0, 0], 4),
    "one pixel": ((3, 3, 3, 4), [0, 2, 1], [1, 0, 2], 1),
}


def _draw_crops(rng, kind):
    shape, tops, lefts, side = _SIZES[kind]
    images = rng.permutation(np.prod(shape)).reshape(shape).astype(np.float32)
    masks = rng.integers(0, 3, (shape[0], *shape[2:]))
    return torch.from_numpy(images), torch.from_numpy(masks), tops, lefts, side


CROP_PAIRS = Exercise(
    crop_pairs,
    title="Mend run I: crop image and mask together",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 2",
    draw=by_kind(_draw_crops, *_SIZES),
    observe=_two_tensors,
    hints=(
        "Whatever is done to an image is done to its mask, with the same numbers.",
        "Loop over zip(images, masks, tops, lefts), slice both, and put the crops together with torch.stack.",
        "image[:, top : top + side, left : left + side] and mask[top : top + side, left : left + side].",
    ),
    why="Geometry belongs to the pair. Draw the numbers once, and use them twice; colours may change only in the "
    "image.",
)

_STEPS = torch.arange(16.0).reshape(1, 1, 4, 4)  # 0 1 2 3 / 4 5 6 7 / 8 9 10 11 / 12 13 14 15

CROP_PAIRS.worked(
    _STEPS,
    (_STEPS[0] % 3).long(),
    [1],
    [2],
    2,
    gives={
        "what came back": ["Tensor", "Tensor"],
        "the crops of the images": [[[[6.0, 7], [10, 11]]]],
        "the crops of the masks": [[[0, 1], [1, 2]]],
    },
)


def _cropped(pictures, tops, lefts, side):
    return torch.stack(
        [p[..., t : t + side, s : s + side] for p, t, s in zip(pictures, tops, lefts, strict=True)]
    )


@CROP_PAIRS.wrong
def masks_in_the_corner(images, masks, tops, lefts, side):
    """You cropped every mask in the upper left corner. Such a crop has the right size, but shows another part of the
    picture: use the image's top and left.
    """
    return _cropped(images, tops, lefts, side), masks[:, :side, :side]


@CROP_PAIRS.wrong
def whole_masks(images, masks, tops, lefts, side):
    """You left the masks whole. They must lose the same pixels as their images: mask[top : top + side, left : left +
    side].
    """
    return _cropped(images, tops, lefts, side), masks


@CROP_PAIRS.wrong
def masks_with_exchanged_corners(images, masks, tops, lefts, side):
    """In the masks you took tops for columns and lefts for rows. Rows come first: mask[top:..., left:...]."""
    return _cropped(images, tops, lefts, side), _cropped(masks, lefts, tops, side)


@CROP_PAIRS.wrong
def exchanged_corners(images, masks, tops, lefts, side):
    """You took tops for columns and lefts for rows. Image and mask still fit together, but the crops are not the ones
    that were asked for: rows come first.
    """
    return _cropped(images, lefts, tops, side), _cropped(masks, lefts, tops, side)


@CROP_PAIRS.wrong
def all_at_the_first_place(images, masks, tops, lefts, side):
    """You cropped all pictures at the place of the first. Each picture has its own top and left: go through them one by
    one.
    """
    return _cropped(images, tops[:1] * len(tops), lefts[:1] * len(tops), side), _cropped(
        masks, tops[:1] * len(tops), lefts[:1] * len(tops), side
    )


@CROP_PAIRS.wrong
def lists_of_crops(images, masks, tops, lefts, side):
    """Your crops lie in two lists. A network takes a batch: torch.stack makes one tensor of
    each list.
    """
    return tuple(list(crops) for crops in crop_pairs(images, masks, tops, lefts, side))


@CROP_PAIRS.wrong
def masks_first(images, masks, tops, lefts, side):
    """You returned the masks first. Return the images first, and then the masks."""
    return crop_pairs(images, masks, tops, lefts, side)[::-1]


@CROP_PAIRS.wrong
def side_taken_for_the_end(images, masks, tops, lefts, side):
    """You sliced top:side. The second number of a slice is where it ends, not how long it is: top : top + side."""
    corners = list(zip(tops, lefts, strict=True))
    return (
        torch.stack([p[:, t:side, s:side] for p, (t, s) in zip(images, corners, strict=True)]),
        torch.stack([p[t:side, s:side] for p, (t, s) in zip(masks, corners, strict=True)]),
    )


@CROP_PAIRS.wrong
def channels_for_rows(images, masks, tops, lefts, side):
    """You sliced the channels and rows of the images. Their axes are (C, H, W), so rows come second: image[:, top : top
    + side, left : left + side].
    """
    corners = list(zip(tops, lefts, strict=True))
    return (
        torch.stack([p[t : t + side, s : s + side] for p, (t, s) in zip(images, corners, strict=True)]),
        _cropped(masks, tops, lefts, side),
    )


@CROP_PAIRS.wrong
def one_pixel_larger(images, masks, tops, lefts, side):
    """Your crops are one pixel too large. The end of a slice is left out, so top : top + side has side rows."""
    return tuple(_cropped(pictures, tops, lefts, side + 1) for pictures in (images, masks))


@CROP_PAIRS.wrong
def masks_elsewhere(images, masks, tops, lefts, side):
    """Your masks are cropped at other places than their images. Image n and mask n share tops[n] and
    lefts[n].
    """
    return _cropped(images, tops, lefts, side), _cropped(masks, tops[::-1], lefts[::-1], side)


@CROP_PAIRS.right
def crops_joined(images, masks, tops, lefts, side):
    both = torch.cat([images, masks.unsqueeze(1)], dim=1)
    crops = _cropped(both, tops, lefts, side)
    return crops[:, :-1], crops[:, -1].to(masks.dtype)


@CROP_PAIRS.right
def crops_by_index(images, masks, tops, lefts, side):
    rows = torch.tensor(tops)[:, None] + torch.arange(side)  # (N, side)
    columns = torch.tensor(lefts)[:, None] + torch.arange(side)
    n = torch.arange(len(images))[:, None, None]
    return (
        images[n, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2),
        masks[n, rows[:, :, None], columns[:, None, :]],
    )


@CROP_PAIRS.right
def crops_by_narrow(images, masks, tops, lefts, side):
    def cut(picture, top, left):
        return picture.narrow(-2, top, side).narrow(-1, left, side)

    return [
        torch.stack([cut(*each) for each in zip(batch, tops, lefts, strict=True)])
        for batch in (images, masks)
    ]


CROP_PAIRS.equivalent(
    "crops_by_index, line 5: images -> masks",
    "crops_by_index, line 5: images -> tops",
    "crops_by_index, line 5: images -> lefts",
    "crops_by_index, line 5: images -> rows",
    "crops_by_index, line 5: images -> columns",
    because="There are as many images, masks and corners.",
)
