"""The layouts in which people keep images and masks, one per file, and how to find the layout of a folder."""

from __future__ import annotations

import difflib
from pathlib import Path

from course_lib.data.layouts.base import SPLITS, Home, Layout, Split
from course_lib.data.layouts.camvid import CAMVID
from course_lib.data.layouts.cityscapes import CITYSCAPES
from course_lib.data.layouts.folder_per_split import FOLDER_PER_SPLIT
from course_lib.data.layouts.images_and_labels import IMAGES_AND_LABELS
from course_lib.data.layouts.images_and_masks import IMAGES_AND_MASKS
from course_lib.data.layouts.pascal_voc import PASCAL_VOC
from course_lib.data.layouts.pets import PETS

__all__ = ["LAYOUTS", "PETS", "SPLITS", "Home", "Layout", "Split", "find_layout", "recognise"]

LAYOUTS = (
    PETS,
    IMAGES_AND_LABELS,
    IMAGES_AND_MASKS,
    FOLDER_PER_SPLIT,
    PASCAL_VOC,
    CAMVID,
    CITYSCAPES,
)
"""The layouts in the order in which they are tried, the more specific ones first."""


_CAMVID_IN_COLOUR = ("701_StillsRaw_full", "LabeledApproved_full")

_PETS_COME = (
    "Pocket pets are drawn with `course data draw`, and the real ones come with `course data download`."
)


def recognise(folder: Path) -> Layout | None:
    """Return the layout of a folder; None if it has none of them."""
    return next((layout for layout in LAYOUTS if layout.recognises(folder)), None)


def find_layout(folder: str | Path) -> Layout:
    """Return the layout of a folder.

    Raises:
        FileNotFoundError: it has no known layout; the message names the nearest one and what differs.
    """
    folder = Path(folder)
    layout = recognise(folder)
    if layout is None:
        raise FileNotFoundError(_what_differs(folder))
    return layout


def _what_differs(folder: Path) -> str:
    if not folder.is_dir():
        return f"There is no folder {folder}: give the folder that holds your images and masks. {_PETS_COME}"
    if any((folder / part).is_dir() for part in _CAMVID_IN_COLOUR):
        return (
            f"{folder} holds CamVid as its authors published it, with 32 classes as colours, which is not supported: "
            "give the form that comes with SegNet, whose folders are called train, trainannot and so on."
        )
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    for below in inside:
        layout = recognise(below)
        if layout:
            return f"{folder} holds no data set itself, but {below.name} in it does ({layout.name}): give {below}."
    nearest = max(LAYOUTS[1:], key=lambda layout: _likeness(folder, layout))
    if not _likeness(folder, nearest):
        return (
            f"{folder} holds no data set in a known layout ({', '.join(layout.name for layout in LAYOUTS)}). "
            f"Your own images go into {folder / 'images'} and their masks, of the same names, into "
            f"{folder / 'masks'}. {_PETS_COME}"
        )
    missing = next(part for part in nearest.needs if not (folder / part).exists())
    like = _like(folder, missing, nearest)
    rename = f" There is {like}: rename it if that is the one." if like else ""
    return f"{folder} is nearest to the layout {nearest.name!r}, but it has no {missing}.{rename}"


def _likeness(folder: Path, layout: Layout) -> float:
    """Return the share of a layout's paths that a folder has; a path with a similar name counts half."""
    found = [
        1.0 if (folder / part).exists() else 0.5 if _like(folder, part, layout) else 0.0
        for part in layout.needs
    ]
    return sum(found) / len(found)


def _like(folder: Path, part: str, layout: Layout) -> str:
    """Return the path, relative to ``folder``, that resembles a missing one of a layout; "" if there is none."""
    taken = {step for need in layout.needs for step in Path(need).parts}
    place = Path()
    for step in Path(part).parts:
        if not (folder / place / step).exists():
            free = {
                path.name.casefold(): path.name
                for path in (folder / place).glob("*")
                if path.name not in taken
            }
            near = difflib.get_close_matches(step.casefold(), free, n=1)
            if not near:
                return ""
            step = free[near[0]]
        place = place / step
    return place.as_posix()
