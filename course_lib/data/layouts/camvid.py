"""CamVid in its usual form: each split beside its annotations."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.layouts.base import SPLITS, Home, Layout, has_any

_ANNOTATIONS = tuple(f"{split}annot" for split in SPLITS)


def _homes(folder: Path) -> tuple[Home, ...]:
    return tuple(
        Home(split, folder / split, folder / annotations)
        for split, annotations in zip(SPLITS, _ANNOTATIONS, strict=True)
        if has_any(folder, (split, annotations))
    )


CAMVID = Layout(
    name="CamVid",
    tree="""\
CamVid/
    train/0001TP_006690.png
    trainannot/0001TP_006690.png
    val/, valannot/
    test/, testannot/
    classes.txt                 with a line "11 void"
""",
    needs=("train", "trainannot"),
    recognises=lambda folder: has_any(folder, _ANNOTATIONS),
    homes=_homes,
)
