"""Pictures as SVG text: quick to make, sharp at any zoom, readable on dark pages, with a text for screen readers.

Every function returns a piece of SVG, and `figure` makes a picture of the pieces. Checks, grading pages and explorers
all draw with these.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.masks import palette_for

INK, GREY, GRID = "#111111", "#595959", "#767676"  # on white: 18.9, 7.0 and 4.5 to 1
PALE = "#e8e8e8"
PICTURE, CORNER = (
    192,
    (1, 22),
)  # width of a small image on the page, and its upper left corner below its title
_READABLE = 18  # side of a square that can hold a word


class Figure(NamedTuple):
    """A picture and its description."""

    svg: str
    alt: str


_ON_WHITE = (  # all that a picture needs to look the same on any page, and in a file of its own
    'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" '
    'style="background:#fff;max-width:100%;height:auto;display:block" '
)


def figure(
    width: float, height: float, alt: str, *parts: str, role: str = "img", themed: bool = False
) -> Figure:
    """Make a picture that shrinks with its page, and grows with the zoom.

    Args:
        width: in pixels.
        height: in pixels.
        alt: a description of the picture.
        parts: pieces of SVG.
        role: ``"img"``, or ``"group"`` for a picture with parts that the keyboard can go to.
        themed: whether the page's style sheet decides on colours, font and background.
    """
    looks = "" if themed else _ON_WHITE
    svg = (
        f'<svg {looks}role="{role}" aria-label="{escape(alt, quote=True)}" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'
    )
    return Figure(svg, alt)


def colour(class_id: int, background: int = 1) -> str:
    """Return a class's colour in CSS; that of the background is blue."""
    return as_css(palette_for(background)[class_id])


def as_css(rgb: ArrayLike) -> str:
    """Return a colour, three numbers in 0..255, in CSS."""
    return "#" + "".join(f"{int(channel):02x}" for channel in np.asarray(rgb))


@cache
def ink_on(fill: str) -> str:
    """Return black or white, whichever has more contrast with a colour: always 4.5 to 1 or more."""
    channels = np.array([int(fill[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def rect(x: float, y: float, width: float, height: float, fill: str, **attributes: Any) -> str:
    """Return a rectangle."""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {place} fill="{fill}"{_written(attributes)}/>'


def text(
    x: float, y: float, words: object, size: float = 13, anchor: str = "start", **attributes: Any
) -> str:
    """Return one line of text; ``y`` is its baseline."""
    attributes = {"fill": INK, **attributes}
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
    return f"<text {place}{_written(attributes)}>{escape(str(words))}</text>"


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = INK, **attributes: Any) -> str:
    """Return a straight line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{stroke}"{_written(attributes)}/>'


def circle(x: float, y: float, radius: float, fill: str) -> str:
    """Return a disc with a dark edge."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{INK}"/>'


def pixels(rgb: NDArray[np.uint8], x: float, y: float, width: float) -> str:
    """Return an image (H, W, 3) at ``width``, its pixels as squares."""
    from PIL import Image

    packed = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(packed, "PNG", compress_level=1)
    return png(packed.getvalue(), x, y, width, width * rgb.shape[0] / rgb.shape[1])


def png(data: bytes, x: float, y: float, width: float, height: float) -> str:
    """Return the image of a PNG file, its pixels as squares."""
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    edge = rect(x, y, width, height, "none", stroke=GRID)
    return (
        f'<image {place} href="{source}" preserveAspectRatio="none" style="image-rendering:pixelated"/>{edge}'
    )


def picture(title: str, alt: str, rgb: NDArray[np.uint8], over: str = "", below: float = 0) -> Figure:
    """Return an image below its title; the image's corner, for what is drawn ``over`` it, is at `CORNER`."""
    parts = (text(1, 15, title), pixels(rgb, *CORNER, PICTURE), over)
    return figure(PICTURE + 2, PICTURE * rgb.shape[0] / rgb.shape[1] + 24 + below, alt, *parts)


def outline(mask: NDArray[Any], x: float, y: float, side: float, stroke: str = INK, **attributes: Any) -> str:
    """Return the edge around the pixels of a mask (H, W); ``side`` is the side of a pixel.

    It is traced around each region, because dashes start again wherever a path is broken.
    """
    loops = [
        "M" + "L".join(f"{x + side * column:g} {y + side * row:g}" for row, column in loop) + "z"
        for loop in _trace(np.asarray(mask, dtype=bool))
    ]
    return f'<path d="{"".join(loops)}" fill="none" stroke="{stroke}"{_written(attributes)}/>'


def _trace(mask: NDArray[np.bool_]) -> Iterator[list[tuple[int, int]]]:
    """Yield the corners (row, column) of each loop around the mask, which is always on the right-hand side."""
    room = np.pad(mask, 1)
    inside = room[1:-1, 1:-1]
    sides = (  # the pixels with an edge on this side, which leads from one corner of theirs to another
        (inside & ~room[:-2, 1:-1], (0, 0), (0, 1)),
        (inside & ~room[1:-1, 2:], (0, 1), (1, 1)),
        (inside & ~room[2:, 1:-1], (1, 1), (1, 0)),
        (inside & ~room[1:-1, :-2], (1, 0), (0, 0)),
    )
    ways: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for edges, (top, left), (bottom, right) in sides:
        for row, column in np.argwhere(edges).tolist():
            ways.setdefault((row + top, column + left), []).append((row + bottom, column + right))
    while ways:
        start = here = next(iter(ways))
        loop: list[tuple[int, int]] = []
        while not loop or here != start:
            loop.append(here)
            following = ways[here].pop()
            if not ways[here]:
                del ways[here]
            here = following
        yield loop


def cells(
    fills: Sequence[Sequence[str]], words: Sequence[Sequence[object]], x: float, y: float, side: float
) -> str:
    """Return a grid of squares, one path per colour, with a word in each if it is large enough to read."""
    squares: dict[str, list[str]] = {}
    labels: dict[str, list[str]] = {}
    for row, (row_fills, row_words) in enumerate(zip(fills, words, strict=True)):
        for column, (fill, word) in enumerate(zip(row_fills, row_words, strict=True)):
            left, top = x + side * column, y + side * row
            squares.setdefault(fill, []).append(f"M{left:g} {top:g}h{side:g}v{side:g}h-{side:g}z")
            if word != "" and side >= _READABLE:
                size = min(14, 0.5 * side, 1.5 * side / len(str(word)))
                place = f'x="{left + side / 2:g}" y="{top + side / 2 + 0.35 * size:g}" font-size="{size:.3g}"'
                labels.setdefault(ink_on(fill), []).append(f"<text {place}>{escape(str(word))}</text>")
    paths = (f'<path fill="{fill}" d="{"".join(path)}"/>' for fill, path in squares.items())
    texts = (f'<g fill="{ink}">{"".join(group)}</g>' for ink, group in labels.items())
    return f'<g stroke="{GRID}" stroke-width="0.5">{"".join(paths)}</g><g text-anchor="middle">{"".join(texts)}</g>'


def bars(
    values: Sequence[tuple[str, float, str]], x: float, y: float, width: float, label: float = 92
) -> str:
    """Return horizontal bars from 0 to 1: name, length and colour of each; NaN gets no bar."""
    parts = []
    for number, (name, value, fill) in enumerate(values):
        top = y + 30 * number
        known = not np.isnan(value)
        parts += [
            text(x, top + 15, name),
            rect(x + label, top, width, 20, PALE, stroke=GRID),
            rect(x + label, top, width * value if known else 0, 20, fill, stroke=INK),
            text(x + label + width + 6, top + 15, f"{value:.3f}" if known else "none"),
        ]
    return "".join(parts)


def _written(attributes: dict[str, Any]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{escape(str(value), quote=True)}"' for name, value in attributes.items()
    )
