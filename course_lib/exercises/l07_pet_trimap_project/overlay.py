"""The overlay."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.masks import PALETTE


def overlay(image, class_map, palette):
    """Return the picture with the colours of a class map laid over it: 0.6 of the one, 0.4 of the other.

    Args:
        image: uint8 array (H, W, 3).
        class_map: ids, uint8 array (H, W).
        palette: the colour of each id, uint8 array (C, 3).

    Returns:
        uint8 array (H, W, 3), every value rounded to the nearest whole number.
    """
    ### BEGIN SOLUTION
    colours = palette[class_map]  # (H, W, 3)
    blend = 0.6 * image + 0.4 * colours  # floats
    return np.rint(blend).astype(np.uint8)
    ### END SOLUTION


_CHANGED = "changed, and whoever still uses it sees that: write into a new array"


def _observe_overlay(answer, image, class_map, palette):
    before = image.copy()
    picture = answer(image, class_map, palette)
    if picture is None:
        return None
    array = np.asarray(picture)
    return {
        "the dtype": str(array.dtype),
        "the overlay": array.tolist(),
        "the image that was passed in": "unchanged" if np.array_equal(image, before) else _CHANGED,
    }


_KINDS = (
    "usual",
    "square",
    "one pixel",
    "one row",
    "as high and wide as there are channels",
    "more classes",
    "a class is absent",
    "black and white",
    "ends in .4 and .6",
)


def _draw_overlay(rng, kind):
    """Draw an image, a class map in which class 0 and another one occur, and a palette of three colours."""
    height, width = (int(side) for side in rng.choice([2, 4, 5], 2, replace=False))
    height, width = {
        "square": (width, width),
        "one pixel": (1, 1),
        "one row": (1, width),
        "as high and wide as there are channels": (3, 3),
    }.get(kind, (height, width))
    palette = rng.permutation(PALETTE[:3])
    if kind == "more classes":
        palette = rng.integers(0, 256, (5, 3)).astype(np.uint8)
    class_map = rng.integers(0, len(palette), (height, width)).astype(np.uint8)
    class_map.flat[:2] = [0, len(palette) - 1][: class_map.size]
    if kind == "a class is absent":
        class_map[class_map == 1] = 0
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    if kind == "black and white":
        image[:] = rng.permutation([0, 255] * image.size)[: height * width].reshape(height, width, 1)
    if kind == "ends in .4 and .6":
        image[0, :2] = 3 + 5 * rng.integers(0, 50, (2, 3))  # 0.6 of them ends in .8
        palette[[0, -1]] = 5 * rng.integers(0, 25, (2, 3)) + [[4], [2]]  # 0.4 of them ends in .6 and .8
    return image, class_map, palette


OVERLAY = Exercise(
    overlay,
    title="The overlay",
    points=2,
    minutes=6,
    source="Losses and metrics, what to log every epoch",
    draw=by_kind(_draw_overlay, *_KINDS),
    observe=_observe_overlay,
    hints=(
        "Two steps: from ids to colours, then a weighted sum of two pictures of the same shape.",
        "Indexing does the first step for all pixels at once: palette[class_map] has shape (H, W, 3).",
        "np.rint(0.6 * image + 0.4 * palette[class_map]) is right but still float; end it with .astype(np.uint8).",
    ),
    why="The weights add up to 1, so the blend stays within 0 to 255, and a product with a float is a float: "
    "nothing wraps round before you convert back.",
)

OVERLAY.worked(
    np.array([[[200, 100, 50], [255, 255, 255], [10, 20, 30]]], dtype=np.uint8),
    np.array([[0, 1, 2]], dtype=np.uint8),
    np.array([[213, 94, 0], [0, 114, 178], [240, 228, 66]], dtype=np.uint8),
    gives={
        "the dtype": "uint8",
        "the overlay": [[[205, 98, 30], [153, 199, 224], [102, 103, 44]]],
        "the image that was passed in": "unchanged",
    },
    example="overlay",
)
OVERLAY.worked(
    np.array([[[0, 0, 0]], [[255, 255, 255]]], dtype=np.uint8),
    np.array([[0], [0]], dtype=np.uint8),
    np.array([[255, 100, 1]], dtype=np.uint8),
    gives={
        "the dtype": "uint8",
        "the overlay": [[[102, 40, 0]], [[255, 193, 153]]],
        "the image that was passed in": "unchanged",
    },
)


@OVERLAY.wrong
def swapped_weights(image, class_map, palette):
    """You took 0.4 of the picture and 0.6 of the colour: the colour then hides what it should be compared
    with. The picture gets the larger weight, 0.6.
    """
    colours = palette[class_map]
    blend = 0.4 * image + 0.6 * colours
    return np.rint(blend).astype(np.uint8)


@OVERLAY.wrong
def half_and_half(image, class_map, palette):
    """You took the mean of picture and colour. The weights here are 0.6 for the picture and 0.4 for the
    colour.
    """
    colours = palette[class_map]
    blend = 0.5 * image + 0.5 * colours
    return np.rint(blend).astype(np.uint8)


@OVERLAY.wrong
def cut_decimals(image, class_map, palette):
    """Decimals were cut off, as astype(np.uint8) and // do: 97.6 became 97. Round first, with np.rint, then convert."""
    colours = palette[class_map]
    blend = 0.6 * image + 0.4 * colours
    return blend.astype(np.uint8)


@OVERLAY.wrong
def left_as_floats(image, class_map, palette):
    """Your values are floats between 0 and 255. Matplotlib takes floats for 0 to 1 and would show white, and
    no PNG can hold them: round, then convert with astype(np.uint8).
    """
    colours = palette[class_map]
    blend = 0.6 * image + 0.4 * colours
    return blend


@OVERLAY.wrong
def overflow(image, class_map, palette):
    """You calculated in uint8, where 6 * 200 is not 1200 but 176, because 255 is followed by 0. Multiply by
    floats, or convert to int first; go back to uint8 at the very end.
    """
    colours = palette[class_map]
    blend = (6 * image + 4 * colours) / 10  # the sum stays uint8, and wraps round at 256
    return np.rint(blend).astype(np.uint8)


@OVERLAY.wrong
def ids_for_colours(image, class_map, palette):
    """You blended in the ids 0, 1 and 2 themselves, which are three shades of black. Look the colours up
    first: palette[class_map] has shape (H, W, 3).
    """
    colours = class_map[..., None]
    blend = 0.6 * image + 0.4 * colours
    return np.rint(blend).astype(np.uint8)


@OVERLAY.wrong
def class_zero_left_bare(image, class_map, palette):
    """You left the pixels of class 0 as they were. Here class 0 is the pet, not the background: every class
    has a colour, and every pixel gets one.
    """
    return np.where(class_map[..., None] > 0, overlay(image, class_map, palette), image)


@OVERLAY.wrong
def added_on_top(image, class_map, palette):
    """You added 0.4 of the colour to the whole picture, so bright pixels turn white. The weights have to add
    up to 1: 0.6 of the picture.
    """
    return np.rint(np.clip(image + 0.4 * palette[class_map], 0, 255)).astype(np.uint8)


@OVERLAY.wrong
def rounded_apart(image, class_map, palette):
    """You rounded picture and colour before adding them, so some sums are off by 1. Add first, then round once."""
    colours = palette[class_map]
    blend = np.rint(0.6 * image) + np.rint(0.4 * colours)
    return np.rint(blend).astype(np.uint8)


@OVERLAY.wrong
def rounded_floats(image, class_map, palette):
    """Your values are rounded, but they are still floats, and no PNG can hold them: end with astype(np.uint8)."""
    colours = palette[class_map]
    blend = 0.6 * image + 0.4 * colours
    return np.rint(blend)


@OVERLAY.wrong
def rows_for_columns(image, class_map, palette):
    """Both of your loops run over the number of rows, so in a picture that is wider than high the columns on the right
    stay empty. image.shape is (H, W, 3): the columns are image.shape[1].
    """
    result = np.zeros_like(image)
    for row in range(image.shape[0]):
        for column in range(image.shape[0]):
            blend = 0.6 * image[row, column] + 0.4 * palette[class_map[row, column]]
            result[row, column] = np.rint(blend)
    return result


@OVERLAY.right
def by_average(image, class_map, palette):
    both = [image, np.take(palette, class_map, axis=0)]
    return np.average(both, axis=0, weights=[0.6, 0.4]).round().astype(np.uint8)


@OVERLAY.right
def in_whole_numbers(image, class_map, palette):
    tenths = 6 * image.astype(int) + 4 * palette.astype(int)[class_map]
    return ((tenths + 5) // 10).astype("uint8")


@OVERLAY.right
def by_pixel(image, class_map, palette):
    result = image.copy()
    for row, column, channel in np.ndindex(image.shape):
        colour = palette[class_map[row, column], channel]
        result[row, column, channel] = round(0.6 * image[row, column, channel] + 0.4 * colour)
    return result


@OVERLAY.right
def in_torch(image, class_map, palette):
    colours = torch.from_numpy(palette)[torch.from_numpy(class_map).long()]
    return (0.6 * torch.from_numpy(image) + 0.4 * colours).round().to(torch.uint8)


OVERLAY.equivalent(
    "in_whole_numbers, line 4: (tenths + 5) // 10 -> (tenths + 5) / 10",
    because="The conversion to uint8 cuts decimals off.",
)

OVERLAY.equivalent(
    "in_whole_numbers, line 4: 5 -> 4",
    because="The tenths are even numbers: none is halfway between two whole numbers.",
)

OVERLAY.equivalent(
    "by_pixel, line 4: image -> result",
    "by_pixel, line 6: image -> result",
    because="The result begins as a copy of the image, and no value is read after it was replaced.",
)

OVERLAY.equivalent(
    "in_torch, line 3: torch.from_numpy(palette) -> palette",
    because="A tensor can index an array, and be added to one.",
)
