"""A report as HTML and as plain text with the same content. Word and sign, not only colour, show the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from course_lib import svg
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
        background: the class id in the masks that is blue.
    """

    status: str
    headline: str
    paragraphs: Sequence[str]
    facts: Sequence[tuple[str, str]] = ()
    masks: Mapping[str, np.ndarray] = field(default_factory=dict)
    tally: str = ""
    background: int = 1


def as_text(report: Report) -> str:
    """Return a report as plain text."""
    lines = [report.headline, *report.paragraphs]
    lines += [f"  {label:<10} {text}" for label, text in report.facts]
    if report.masks:
        lines += ["", *_masks_as_text(report.masks), ""]
    return "\n".join([*lines, *([report.tally] if report.tally else [])])


def as_html(report: Report) -> str:
    """Return a report as one HTML panel."""
    pictures = [(name, _picture(name, mask, report.background)) for name, mask in report.masks.items()]
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


def _picture(name: str, mask: np.ndarray, background: int) -> str:
    """Return a mask as SVG: class ids on their colours, or crosses where two masks differ."""
    words = np.where(mask, "x", "") if mask.dtype == bool else mask
    height, width = (side * _PIXEL for side in mask.shape)
    alt = f"{name}: " + "; ".join(_mask_column(name, mask)[1:])
    pixels = svg.cells(_fills(mask, background), words.tolist(), 1, 1, _PIXEL)
    return svg.figure(width + 2, height + 2, alt, pixels).svg


def _fills(mask: np.ndarray, background: int) -> list[list[str]]:
    if mask.dtype == bool:
        return [[svg.INK if pixel else "#ffffff" for pixel in row] for row in mask]
    colours = {pixel: svg.colour(pixel, background) for pixel in np.unique(mask).tolist()}
    return [[colours[pixel] for pixel in row] for row in mask.tolist()]
