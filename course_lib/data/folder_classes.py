"""The classes of a data folder: named in its classes.txt, or counted in its masks."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np

from course_lib.class_ids import IGNORE_INDEX
from course_lib.data.classes import FILE_NAME, Classes, check_counted, counted_classes, read_classes
from course_lib.data.layouts import PETS, recognise
from course_lib.data.splits import all_pairs
from course_lib.data.survey import MaskSurvey
from course_lib.label_png import read_label_png
from course_lib.masks import PET_CLASSES


def is_label_folder(path: Path) -> bool:
    """Whether a folder holds your own images in a known layout; half of it may be missing."""
    return recognise(path) not in (None, PETS)


def class_names(folder: Path) -> tuple[str, ...]:
    """Return the names of a data folder's classes, in the order of their ids.

    For your own images they are those in classes.txt, or "class 0", "class 1" ... up to the highest id in the masks.

    Raises:
        ValueError: classes.txt is wrong, or the masks do not hold two classes, leave ids out, or hold ids that
            nobody drew.
    """
    if not is_label_folder(folder):
        return PET_CLASSES
    classes = folder_classes(folder)
    if classes.counted:
        check_counted(_ids_in(folder), folder)
        survey = MaskSurvey(folder, classes)
        for _, mask in all_pairs(folder):
            survey.add(mask, read_label_png(mask))
        survey.check()
    return classes.names


def folder_classes(folder: Path) -> Classes:
    """Return the classes of a folder of your own images; if they are counted, ids may be missing.

    They are those in classes.txt; without it those that the layout is known for; else they are counted.

    Raises:
        ValueError: classes.txt is wrong, or the masks do not hold two classes.
    """
    path = folder / FILE_NAME
    if path.is_file():
        return read_classes(path)
    ids = _ids_in(folder)
    return known_classes(folder, ids) or counted_classes(ids, folder)


def known_classes(folder: Path, ids: Collection[int]) -> Classes | None:
    """Return the classes of the data set that a folder's layout comes from, if masks hold just these ``ids``."""
    layout = recognise(folder)
    known = layout.classes if layout else None
    return known if known and set(known.ids) <= set(ids) <= {*known.ids, *known.void} else None


def check_classes(folder: Path, expected: tuple[str, ...]) -> None:
    """Raise unless a data folder has the classes that a run was trained for.

    Counted classes may be fewer: a class need not be in every folder.
    """
    if is_label_folder(folder):
        classes = folder_classes(folder)
        found = classes.names
        if classes.counted and len(found) <= len(expected):
            return
    else:
        found = PET_CLASSES
    if found != expected:
        raise ValueError(
            f"{folder} has the classes {', '.join(found)}, but this run was trained for {', '.join(expected)}: an id "
            "would change its meaning. Give a folder with the same classes in the same order, or train another run."
        )


def _ids_in(folder: Path) -> frozenset[int]:
    """The ids in all masks of a folder, void left out."""
    ids = [_ids_of(mask, mask.stat().st_mtime_ns) for _, mask in all_pairs(folder)]
    return frozenset().union(*ids) - {IGNORE_INDEX}


@lru_cache(maxsize=100_000)
def _ids_of(path: Path, changed: int) -> frozenset[int]:
    """The ids in one mask. ``changed`` is the time of the file's last change: a changed file is read again."""
    return frozenset(np.unique(read_label_png(path)).tolist())
