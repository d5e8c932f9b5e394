"""Where to click."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def innermost_point(mask):
    """Return the pixel of a mask that lies farthest from its edge.

    A pixel's distance is the number of steps up, down, left or right to the nearest pixel that is off. Outside the
    picture everything is off.

    Args:
        mask: a bool array (H, W).

    Returns:
        (x, y), two int: the column and the row. Of several equally far, the first in reading order. None for an empty
        mask.
    """
    ### BEGIN SOLUTION
    inside, last = mask, None
    while inside.any():
        last = inside
        padded = np.pad(inside, 1)  # off all around
        inside = inside & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    if last is None:
        return None
    rows, columns = np.nonzero(last)
    return int(columns[0]), int(rows[0])
    ### END SOLUTION


_KINDS = (
    "a disc",
    "a horseshoe",
    "a ring",
    "large and small",
    "at the picture's edge",
    "a diagonal",
    "noise",
    "one pixel",
    "full",
    "empty",
    "large",
)


def _draw_shape(rng, kind):
    """Draw shapes in which the middle is often not inside, or not innermost."""
    height, width = (int(n) for n in rng.choice([9, 10, 11, 12], size=2, replace=False))
    height, width = {"large": (24, 30)}.get(kind, (height, width))
    y, x = np.mgrid[:height, :width]
    cy, cx = height * rng.uniform(0.4, 0.6), width * rng.uniform(0.35, 0.65)
    away = np.hypot(y - cy, x - cx)
    radius = min(height, width) * 0.45
    mask = {
        "a disc": away < radius * 0.8,
        "a horseshoe": (away < radius) & (away > radius * 0.45) & (y > cy - 1),
        "a ring": (away < radius) & (away > radius * 0.5),
        "large and small": (away < radius * 0.5)
        | ((y == height - 1) & (x < 3))
        | ((y < 2) & (x > width - 4)),
        "at the picture's edge": (y < height // 2) & (x > 1 + rng.integers(3)),
        "a diagonal": abs(y * width - x * height) < 1.6 * height,
        "noise": rng.random((height, width)) < 0.8,
        "one pixel": np.zeros((height, width), bool),
        "full": np.ones((height, width), bool),
        "empty": np.zeros((height, width), bool),
        "large": (away < radius) & (rng.random((height, width)) < 0.97),
    }[kind]
    if kind == "one pixel":
        mask[rng.integers(height), rng.integers(width)] = True
    return (mask,)


INNERMOST_POINT = Exercise(
    innermost_point,
    title="Where to click",
    points=2,
    minutes=12,
    source="Kirillov et al. 2023, Segment Anything: the point of the evaluation",
    draw=by_kind(_draw_shape, *_KINDS),
    fresh_cases=22,
    hints=(
        "Peel the mask: take away every pixel that has a neighbour which is off. Do that again and again until nothing "
        "is left. The pixels that were there before the last peel are the innermost ones.",
        "np.pad(mask, 1) puts a frame of False around it. Then padded[:-2, 1:-1] is each pixel's upper neighbour, and "
        "the other three are slices too.",
        "inside & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:] is one peel. Keep the "
        "last mask that was not empty; np.nonzero gives its pixels in reading order.",
    ),
    why="A thing's mean position can lie outside of it. The innermost pixel never does, which is why SAM was "
    "evaluated with a click there.",
)

INNERMOST_POINT.worked(np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]], bool), gives=(1, 1))
INNERMOST_POINT.worked(np.array([[0, 0, 0], [1, 1, 0]], bool), gives=(0, 1))
INNERMOST_POINT.worked(np.zeros((2, 2), bool), gives=None)


def _distances(mask, frame=0):
    """City-block distances, by passing over the picture until nothing changes."""
    far = np.where(np.pad(mask, 1, constant_values=bool(frame)), 99, 0)
    for _ in range(99):
        near = np.pad(far, 1, constant_values=99 if frame else 0)
        around = np.minimum.reduce([near[:-2, 1:-1], near[2:, 1:-1], near[1:-1, :-2], near[1:-1, 2:]])
        far = np.minimum(far, around + 1)
    return far[1:-1, 1:-1] * mask


def _largest(distances):
    row, column = np.unravel_index(distances.argmax(), distances.shape)
    return int(column), int(row)


@INNERMOST_POINT.wrong
def mean_position(mask):
    """You took the mean position. In a horseshoe it lies outside the mask, and in most shapes it is not innermost."""
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask)
    return round(columns.mean()), round(rows.mean())


@INNERMOST_POINT.wrong
def middle_of_the_box(mask):
    """You took the middle of the box around the mask. It need not be inside the mask at all, and it is seldom the pixel
    that lies farthest from the edge.
    """
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask)
    return int(columns.min() + columns.max()) // 2, int(rows.min() + rows.max()) // 2


@INNERMOST_POINT.wrong
def straight_distances(mask):
    """You measured distances in a straight line. Here a distance is a number of steps up, down, left or right: peel the
    mask, or add up the rows and the columns between two pixels.
    """
    outside = np.argwhere(~np.pad(mask, 1)) - 1
    distances = [np.hypot(*(outside - place).T).min() for place in np.argwhere(mask)]
    if not distances:
        return None
    row, column = np.argwhere(mask)[int(np.argmax(distances))]
    return int(column), int(row)


@INNERMOST_POINT.wrong
def row_first(mask):
    """You returned the row first. A point is (x, y): the column, then the row."""
    point = innermost_point(mask)
    return None if point is None else point[::-1]


@INNERMOST_POINT.wrong
def the_picture_goes_on(mask):
    """You treat what lies outside the picture as if it were inside the mask. Outside, everything is off: pad with
    False.
    """
    return _largest(_distances(mask, frame=1)) if mask.any() else None


@INNERMOST_POINT.wrong
def diagonal_steps(mask):
    """You also took diagonal steps, so that pixels that touch only at a corner count as neighbours. Steps go up, down,
    left or right.
    """
    inside, last = mask, None
    while inside.any():
        last, padded = inside, np.pad(inside, 1)
        for down in range(3):
            for right in range(3):
                inside = inside & padded[down : down + mask.shape[0], right : right + mask.shape[1]]
    return None if last is None else _largest(last)


@INNERMOST_POINT.wrong
def last_of_the_farthest(mask):
    """You took the last of the pixels that are equally far from the edge. Take the first one in reading order."""
    point = _largest(_distances(mask)[::-1, ::-1])
    return (mask.shape[1] - 1 - point[0], mask.shape[0] - 1 - point[1]) if mask.any() else None


@INNERMOST_POINT.wrong
def mean_position_cut_off(mask):
    """You took the mean position, cut off to whole numbers. In a horseshoe it lies outside the mask, and in most shapes
    it is not innermost.
    """
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask)
    return int(columns.mean()), int(rows.mean())


@INNERMOST_POINT.wrong
def frame_left_on(mask):
    """Your point is one too far down and to the right. You padded the mask, and its frame is still there: subtract 1
    from x and from y, or cut the frame off again.
    """
    point = innermost_point(mask)
    return None if point is None else (point[0] + 1, point[1] + 1)


@INNERMOST_POINT.wrong
def empty_gives_a_corner(mask):
    """For an empty mask you return a point. There is nothing to click on: return None."""
    return _largest(_distances(mask))


@INNERMOST_POINT.wrong
def edge_never_peeled(mask):
    """You never peel the outermost rows and columns of the picture. Outside the picture everything is off, so the
    pixels at its edge go with the first peel: pad with False before you look at neighbours.
    """
    inside, last = mask.copy(), mask
    while inside.any():
        last = inside.copy()
        inside[1:-1, 1:-1] &= last[:-2, 1:-1] & last[2:, 1:-1] & last[1:-1, :-2] & last[1:-1, 2:]
        if (inside == last).all():
            break
    return _largest(last) if mask.any() else None


@INNERMOST_POINT.wrong
def last_row_first(mask):
    """You returned the row first, and you took the last of the pixels that are equally far. A point is (x, y), the
    column and then the row; and of several pixels the first in reading order counts.
    """
    point = last_of_the_farthest(mask)
    return None if point is None else point[::-1]


@INNERMOST_POINT.wrong
def diagonal_steps_row_first(mask):
    """You returned the row first, and you also took diagonal steps. A point is (x, y), the column and then the row; and
    steps go up, down, left or right.
    """
    point = diagonal_steps(mask)
    return None if point is None else point[::-1]


@INNERMOST_POINT.wrong
def diagonal_steps_last_row_first(mask):
    """Three things differ. A point is (x, y), the column and then the row, and not the row first. Steps go up, down,
    left or right, and not across corners. And of several pixels the first in reading order counts, not the last.
    """
    point = diagonal_steps(mask[::-1, ::-1])
    return None if point is None else (mask.shape[0] - 1 - point[1], mask.shape[1] - 1 - point[0])


@INNERMOST_POINT.wrong
def mean_position_row_first(mask):
    """You took the mean position, and you returned the row first. In a horseshoe the mean lies outside the mask; and a
    point is (x, y), the column and then the row.
    """
    point = mean_position(mask)
    return None if point is None else point[::-1]


@INNERMOST_POINT.wrong
def mean_of_the_farthest(mask):
    """You took the mean of the pixels that are farthest from the edge. They can lie far apart, with nothing between
    them: take the first one in reading order.
    """
    if not mask.any():
        return None
    distances = _distances(mask)
    rows, columns = np.nonzero(distances == distances.max())
    return int(columns.mean()), int(rows.mean())


@INNERMOST_POINT.right
def farthest_by_passes(mask):
    return _largest(_distances(mask)) if mask.any() else None


@INNERMOST_POINT.right
def farthest_by_pairs(mask):
    outside = np.argwhere(~np.pad(mask, 1)) - 1
    best = None
    for y, x in np.argwhere(mask).tolist():
        steps = abs(outside - [y, x]).sum(axis=1).min()
        if best is None or steps > best[0]:
            best = (steps, x, y)
    return best and best[1:]


@INNERMOST_POINT.right
def farthest_torch(mask):
    inside, last = torch.from_numpy(mask.copy()), None
    while inside.any():
        last = inside
        framed = torch.nn.functional.pad(inside, (1, 1, 1, 1))
        inside = inside & framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    return None if last is None else last.nonzero()[0].flip(0)


INNERMOST_POINT.equivalent(
    "innermost_point, line 23: int(columns[0]) -> columns[0]",
    "innermost_point, line 23: int(rows[0]) -> rows[0]",
    "innermost_point, line 18: inside -> last",
    "innermost_point, line 19: inside -> mask",
    "innermost_point, line 19: inside -> last",
    "farthest_by_pairs, line 6: abs(outside - [y, x]).sum(axis=1) -> abs(outside - [y, x]).mean(axis=1)",
    "farthest_by_pairs, line 6: outside - [y, x] -> [y, x] - outside",
    "farthest_torch, line 3: mask.copy() -> mask",
    "farthest_torch, line 6: inside -> last",
    "farthest_torch, line 8: 0 -> -1",
    "farthest_torch, line 7: inside -> last",
    because="The same pixels are left over, or the distances are all scaled alike; NumPy's "
    "integers count as int.",
)
