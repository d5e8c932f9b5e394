"""The layout of the study guide: images and labels, each with a folder per split."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.layouts.base import MASK_FOLDERS, SPLITS, Home, Layout, has_any, mask_folder


def _recognises(folder: Path) -> bool:
    return any(has_any(folder / part, SPLITS) for part in ("images", *MASK_FOLDERS))


def _homes(folder: Path) -> tuple[Home, ...]:
    masks = mask_folder(folder)
    if not masks.is_dir():
        masks = folder / "labels"
    return tuple(
        Home(split, folder / "images" / split, masks / split)
        for split in SPLITS
        if (folder / "images" / split).is_dir() or (masks / split).is_dir()
    )


IMAGES_AND_LABELS = Layout(
    name="images and labels, a folder per split in each",
    tree="""\
dataset/
    images/train/img1.jpg
    images/val/img3.jpg
    labels/train/img1.png       or masks/train/img1.png
    labels/val/img3.png
    classes.txt
""",
    needs=("images/train", "labels/train"),
    recognises=_recognises,
    homes=_homes,
)
