"""Arrays of class ids and what is expected of them: whole numbers, one per pixel, in 0..C-1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

IGNORE_INDEX = 255
"""The id of a pixel without a label ("void"): losses and scores leave it out."""


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
            f"{name} holds {listed(wrong)}, but the ids of {num_classes} classes are "
            f"0..{num_classes - 1}{ignored}: {_advice(ids, found, num_classes)}"
        )


def _advice(ids: NDArray[Any], found: list[int], num_classes: int) -> str:
    """Guess from the ids and the shape what went wrong with the mask, and say how to fix it."""
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


def listed(values: list[int], at_most: int = 6) -> str:
    """Write ids as a sentence does: "3", "3 and 4", "3, 4, 5 and 12 more ids"."""
    shown = [str(value) for value in values[:at_most]]
    if len(values) > at_most:
        shown.append(f"{len(values) - at_most} more ids")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def as_map(label_map: Any, name: str) -> NDArray[np.uint8]:
    """Return one label map as uint8 (H, W); raise where that would lose something."""
    ids = as_class_ids(label_map, name)
    if ids.ndim != 2:
        raise ValueError(
            f"{name} has shape {ids.shape}, expected one id per pixel (H, W): pass one mask, one channel"
        )
    check_label_map(ids, num_classes=256, name=name)
    return ids.astype(np.uint8, copy=False)
