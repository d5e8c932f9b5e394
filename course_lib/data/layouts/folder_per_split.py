"""Your own images, already split: train, val and test, each with images and masks."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.layouts.base import MASK_FOLDERS, SPLITS, Home, Layout, has_any, mask_folder


def _has_split(folder: Path, split: str) -> bool:
    return has_any(folder / split, ("images", *MASK_FOLDERS))


def _recognises(folder: Path) -> bool:
    return any(_has_split(folder, split) for split in SPLITS)


def _homes(folder: Path) -> tuple[Home, ...]:
    return tuple(
        Home(split, folder / split / "images", mask_folder(folder / split))
        for split in SPLITS
        if (folder / split).is_dir()
    )


FOLDER_PER_SPLIT = Layout(
    name="a folder per split",
    tree="""\
mine/
    train/images/park_1.jpg
    train/masks/park_1.png
    val/images, val/masks       drawn from train where it is missing
    test/images, test/masks
    classes.txt
""",
    needs=("train/images", "train/masks"),
    recognises=_recognises,
    homes=_homes,
)
