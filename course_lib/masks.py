"""Label maps: arrays of class ids, one per pixel. Checks, label PNGs, pet trimaps, colours, overlays.

A *label map* (mask, class map) is an integer array of shape (H, W) whose values are class ids 0..C-1, and
``IGNORE_INDEX`` where a pixel has no label. Functions take NumPy arrays, nested lists and torch tensors.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.files import atomic_path

IGNORE_INDEX = 255
"""The id of a pixel without a label ("void"): losses and scores leave it out."""

PET_CLASSES = ("pet", "background", "border")
"""Class names of the Oxford-IIIT Pet trimaps, in the order of the ids 0, 1, 2."""

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


def as_class_ids(label_map: Any, name: str = "the mask") -> NDArray[Any]:
    """Return ``label_map`` as an integer NumPy array, booleans as 0 and 1; copied only if it must be.

    Raises:
        TypeError: it holds something other than integers or booleans.
        ValueError: it is a nested list whose rows differ in length, or holds no pixel.
    """
    if is_tensor(label_map):
        check_class_ids(label_map, name)  # before the conversion: NumPy has no bfloat16
        label_map = label_map.cpu().numpy()
    try:
        ids = np.asarray(label_map)
    except ValueError:
        raise ValueError(
            f"{name} is a nested list whose rows differ in length: give every row W ids"
        ) from None
    check_class_ids(ids, name)
    return ids.view(np.uint8) if ids.dtype == np.bool_ else ids


def is_tensor(array: Any) -> bool:
    """Tell a torch tensor from anything else, without importing torch."""
    return hasattr(array, "is_floating_point")


def check_class_ids(array: Any, name: str = "the mask") -> None:
    """Raise unless an array or tensor holds integers or booleans, and at least one; read none of them."""
    shape = tuple(array.shape)
    if 0 in shape:
        raise ValueError(f"{name} of shape {shape} holds no pixel: pass at least one")
    if not _holds_integers(array):
        raise TypeError(
            f"{name} is {array.dtype} of shape {shape}, but class ids are integers: turn logits (N, C, H, W) "
            "into ids with logits.argmax(dim=1), and read masks without scaling them to 0..1"
        )


def _holds_integers(array: Any) -> bool:
    if is_tensor(array):
        return not (array.is_floating_point() or array.is_complex())
    return array.dtype.kind in "biu"


def check_label_map(
    label_map: Any, num_classes: int, ignore_index: int | None = None, name: str = "the mask"
) -> None:
    """Raise unless every id is in 0..num_classes-1 or equals ``ignore_index``.

    Args:
        label_map: class ids of any shape, usually (H, W) or (N, H, W), of any integer dtype; not empty.
        num_classes: C.
        ignore_index: one more id to let through, e.g. ``IGNORE_INDEX``.
        name: what to call it in the error, e.g. the file it came from.

    Raises:
        ValueError: it holds other ids, which the message names, or no pixel.
        TypeError: it does not hold integers.
    """
    ids = as_class_ids(label_map, name)
    if ids.min() >= 0 and ids.max() < num_classes:
        return
    found = np.unique(ids).tolist()
    wrong = [i for i in found if not 0 <= i < num_classes and i != ignore_index]
    if wrong:
        ignored = "" if ignore_index is None else f" ({ignore_index} is ignored)"
        raise ValueError(
            f"{name} holds {_listed(wrong)}, but the ids of {num_classes} classes are "
            f"0..{num_classes - 1}{ignored}: {_advice(ids, found, num_classes)}"
        )


def _advice(ids: NDArray[Any], found: list[int], num_classes: int) -> str:
    """Guess from the ids and the shape how the mask went wrong, and say how to mend it."""
    if ids.ndim == 3 and ids.shape[-1] in (3, 4):
        return (
            f"shape {ids.shape} looks like a colour picture (H, W, {ids.shape[-1]}), so map each colour to a "
            "class id, which gives (H, W)"
        )
    if found in ([0, 255], [255]):
        return (
            "a black and white mask marks its foreground with 255, so turn that into an id with (mask == 255)"
        )
    if found[0] == 1 and found[-1] == num_classes:
        return "these ids start at 1, so subtract 1 (for pet trimaps: trimap_to_classes)"
    return "map the labels to 0..C-1, or pass ignore_index if this id marks pixels without a true label"


def _listed(values: list[int], at_most: int = 6) -> str:
    """Write ids as a sentence does: "3", "3 and 4", "3, 4, 5 and 12 more ids"."""
    shown = [str(value) for value in values[:at_most]]
    if len(values) > at_most:
        shown.append(f"{len(values) - at_most} more ids")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _as_map(label_map: Any, name: str) -> NDArray[np.uint8]:
    """Return one label map as uint8 (H, W); raise where that would lose something."""
    ids = as_class_ids(label_map, name)
    if ids.ndim != 2:
        raise ValueError(
            f"{name} has shape {ids.shape}, expected one id a pixel (H, W): pass one mask, one channel"
        )
    check_label_map(ids, num_classes=256, name=name)
    return ids.astype(np.uint8, copy=False)


def read_label_png(path: str | os.PathLike[str], num_classes: int | None = None) -> NDArray[np.uint8]:
    """Read a one-channel PNG as class ids, uint8 (H, W).

    8-bit grey files give their grey values, palette files their indices, 1-bit files 0 and 1, and 16-bit
    files their values if these fit in a byte. With ``num_classes`` the ids are checked too. ``IGNORE_INDEX``
    passes, unless 0 and 255 are all there is: that is a black and white mask, not one with void pixels.

    Raises:
        ValueError: the file is no PNG (a JPEG has changed the ids along every edge), has colour or alpha
            channels, is damaged, or holds other ids.
        OSError: the file cannot be opened.
    """
    from PIL import Image

    path = Path(path)
    with path.open("rb") as file:
        try:
            image = Image.open(file)
            image.load()
        except (OSError, SyntaxError) as error:
            raise ValueError(f"{path} is no readable image ({error}): write or download it again") from error
    if image.format != "PNG":
        raise ValueError(
            f"{path} is a {image.format} file, but masks must be PNG, which keeps every id as it is: export "
            "the mask again from its source (JPEG changes ids for good, so renaming or converting is no cure)"
        )
    if image.mode not in ("1", "L", "P", "I", "I;16"):
        raise ValueError(
            f"{path} has the channels {image.mode}, but a mask has one channel of class ids: map each colour "
            "to its id and save the result with write_label_png"
        )
    label_map = np.array(image)
    check_label_map(label_map, num_classes=256, name=str(path))
    if num_classes is not None:
        black_and_white = np.isin(label_map, (0, 255)).all() and label_map.any()
        check_label_map(label_map, num_classes, None if black_and_white else IGNORE_INDEX, str(path))
    return label_map.astype(np.uint8, copy=False)


def write_label_png(path: str | os.PathLike[str], label_map: Any) -> None:
    """Write class ids (H, W) in 0..255 as an 8-bit grey PNG, in one step: no reader sees half a file.

    Grey and not palette, although a palette would show colours in a viewer: OpenCV and imageio turn palette
    files into RGB and lose the ids, while every reader gives a grey file back as it was written. To look at a
    mask, use ``colorize``.

    Raises:
        ValueError: the name does not end in .png, the map is not (H, W), or an id does not fit in a byte.
        TypeError: the map does not hold integers.
    """
    from PIL import Image

    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path} does not end in .png: masks are saved as PNG, since JPEG changes the ids")
    image = Image.fromarray(np.ascontiguousarray(_as_map(label_map, "the mask")))
    with atomic_path(path) as temporary:
        image.save(temporary, format="PNG")


def trimap_to_classes(trimap: Any) -> NDArray[np.uint8]:
    """Turn the ids in the pet files, 1 pet, 2 background, 3 border, into 0, 1, 2 (``PET_CLASSES``), uint8.

    Source: worked example trimap-ids of the losses-and-metrics notes. Any shape goes, and stays.

    Raises:
        ValueError: it holds other ids, which the message names.
    """
    ids = as_class_ids(trimap, "the trimap")
    if ids.min() < 1 or ids.max() > 3:
        wrong = [i for i in np.unique(ids).tolist() if not 1 <= i <= 3]
        raise ValueError(
            f"the trimap holds {_listed(wrong)}, but pet trimaps hold 1 pet, 2 background and 3 border: pass "
            "the file as it was read, neither converted before nor resized with interpolation"
        )
    return ids.astype(np.uint8) - np.uint8(1)


def colorize(class_map: Any) -> NDArray[np.uint8]:
    """Colour class ids (H, W) in 0..255 with ``PALETTE``, as uint8 RGB (H, W, 3); 255, ignored, is grey."""
    return PALETTE[_as_map(class_map, "the class map")]  # (H, W, 3)


def overlay(image: Any, class_map: Any, alpha: float = 0.4) -> NDArray[np.uint8]:
    """Lay class colours over the image: (1 - alpha) * RGB + alpha * colour, rounded to the nearest integer.

    Source: worked example overlay of the losses-and-metrics notes (0.6 * RGB + 0.4 * colour).

    Args:
        image: uint8 RGB (H, W, 3).
        class_map: class ids (H, W).
        alpha: share of the colour, 0..1.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        ValueError: the two differ in size, the image is not uint8 (H, W, 3), or alpha is not in 0..1.
    """
    rgb = np.asarray(image.detach().cpu() if is_tensor(image) else image)
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise ValueError(
            f"the image is {rgb.dtype} of shape {rgb.shape}, expected uint8 (H, W, 3): undo the "
            "normalisation of a network's input, and bring (3, H, W) into order with permute(1, 2, 0)"
        )
    colour = colorize(class_map)  # (H, W, 3)
    if colour.shape != rgb.shape:
        raise ValueError(
            f"the image has height and width {rgb.shape[:2]}, the class map {colour.shape[:2]}: resize the "
            "class map to the image, with nearest neighbour"
        )
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}, but the share of the colour lies in 0..1: pass e.g. alpha=0.4")
    return np.rint((1 - alpha) * rgb + alpha * colour).astype(np.uint8)
