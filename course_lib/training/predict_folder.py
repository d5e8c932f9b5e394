"""Predict all pictures of a folder: what is done is not done again, what cannot be read is listed, the rest goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_lib.bars import with_bar
from course_lib.files import DiskFullError
from course_lib.label_png import read_label_png
from course_lib.training.contact_sheet import PAIRS_PER_SHEET, contact_sheet, thumbnails
from course_lib.training.inference import read_photo
from course_lib.training.prediction_files import (
    check_outputs,
    is_ours,
    made_from,
    write_mask,
    write_overlay,
    write_picture,
)

Predict = Callable[[np.ndarray], np.ndarray]
"""From a photo, uint8 (H, W, 3), to its class ids, uint8 (H, W)."""


@dataclass
class Predicted:
    """What became of the files of a folder.

    Attributes:
        now: the photos that were predicted.
        before: the photos whose masks were there already, from an earlier call that was the same.
        left_out: one sentence for each file that could not be predicted.
        sheets: the contact sheets.
    """

    now: list[Path] = field(default_factory=list)
    before: list[Path] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    sheets: list[Path] = field(default_factory=list)


def predict_folder(
    predict: Predict,
    photos: Path,
    out: Path,
    overlays: Path | None,
    classes: Sequence[str],
    *,
    settings: str,
    force: bool = False,
) -> Predicted:
    """Write a mask for every photo in a folder, and contact sheets of all of them.

    Each mask is written as a whole, and says which photo and settings it was made from. So a call that was cut off is
    gone on with by the same call, and a photo that has changed, or other weights, are predicted anew.

    Args:
        predict: makes a mask.
        photos: the folder; its subfolders are not read.
        out: where masks and contact sheets go.
        overlays: where overlays go, if they are wanted.
        classes: the names of the classes.
        settings: everything else that the masks depend on, such as the weights.
        force: overwrite files that `course predict` did not make.

    Raises:
        ValueError: the folder holds no files, or an output folder is the folder of the photos itself, or a file.
        DiskFullError: the disk is full; what was written stays.
    """
    _check_folders(photos, out, overlays)
    result = Predicted()
    taken: set[str] = set()  # names of masks, in small letters, since some systems do not tell them apart
    for photo in with_bar(_files(photos), "predicting", progress=True):
        mask, picture = out / f"{photo.stem}.png", overlays / f"{photo.stem}.jpg" if overlays else None
        source = _fingerprint(photo, settings)
        try:
            if photo.stem.casefold() in taken:
                raise ValueError(
                    f"{photo} has the name of another photo up to the suffix: rename one of them."
                )
            if made_from(mask) == source and (picture is None or is_ours(picture)):
                result.before.append(photo)
                taken.add(photo.stem.casefold())
                continue
            check_outputs(photo, mask, picture, force)
            image = read_photo(photo)
            ids = predict(image)
            if picture:
                write_overlay(picture, image, ids)
            write_mask(mask, ids, source)  # last: it says that all is done
            result.now.append(photo)
            taken.add(photo.stem.casefold())
        except DiskFullError:
            raise
        except (OSError, ValueError) as error:
            result.left_out.append(" ".join(str(error).split()))
    result.sheets = list(
        _write_sheets(sorted([*result.now, *result.before]), out, classes, bool(result.now), force)
    )
    return result


def _check_folders(photos: Path, out: Path, overlays: Path | None) -> None:
    for folder in (out, overlays):
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ValueError(
                f"{folder} is a file, but many pictures are predicted: give the name of a folder."
            )
        if folder is not None and folder.resolve() == photos.resolve():
            raise ValueError(
                f"{folder} is the folder of the photos, where masks would be taken for photos: give another one."
            )
    if overlays is not None and overlays.resolve() == out.resolve():
        raise ValueError(f"--out and --overlay both name {out}: give the overlays another folder.")
    if not _files(photos):
        raise ValueError(
            f"{photos} holds no files: give a folder with pictures in it, not in folders below it."
        )


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder, without those that systems leave behind."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and path.name.lower() not in ("thumbs.db", "desktop.ini")
    )


def _fingerprint(photo: Path, settings: str) -> str:
    state = photo.stat()
    facts = f"{settings} {photo.name} {state.st_size} {state.st_mtime_ns}"
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def _write_sheets(
    photos: list[Path], out: Path, classes: Sequence[str], changed: bool, force: bool
) -> Iterator[Path]:
    """Write contact sheets of photos that have masks, unless they are there already."""
    for number, start in enumerate(range(0, len(photos), PAIRS_PER_SHEET), start=1):
        sheet = out / ("contact-sheet.jpg" if number == 1 else f"contact-sheet-{number}.jpg")
        if changed or not is_ours(sheet):
            if sheet.exists() and not force and not is_ours(sheet):
                raise ValueError(
                    f"{sheet} exists and was not made by `course predict`: rename it, or give --force to replace it."
                )
            some = photos[start : start + PAIRS_PER_SHEET]
            entries = [
                (photo.name, *thumbnails(read_photo(photo), read_label_png(out / f"{photo.stem}.png")))
                for photo in some
            ]
            write_picture(sheet, contact_sheet(entries, classes))
        yield sheet
