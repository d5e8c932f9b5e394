"""A smaller mask."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from course_lib.checking.exercise import Exercise
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
    small = answer(mask.copy(), size)
    if small is None:
        return None
    small = np.asarray(small)
    facts = {
        "the shape": list(small.shape),
        "the values": "whole numbers" if small.dtype.kind in "biu" else str(small.dtype),
        "ids that the mask does not hold": sorted(set(small.ravel().tolist()) - set(mask.ravel().tolist())),
    }
    if small.shape == (size, size):
        facts["pixels whose id is nowhere in the part of the mask that they cover"] = _strangers(
            small, mask, size
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
    """The old pixels under a new one, where one size is a multiple of the other."""
    start = position * old // new
    return slice(start, max(start + 1, (position + 1) * old // new))


def _draw_resize(rng):
    sides = (2, 4, 8) if rng.random() < 0.5 else (3, 6)
    height, width, size = (int(rng.choice(sides)) for _ in range(3))
    ids = [(0, 1, 2), (0, 2), (0, 2), (0, 1, 255)][rng.integers(4)]
    return rng.choice(ids, size=(height, width)).astype(np.uint8), size


RESIZE_MASK = Exercise(
    resize_mask,
    title="A smaller mask",
    points=2,
    minutes=10,
    source="Study guide, data preparation and labels",
    draw=_draw_resize,
    observe=_observe_resize,
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
    "pixels whose id is nowhere in the part of the mask that they cover": 0,
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


@RESIZE_MASK.right
def resize_by_library(mask, size):
    return pets.resize_mask(mask, size)


@RESIZE_MASK.right
def resize_in_torch(mask, size):
    tensor = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(tensor, size=(size, size), mode="nearest")[0, 0].to(torch.uint8)


@RESIZE_MASK.right
def resize_in_torch_exactly(mask, size):
    tensor = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(tensor, size=(size, size), mode="nearest-exact")[0, 0].long().numpy()


@RESIZE_MASK.right
def resize_in_loops(mask, size):
    height, width = mask.shape
    return [
        [int(mask[row * height // size, column * width // size]) for column in range(size)]
        for row in range(size)
    ]
