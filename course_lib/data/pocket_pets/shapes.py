"""Pieces of a silhouette on the screen, and the figure that they make.

Screen coordinates are x to the right and y down. A figure is made in units of its head's radius, then placed in
a picture, in pixels, and only then drawn.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from course_lib.data.pocket_pets.texture import Field, from_image

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """Scale, turn by ``angle`` (radians), mirror left to right, then move by ``shift`` (2,)."""

    scale: float
    angle: float
    mirror: bool
    shift: Points

    def points(self, points: Points) -> Points:
        """Move points (..., 2)."""
        cos, sin = self.scale * np.cos(self.angle), self.scale * np.sin(self.angle)
        x, y = np.moveaxis(points, -1, 0)
        x = -x if self.mirror else x
        return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1) + self.shift

    def discs(self, discs: Points) -> Points:
        """Move discs (..., 3) of x, y, radius."""
        return np.concatenate([self.points(discs[..., :2]), self.scale * discs[..., 2:]], axis=-1)


@dataclass(frozen=True)
class Piece:
    """A part of the silhouette: a string of discs (K, 3) of x, y, radius, or a polygon (K, 2)."""

    name: str
    depth: float
    discs: Points = field(default_factory=lambda: np.zeros((0, 3)))
    polygon: Points = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def outline(self) -> Points:
        """Points (K, 2) whose bounding box is the piece's."""
        centres, radius = self.discs[:, :2], self.discs[:, 2:]
        return np.concatenate([self.polygon, centres - radius, centres + radius])

    def placed(self, placement: Placement) -> "Piece":
        """The same piece elsewhere."""
        return replace(self, discs=placement.discs(self.discs), polygon=placement.points(self.polygon))

    @property
    def radius(self) -> float:
        """Half its narrow side."""
        return 0.5 * float(np.ptp(self.outline, axis=0).min())

    def window(self, size: tuple[int, int], margin: float) -> tuple[slice, slice]:
        """The rows and columns of a picture of ``size`` (H, W) that the piece and a margin around it reach."""
        low = np.floor(self.outline.min(axis=0) - margin).astype(int)
        high = np.ceil(self.outline.max(axis=0) + margin).astype(int)
        (left, top), (right, bottom) = low.clip(0, size[::-1]), high.clip(0, size[::-1])
        return slice(top, bottom), slice(left, right)

    def mask(self, window: tuple[slice, slice]) -> Field:
        """How much of each pixel of a window the piece covers, float32 (h, w), 0..1."""
        rows, columns = window
        corner = np.array([columns.start, rows.start])
        image = Image.new("L", (2 * (columns.stop - columns.start), 2 * (rows.stop - rows.start)))
        pen = ImageDraw.Draw(image)
        if len(self.polygon):
            pen.polygon((2 * (self.polygon - corner)).ravel().tolist(), fill=255)
        discs = 2 * (self.discs - [*corner, 0])
        for x, y, radius in discs.tolist():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        for start, end in pairwise(discs):
            pen.polygon(_link(start, end).ravel().tolist(), fill=255)
        return from_image(image.reduce(2))


@dataclass(frozen=True)
class Mark:
    """A polygon (K, 2) of the face in one plain colour: part of an eye, the nose, the mouth, a tongue."""

    colour: str
    polygon: Points


@dataclass(frozen=True)
class Figure:
    """A pet on the screen: pieces from back to front, marks of the face, whiskers as pairs of ends (K, 2, 2)."""

    pieces: list[Piece]
    marks: list[Mark]
    whiskers: Points
    head: Points  # (3,): x, y, radius

    def placed(self, placement: Placement) -> "Figure":
        """The same figure elsewhere."""
        return Figure(
            [piece.placed(placement) for piece in self.pieces],
            [replace(mark, polygon=placement.points(mark.polygon)) for mark in self.marks],
            placement.points(self.whiskers),
            placement.discs(self.head),
        )

    @property
    def box(self) -> tuple[Points, Points]:
        """The upper left and the lower right corner, (2,) each."""
        points = np.concatenate([piece.outline for piece in self.pieces])
        return points.min(axis=0), points.max(axis=0)


def spline(points: Points, steps: int = 4) -> Points:
    """A smooth line through ``points`` (K, D), with ``steps`` samples between two points (Catmull-Rom)."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    p0, p1, p2, p3 = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    t = (np.arange(steps) / steps)[None, :, None]
    curve = p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    return np.concatenate([curve.reshape(-1, points.shape[1]), points[-1:]])


def _link(start: Points, end: Points) -> Points:
    """The quadrilateral (4, 2) between two discs (3,) of a string."""
    along = end[:2] - start[:2]
    across = np.array([-along[1], along[0]]) / max(np.hypot(*along), 1e-6)
    return np.array([start[:2], end[:2], end[:2], start[:2]]) + np.outer(
        [start[2], end[2], -end[2], -start[2]], across
    )


def mirrored(half: list[tuple[float, float]]) -> Points:
    """A closed outline (K, 2) from the points of its right half, which runs from top to bottom."""
    right = spline(np.array(half))
    return np.concatenate([right, right[::-1] * [-1, 1]])
