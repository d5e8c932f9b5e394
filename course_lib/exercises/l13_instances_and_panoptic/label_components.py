"""Number the connected components."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.instances import connected_components


def label_components(mask):
    """Return the mask with its connected components numbered 1, 2, ... in reading order.

    Two pixels of 1 are connected if they share a side, or if a chain of such pixels joins them.

    Args:
        mask: nested lists (H, W) of 0 and 1.

    Returns:
        Nested lists of int (H, W), with 0 where the mask is 0.
    """
    ### BEGIN SOLUTION
    height, width = len(mask), len(mask[0])
    labels = [[0] * width for _ in range(height)]
    count = 0
    for top in range(height):
        for left in range(width):
            if mask[top][left] == 0 or labels[top][left] != 0:
                continue
            count += 1
            waiting = [(top, left)]
            while waiting:
                row, column = waiting.pop()
                inside = 0 <= row < height and 0 <= column < width
                if inside and mask[row][column] == 1 and labels[row][column] == 0:
                    labels[row][column] = count
                    waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return labels
    ### END SOLUTION


_KINDS = (
    "usual",
    "crowded",
    "empty",
    "one pixel",
    "one row",
    "one column",
    "square",
    "corners",
    "a U",
    "a snake",
    "hooks",
    "large",
    "full and large",
)


def _draw_blobs(rng, kind):
    """Draw a mask; a full one has more pixels than Python allows calls within each other."""
    height, width = (int(side) for side in rng.choice([5, 6, 7], 2, replace=False))
    height, width = {
        "one row": (1, 8),
        "one column": (8, 1),
        "square": (6, 6),
        "large": (15, 17),
        "full and large": (60, 61),
    }.get(kind, (height, width))
    share = {"empty": 0.0, "crowded": 0.6, "full and large": 1.0}.get(kind, 0.45)
    mask = (rng.uniform(size=(height, width)) < share).astype(int)
    if kind == "hooks":  # the last pixel of one lies above its neighbour, that of the other to the left of it
        return ([[1, 0, 1, 0, 0, 1], [1, 1, 1, 0, 1, 1]],)
    if kind in ("one pixel", "corners", "a U", "a snake"):
        mask[:] = 0
    if kind in ("one row", "one column"):
        mask.flat[:5] = 1, 1, 0, 0, 1
    if kind == "one pixel":
        mask[rng.integers(height), rng.integers(width)] = 1
    if kind == "corners":
        mask[::2, ::2] = mask[1::2, 1::2] = 1
    if kind == "a snake":
        mask[0, :] = mask[2, :] = mask[4, :] = mask[1, -1] = mask[3, 0] = 1
    if kind == "a U":  # with something in it, and a diagonal neighbour: a single look back takes it apart
        mask[:3, 0] = mask[:3, 2] = mask[2, :3] = 1
        mask[0, 2:4] = mask[3, 3] = 1
        mask[1, 1] = rng.integers(0, 2)
    return (mask.tolist(),)


LABEL_COMPONENTS = Exercise(
    label_components,
    title="Number the connected components",
    points=3,
    minutes=15,
    source="Study guide, section 6: segment, then detect",
    draw=by_kind(_draw_blobs, *_KINDS),
    fresh_cases=len(_KINDS),
    hints=(
        "Go over the pixels in reading order. At one that belongs to the mask and has no number, a new component "
        "starts. How do you find all the rest of it?",
        "Keep a list of pixels to visit. Take one off; if it lies inside, is 1 and has no number, number it and put "
        "its four neighbours on the list.",
        "while waiting: row, column = waiting.pop(); if it is inside, mask is 1 and labels is 0 there: set the label "
        "to count, and add (row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1).",
    ),
    why="Flooding reaches every pixel that a chain of neighbours joins, and no other. It knows nothing of pets: what "
    "touches becomes one, and what is cut becomes two.",
)

LABEL_COMPONENTS.worked(
    [[1, 1, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1]], gives=[[1, 1, 0, 2], [0, 1, 0, 2], [3, 0, 0, 2]]
)
LABEL_COMPONENTS.worked([[1, 0, 1], [1, 0, 1], [1, 1, 1]], gives=[[1, 0, 1], [1, 0, 1], [1, 1, 1]])
LABEL_COMPONENTS.worked([[0, 0], [0, 0]], gives=[[0, 0], [0, 0]])
# As large as a pet: one component, more pixels than Python allows calls within each other.
LABEL_COMPONENTS.worked(np.ones((64, 64), int).tolist(), gives=np.ones((64, 64), int))

_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))


def _flooded(mask, steps=_SIDES, background=False, order=None):
    """Number the components by flooding, with other neighbours or in another order of the first pixels."""
    mask = np.array(mask)
    labels, count = np.zeros(mask.shape, int), 0
    for start in order or list(np.ndindex(mask.shape)):
        if labels[start] or not (mask[start] or background):
            continue
        count, waiting = count + 1, [start]
        while waiting:
            pixel = waiting.pop()
            inside = all(0 <= at < side for at, side in zip(pixel, mask.shape, strict=True))
            if inside and not labels[pixel] and mask[pixel] == mask[start]:
                labels[pixel] = count
                waiting += [(pixel[0] + down, pixel[1] + right) for down, right in steps]
    return labels.tolist()


@LABEL_COMPONENTS.wrong
def corners_connect(mask):
    """You let pixels connect that share a corner alone. Here only a shared side counts: look at four
    neighbours, above, below, left and right.
    """
    return _flooded(mask, [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)])


@LABEL_COMPONENTS.wrong
def background_numbered(mask):
    """You numbered the pieces of the background as well. Where the mask is 0, the label stays 0: start a
    component only at a pixel of 1.
    """
    return _flooded(mask, background=True)


@LABEL_COMPONENTS.wrong
def column_by_column(mask):
    """Your numbers follow the columns. Reading order goes row by row: let the outer loop run over the rows."""
    return _flooded(mask, order=[(r, c) for c in range(len(mask[0])) for r in range(len(mask))])


@LABEL_COMPONENTS.wrong
def only_down_and_right(mask):
    """You go on to the pixels below and to the right alone, so a piece that bends up or left falls apart.
    Visit all four neighbours.
    """
    return _flooded(mask, ((1, 0), (0, 1)))


@LABEL_COMPONENTS.wrong
def a_call_for_every_pixel(mask):
    """Your function calls itself from pixel to pixel, and Python stops after some thousand calls within each
    other: a pet has more pixels. Keep the pixels to visit in a list, and take them off in a loop.
    """
    labels, count = [[0 for _ in row] for row in mask], 0

    def flood(row, column, number):
        inside = 0 <= row < len(mask) and 0 <= column < len(mask[0])
        if inside and mask[row][column] == 1 and labels[row][column] == 0:
            labels[row][column] = number
            for down, right in _SIDES:
                flood(row + down, column + right, number)

    for row, column in np.ndindex(len(mask), len(mask[0])):
        if mask[row][column] == 1 and labels[row][column] == 0:
            count += 1
            flood(row, column, count)
    return labels


@LABEL_COMPONENTS.wrong
def one_number_for_all(mask):
    """All your components have the number 1. Count up each time you meet a pixel of 1 that has no number yet."""
    return [[int(pixel) for pixel in row] for row in mask]


@LABEL_COMPONENTS.wrong
def every_pixel_its_own(mask):
    """Every pixel has a number of its own: you never go on to its neighbours. Put them on a list of pixels to
    visit, and give all that you reach the same number.
    """
    return _flooded(mask, ())


@LABEL_COMPONENTS.wrong
def one_look_back(mask):
    """You took the number from above or from the left, once. The two arms of a U meet at its bottom only,
    when both have a number already: flood a piece as a whole before you go on.
    """
    labels, count = np.zeros((len(mask) + 1, len(mask[0]) + 1), int), 0
    for row, values in enumerate(mask):
        for column, value in enumerate(values):
            if value:
                known = labels[row, column + 1] or labels[row + 1, column]
                count += not known
                labels[row + 1, column + 1] = known or count
    return labels[1:, 1:].tolist()


@LABEL_COMPONENTS.wrong
def round_the_edge(mask):
    """Your components go on round the edge: index -1 is the last row or column in Python, so a pixel at the left edge
    meets the right one. Look at a neighbour only if its row and column are at least 0.
    """
    height, width = len(mask), len(mask[0])
    labels, count = [[0] * width for _ in mask], 0
    for start in np.ndindex(height, width):
        places = [start] if mask[start[0]][start[1]] and not labels[start[0]][start[1]] else []
        count += len(places)
        while places:
            row, column = places.pop()
            labels[row][column] = count
            near = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
            places += [
                (r, c) for r, c in near if r < height and c < width and mask[r][c] and not labels[r][c]
            ]
    return labels


@LABEL_COMPONENTS.right
def components_by_renaming(mask):
    """Each pixel has a number of its own, which the neighbours before it, and all of theirs, take over."""
    labels = np.zeros((len(mask) + 1, len(mask[0]) + 1))  # a row above and a column before are empty
    for here, (row, column) in enumerate(np.argwhere(np.array(mask)).tolist(), start=1):
        labels[row + 1, column + 1] = here
        for before in (labels[row, column + 1], labels[row + 1, column]):
            if before:
                labels[labels == before] = here
    order = list(dict.fromkeys(labels.ravel().tolist()))  # 0 is the first
    return [[order.index(number) for number in row] for row in labels[1:, 1:].tolist()]


@LABEL_COMPONENTS.right
def components_by_sets(mask):
    left = {(r, c) for r, row in enumerate(mask) for c, value in enumerate(row) if value}
    labels, count = [[0 for _ in row] for row in mask], 0
    while left:
        count, edge = count + 1, {min(left)}
        while edge:
            left -= edge
            for row, column in edge:
                labels[row][column] = count
            edge = left & set().union(*map(_beside, edge))
    return tuple(labels)


def _beside(pixel):
    row, column = pixel
    return {(row + down, column + right) for down, right in _SIDES}


@LABEL_COMPONENTS.right
def components_by_the_library(mask):
    return connected_components(np.array(mask)).tolist()


LABEL_COMPONENTS.equivalent(
    "components_by_renaming, line 4: 0 -> -1",
    "label_components, line 13: 0 -> -1",
    because="All rows are equally long.",
)

LABEL_COMPONENTS.equivalent(
    "components_by_renaming, line 5: labels[row + 1, column + 1] = here -> labels[row + 1, column + 1] = here (moved)",
    "components_by_renaming, line 5: 1 -> 2",
    "components_by_renaming, line 7: (labels[row, column + 1], labels[row + 1, column])"
    " -> (labels[row + 1, column], labels[row, column + 1])",
    because="These numbers only have to differ, and the pixel gets its own before any other takes it over.",
)

LABEL_COMPONENTS.equivalent(
    "components_by_sets, line 7: left -= edge -> left -= edge (moved)",
    because="Taken away once or in each round, the pixels are gone before the next edge is made.",
)
