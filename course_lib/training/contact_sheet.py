"""A contact sheet: many photos on one picture, each beside its overlay, with a legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from course_lib.data.fitting import Canvas, resize_image, resize_mask
from course_lib.masks import PALETTE, overlay

PAIRS_PER_SHEET = 48
_COLUMNS = 3  # pairs
_THUMB, _GAP, _LINE = 160, 8, 20  # pixels
_INK = (0, 0, 0)


def thumbnails(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo, uint8 (H, W, 3), and the overlay of its mask (H, W), both small enough for a contact sheet."""
    _, _, *size = Canvas(_THUMB, _THUMB, "letterbox").place(*image.shape[:2])
    small = resize_image(image, (size[0], size[1]))
    return small, overlay(small, resize_mask(mask, (size[0], size[1])))


def contact_sheet(
    entries: Sequence[tuple[str, np.ndarray, np.ndarray]], classes: Sequence[str]
) -> np.ndarray:
    """Draw a sheet, uint8 (H, W, 3), of names with their thumbnails: photo on the left, overlay on the right.

    Args:
        entries: names, photos and overlays, as :func:`thumbnails` returns them.
        classes: the names of the classes, for the legend.
    """
    cell = 2 * _THUMB + 3 * _GAP, _THUMB + _LINE + 2 * _GAP  # width, height
    width = _COLUMNS * cell[0]
    legend = list(_legend_lines(classes, width))
    top = _GAP + _LINE * len(legend)
    rows = -(-len(entries) // _COLUMNS)
    sheet = Image.new("RGB", (width, top + rows * cell[1]), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, line in enumerate(legend):
        _draw_legend(pen, font, line, _GAP + _LINE * number)
    for number, (name, photo, painted) in enumerate(entries):
        row, column = divmod(number, _COLUMNS)
        left, upper = column * cell[0] + _GAP, top + row * cell[1]
        sheet.paste(Image.fromarray(photo), (left, upper))
        sheet.paste(Image.fromarray(painted), (left + _THUMB + _GAP, upper))
        pen.text((left, upper + len(photo)), _shortened(name, 2 * _THUMB, font), _INK, font)
    return np.array(sheet)


def _legend_lines(classes: Sequence[str], width: int) -> Iterable[list[tuple[int, int, str]]]:
    """Yield the lines of a legend: for each class the place of its square from the left, its id and its name."""
    font = ImageFont.load_default(12)
    line: list[tuple[int, int, str]] = []
    left = _GAP
    for class_id, name in enumerate(classes):
        needed = _LINE + int(font.getlength(name)) + 2 * _GAP
        if line and left + needed > width:
            yield line
            line, left = [], _GAP
        line.append((left, class_id, name))
        left += needed
    yield line


def _draw_legend(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    line: list[tuple[int, int, str]],
    top: int,
) -> None:
    for left, class_id, name in line:
        red, green, blue = PALETTE[class_id].tolist()
        pen.rectangle((left, top, left + 13, top + 13), fill=(red, green, blue), outline=_INK)
        pen.text((left + _LINE, top), name, _INK, font)


def _shortened(name: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Leave out the middle of a name that is wider than ``width`` pixels."""
    shown, half = name, len(name) // 2
    while font.getlength(shown) > width:
        half -= 1
        shown = f"{name[:half]}...{name[-half:]}"
    return shown
