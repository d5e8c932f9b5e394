"""Sizes of images, as options, recipes and reports write them: height x width, or the side of a square."""

from __future__ import annotations

import re

LARGEST_SIDE = 4096

Size = int | tuple[int, int]
"""The side of a square, or height and width, in pixels."""


def height_width(size: Size) -> tuple[int, int]:
    """Return height and width of a size."""
    return (size, size) if isinstance(size, int) else size


def parse_size(text: str | int, option: str = "--size") -> str | int:
    """Return a size as recipes hold it: the side of a square, or text such as "180x240", height x width.

    Raises:
        ValueError: it is neither, or a side is 0 or longer than ``LARGEST_SIDE``.
    """
    match = re.fullmatch(r"([0-9]{1,9})(?:x([0-9]{1,9}))?", str(text).strip().lower())
    if match is None:
        raise ValueError(
            f"{option} is {text}: give the side of a square, as in 192, or height x width, as in 180x240."
        )
    height, width = int(match[1]), int(match[2] or match[1])
    if not height or not width:
        raise ValueError(f"{option} is {text}: give a number above 0.")
    if max(height, width) > LARGEST_SIDE:
        raise ValueError(
            f"{option} is {text}: a network that trains on such images needs more memory than there is; give at most "
            f"{LARGEST_SIDE} pixels per side, and predict larger pictures by --tiles."
        )
    return height if height == width else size_text((height, width))


def sides_of(size: str | int) -> tuple[int, int]:
    """Return height and width of a size as recipes hold it."""
    height, _, width = str(size).partition("x")
    return int(height), int(width or height)


def size_text(sides: tuple[int, int]) -> str:
    """Return height and width as options take them: "128", "180x240"."""
    return str(sides[0]) if sides[0] == sides[1] else f"{sides[0]}x{sides[1]}"


def size_name(size: str | int) -> str:
    """Return a size as readers know it: "128x128", "180x240", or "full size" for "full"."""
    return f"{size}x{size}" if isinstance(size, int) else "full size" if size == "full" else size
