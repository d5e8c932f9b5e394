"""A report as HTML and as plain text with the same content. Status is told by word and sign, not only by colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from course_lib.masks import PALETTE
from course_lib.templates import render

WORDS = {
    "passed": ("✓", "Passed"),
    "failed": ("✗", "Not yet"),
    "raised": ("!", "An error was raised"),
    "not attempted": ("○", "Not attempted"),
}
"""The sign and the word of every status."""

_EDGES = {"passed": "#00664b", "failed": "#a34700", "raised": "#a34700", "not attempted": "#005a8c"}
_PIXEL = 22  # side of a drawn pixel


@dataclass(frozen=True)
class Report:
    """What a learner reads of a check.

    Attributes:
        status: one of `WORDS`.
        headline: the status in words, and the exercise.
        paragraphs: what it means, and what to do.
        facts: label and text of what there is to say about the first case that failed.
        masks: the masks of that case, by name; maps of class ids (H, W), or bool for where two differ.
        tally: how many cases were right.
    """

    status: str
    headline: str
    paragraphs: Sequence[str]
    facts: Sequence[tuple[str, str]] = ()
    masks: Mapping[str, np.ndarray] = field(default_factory=dict)
    tally: str = ""


def as_text(report: Report) -> str:
    """Return a report as plain text."""
    lines = [report.headline, *report.paragraphs]
    lines += [f"  {label:<10} {text}" for label, text in report.facts]
    if report.masks:
        lines += ["", *_masks_as_text(report.masks), ""]
    return "\n".join([*lines, *([report.tally] if report.tally else [])])


def as_html(report: Report) -> str:
    """Return a report as one HTML panel."""
    pictures = [(name, _svg(name, mask)) for name, mask in report.masks.items()]
    edge = _EDGES[report.status]
    return render("checking/templates/result.html.j2", report=report, edge=edge, pictures=pictures)


def _masks_as_text(masks: Mapping[str, np.ndarray]) -> list[str]:
    columns = [_mask_column(name, mask) for name, mask in masks.items()]
    height = max(len(column) for column in columns)
    widths = [max(len(line) for line in column) for column in columns]
    padded = [column + [""] * (height - len(column)) for column in columns]
    return [
        "  " + "   ".join(line.ljust(width) for line, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*padded, strict=True)
    ]


def _mask_column(name: str, mask: np.ndarray) -> list[str]:
    if mask.dtype == bool:
        return [name, *(" ".join("x" if pixel else "." for pixel in row) for row in mask)]
    return [name, *(" ".join(str(pixel) for pixel in row) for row in mask.tolist())]


def _svg(name: str, mask: np.ndarray) -> str:
    height, width = (side * _PIXEL for side in mask.shape)
    pixels = "".join(
        _svg_pixel(row * _PIXEL, column * _PIXEL, mask[row, column])
        for row, column in np.ndindex(*mask.shape)
    )
    alt = escape(f"{name}: " + "; ".join(_mask_column(name, mask)[1:]), quote=True)
    return (
        f'<svg role="img" aria-label="{alt}" width="{width + 2}" height="{height + 2}" '
        f'viewBox="-1 -1 {width + 2} {height + 2}" style="background:#fff">{pixels}</svg>'
    )


def _svg_pixel(top: int, left: int, value: Any) -> str:
    if isinstance(value, np.bool_):
        fill, ink, text = ("#111111", "#ffffff", "x") if value else ("#ffffff", "#111111", "")
    else:
        red, green, blue = (int(channel) for channel in PALETTE[int(value) % 256])
        bright = 0.299 * red + 0.587 * green + 0.114 * blue > 120
        fill, ink, text = f"#{red:02x}{green:02x}{blue:02x}", "#000000" if bright else "#ffffff", str(value)
    return (
        f'<rect x="{left}" y="{top}" width="{_PIXEL}" height="{_PIXEL}" fill="{fill}" stroke="#767676"/>'
        f'<text x="{left + _PIXEL / 2}" y="{top + _PIXEL * 0.7}" text-anchor="middle" '
        f'font-size="{12 if len(text) < 3 else 10}" fill="{ink}">{text}</text>'
    )
