"""Curves in a frame, their legend, and colours for numbers in 0..1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.svg import GRID, INK, circle, line, pixels, rect, text

DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 4")  # a second way to tell curves apart, in addition to colour
_HEAT = np.array([(255, 255, 255), (240, 228, 66), (213, 94, 0), (60, 0, 0)])  # ever darker, also in grey


@dataclass(frozen=True)
class Chart:
    """A coordinate system: its place in the picture, and its ranges."""

    x: float
    y: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point in the picture; a point outside the frame is moved onto it."""
        across = (x - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        up = (y - self.y_range[0]) / (self.y_range[1] - self.y_range[0])
        return self.x + self.width * min(1, max(0, across)), self.y + self.height * (1 - min(1, max(0, up)))

    def frame(self, x_label: str, y_label: str, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> str:
        """Return the frame with ticks and labels; it needs 40 pixels on the left, 20 above and 40 below."""
        bottom = self.y + self.height
        parts = [rect(self.x, self.y, self.width, self.height, "#ffffff", stroke=GRID)]
        for tick in x_ticks:
            left, _ = self.place(tick, self.y_range[0])
            parts += [
                line(left, bottom, left, bottom + 4),
                text(left, bottom + 17, f"{tick:g}", 12, "middle"),
            ]
        for tick in y_ticks:
            _, top = self.place(self.x_range[0], tick)
            parts += [
                line(self.x, top, self.x + self.width, top, "#d0d0d0"),
                text(self.x - 6, top + 4, f"{tick:g}", 12, "end"),
            ]
        parts += [
            text(self.x + self.width / 2, bottom + 35, x_label, 12, "middle"),
            text(self.x - 34, self.y - 8, y_label, 12),
        ]
        return "".join(parts)

    def curve(
        self, xs: Iterable[float], ys: Iterable[float], stroke: str, dash: str = "", width: float = 2.5
    ) -> str:
        """Return a curve with gaps where y is NaN."""
        d, pen = [], "M"
        for x, y in zip(xs, ys, strict=True):
            if np.isnan(y):
                pen = "M"
                continue
            left, top = self.place(x, y)
            d.append(f"{pen}{left:.1f} {top:.1f}")
            pen = "L"
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        return f'<path d="{"".join(d)}" fill="none" stroke="{stroke}" stroke-width="{width:g}"{dashed}/>'

    def upright(self, x: float) -> str:
        """Return a line from top to bottom that marks a value of x."""
        left, _ = self.place(x, self.y_range[0])
        return line(left, self.y, left, self.y + self.height, INK, stroke_width=1.5)

    def dot(self, x: float, y: float, fill: str) -> str:
        """Return a point."""
        return "" if np.isnan(y) else circle(*self.place(x, y), 5, fill)


def legend(names: Sequence[tuple[str, str, str]], x: float, y: float, step: float = 20) -> str:
    """Return a legend of curves, one under the other: name, colour and dashes of each."""
    parts = []
    for number, (name, stroke, dash) in enumerate(names):
        middle = y + step * number
        dashed = {"stroke_dasharray": dash} if dash else {}
        parts.append(line(x, middle, x + 34, middle, stroke, stroke_width=2.5, **dashed))
        parts.append(text(x + 40, middle + 4, name, 12))
    return "".join(parts)


def heat(shares: NDArray[Any]) -> NDArray[np.uint8]:
    """Colour numbers in 0..1, (H, W), from white through yellow and vermillion to nearly black; return (H, W, 3)."""
    steps = np.linspace(0, 1, len(_HEAT))
    channels = [np.interp(shares, steps, _HEAT[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def heat_legend(x: float, y: float, width: float, low: str, high: str) -> str:
    """Return a strip of `heat`'s colours, with their meaning at both ends; 32 pixels high."""
    strip = pixels(heat(np.linspace(0, 1, 32)[None].repeat(2, axis=0)), x, y, width)
    return strip + text(x, y + 28, low, 12) + text(x + width, y + 28, high, 12, "end")
