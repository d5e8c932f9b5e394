"""One image with its mask, of the pets or your own: read at its own size."""

from __future__ import annotations

import numpy as np

from course_lib.data.folder import PetEntry, read_image, read_trimap
from course_lib.data.label_pairs import LabelEntry, read_raw_pair
from course_lib.data.survey import MaskSurvey
from course_lib.masks import read_label_png, trimap_to_classes

Entry = PetEntry | LabelEntry


def read_pair(entry: Entry, survey: MaskSurvey | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Read one image at its own size: uint8 (H, W, 3), and its mask, uint8 (H, W), of a pet with ids 0, 1, 2.

    A ``survey`` is given the ids that the file of one of your own masks holds.

    Raises:
        FileNotFoundError: a file is gone; the message names it.
        ValueError: a file cannot be read, or image and mask differ in size; the message names it.
    """
    try:
        return _read_pair(entry, survey)
    except FileNotFoundError as error:
        if error.filename is None:
            raise
        raise FileNotFoundError(
            f"{error.filename} is gone: `course data check` lists everything that a folder lacks, and "
            "`course data draw --overwrite` draws the pocket pets again."
        ) from None


def _read_pair(entry: Entry, survey: MaskSurvey | None) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(entry, LabelEntry):
        picture, mask = read_raw_pair(entry)
        if survey:
            survey.add(entry.mask_path, mask)
        return picture, entry.classes.to_positions(mask)
    image, trimap = read_image(entry.image_path), read_trimap(entry.trimap_path)
    if image.shape[:2] != trimap.shape:
        raise ValueError(
            f"{entry.image_path} is {image.shape[1]}x{image.shape[0]} and {entry.trimap_path.name} is "
            f"{trimap.shape[1]}x{trimap.shape[0]}: an image and its trimap must have the same size; "
            "remove the pair from the split list or replace one of the two."
        )
    return image, trimap_to_classes(trimap)


def read_mask(entry: Entry) -> np.ndarray:
    """Read the mask of :func:`read_pair` without its image: uint8 (H, W).

    Raises:
        OSError, ValueError: it cannot be read; the message names it.
    """
    if isinstance(entry, LabelEntry):
        return entry.classes.to_positions(read_label_png(entry.mask_path))
    return trimap_to_classes(read_trimap(entry.trimap_path))
