"""Real photographs that the course may show: both are CC0, which data/README.md says in more words."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

PHOTOS = ("chelsea", "coffee")


def open_photo(name: str) -> Image.Image:
    """Return a photo, RGB: "chelsea", a cat, or "coffee", a cup.

    Raises:
        ValueError: there is no photo of this name.
    """
    if name not in PHOTOS:
        raise ValueError(f"There is no photo {name!r}: the photos are {', '.join(PHOTOS)}.")
    with Image.open(Path(__file__).with_name(f"{name}.jpg")) as photo:
        return photo.convert("RGB")
