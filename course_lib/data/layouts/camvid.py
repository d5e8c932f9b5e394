"""CamVid in the form that comes with SegNet: each split beside its annotations, 11 classes and void."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from course_lib.data.classes import Classes
from course_lib.data.layouts.base import SPLITS, Home, Layout, has_any

NAMES = (
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicyclist",
)
_VOID = 11

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
    classes.txt                 only for other classes than CamVid's 11
""",
    needs=("train", "trainannot"),
    recognises=lambda folder: has_any(folder, _ANNOTATIONS),
    homes=_homes,
    classes=replace(Classes.numbered(NAMES), void=frozenset({_VOID})),
)
