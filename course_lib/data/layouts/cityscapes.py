"""Cityscapes: photos and annotations in separate trees, with a folder per split and city."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.layouts.base import SPLITS, Home, Layout, has_any

_IMAGES, _MASKS = "leftImg8bit", "gtFine"


def _homes(folder: Path) -> tuple[Home, ...]:
    return tuple(
        Home(
            split,
            folder / _IMAGES / split,
            folder / _MASKS / split,
            image_ending="_leftImg8bit",
            mask_ending="_gtFine_labelIds",
            nested=True,
        )
        for split in SPLITS
        if has_any(folder, (f"{_IMAGES}/{split}", f"{_MASKS}/{split}"))
    )


CITYSCAPES = Layout(
    name="Cityscapes",
    tree="""\
cityscapes/
    leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png
    gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png
    leftImg8bit/val/, gtFine/val/
    classes.txt                 with lines such as "7 road" and "0 void"
""",
    needs=("leftImg8bit/train", "gtFine/train"),
    recognises=lambda folder: has_any(folder, (_IMAGES, _MASKS)),
    homes=_homes,
)
