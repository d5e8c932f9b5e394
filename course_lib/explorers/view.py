"""What an explorer shows: pictures and sentences, as HTML for a widget, as a still, and in words."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from course_lib.svg import GRID, INK, Figure


@dataclass(frozen=True)
class View:
    """What an explorer shows: pictures side by side, and sentences with the numbers below them."""

    figures: tuple[Figure, ...]
    lines: tuple[str, ...]

    def live(self) -> str:
        """Return HTML for a widget."""
        return _panel([figure.svg for figure in self.figures], self.lines)

    def still(self) -> str:
        """Return HTML without a widget and without inline SVG, which some pages refuse."""
        return _panel([_as_img(figure) for figure in self.figures], self.lines)

    def text(self) -> str:
        """Return everything in words."""
        return "\n".join([*(figure.alt for figure in self.figures), *self.lines])


def _panel(pictures: Iterable[str], lines: Iterable[str]) -> str:
    shown = "".join(f'<div style="max-width:100%">{picture}</div>' for picture in pictures)
    said = "".join(f'<p style="margin:2px 0;color:{INK}">{escape(line)}</p>' for line in lines)
    return (
        f'<div style="background:#fff;color:{INK};border:1px solid {GRID};padding:8px 12px;line-height:1.45;'
        f'font-size:14px;max-width:60em"><div style="display:flex;flex-wrap:wrap;gap:8px 20px">{shown}</div>'
        f"{said}</div>"
    )


def _as_img(figure: Figure) -> str:
    data = base64.b64encode(figure.svg.encode()).decode()
    alt = escape(figure.alt, quote=True)
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
