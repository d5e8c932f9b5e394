"""Heads of cats and dogs: outlines, ears, muzzle and face in space, turned and flattened to the screen.

Coordinates of a head are (x to the right, y down, z towards the viewer) with the skull's radius about 1.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.data.pocket_pets.shapes import Figure, Mark, Piece, Points, mirrored, spline

CAT_SKULL = mirrored(
    [(0, -0.86), (0.5, -0.8), (0.88, -0.4), (1.02, 0.12), (0.8, 0.55), (0.4, 0.84), (0, 0.92)]
)
DOG_SKULL = mirrored(
    [(0, -1.0), (0.5, -0.92), (0.82, -0.5), (0.84, 0.05), (0.66, 0.55), (0.35, 0.88), (0, 0.95)]
)

# Right ears, as closed lines through (x, y, z).
EARS = {
    "pointed": [
        (0.12, -0.74, 0),
        (0.36, -1.12, 0),
        (0.74, -1.56, -0.1),
        (0.92, -1.05, -0.1),
        (0.96, -0.25, 0),
    ],
    "hanging": [
        (0.5, -0.86, 0.1),
        (0.95, -0.82, 0),
        (1.24, -0.25, 0),
        (1.28, 0.5, 0.05),
        (1.05, 0.95, 0.1),
        (0.78, 0.6, 0.15),
        (0.66, -0.3, 0.2),
    ],
    "folded": [
        (0.36, -0.86, 0.1),
        (0.62, -1.24, 0),
        (1.02, -1.1, 0),
        (1.3, -0.5, 0.1),
        (1.16, -0.2, 0.15),
        (0.84, -0.55, 0.2),
    ],
}


@dataclass(frozen=True)
class Gaze:
    """Where a head looks, in radians: yaw to the viewer's right, pitch down, roll clockwise."""

    yaw: float
    pitch: float
    roll: float

    def turn(self, points: Points) -> Points:
        """Turn points (..., 3) of the head with it."""
        x, y, z = np.moveaxis(np.asarray(points, dtype=float), -1, 0)
        x, z = _rotated(x, z, self.yaw)
        y, z = _rotated(y, z, self.pitch)
        y, x = _rotated(y, x, self.roll)
        return np.stack([x, y, z], axis=-1)


def _rotated(a: Points, b: Points, angle: float) -> tuple[Points, Points]:
    """Turn coordinates so that axis b moves towards axis a."""
    return a * np.cos(angle) + b * np.sin(angle), b * np.cos(angle) - a * np.sin(angle)


def oval(centre: tuple[float, float, float], rx: float, ry: float, tilt: float = 0.0) -> Points:
    """An ellipse (24, 3) on the head at ``centre``, facing outwards."""
    out = np.array(centre) / np.linalg.norm(centre)
    right = np.array([out[2], 0, -out[0]]) / np.hypot(out[0], out[2])
    down = np.cross(out, right)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    b, a = _rotated(ry * np.sin(angle), rx * np.cos(angle), tilt)
    return np.array(centre) + a[:, None] * right + b[:, None] * down


def _ear_gaze(gaze: Gaze) -> Gaze:
    """Ears are cups, not sheets: they never turn their edge to the viewer."""
    return Gaze(0.6 * gaze.yaw, 0.5 * gaze.pitch, gaze.roll)


def _ear_pieces(kind: str, gaze: Gaze) -> list[Piece]:
    pieces = []
    for name, flip in (("right", 1.0), ("left", -1.0)):
        outline = np.array(EARS[kind]) * [flip, 1, 1]
        turned = _ear_gaze(gaze).turn(spline(np.concatenate([outline, outline[:1]])))
        hangs_in_front = kind != "pointed" and turned[:, 2].mean() > -0.45
        pieces.append(Piece(f"{name} ear", 11.0 if hangs_in_front else 9.0, polygon=turned[:, :2]))
    return pieces


def _muzzle(species: str, length: float, gaze: Gaze) -> Piece:
    rows = [(0, 0.36, 0.55, 0.46), (0, 0.4, 0.8, 0.38)]
    if species == "dog":
        rows = [
            (0, 0.3, 0.45, 0.56),
            (0, 0.42, 0.8 + 0.4 * length, 0.45),
            (0, 0.46, 0.9 + 0.7 * length, 0.38),
        ]
    tube = spline(np.array(rows))
    return Piece("muzzle", 12.0, discs=np.concatenate([gaze.turn(tube[:, :3])[:, :2], tube[:, 3:]], axis=1))


def _eye(species: str, side: float, squint: float) -> list[tuple[str, Points]]:
    centre = (side * 0.43, -0.08, 0.8) if species == "cat" else (side * 0.38, -0.12, 0.8)
    size = 0.225 if species == "cat" else 0.15
    x, y, z = centre
    tilt = side * (-0.25 if species == "cat" else 0.1)
    pupil = (0.38 * size, 0.8 * size * squint) if species == "cat" else (0.6 * size, 0.6 * size)
    return [
        ("rim", oval(centre, size * 1.2, size * squint * 1.2, tilt)),
        ("iris", oval((x, y, z + 0.01), size, size * squint, tilt)),
        ("pupil", oval((x, y, z + 0.02), *pupil)),
        ("glint", oval((x - 0.3 * size, y - 0.35 * size * squint, z + 0.03), 0.22 * size, 0.22 * size)),
    ]


def _ear_lining() -> list[tuple[str, Points]]:
    marks = []
    for flip in (1.0, -1.0):
        outline = np.array(EARS["pointed"]) * [flip, 1, 1]
        middle = outline.mean(axis=0) + [0, 0.12, 0]
        closed = np.concatenate([outline, outline[:1]])
        marks.append(("ear lining", spline(middle + 0.62 * (closed - middle))))
    return marks


def _cat_mouth() -> list[tuple[str, Points]]:
    smile = np.array(
        [(-0.26, 0.5, 1.1), (-0.12, 0.56, 1.15), (0, 0.46, 1.2), (0.12, 0.56, 1.15), (0.26, 0.5, 1.1)]
    )
    return [
        ("mouth", _stroke(spline(smile), 0.022)),
        ("nose", np.array([(-0.13, 0.21, 1.12), (0.13, 0.21, 1.12), (0.04, 0.36, 1.2), (-0.04, 0.36, 1.2)])),
    ]


def _dog_mouth(length: float, tongue: bool) -> list[tuple[str, Points]]:
    tip = 0.9 + 0.7 * length + 0.32
    smile = np.array(
        [
            (-0.4, 0.54, tip - 0.5),
            (-0.2, 0.72, tip - 0.1),
            (0, 0.64, tip),
            (0.2, 0.72, tip - 0.1),
            (0.4, 0.54, tip - 0.5),
        ]
    )
    marks = [("mouth", _stroke(spline(smile), 0.03))]
    if tongue:
        marks.append(("tongue", oval((0.03, 0.92, tip - 0.12), 0.15, 0.26)))
    return [
        *marks,
        ("nose", oval((0, 0.26, tip), 0.22, 0.16)),
        ("glint", oval((-0.05, 0.2, tip + 0.02), 0.06, 0.03)),
    ]


def _stroke(line: Points, width: float) -> Points:
    """A line (K, 3) as a thin polygon."""
    return np.concatenate([line + [0, width, 0], line[::-1] - [0, width, 0]])


def _facing(polygon: Points) -> bool:
    """Whether a turned polygon of the face is on the viewer's side of the head."""
    return float(polygon[:, 2].mean()) > 0.12


def _whiskers(rng: np.random.Generator, gaze: Gaze) -> Points:
    roots = np.array([(side * 0.3, 0.42 + 0.07 * row, 0.95) for side in (-1, 1) for row in range(3)])
    reach = np.array([(side * 1.0, 0.22 * (row - 1), -0.3) for side in (-1, 1) for row in range(3)])
    tips = roots + reach * rng.uniform(0.9, 1.4, (6, 1)) + rng.normal(0, 0.06, (6, 3))
    return np.stack([gaze.turn(roots), gaze.turn(tips)], axis=1)[..., :2]


def draw_head(rng: np.random.Generator, species: str, ears: str, gaze: Gaze) -> Figure:
    """A head at the origin, of radius 1; its pieces have depths of about 10, in front of any body."""
    length = rng.uniform(0.3, 0.85)
    squint = rng.choice([1.0, 0.8, 0.45], p=[0.5, 0.3, 0.2])
    # A skull is round: looking aside turns its face, not its outline.
    outline = np.pad(CAT_SKULL if species == "cat" else DOG_SKULL, ((0, 0), (0, 1)))
    skull = Gaze(0, 0, gaze.roll).turn(outline)[:, :2]
    pieces = [Piece("skull", 10.0, polygon=skull), *_ear_pieces(ears, gaze), _muzzle(species, length, gaze)]
    lining = _ear_lining() if ears == "pointed" else []
    face = [mark for side in (-1.0, 1.0) for mark in _eye(species, side, squint)]
    face += _cat_mouth() if species == "cat" else _dog_mouth(length, tongue=rng.uniform() < 0.3)
    turned = [(colour, gaze.turn(polygon)) for colour, polygon in face]
    marks = [Mark(colour, _ear_gaze(gaze).turn(polygon)[:, :2]) for colour, polygon in lining]
    marks += [Mark(colour, polygon[:, :2]) for colour, polygon in turned if _facing(polygon)]
    whiskers = _whiskers(rng, gaze) if species == "cat" else np.zeros((0, 2, 2))
    return Figure(pieces, marks, whiskers, head=np.array([0.0, 0.0, 1.0]))
