"""Your own images with masks of class ids, in any of the layouts of :mod:`course_lib.data.layouts`.

Splits that are not given are drawn once: a fifth for test and a fifth of the rest for validation if there are no
splits at all, and a fifth of train for validation if there is no val.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from course_lib.data.folder import find_pet_folder
from course_lib.data.folder_classes import check_classes, class_names, folder_classes, is_label_folder
from course_lib.data.label_check import check_label_folder
from course_lib.data.label_pairs import LabelEntry, read_label_pair
from course_lib.data.layouts import PETS, find_layout
from course_lib.data.splits import split_pairs

__all__ = [
    "LabelEntry",
    "check_classes",
    "check_label_folder",
    "class_names",
    "find_data_folder",
    "is_label_folder",
    "read_label_pair",
    "read_labels",
]


def find_data_folder(path: str | Path) -> Path:
    """Return the folder to train on: ``path`` itself, or the pets' folder in it.

    Raises:
        FileNotFoundError: it has no known layout; the message names the nearest one.
    """
    path = Path(path)
    return find_pet_folder(path) if find_layout(path) is PETS else path


def read_labels(folder: Path, split: Literal["trainval", "train", "val", "test"]) -> list[LabelEntry]:
    """List the pairs of a split, sorted by name; "trainval" is train and val together.

    Raises:
        ValueError: a file is missing or misnamed, or there are too few pairs; the message names what is wrong.
    """
    folder = Path(folder)
    wanted = ("train", "val") if split == "trainval" else (split,)
    classes = folder_classes(folder)
    entries = [
        LabelEntry(image.stem, image, mask, classes, part)
        for part, pairs in split_pairs(folder).items()
        for image, mask in pairs
        if part in wanted
    ]
    missing = set(wanted) - {entry.split for entry in entries}
    if missing:
        raise ValueError(
            f"{folder} has no images for {' and '.join(sorted(missing))}: every split needs one. Without given splits, "
            "at least 3 images are needed."
        )
    return sorted(entries, key=lambda entry: entry.name)
