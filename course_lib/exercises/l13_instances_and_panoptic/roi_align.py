"""RoI Align."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def roi_align(features, box, size):
    """Return values read from the features inside a box: one in the middle of each part, interpolated.

    The box is cut into size x size equal parts. A middle that lies further out than the centres of the outermost
    pixels is moved to them.

    Args:
        features: a float array (H, W) with H and W of at least 2.
        box: (left, top, right, bottom) in pixels of the features, with fractions; the centre of pixel [row,
            column] lies at x = column + 0.5, y = row + 0.5.
        size: int.

    Returns:
        size x size floats.
    """
    ### BEGIN SOLUTION
    left, top, right, bottom = box
    height, width = features.shape
    values = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            y = top + (i + 0.5) * (bottom - top) / size - 0.5  # in rows: 0 is the centre of row 0
            x = left + (j + 0.5) * (right - left) / size - 0.5
            y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
            row, column = min(int(y), height - 2), min(int(x), width - 2)
            down, along = y - row, x - column
            above = (1 - along) * features[row, column] + along * features[row, column + 1]
            below = (1 - along) * features[row + 1, column] + along * features[row + 1, column + 1]
            values[i, j] = (1 - down) * above + down * below
    return values
    ### END SOLUTION


_KINDS = (
    "usual",
    "whole numbers",
    "over the left and upper edge",
    "over the right and lower edge",
    "far outside",
    "square",
    "one part",
    "as many parts as rows",
    "two rows",
    "large",
)


def _draw_box(rng, kind):
    """Draw features and a box with fractions of eighths; some reach over an edge."""
    height, width = (int(side) for side in rng.choice([4, 5, 6, 7], 2, replace=False))
    height, width = {"square": (5, 5), "two rows": (2, 6), "large": (9, 12)}.get(kind, (height, width))
    features = rng.integers(-8, 9, (height, width)) / 4
    over = kind == "over the left and upper edge"
    left, top = (int(edge) / 8 for edge in (rng.integers(-3, 0, 2) if over else rng.integers(1, 12, 2)))
    right, bottom = left + int(rng.integers(9, 20)) / 8, top + int(rng.integers(10, 21)) / 8
    if kind == "over the right and lower edge":
        across, down = (side + int(rng.integers(1, 4)) / 8 for side in (width - right, height - bottom))
        left, top, right, bottom = left + across, top + down, right + across, bottom + down
    if kind == "whole numbers":
        left, top, right, bottom = 0.0, 1.0, 2.0, 4.0
    if kind == "large":
        right, bottom = width - 2.625, height - 1.875
    if kind == "far outside":  # on each side the first or the last middle lies there
        left, top, right, bottom = -4.125, -3.25, width + 3.5, height + 4.375
    size = {"one part": 1, "as many parts as rows": height, "large": 5}.get(kind, int(rng.choice([2, 3])))
    return features, (left, top, right, bottom), size


ROI_ALIGN = Exercise(
    roi_align,
    title="RoI Align",
    points=3,
    minutes=12,
    source="Study guide, section 7: RoI Align and RoI Pool",
    draw=by_kind(_draw_box, *_KINDS),
    hints=(
        "For each of the parts: where is its middle, in x and y? Which four pixel centres lie around it? How near "
        "is each?",
        "The middle of part i lies at top + (i + 0.5) * (bottom - top) / size. In rows that is 0.5 less, since row 0 "
        "has its centre at 0.5. Clamp it. Its whole part is then the row above, and its fraction is the weight of the "
        "row below.",
        "above = (1 - along) * features[row, column] + along * features[row, column + 1]; below is the same for row + "
        "1; the value is (1 - down) * above + down * below. The row is at most H - 2, so that row + 1 exists.",
    ),
    why="Nothing is rounded, so a box that moves by a tenth of a pixel changes the values by a little, and the mask "
    "that is made of them stays where the object is.",
)

_RAMP = np.array(
    [[0.0, 1, 2, 3]] * 3 + [[4.0, 5, 6, 7]]
)  # (4, 4): the column's number, and 4 more in the last row

ROI_ALIGN.worked(_RAMP, (1.0, 0.0, 3.0, 2.0), 2, gives=[[1.0, 2.0], [1.0, 2.0]])
ROI_ALIGN.worked(_RAMP, (1.25, 0.0, 3.25, 2.0), 2, gives=[[1.25, 2.25], [1.25, 2.25]])
# The lower middles lie at y = 3, half way between the centres of the last two rows.
ROI_ALIGN.worked(_RAMP, (0.5, 1.5, 2.5, 3.5), 2, gives=[[0.5, 1.5], [2.5, 3.5]])
# The box reaches over the lower right corner: middles at 2.25 and 3.75, and 3.75 is moved to the last, 3.
ROI_ALIGN.worked(_RAMP, (2.0, 2.0, 5.0, 5.0), 2, gives=[[3.25, 4.0], [6.25, 7.0]])


@ROI_ALIGN.wrong
def box_rounded(features, box, size):
    """You rounded the box to whole pixels. That is what RoI Pool does, and what RoI Align is there to avoid:
    keep the fractions of left, top, right and bottom.
    """
    return roi_align(features, [round(side) for side in box], size)


def _middles(low, high, size, shift=0.5):
    return [low + (i + shift) * (high - low) / size for i in range(size)]


@ROI_ALIGN.wrong
def nearest_pixel(features, box, size):
    """You took the pixel in which the middle lies. Then the values jump when the box moves a little. Mix the four
    pixels around the middle instead, and give the nearer ones more weight.
    """
    left, top, right, bottom = box
    rows = np.clip(np.floor(_middles(top, bottom, size)).astype(int), 0, features.shape[0] - 1)
    columns = np.clip(np.floor(_middles(left, right, size)).astype(int), 0, features.shape[1] - 1)
    return features[np.ix_(rows, columns)]


def _at(features, ys, xs):
    """Interpolate at every pair of a y and an x, in rows and columns: first along, then down."""
    rows, columns = (np.arange(side) for side in features.shape)
    along = np.array([np.interp(xs, columns, line) for line in features])  # (H, size)
    return np.array([np.interp(ys, rows, line) for line in along.T]).T


@ROI_ALIGN.wrong
def half_a_pixel_off(features, box, size):
    """You read half a pixel too far down and to the right. The centre of row 0 lies at 0.5: subtract 0.5 to get from a
    position to a row or a column.
    """
    left, top, right, bottom = box
    return _at(features, _middles(top, bottom, size), _middles(left, right, size))


@ROI_ALIGN.wrong
def corners_of_the_parts(features, box, size):
    """You read at the upper left corner of each part. Its middle lies half a part further:
    top + (i + 0.5) * (bottom - top) / size, and likewise for x.
    """
    left, top, right, bottom = (side - 0.5 for side in box)
    return _at(features, _middles(top, bottom, size, 0), _middles(left, right, size, 0))


@ROI_ALIGN.wrong
def x_and_y_swapped(features, box, size):
    """You took the box for (top, left, bottom, right). A box is (left, top, right, bottom), x before y, while
    arrays are indexed [row, column].
    """
    left, top, right, bottom = box
    return roi_align(features, (top, left, bottom, right), size)


@ROI_ALIGN.wrong
def from_edge_to_edge(features, box, size):
    """Your readings reach from one edge of the box to the other, as np.linspace(left, right, size) does. The middles of
    the outer parts lie half a part inside: left + (j + 0.5) * (right - left) / size.
    """
    left, top, right, bottom = (side - 0.5 for side in box)
    return _at(features, np.linspace(top, bottom, size), np.linspace(left, right, size))


@ROI_ALIGN.wrong
def transposed(features, box, size):
    """Your values are mirrored along the diagonal: the first index of the result goes down (i, y), the second
    one along (j, x).
    """
    return roi_align(features, box, size).T


@ROI_ALIGN.wrong
def continued_beyond_the_edge(features, box, size):
    """Some middles lie further out than the centres of the outermost pixels. There your values go on rising or falling
    beyond the last pixel. Move such a middle to the outermost centre first: min(max(y, 0), H - 1), and x likewise.
    """
    left, top, right, bottom = box
    height, width = features.shape
    values = np.zeros((size, size))
    for i, y in enumerate(_middles(top - 0.5, bottom - 0.5, size)):
        for j, x in enumerate(_middles(left - 0.5, right - 0.5, size)):
            row, column = min(max(int(y), 0), height - 2), min(max(int(x), 0), width - 2)
            down, along = y - row, x - column
            above = (1 - along) * features[row, column] + along * features[row, column + 1]
            below = (1 - along) * features[row + 1, column] + along * features[row + 1, column + 1]
            values[i, j] = (1 - down) * above + down * below
    return values


@ROI_ALIGN.wrong
def weights_exchanged(features, box, size):
    """You exchanged the weights. The nearer a pixel is, the more it counts: if the middle lies at 2.3, row 2 gets 0.7
    and row 3 gets 0.3.
    """
    left, top, right, bottom = box
    height, width = features.shape
    values = np.zeros((size, size))
    for i, y in enumerate(np.clip(_middles(top - 0.5, bottom - 0.5, size), 0, height - 1)):
        for j, x in enumerate(np.clip(_middles(left - 0.5, right - 0.5, size), 0, width - 1)):
            row, column = min(int(y), height - 2), min(int(x), width - 2)
            down, along = y - row, x - column
            above = along * features[row, column] + (1 - along) * features[row, column + 1]
            below = along * features[row + 1, column] + (1 - along) * features[row + 1, column + 1]
            values[i, j] = down * above + (1 - down) * below
    return values


@ROI_ALIGN.wrong
def not_moved_inside(features, box, size):
    """At the edge you ask for a pixel that does not exist. Two things prevent that. A middle that lies further out than
    the centres of the outermost pixels is moved to them: min(max(y, 0), H - 1). And since the row below is read too,
    the row above is H - 2 at most: min(int(y), H - 2). The same goes for x.
    """
    left, top, right, bottom = box
    values = np.zeros((size, size))
    for i, y in enumerate(_middles(top - 0.5, bottom - 0.5, size)):
        for j, x in enumerate(_middles(left - 0.5, right - 0.5, size)):
            row, column = math.floor(y), math.floor(x)
            down, along = y - row, x - column
            above = (1 - along) * features[row, column] + along * features[row, column + 1]
            below = (1 - along) * features[row + 1, column] + along * features[row + 1, column + 1]
            values[i, j] = (1 - down) * above + down * below
    return values


def _weights(low, high, size, side):
    """Return how much of each of the side's pixels is in the value of each part, (size, side)."""
    places = np.clip(_middles(low - 0.5, high - 0.5, size), 0, side - 1)
    return np.maximum(0, 1 - abs(places[:, None] - np.arange(side)))


@ROI_ALIGN.wrong
def weights_along_exchanged(features, box, size):
    """Your two weights from left to right are exchanged, so that the farther pixel counts for more. At a fraction of
    0 the left pixel has all the weight: (1 - fraction) * left + fraction * right.
    """
    height, width = features.shape
    left, top, right, bottom = box
    rows = [min(max(top + (i + 0.5) * (bottom - top) / size - 0.5, 0), height - 1) for i in range(size)]
    columns = [min(max(left + (j + 0.5) * (right - left) / size - 0.5, 0), width - 1) for j in range(size)]
    values = np.zeros((size, size))
    for i, j in np.ndindex(size, size):
        y, x = rows[i], columns[j]
        row, column = min(int(y), height - 2), min(int(x), width - 2)
        down, along = y - row, x - column
        pair = (1 - down) * features[row] + down * features[row + 1]
        values[i, j] = along * pair[column] + (1 - along) * pair[column + 1]
    return values


@ROI_ALIGN.right
def aligned_by_matrices(features, box, size):
    left, top, right, bottom = box
    height, width = features.shape
    return _weights(top, bottom, size, height) @ features @ _weights(left, right, size, width).T


@ROI_ALIGN.right
def aligned_by_grid_sample(features, box, size):
    left, top, right, bottom = box
    height, width = features.shape
    y = torch.from_numpy(np.array(_middles(top, bottom, size))) / height * 2 - 1
    x = torch.from_numpy(np.array(_middles(left, right, size))) / width * 2 - 1
    grid = torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), dim=-1)[None]
    batch = torch.from_numpy(features)[None, None]
    values = F.grid_sample(batch, grid, align_corners=False, padding_mode="border")
    return values.view(size, size)


@ROI_ALIGN.right
def aligned_axis_by_axis(features, box, size):
    left, top, right, bottom = (side - 0.5 for side in box)
    return _at(features, _middles(top, bottom, size), _middles(left, right, size))


ROI_ALIGN.equivalent(
    "roi_align, line 19: np.zeros((size, size)) -> np.ones((size, size))",
    because="Each value is written over.",
)

ROI_ALIGN.equivalent(
    "roi_align, line 20: y = top + (i + 0.5) * (bottom - top) / size - 0.5"
    " -> y = top + (i + 0.5) * (bottom - top) / size - 0.5 (moved)",
    because="A row's y is the same for all its columns.",
)

ROI_ALIGN.equivalent(
    "aligned_by_grid_sample, line 9: F.grid_sample(batch, grid, align_corners=False, padding_mode='border')"
    " -> F.grid_sample(batch, grid, padding_mode='border')",
    because="Corners are not aligned by default.",
)
