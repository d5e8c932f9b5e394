"""From the pieces of a silhouette to pixels: light and shade, the direction of the hair, which part is where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.data.pocket_pets.shapes import Figure, Piece, Points
from course_lib.data.pocket_pets.texture import Field, slopes, smooth

PARTS = ("none", "torso", "tail", "leg", "skull", "muzzle", "ear")


@dataclass(frozen=True)
class Relief:
    """The surface of a pet, arrays of shape (H, W)."""

    part: NDArray[np.uint8]  # an index of PARTS
    cover: Field  # 0..1, how much of the pixel the pet covers
    light: Field  # about 0..1
    hair_x: Field  # the direction of the hair, about a unit long
    hair_y: Field
    along: Field  # 0 at the root of a part, 1 at its tip
    distance: Field  # the same in head radii
    side: Field  # -1 on the upper side of a part, 1 on its lower side

    def where(self, *parts: str) -> Field:
        """1 inside the named parts, 0 elsewhere."""
        return np.isin(self.part, [PARTS.index(part) for part in parts]).astype(np.float32)


def build_relief(figure: Figure, size: tuple[int, int], lamp: Points) -> Relief:
    """Rasterise a placed figure into a picture of ``size`` (H, W); ``lamp`` (3,) points to the light."""
    relief = Relief(np.zeros(size, np.uint8), *(np.zeros(size, np.float32) for _ in range(7)))
    for piece in figure.pieces:
        _add_piece(relief, piece, lamp, unit=figure.head[2])
    return relief


def dome_light(
    mask: Field, radius: float, steepness: float, lamp: Points
) -> tuple[Field, Field, Field, Field]:
    """Treat a flat mask as a dome: its height, its slopes in x and y, and how bright ``lamp`` makes it (Lambert)."""
    height = smooth(mask, 0.55 * radius)
    x, y = (np.float32(radius) * slope for slope in slopes(height))
    light = lamp[2] - steepness * (x * lamp[0] + y * lamp[1])
    light /= np.sqrt(1 + steepness**2 * (x**2 + y**2))
    return height, x, y, light.astype(np.float32)


def _add_piece(relief: Relief, piece: Piece, lamp: Points, unit: float) -> None:
    """Put one more piece in front: first its shade on what is behind it, then its own surface."""
    window = piece.window(relief.cover.shape, margin=piece.radius)
    rows, columns = window
    if min(rows.stop - rows.start, columns.stop - columns.start) < 2:
        return
    mask = piece.mask(window)
    height, slope_x, slope_y, light = dome_light(mask, piece.radius, 1.6, lamp)
    hair_x, hair_y = _lie_of_hair(piece, rows, columns)
    along, distance, side = _position(piece, rows, columns, unit)
    relief.light[window] *= 1 - 0.45 * height
    for field, value in (
        (relief.light, light),
        (relief.hair_x, hair_x - slope_x),
        (relief.hair_y, hair_y - slope_y),
        (relief.along, along),
        (relief.distance, distance),
        (relief.side, side),
    ):
        field[window] += mask * (value - field[window])
    np.maximum(relief.cover[window], mask, out=relief.cover[window])
    relief.part[window][mask > 0.5] = _part(piece.name)


def _part(piece_name: str) -> int:
    """The index of PARTS for a piece of a figure: a left ear is an ear, a thigh is a leg."""
    last_word = piece_name.split()[-1]
    return PARTS.index("leg" if last_word in ("foreleg", "thigh") else last_word)


def _ends(piece: Piece) -> tuple[Points, Points]:
    """The root (2,) and the tip (2,) of a piece; a skull runs from side to side, so that stripes go up its forehead."""
    if len(piece.discs):
        return piece.discs[0, :2], piece.discs[-1, :2]
    tip = piece.polygon[0 if piece.name != "skull" else len(piece.polygon) // 4]
    return piece.polygon.mean(axis=0), tip


def _lie_of_hair(piece: Piece, rows: slice, columns: slice) -> tuple[Field, Field]:
    """The direction of the hair in a window: away from the nose on a skull, along any other part."""
    root, tip = _ends(piece)
    if piece.name == "skull":
        y, x = np.ogrid[rows, columns]
        from_nose = (x - root[0]) / piece.radius, (y - root[1]) / piece.radius - 0.5
        return from_nose[0].astype(np.float32), from_nose[1].astype(np.float32)
    x, y = (0.7 * (tip - root) / max(np.hypot(*(tip - root)), 1e-6)).astype(np.float32)
    return x[None, None], y[None, None]


def _position(piece: Piece, rows: slice, columns: slice, unit: float) -> tuple[Field, Field, Field]:
    """``along``, ``distance`` and ``side`` of a Relief in a window."""
    y, x = np.ogrid[rows, columns]
    root, tip = _ends(piece)
    length = max(np.hypot(*(tip - root)), 0.5 * unit)
    ahead = (tip - root) / length
    pixels = ((x - root[0]) * ahead[0] + (y - root[1]) * ahead[1]).astype(np.float32)
    side = (y - 0.5 * (root + tip)[1]).astype(np.float32) / (0.5 * np.ptp(piece.outline[:, 1]))
    return pixels / length, pixels / unit, np.broadcast_to(side, pixels.shape)
