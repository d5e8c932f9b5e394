"""Label maps: arrays of class ids, one per pixel. Checks, label PNGs, pet trimaps, colours, overlays.

A *label map* (mask, class map) is an integer array of shape (H, W) whose values are class ids 0..C-1, and
``IGNORE_INDEX`` where a pixel has no label. Functions take NumPy arrays, nested lists and torch tensors.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.class_ids import (
    IGNORE_INDEX,
    as_class_ids,
    as_map,
    check_class_ids,
    check_label_map,
    is_tensor,
    listed,
)
from course_lib.label_png import read_label_png, write_label_png

__all__ = [
    "IGNORE_INDEX",
    "PALETTE",
    "PET_CLASSES",
    "as_class_ids",
    "check_class_ids",
    "check_label_map",
    "colorize",
    "is_tensor",
    "overlay",
    "palette_for",
    "read_label_png",
    "trimap_to_classes",
    "write_label_png",
]

PET_CLASSES = ("pet", "background", "border")
"""Class names of the Oxford-IIIT Pet trimaps, in the order of the ids 0, 1, 2."""

_BLUE = 1  # its place in the palette

# Okabe & Ito, "Color Universal Design" (2008). The first three colour the pet classes: of its hues they stay
# furthest apart under protanopia, deuteranopia and tritanopia.
_OKABE_ITO = np.array(
    [
        (213, 94, 0),  # vermillion
        (0, 114, 178),  # blue
        (240, 228, 66),  # yellow
        (0, 158, 115),  # bluish green
        (230, 159, 0),  # orange
        (86, 180, 233),  # sky blue
        (204, 121, 167),  # reddish purple
        (0, 0, 0),  # black
    ],
    dtype=np.uint8,
)


def _build_palette() -> NDArray[np.uint8]:
    """Return 256 colours: Okabe-Ito, its seven hues lighter, then darker, these 22 again; grey for 255."""
    hues = _OKABE_ITO[:-1]
    distinct = np.concatenate([_OKABE_ITO, hues // 2 + 127, hues // 2])  # (22, 3)
    palette = distinct[np.arange(256) % len(distinct)]
    palette[IGNORE_INDEX] = 128
    return palette


PALETTE = _build_palette()
"""uint8 (256, 3): the RGB colour of every class id. The first 22 and grey, the ignored id's, are distinct."""
PALETTE.flags.writeable = False


def palette_for(background: int = 1) -> NDArray[np.uint8]:
    """Return ``PALETTE`` with blue for the background, whatever its id is, so that a colour always means the same.

    Args:
        background: the id of the background; as for the pets, 1, if not given. The id 1 gets its colour in exchange.

    Returns:
        uint8 (256, 3).
    """
    palette = PALETTE.copy()
    palette[[_BLUE, background]] = PALETTE[[background, _BLUE]]
    return palette


def trimap_to_classes(trimap: Any) -> NDArray[np.uint8]:
    """Turn the ids in the pet files, 1 pet, 2 background, 3 border, into 0, 1, 2 (``PET_CLASSES``), uint8.

    Source: worked example trimap-ids of the losses-and-metrics notes. Any shape is accepted, and kept.

    Raises:
        ValueError: it holds other ids, which the message names.
    """
    ids = as_class_ids(trimap, "the trimap")
    if ids.min() < 1 or ids.max() > 3:
        wrong = [i for i in np.unique(ids).tolist() if not 1 <= i <= 3]
        raise ValueError(
            f"the trimap holds {listed(wrong)}, but pet trimaps hold 1 pet, 2 background and 3 border: pass "
            "the file as it was read, neither converted before nor resized with interpolation"
        )
    return ids.astype(np.uint8) - np.uint8(1)


def colorize(class_map: Any, background: int = 1) -> NDArray[np.uint8]:
    """Colour class ids (H, W) in 0..255, as uint8 RGB (H, W, 3): the background's is blue, 255, ignored, is grey."""
    return palette_for(background)[as_map(class_map, "the class map")]  # (H, W, 3)


def overlay(image: Any, class_map: Any, alpha: float = 0.4, background: int = 1) -> NDArray[np.uint8]:
    """Lay class colours over the image: (1 - alpha) * RGB + alpha * colour, rounded to the nearest integer.

    Source: worked example overlay of the losses-and-metrics notes (0.6 * RGB + 0.4 * colour).

    Args:
        image: uint8 RGB (H, W, 3).
        class_map: class ids (H, W).
        alpha: share of the colour, 0..1.
        background: the id that is blue.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        ValueError: the two differ in size, the image is not uint8 (H, W, 3), or alpha is not in 0..1.
    """
    rgb = np.asarray(image.detach().cpu() if is_tensor(image) else image)
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise ValueError(
            f"the image is {rgb.dtype} of shape {rgb.shape}, expected uint8 (H, W, 3): undo the "
            "normalisation of a network's input, and reorder (3, H, W) with permute(1, 2, 0)"
        )
    colour = colorize(class_map, background)  # (H, W, 3)
    if colour.shape != rgb.shape:
        raise ValueError(
            f"the image has height and width {rgb.shape[:2]}, the class map {colour.shape[:2]}: resize the "
            "class map to the image, with nearest neighbour"
        )
    if not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha is {alpha}, but the share of the colour must be in 0..1: pass e.g. alpha=0.4"
        )
    return np.rint((1 - alpha) * rgb + alpha * colour).astype(np.uint8)
