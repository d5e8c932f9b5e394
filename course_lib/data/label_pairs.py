"""One of your own images with its mask: read so that the two match, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_lib.class_ids import IGNORE_INDEX
from course_lib.data.classes import Classes
from course_lib.data.images import AS_STORED, orientation, read_image
from course_lib.data.layouts.base import Split
from course_lib.label_png import read_label_png

_SIDES_SWAPPED = (5, 6, 7, 8)  # EXIF orientations that make a wide photo tall


@dataclass(frozen=True)
class LabelEntry:
    """One image with its mask, and the split it is in."""

    name: str
    image_path: Path
    mask_path: Path
    classes: Classes
    split: Split

    @property
    def num_classes(self) -> int:
        """How many classes the folder has."""
        return len(self.classes.names)


def read_label_pair(entry: LabelEntry) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read an image, uint8 (H, W, 3), and its mask, uint8 (H, W), ids 0..C-1 or 255.

    A photo that asks to be turned (EXIF) is turned if its mask has the size of the turned photo.

    Raises:
        ValueError: a file cannot be used; the message says which, what was found and expected, and what to do.
        OSError: a file cannot be opened.
    """
    image, mask = read_raw_pair(entry)
    return image, entry.classes.to_positions(mask)


def read_raw_pair(entry: LabelEntry) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a pair as :func:`read_label_pair` does, but with the ids that the file holds."""
    mask = read_label_png(entry.mask_path)
    image = _read_fitting(entry, mask.shape)
    wrong = entry.classes.unknown(mask)
    if wrong:
        raise ValueError(_unknown_ids(entry, wrong, float(np.isin(mask, wrong).mean())))
    return image, mask


def _read_fitting(entry: LabelEntry, mask_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read an image as stored or as shown, whichever its mask was drawn on."""
    turn = orientation(entry.image_path)
    image = read_image(entry.image_path)
    stored = image.shape[:2]
    shown = stored[::-1] if turn in _SIDES_SWAPPED else stored
    if mask_shape not in (stored, shown):
        raise ValueError(_other_size(entry, stored, mask_shape))
    if turn == AS_STORED:
        return image
    if stored == shown:
        raise ValueError(
            f"{entry.image_path} asks to be turned or mirrored (EXIF orientation {turn}), and the sizes do not show "
            f"whether {entry.mask_path.name} was drawn on the photo as it is stored or as it is shown: save the photo "
            "without EXIF, turned so that it matches its mask."
        )
    return read_image(entry.image_path, as_shown=True) if mask_shape == shown else image


def turn_remark(entry: LabelEntry, mask_shape: tuple[int, ...]) -> str:
    """Say how an image that asks to be turned was loaded; "" for any other."""
    turn = orientation(entry.image_path)
    if turn == AS_STORED:
        return ""
    stored = read_image(entry.image_path).shape[:2]
    how = "as it is stored" if mask_shape == stored else "turned"
    return f"asks to be turned (EXIF orientation {turn}): loaded {how}, because its mask has that size"


def _unknown_ids(entry: LabelEntry, wrong: list[int], share: float) -> str:
    ids = entry.classes.ids
    if ids == tuple(range(len(ids))) and not entry.classes.void:
        known = f"the ids of {len(ids)} classes are 0..{len(ids) - 1}, and {IGNORE_INDEX} for void"
    else:
        known = f"classes.txt gives {', '.join(map(str, ids[:6]))}{' ...' if len(ids) > 6 else ''}"
    by_software = (
        " If nobody drew them, they come from JPEG or a smooth resize: export it again."
        if share < 0.05
        else ""
    )
    return (
        f"{entry.mask_path} holds the ids {', '.join(map(str, wrong[:6]))}, but {known}: write the class's id into the "
        f"mask, or add its name to classes.txt.{by_software}"
    )


def _other_size(entry: LabelEntry, image: tuple[int, ...], mask: tuple[int, ...]) -> str:
    swapped = mask == image[::-1]
    advice = (
        "its sides are swapped, so transpose it" if swapped else "export the mask again at the image's size"
    )
    return (
        f"{entry.mask_path} is {mask[1]}x{mask[0]}, but its image {entry.image_path.name} is {image[1]}x{image[0]}: "
        f"the two must have the same size; {advice}."
    )
