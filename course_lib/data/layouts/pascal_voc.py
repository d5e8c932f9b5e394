"""Pascal VOC: all images in one folder, all masks in another, and lists of the names in each split."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.layouts.base import SPLITS, Home, Layout, Split, has_any

_LISTS = Path("ImageSets") / "Segmentation"


def _homes(folder: Path) -> tuple[Home, ...]:
    lists: dict[Split, Path] = {split: folder / _LISTS / f"{split}.txt" for split in SPLITS}
    if not lists["train"].is_file() and (folder / _LISTS / "trainval.txt").is_file():
        lists["train"] = folder / _LISTS / "trainval.txt"  # validation is drawn from it
        del lists["val"]
    return tuple(
        Home(split, folder / "JPEGImages", folder / "SegmentationClass", list_path=path)
        for split, path in lists.items()
        if split == "train" or path.is_file()
    )


PASCAL_VOC = Layout(
    name="Pascal VOC",
    tree="""\
VOC2012/
    JPEGImages/2007_000032.jpg
    SegmentationClass/2007_000032.png
    ImageSets/Segmentation/train.txt, val.txt, test.txt     or trainval.txt
    classes.txt
""",
    needs=("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"),
    recognises=lambda folder: has_any(folder, ("JPEGImages", "SegmentationClass")),
    homes=_homes,
)
