"""Pictures out of notebooks: each becomes a file, so that a page is small and loads it when it comes into view."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html import escape
from pathlib import Path

from PIL import Image

_EMBEDDED = re.compile(r'src="data:image/(png|jpeg|svg\+xml);base64,([^"]+)"')
_SVG_SIZE = re.compile(r'<svg[^>]*? width="(\d+)[^"]*" height="(\d+)')
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "svg+xml": ".svg"}


class Pictures:
    """A folder of pictures, each named after its content: what appears twice is kept once.

    Args:
        folder: where the files go.
        address: of that folder, as the pages name it.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self._folder, self._address = folder, address
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes, suffix: str) -> str:
        """Write a picture and return its address. A PNG becomes a lossless WebP where that is smaller."""
        if suffix == ".png":
            content, suffix = min(
                (content, suffix), (_as_webp(content), ".webp"), key=lambda way: len(way[0])
            )
        name = hashlib.sha256(content).hexdigest()[:16] + suffix
        (self._folder / name).write_bytes(content)
        return f"{self._address}/{name}"

    def as_html(self, png: bytes, alt: str) -> str:
        """Keep a PNG and return the element that shows it."""
        width, height = _size(png, "png") or (0, 0)
        return f'<img src="{self.keep(png, ".png")}" alt="{escape(alt)}" width="{width}" height="{height}">'

    def take_out(self, html: str) -> str:
        """Return HTML in which every embedded picture is a file that is loaded when it comes into view."""
        return _EMBEDDED.sub(self._as_file, html)

    def _as_file(self, found: re.Match[str]) -> str:
        content = base64.b64decode(found[2])
        size = _size(content, found[1])
        sized = f' width="{size[0]}" height="{size[1]}"' if size else ""
        address = self.keep(content, SUFFIXES[found[1]])
        return f'src="{address}" loading="lazy" decoding="async"{sized}'


def _as_webp(png: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "WEBP", lossless=True, quality=0, method=2)
    return out.getvalue()


def _size(content: bytes, kind: str) -> tuple[int, int] | None:
    """Return a picture's width and height in pixels; None where an SVG does not say."""
    if kind == "svg+xml":
        found = _SVG_SIZE.search(content.decode())
        return (int(found[1]), int(found[2])) if found else None
    return Image.open(io.BytesIO(content)).size
