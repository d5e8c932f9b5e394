"""What `course predict` writes: a mask and an overlay. It never overwrites a photo or anybody's work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from course_lib.data.images import AS_STORED, image_remarks, orientation
from course_lib.files import atomic_path
from course_lib.masks import overlay, write_label_png

SOFTWARE = "course predict"
"""The program that a file names as its maker, so that a later prediction may replace it."""

_EXIF_SOFTWARE = 305
_PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


def check_outputs(photo: Path, mask: Path, picture: Path | None = None, force: bool = False) -> None:
    """Raise, before anything is computed, if writing the outputs would destroy something.

    Args:
        photo: the input, which is never overwritten.
        mask: where the class ids go.
        picture: where the overlay goes, if one was asked for.
        force: overwrite files that `course predict` did not make.

    Raises:
        ValueError: an output has the wrong suffix, is the photo or the other output, or is a file of another origin.
    """
    if mask.suffix.lower() != ".png":
        raise ValueError(f"{mask} does not end in .png: masks are saved as PNG, since JPEG changes the ids")
    if picture is not None and picture.suffix.lower() not in _PICTURES:
        raise ValueError(
            f"{picture} does not end in {', '.join(_PICTURES)}: give the overlay one of these names"
        )
    if picture is not None and _same(mask, picture):
        raise ValueError(f"--out and --overlay both name {mask}: give the overlay another name")
    for path in (mask, picture):
        if path is None:
            continue
        if _same(path, photo):
            raise ValueError(f"{path} is the photo itself, which would be lost: give the output another name")
        if path.is_dir():
            raise ValueError(f"{path} is a folder: give the name of a file in it")
        if path.exists() and not force and not is_ours(path):
            raise ValueError(
                f"{path} exists and was not made by `course predict`: give another name, or --force to replace it"
            )


def _same(first: Path, second: Path) -> bool:
    """Whether two names mean the same file, also through links or in another letter case."""
    if first.exists() and second.exists():
        return first.samefile(second)
    return first.resolve() == second.resolve() or (
        first.parent.resolve() == second.parent.resolve() and first.name.casefold() == second.name.casefold()
    )


def is_ours(path: Path) -> bool:
    """Whether a file names `course predict` as its maker."""
    try:
        with Image.open(path) as image:
            made_by = (
                image.info.get("Software") if image.format == "PNG" else image.getexif().get(_EXIF_SOFTWARE)
            )
            return bool(made_by == SOFTWARE)
    except (OSError, SyntaxError, ValueError):
        return False


def write_mask(path: Path, mask: np.ndarray, made_from: str = "") -> None:
    """Write class ids (H, W) as a label PNG that names its maker, and what it was made from."""
    write_label_png(path, mask, software=SOFTWARE, comment=made_from)


def made_from(mask: Path) -> str:
    """Return what :func:`write_mask` noted in a mask; "" if there is no such file, or it is not one of ours."""
    if not is_ours(mask):
        return ""
    with Image.open(mask) as image:
        return str(image.info.get("Comment", ""))


def write_overlay(path: Path, image: np.ndarray, mask: np.ndarray) -> None:
    """Write a mask (H, W) laid over its image, uint8 (H, W, 3), as a picture that names its maker."""
    write_picture(path, overlay(image, mask))


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write a picture, uint8 (H, W, 3), that names its maker; the name ends in .png, .jpg or .jpeg."""
    picture = Image.fromarray(pixels)
    kind = _PICTURES[path.suffix.lower()]
    with atomic_path(path) as temporary:
        if kind == "PNG":
            text = PngInfo()
            text.add_text("Software", SOFTWARE)
            picture.save(temporary, format=kind, pnginfo=text)
        else:
            exif = Image.Exif()
            exif[_EXIF_SOFTWARE] = SOFTWARE
            picture.save(temporary, format=kind, exif=exif)


def photo_remarks(path: Path) -> list[str]:
    """Say what was done to a photo when it was read, for those who expect its pixels as they are stored."""
    remarks = image_remarks(path)[1]
    if orientation(path) != AS_STORED:
        remarks.append("asks to be turned or mirrored (EXIF): the mask is of the photo as viewers show it")
    return remarks
