"""Poses of the body, and the whole figure as a camera sees it.

Coordinates of a body are (forward, up, left) in units of the head's radius, with the ground at up = 0. A limb is a
tube, given as rows of (forward, up, left, radius): a string of discs, so its outline is right from any side.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from course_lib.data.pocket_pets.head import Gaze, draw_head
from course_lib.data.pocket_pets.shapes import Figure, Piece, Placement, Points, spline

Tubes = dict[str, Points]


def _both_sides(name: str, rows: Sequence[tuple[float, ...]]) -> Tubes:
    tube = np.array(rows)
    return {f"left {name}": tube, f"right {name}": tube * [1, 1, -1, 1]}


def standing(rng: np.random.Generator) -> Tubes:
    """On four legs, mid-step."""
    tail = [(-2.5, 3.0, 0, 0.3), (-3.3, 3.3, 0, 0.25), (-3.9, 4.1, 0.1, 0.22), (-3.9, 5.1, 0.2, 0.15)]
    torso = [
        (-1.9, 2.7, 0, 0.95),
        (-0.2, 2.6, 0, 0.9),
        (1.6, 2.6, 0, 1),
        (2.5, 3.3, 0, 0.75),
        (2.9, 4, 0, 0.6),
    ]
    fore = [(1.7, 2.4, 0.4, 0.62), (1.6, 1.3, 0.5, 0.33), (1.8, 0.28, 0.5, 0.27), (2.1, 0.22, 0.5, 0.24)]
    hind = [
        (-1.8, 2.5, 0.4, 0.85),
        (-1.5, 1.5, 0.5, 0.5),
        (-2.2, 0.85, 0.5, 0.27),
        (-2, 0.28, 0.5, 0.25),
        (-1.7, 0.22, 0.5, 0.23),
    ]
    tubes = {
        "tail": np.array(tail),
        "torso": np.array(torso),
        **_both_sides("foreleg", fore),
        **_both_sides("hind leg", hind),
        "head": np.array([(3.2, 4.3, 0, 1.0)]),
    }
    for name, tube in tubes.items():
        if "leg" in name:
            tube[:, 0] += rng.normal(0, 0.35) * (1 - tube[:, 1] / 2.5)
    tubes["head"][0, :3] += rng.normal(0, [0.1, 0.35, 0.25])
    return tubes


def sitting(rng: np.random.Generator) -> Tubes:
    """Hips on the ground, forelegs straight."""
    tail = np.array(
        [(-1.6, 0.35, 0, 0.26), (-2.2, 0.22, 0.9, 0.24), (-1.5, 0.2, 1.9, 0.22), (-0.3, 0.2, 2.1, 0.16)]
    )
    torso = [(-0.9, 0.95, 0, 1.05), (-0.3, 1.7, 0, 1.05), (0.4, 2.5, 0, 0.92), (0.75, 3.4, 0, 0.68)]
    fore = [(0.6, 2.1, 0.38, 0.5), (0.8, 1.1, 0.4, 0.31), (0.9, 0.28, 0.42, 0.27), (1.2, 0.22, 0.45, 0.26)]
    thigh = [(-0.7, 0.9, 0.7, 0.8), (-0.1, 0.6, 0.85, 0.55), (0.4, 0.22, 0.85, 0.24), (0.8, 0.2, 0.85, 0.24)]
    return {
        "tail": tail * [1, 1, rng.choice([-1.0, 1.0]), 1],
        "torso": np.array(torso),
        **_both_sides("foreleg", fore),
        **_both_sides("thigh", thigh),
        "head": np.array([(0.9, 4.1 + rng.normal(0, 0.12), rng.normal(0, 0.15), 1.0)]),
    }


def lying(rng: np.random.Generator) -> Tubes:
    """Flat on the belly, forelegs ahead, the head anywhere between up and down on the paws."""
    up = rng.uniform(0, 1)
    tail = np.array(
        [(-2.3, 0.5, 0, 0.26), (-3.0, 0.25, 0.6, 0.24), (-2.6, 0.2, 1.5, 0.21), (-1.5, 0.2, 1.8, 0.15)]
    )
    neck = [(1.6, 1.1 + 0.5 * up, 0, 0.75), (1.9, 1.2 + up, 0, 0.65)]
    torso = [(-1.6, 0.95, 0, 0.98), (-0.3, 0.9, 0, 0.9), (1.0, 0.95, 0, 0.9), *neck]
    fore = [(1.2, 0.5, 0.5, 0.42), (2.2, 0.26, 0.6, 0.3), (3.0, 0.24, 0.5, 0.27), (3.3, 0.22, 0.45, 0.27)]
    thigh = [
        (-1.4, 0.8, 0.6, 0.75),
        (-0.7, 0.45, 0.85, 0.5),
        (-0.1, 0.22, 0.95, 0.25),
        (0.3, 0.2, 0.95, 0.24),
    ]
    return {
        "tail": tail * [1, 1, rng.choice([-1.0, 1.0]), 1],
        "torso": np.array(torso),
        **_both_sides("foreleg", fore),
        **_both_sides("thigh", thigh),
        "head": np.array([(2.3, 1.15 + 1.35 * up, rng.normal(0, 0.3), 1.0)]),
    }


POSES: dict[str, Callable[[np.random.Generator], Tubes]] = {
    "standing": standing,
    "sitting": sitting,
    "lying": lying,
}


def _project(tube: Points, turn: float, tilt: float) -> tuple[Points, float]:
    """Discs (K, 3) of a tube on the screen, and its distance to the viewer.

    The camera is in front at ``turn`` 0, at the pet's right side at π / 2, and looks down by ``tilt``.
    """
    forward, up, left, radius = spline(tube, steps=3).T
    near = forward * np.cos(turn) - left * np.sin(turn)
    x = forward * np.sin(turn) + left * np.cos(turn)
    y = near * np.sin(tilt) - up * np.cos(tilt)
    return np.stack([x, y, radius], axis=1), float(near.mean())


def draw_figure(rng: np.random.Generator, species: str, ears: str, pose: str) -> Figure:
    """A pet in ``pose`` (a key of POSES), seen from anywhere between its front and its right side."""
    tubes = POSES[pose](rng)
    turn, tilt = rng.uniform(0.0, 1.7), rng.uniform(0.05, 0.35)
    head, _ = _project(tubes.pop("head"), turn, tilt)
    limbs = []
    for name, tube in tubes.items():
        discs, near = _project(tube * rng.normal(1, [0.04, 0.04, 0.1, 0.06]), turn, tilt)
        in_front = 0.0 if name in ("torso", "tail") else 0.3  # a leg's root is on the torso, not in it
        limbs.append(Piece(name, near + in_front, discs=discs))
    yaw = np.clip(rng.normal(0.4 * turn, 0.45), -1.1, 1.25)
    portrait = draw_head(rng, species, ears, Gaze(yaw, rng.normal(0.05, 0.15), rng.normal(0, 0.16)))
    portrait = portrait.placed(Placement(head[0, 2], 0.0, False, head[0, :2]))
    return replace(portrait, pieces=sorted([*limbs, *portrait.pieces], key=lambda piece: piece.depth))
