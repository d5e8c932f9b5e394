"""A smaller mask."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.data import pets


def resize_mask(mask, size):
    """Return the mask at another size; every new pixel takes the id of the old pixel that lies nearest.

    Args:
        mask: ids, uint8 array (H, W), perhaps not square.
        size: int, the side of the result.

    Returns:
        An integer array (size, size) that holds no id which the mask does not hold.
    """
    ### BEGIN SOLUTION
    height, width = mask.shape
    rows = (np.arange(size) + 0.5) * height / size  # where the middle of each new row lies in the old mask
    columns = (np.arange(size) + 0.5) * width / size
    return mask[rows.astype(int)][:, columns.astype(int)]  # (size, size)
    ### END SOLUTION


def _observe_resize(answer, mask, size):
    """Look at what all kinds of nearest neighbour have in common: of several near pixels, each takes another."""
    before = mask.copy()
    small = answer(mask, size)
    if small is None:
        return None
    small = np.asarray(small)
    facts = {
        "the shape": list(small.shape),
        "the values": "whole numbers" if small.dtype.kind in "biu" else str(small.dtype),
        "ids that the mask does not hold": sorted(set(small.ravel().tolist()) - set(before.ravel().tolist())),
    }
    if small.shape == (size, size):
        facts["pixels with an id that the old mask does not have at that place"] = _strangers(
            small, before, size
        )
    return facts


def _strangers(small, mask, size):
    """Count the new pixels whose id is not among the old pixels that they cover."""
    height, width = mask.shape
    count = 0
    for row in range(size):
        for column in range(size):
            part = mask[_covered(row, height, size)][:, _covered(column, width, size)]
            count += small[row, column] not in part
    return int(count)


def _covered(position, old, new):
    """The old pixels that a new one covers, at least in part."""
    return slice(position * old // new, -(-(position + 1) * old // new))


_SIZES = {  # height, width and size
    "smaller": (8, 12, 4),
    "larger": (4, 2, 8),
    "much larger": (3, 4, 12),
    "smaller and larger": (4, 16, 8),
    "square": (12, 12, 6),
    "as it is": (7, 7, 7),
    "as high as it was": (6, 12, 6),
    "no multiple": (8, 11, 5),
    "larger by no multiple": (5, 3, 7),
    "one row": (1, 9, 3),
    "one pixel": (6, 8, 1),
    "void": (12, 8, 4),
    "one class": (8, 4, 4),
}

_FEW_IDS = {"smaller": (0, 2), "void": (0, 1, 255), "one class": (2,)}


def _draw_resize(rng, kind):
    height, width, size = _SIZES[kind]
    if rng.random() < 0.5 and kind != "as high as it was":
        height, width = width, height
    if kind in _FEW_IDS:
        return rng.choice(_FEW_IDS[kind], size=(height, width)).astype(np.uint8), size
    # Every pixel has an id of its own, so that none is right by chance.
    return rng.permutation(height * width).astype(np.uint8).reshape(height, width), size


RESIZE_MASK = Exercise(
    resize_mask,
    title="A smaller mask",
    points=2,
    minutes=10,
    source="Study guide, data preparation and labels",
    draw=by_kind(_draw_resize, *_SIZES),
    observe=_observe_resize,
    fresh_cases=13,
    hints=(
        "You never have to calculate an id. You only have to choose, for every new pixel, which old one to copy.",
        "New row number i has its middle at (i + 0.5) * height / size in the old mask. Cut off the decimals: "
        "that is the old row. Columns likewise, with the width.",
        "rows = ((np.arange(size) + 0.5) * height / size).astype(int), columns with width, then return "
        "mask[rows][:, columns].",
    ),
    why="A copied id is always one that was there. An average of ids would be another class.",
)

_AS_EXPECTED = {
    "the values": "whole numbers",
    "ids that the mask does not hold": [],
    "pixels with an id that the old mask does not have at that place": 0,
}

RESIZE_MASK.worked(np.array([[0, 2], [2, 0]], dtype=np.uint8), 4, gives={"the shape": [4, 4], **_AS_EXPECTED})
RESIZE_MASK.worked(
    np.array([[0, 0, 2, 2], [2, 2, 2, 2]], dtype=np.uint8), 2, gives={"the shape": [2, 2], **_AS_EXPECTED}
)


@RESIZE_MASK.wrong
def bilinear(mask, size):
    """Your mask holds ids that were not there: between 0, pet, and 2, border, bilinear resizing puts 1,
    background. An id is a name, and names have no average: take the nearest pixel.
    """
    return np.array(Image.fromarray(mask).resize((size, size), Image.Resampling.BILINEAR))


@RESIZE_MASK.wrong
def bicubic(mask, size):
    """Pillow resizes bicubically unless told otherwise, which mixes ids into other ids. Ask for
    Image.Resampling.NEAREST.
    """
    return np.array(Image.fromarray(mask).resize((size, size), Image.Resampling.BICUBIC))


@RESIZE_MASK.wrong
def bilinear_left_as_floats(mask, size):
    """Bilinear resizing gave you fractions of ids, such as 0.5, and no class has that id. Use mode='nearest',
    and go back to integers.
    """
    tensor = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(tensor, size=(size, size), mode="bilinear")[0, 0].numpy()


@RESIZE_MASK.wrong
def numpy_resize(mask, size):
    """np.resize does not scale a picture: it reads the ids one after the other and fills the new shape with
    them. Choose for each new row and column the old one it lies in, and index with them.
    """
    return np.resize(mask, (size, size))


@RESIZE_MASK.wrong
def cropped(mask, size):
    """You cut the corner off instead of making the whole mask smaller: its image will be squeezed as a whole,
    so the two no longer fit.
    """
    return mask[:size, :size]


@RESIZE_MASK.wrong
def sides_swapped(mask, size):
    """You worked out the rows from the width, and the columns from the height. mask.shape is (height, width):
    rows belong to the height.
    """
    height, width = mask.shape
    rows = np.arange(size) * width // size
    columns = np.arange(size) * height // size
    return mask[rows][:, columns]


@RESIZE_MASK.wrong
def transposed(mask, size):
    """Your mask is mirrored about its diagonal: rows and columns have changed places. Index rows first,
    mask[rows][:, columns].
    """
    return resize_mask(mask, size).T


@RESIZE_MASK.wrong
def height_for_both(mask, size):
    """You worked out the columns from the height, as if the mask were square. Columns belong to the width."""
    rows = ((np.arange(size) + 0.5) * len(mask) / size).astype(int)
    return mask[rows][:, np.minimum(rows, mask.shape[1] - 1)]


@RESIZE_MASK.wrong
def diagonal_only(mask, size):
    """You indexed with both lists at once, which pairs them off: one pixel for each row. Take the rows first, then
    the columns: mask[rows][:, columns].
    """
    height, width = mask.shape
    return mask[np.arange(size) * height // size, np.arange(size) * width // size]


@RESIZE_MASK.wrong
def whole_steps(mask, size):
    """You took every n-th pixel. That gives the right size only where it divides the old one: work out for each new
    row and column the old one it lies in.
    """
    height, width = mask.shape
    return mask[:: max(1, height // size), :: max(1, width // size)]


@RESIZE_MASK.wrong
def steps_rounded_down(mask, size):
    """You rounded the step down before you multiplied. From 8 rows to 5, `8 // 5` is 1, and the lowest rows are never
    copied; where the mask gets larger, it is 0. Multiply first: `np.arange(size) * height // size`.
    """
    height, width = mask.shape
    return mask[np.arange(size) * (height // size)][:, np.arange(size) * (width // size)]


@RESIZE_MASK.wrong
def steps_of_one_at_least(mask, size):
    """Your step is rounded down, and 1 where it would be 0, so the mask's far rows and columns are not spread over the
    result. Multiply before you divide: `np.arange(size) * height // size`.
    """
    height, width = mask.shape
    rows = np.arange(size) * max(1, height // size)
    columns = np.arange(size) * max(1, width // size)
    return mask[rows.clip(max=height - 1)][:, columns.clip(max=width - 1)]


@RESIZE_MASK.wrong
def corner_on_corner(mask, size):
    """You spread the rows from the first to the last, corner on corner, as `np.linspace(0, height - 1, size)` does.
    Where the mask gets larger, those at the edge get too small a share. Each new pixel copies the old one that its
    middle lies in: row number `(i + 0.5) * height / size`, without the decimals.
    """
    height, width = mask.shape
    rows = np.linspace(0, height - 1, size).round().astype(int)
    return mask[rows][:, np.linspace(0, width - 1, size).round().astype(int)]


@RESIZE_MASK.wrong
def corner_on_corner_cut_off(mask, size):
    """You spread the rows from the first to the last and cut off the decimals, so that where the mask gets larger the
    last row is copied only once. Multiply by `height / size`: the middle of new row `i` lies in the old row
    `(i + 0.5) * height / size`, without the decimals.
    """
    height, width = mask.shape
    rows = np.linspace(0, height - 1, size).astype(int)
    return mask[rows][:, np.linspace(0, width - 1, size).astype(int)]


@RESIZE_MASK.right
def resize_by_library(mask, size):
    return pets.resize_mask(mask, size)


@RESIZE_MASK.right
def resize_in_torch(mask, size):
    tensor = torch.from_numpy(mask)[None, None]  # (1, 1, H, W)
    return F.interpolate(tensor, size=(size, size)).view(size, size)


@RESIZE_MASK.right
def resize_in_torch_exactly(mask, size):
    tensor = torch.from_numpy(mask)[None, None]  # (1, 1, H, W)
    return F.interpolate(tensor, size=(size, size), mode="nearest-exact").view(size, size)


@RESIZE_MASK.right
def resize_in_loops(mask, size):
    height, width = mask.shape
    return [
        [mask[row * height // size, column * width // size] for column in range(size)] for row in range(size)
    ]


RESIZE_MASK.equivalent(
    "resize_mask, line 13: (np.arange(size) + 0.5) * height / size -> "
    "(np.arange(size) + 0.5) * height // size",
    "resize_mask, line 14: (np.arange(size) + 0.5) * width / size -> (np.arange(size) + 0.5) * width // size",
    because="The decimals are cut off anyway.",
)

RESIZE_MASK.equivalent(
    "resize_mask, line 13: np.arange(size) + 0.5 -> np.arange(size)",
    "resize_mask, line 14: np.arange(size) + 0.5 -> np.arange(size)",
    "resize_mask, line 13: 0.5 -> 0.0",
    "resize_mask, line 14: 0.5 -> 0.0",
    "resize_in_torch_exactly, line 4: F.interpolate(tensor, size=(size, size), mode='nearest-exact') -> "
    "F.interpolate(tensor, size=(size, size))",
    because="The pixel nearest to the upper left corner will do as well: it is what torch's 'nearest' takes.",
)
