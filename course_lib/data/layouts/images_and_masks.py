"""Your own images in the simplest layout: a folder of images beside a folder of masks; the course draws the splits."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.layouts.base import Home, Layout, mask_folder


def _recognises(folder: Path) -> bool:
    return (folder / "masks").is_dir() or all((folder / part).is_dir() for part in ("images", "labels"))


def _homes(folder: Path) -> tuple[Home, ...]:
    return (Home("all", folder / "images", mask_folder(folder)),)


IMAGES_AND_MASKS = Layout(
    name="images beside masks",
    tree="""\
mine/
    images/park_1.jpg
    masks/park_1.png        or labels/park_1.png
    classes.txt
""",
    needs=("images", "masks"),
    recognises=_recognises,
    homes=_homes,
)
