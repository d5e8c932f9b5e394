"""The exercises of lesson 13: instances, panoptic maps, RoI Align, the mask head and its loss, AP and PQ."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- panoptic-ids -------------------------------------------------------------------------------------------


def panoptic_ids(classes, instances, things):
    """Return one id a pixel: class * 1000 + number of the object for things, class * 1000 for stuff.

    classes and instances are nested lists (H, W): the class of every pixel, and the number of the object that it
    belongs to. things is the list of the class ids that are counted. At a pixel of stuff, the number means nothing.
    """
    ### BEGIN SOLUTION
    ids = []
    for class_row, number_row in zip(classes, instances, strict=True):
        row = []
        for class_id, number in zip(class_row, number_row, strict=True):
            row.append(class_id * 1000 + (number if class_id in things else 0))
        ids.append(row)
    return ids
    ### END SOLUTION


def _ids_by(rule):
    """Give each pixel an id by another rule of class, number and whether it is a thing."""

    def ids(classes, instances, things):
        return [
            [rule(c, n, c in things) for c, n in zip(*rows, strict=True)]
            for rows in zip(classes, instances, strict=True)
        ]

    return ids


def _numbered_stuff(classes, instances, things):
    return _ids_by(lambda c, n, thing: c * 1000 + n)(classes, instances, things)


def _class_alone(classes, instances, things):
    return _ids_by(lambda c, n, thing: c * 1000)(classes, instances, things)


def _number_alone(classes, instances, things):
    return _ids_by(lambda c, n, thing: n if thing else c)(classes, instances, things)


def _stuff_as_zero(classes, instances, things):
    return _ids_by(lambda c, n, thing: c * 1000 + n if thing else 0)(classes, instances, things)


def _stuff_without_thousand(classes, instances, things):
    return _ids_by(lambda c, n, thing: c * 1000 + n if thing else c)(classes, instances, things)


def _number_first(classes, instances, things):
    return _ids_by(lambda c, n, thing: (n if thing else 0) * 1000 + c)(classes, instances, things)


def _things_and_stuff_swapped(classes, instances, things):
    return _ids_by(lambda c, n, thing: c * 1000 + (0 if thing else n))(classes, instances, things)


def _ids_in_numpy(classes, instances, things):
    classes, instances = np.array(classes), np.array(instances)
    return 1000 * classes + np.where(np.isin(classes, things), instances, 0)


def _ids_in_torch(classes, instances, things):
    ids = torch.tensor(classes)
    counted = torch.isin(ids, torch.tensor(things))
    return ids * 1000 + torch.tensor(instances) * counted


def _ids_by_comprehension(classes, instances, things):
    return [
        tuple(1000 * c + n * (c in things) for c, n in zip(*rows, strict=True))
        for rows in zip(classes, instances, strict=True)
    ]


def _draw_labelled_scene(rng):
    height, width = (int(side) for side in rng.choice([2, 3, 4, 5], 2, replace=False))
    classes, instances = rng.integers(0, 5, (height, width)), rng.integers(1, 4, (height, width))
    classes[0, :2] = 1, 4  # stuff and a thing, whatever else there is
    return classes.tolist(), instances.tolist(), [3, 4]


PANOPTIC_IDS = Exercise(
    id="panoptic-ids",
    title="One id for class and object",
    lesson="13",
    points=1,
    minutes=6,
    source="Lesson 33, section 2; study guide, section 1: panoptic segmentation",
    reference=panoptic_ids,
    worked=(
        Worked(
            ([[0, 0, 3], [1, 4, 4]], [[0, 0, 1], [0, 2, 3]], [3, 4]),
            [[0, 0, 3001], [1000, 4002, 4003]],
        ),
        Worked(([[2, 3]], [[7, 7]], [3]), [[2000, 3007]]),
    ),
    fresh=_draw_labelled_scene,
    misconceptions=(
        Misconception(
            "stuff is numbered",
            _numbered_stuff,
            "You added the number at every pixel. Stuff is not counted: a wall behind two pets is one wall. Add the "
            "number only where the class is one of the things.",
        ),
        Misconception(
            "class alone",
            _class_alone,
            "Your ids hold the class alone, so two cats have the same one: that is the semantic map again. Add the "
            "number of the object where the class is a thing.",
        ),
        Misconception(
            "number alone",
            _number_alone,
            "Your ids of things hold the number alone: nobody can tell object 1 from class 1. The class comes first, "
            "times 1000.",
        ),
        Misconception(
            "stuff left out",
            _stuff_as_zero,
            "You gave all stuff the id 0. That is instance segmentation; panoptic means that every pixel has its "
            "class: class * 1000 for stuff.",
        ),
        Misconception(
            "stuff not times 1000",
            _stuff_without_thousand,
            "Your stuff has the bare class as its id. Whoever reads the map divides by 1000 to get the class: "
            "multiply for stuff as well.",
        ),
        Misconception(
            "number times 1000",
            _number_first,
            "You multiplied the number by 1000, not the class. Then an id divided by 1000 gives the object, and the "
            "objects of one class stand far apart: class * 1000 + number.",
        ),
        Misconception(
            "things and stuff swapped",
            _things_and_stuff_swapped,
            "You numbered the stuff and not the things. Things are what is counted: add the number where the class "
            "is in things.",
        ),
    ),
    accepted=(_ids_in_numpy, _ids_in_torch, _ids_by_comprehension),
    hints=(
        "Walk over the pixels of both maps at once. What does a pixel's id need to hold if it is a cat? If it is wall?",
        "Two nested loops with zip give you class_id and number. `class_id in things` tells what is counted.",
        "Each id is class_id * 1000 + (number if class_id in things else 0).",
    ),
    why="One integer a pixel holds both: divided by 1000 it is the semantic map, and things that differ in the rest "
    "are different objects. Cityscapes and COCO store panoptic truth much like this.",
)

# --- connected-components -----------------------------------------------------------------------------------


def label_components(mask):
    """Return the mask with its connected components numbered 1, 2, ... in reading order.

    mask is a nested list (H, W) of 0 and 1. Two pixels of 1 are connected if they share a side, or if a chain of such
    pixels joins them. What comes back has the same shape, with 0 where the mask is 0.
    """
    ### BEGIN SOLUTION
    labels = [[0 for _ in row] for row in mask]
    count = 0
    for top in range(len(mask)):
        for left in range(len(mask[0])):
            if mask[top][left] == 0 or labels[top][left] != 0:
                continue
            count += 1
            waiting = [(top, left)]
            while waiting:
                row, column = waiting.pop()
                inside = 0 <= row < len(mask) and 0 <= column < len(mask[0])
                if inside and mask[row][column] == 1 and labels[row][column] == 0:
                    labels[row][column] = count
                    waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return labels
    ### END SOLUTION


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


def _with_corners(mask):
    return _flooded(mask, [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)])


def _background_too(mask):
    return _flooded(mask, background=True)


def _column_by_column(mask):
    return _flooded(mask, order=[(r, c) for c in range(len(mask[0])) for r in range(len(mask))])


def _down_and_right_alone(mask):
    return _flooded(mask, ((1, 0), (0, 1)))


def _by_recursion(mask):
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


def _one_number(mask):
    return [[int(pixel) for pixel in row] for row in mask]


def _every_pixel(mask):
    return _flooded(mask, ())


def _looking_back_once(mask):
    labels, count = np.zeros((len(mask) + 1, len(mask[0]) + 1), int), 0
    for row, values in enumerate(mask):
        for column, value in enumerate(values):
            if value:
                known = labels[row, column + 1] or labels[row + 1, column]
                count += not known
                labels[row + 1, column + 1] = known or count
    return labels[1:, 1:].tolist()


def _components_by_joining(mask):
    """Join the numbers of neighbours: each number knows a smaller one that means the same."""
    same = {}

    def first(number):
        while same[number] != number:
            number = same[number]
        return number

    width = len(mask[0])
    for row, column in np.argwhere(np.array(mask)).tolist():
        here = row * width + column
        same[here] = here
        for before, is_there in ((here - width, row > 0), (here - 1, column > 0)):
            if is_there and before in same:
                low, high = sorted((first(before), first(here)))
                same[high] = low
    numbers = {root: n for n, root in enumerate(sorted({first(place) for place in same}), start=1)}
    labels = [numbers[first(place)] if place in same else 0 for place in range(len(mask) * width)]
    return np.array(labels).reshape(len(mask), width)


def _components_by_spreading(mask):
    mask = np.array(mask)
    labels, before = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 10**6), None
    while before is None or (labels != before).any():
        before = labels
        padded = np.pad(labels, 1, constant_values=10**6)
        shifted = [
            padded[1 + y : padded.shape[0] - 1 + y, 1 + x : padded.shape[1] - 1 + x] for y, x in _SIDES
        ]
        labels = np.where(mask, np.minimum.reduce([labels, *shifted]), 10**6)
    firsts = sorted(set(labels[mask == 1].tolist()))
    return [[firsts.index(n) + 1 if n in firsts else 0 for n in row] for row in labels.tolist()]


def _components_by_sets(mask):
    left = {(r, c) for r, row in enumerate(mask) for c, value in enumerate(row) if value}
    labels, count = [[0] * len(mask[0]) for _ in mask], 0
    while left:
        count, edge = count + 1, {min(left)}
        while edge:
            left -= edge
            for row, column in edge:
                labels[row][column] = count
            edge = {(row + down, column + right) for row, column in edge for down, right in _SIDES} & left
    return tuple(labels)


def _draw_blobs(rng):
    """Draw a mask; some are empty, large and full, or hold shapes that a single look back takes apart."""
    kind = rng.uniform()
    if kind < 0.08:
        return (np.zeros((2, 3), int).tolist(),)
    if kind > 0.8:  # more pixels than calls within each other
        return (np.ones((36, 36), int).tolist(),)
    height, width = (int(side) for side in rng.choice([4, 5, 6, 7], 2, replace=False))
    mask = (rng.uniform(size=(height, width)) < rng.choice([0.45, 0.6])).astype(int)
    if kind < 0.35:  # a U with something in it, and a diagonal neighbour
        mask[:] = 0
        mask[:3, 0] = mask[:3, 2] = mask[2, :3] = 1
        mask[0, 2:4] = mask[3, 3] = 1
        mask[1, 1] = rng.integers(0, 2)
    return (mask.tolist(),)


CONNECTED_COMPONENTS = Exercise(
    id="connected-components",
    title="Number the connected components",
    lesson="13",
    points=3,
    minutes=15,
    source="Study guide, section 6: segment, then detect",
    reference=label_components,
    worked=(
        Worked(
            ([[1, 1, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1]],),
            [[1, 1, 0, 2], [0, 1, 0, 2], [3, 0, 0, 2]],
        ),
        Worked(([[1, 0, 1], [1, 0, 1], [1, 1, 1]],), [[1, 0, 1], [1, 0, 1], [1, 1, 1]]),
        Worked(([[0, 0], [0, 0]],), [[0, 0], [0, 0]]),
        # As large as a pet: one component, more pixels than Python allows calls within each other.
        Worked((np.ones((64, 64), int).tolist(),), np.ones((64, 64), int)),
    ),
    fresh=_draw_blobs,
    misconceptions=(
        Misconception(
            "corners connect",
            _with_corners,
            "You let pixels connect that share a corner alone. Here only a shared side counts: look at four "
            "neighbours, above, below, left and right.",
        ),
        Misconception(
            "background numbered",
            _background_too,
            "You numbered the pieces of the background as well. Where the mask is 0, the label stays 0: start a "
            "component only at a pixel of 1.",
        ),
        Misconception(
            "column by column",
            _column_by_column,
            "Your numbers follow the columns. Reading order goes row by row: let the outer loop run over the rows.",
        ),
        Misconception(
            "down and right alone",
            _down_and_right_alone,
            "You go on to the pixels below and to the right alone, so a piece that bends up or left falls apart. "
            "Visit all four neighbours.",
        ),
        Misconception(
            "a call for every pixel",
            _by_recursion,
            "Your function calls itself from pixel to pixel, and Python stops after some thousand calls within each "
            "other: a pet has more pixels. Keep the pixels to visit in a list, and take them off in a loop.",
        ),
        Misconception(
            "one number for all",
            _one_number,
            "All your components have the number 1. Count up each time you meet a pixel of 1 that has no number yet.",
        ),
        Misconception(
            "every pixel its own",
            _every_pixel,
            "Every pixel has a number of its own: you never go on to its neighbours. Put them on a list of pixels to "
            "visit, and give all that you reach the same number.",
        ),
        Misconception(
            "one look back",
            _looking_back_once,
            "You took the number from above or from the left, once. The two arms of a U meet at its bottom only, "
            "when both have a number already: flood a piece as a whole before you go on.",
        ),
    ),
    accepted=(_components_by_joining, _components_by_spreading, _components_by_sets),
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

# --- roi-align ----------------------------------------------------------------------------------------------


def roi_align(features, box, size):
    """Return size x size values read from the features inside a box: one in the middle of each part, interpolated.

    features is a float array (H, W) with H and W of at least 2. box is (left, top, right, bottom) in pixels of the
    features, with fractions; the centre of pixel [row, column] lies at x = column + 0.5, y = row + 0.5. The box is
    cut into size x size equal parts. A middle that lies further out than the outermost centres is moved to them.
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


def _rounded_box(features, box, size):
    return roi_align(features, [round(side) for side in box], size)


def _middles(low, high, size, shift=0.5):
    return [low + (i + shift) * (high - low) / size for i in range(size)]


def _at(features, ys, xs):
    """Interpolate at every pair of a y and an x, in rows and columns: first along, then down."""
    rows, columns = (np.arange(side) for side in features.shape)
    along = np.array([np.interp(xs, columns, line) for line in features])  # (H, size)
    return np.array([np.interp(ys, rows, line) for line in along.T]).T


def _nearest_pixel(features, box, size):
    left, top, right, bottom = box
    rows = np.clip(np.floor(_middles(top, bottom, size)).astype(int), 0, features.shape[0] - 1)
    columns = np.clip(np.floor(_middles(left, right, size)).astype(int), 0, features.shape[1] - 1)
    return features[np.ix_(rows, columns)]


def _without_half_a_pixel(features, box, size):
    left, top, right, bottom = box
    return _at(features, _middles(top, bottom, size), _middles(left, right, size))


def _corners_of_parts(features, box, size):
    left, top, right, bottom = (side - 0.5 for side in box)
    return _at(features, _middles(top, bottom, size, 0), _middles(left, right, size, 0))


def _swapped_axes(features, box, size):
    left, top, right, bottom = box
    return roi_align(features, (top, left, bottom, right), size)


def _width_and_height(features, box, size):
    left, top, right, bottom = box
    return roi_align(features, (left, top, left + right, top + bottom), size)


def _transposed_values(features, box, size):
    return roi_align(features, box, size).T


def _largest_of_parts(features, box, size):
    left, top, right, bottom = (round(side) for side in box)
    _height, _width = features.shape
    values = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            rows = slice(
                max(top + math.floor(i * (bottom - top) / size), 0),
                top + math.ceil((i + 1) * (bottom - top) / size),
            )
            columns = slice(
                max(left + math.floor(j * (right - left) / size), 0),
                left + math.ceil((j + 1) * (right - left) / size),
            )
            part = features[rows, columns]
            values[i, j] = part.max() if part.size else 0.0
    return values


def _aligned_by_torchvision(features, box, size):
    from torchvision.ops import roi_align as theirs

    batch = torch.from_numpy(features)[None, None].double()
    inside = np.clip(np.array(box, float), -0.9, None)  # it gives 0 for what is further out than a pixel
    return theirs(batch, [torch.from_numpy(inside)[None]], size, sampling_ratio=1, aligned=True)[0, 0]


def _aligned_by_grid_sample(features, box, size):
    left, top, right, bottom = box
    height, width = features.shape
    y = torch.tensor(_middles(top, bottom, size)) / height * 2 - 1
    x = torch.tensor(_middles(left, right, size)) / width * 2 - 1
    grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)[None].double()
    batch = torch.from_numpy(features)[None, None].double()
    return F.grid_sample(batch, grid, align_corners=False, padding_mode="border")[0, 0]


def _aligned_axis_by_axis(features, box, size):
    left, top, right, bottom = (side - 0.5 for side in box)
    return _at(features, _middles(top, bottom, size), _middles(left, right, size))


def _draw_box(rng):
    """Draw features and a box with fractions; some boxes reach over an edge by less than half a pixel."""
    height, width = (int(side) for side in rng.choice([4, 5, 6, 7], 2, replace=False))
    features = rng.integers(-8, 9, (height, width)) / 4
    left, top = (int(edge) / 8 for edge in rng.integers(-3, 12, 2))
    right, bottom = left + int(rng.integers(9, 20)) / 8, top + int(rng.integers(10, 21)) / 8
    if rng.uniform() < 0.4:  # over the right and the lower edge
        across, down = (
            width + int(rng.integers(0, 4)) / 8 - right,
            height + int(rng.integers(0, 4)) / 8 - bottom,
        )
        left, top, right, bottom = left + across, top + down, right + across, bottom + down
    return features, (left, top, right, bottom), int(rng.choice([2, 3]))


_RAMP = np.array(
    [[0.0, 1, 2, 3]] * 3 + [[4.0, 5, 6, 7]]
)  # (4, 4): the column's number, and 4 more in the last row

ROI_ALIGN = Exercise(
    id="roi-align",
    title="RoI Align",
    lesson="13",
    points=3,
    minutes=14,
    source="Study guide, section 7: RoI Align and RoI Pool",
    reference=roi_align,
    worked=(
        Worked((_RAMP, (1.0, 0.0, 3.0, 2.0), 2), [[1.0, 2.0], [1.0, 2.0]]),
        Worked((_RAMP, (1.25, 0.0, 3.25, 2.0), 2), [[1.25, 2.25], [1.25, 2.25]]),
        # The lower middles lie at y = 3, half way between the centres of the last two rows.
        Worked((_RAMP, (0.5, 1.5, 2.5, 3.5), 2), [[0.5, 1.5], [2.5, 3.5]]),
        # The box reaches over the lower right corner: middles at 2.25 and 3.75, and 3.75 is moved to the last, 3.
        Worked((_RAMP, (2.0, 2.0, 5.0, 5.0), 2), [[3.25, 4.0], [6.25, 7.0]]),
    ),
    fresh=_draw_box,
    misconceptions=(
        Misconception(
            "box rounded",
            _rounded_box,
            "You rounded the box to whole pixels. That is what RoI Pool does, and what RoI Align is there to avoid: "
            "keep the fractions of left, top, right and bottom.",
        ),
        Misconception(
            "nearest pixel",
            _nearest_pixel,
            "You took the pixel in which the middle lies. Then the values jump when the box moves by a little: mix "
            "the four pixels around, each with a weight that falls with its distance.",
        ),
        Misconception(
            "half a pixel off",
            _without_half_a_pixel,
            "Your values come from half a pixel further down and to the right: the centre of pixel 0 lies at 0.5, so "
            "subtract 0.5 to get from a position to a row or a column.",
        ),
        Misconception(
            "corners of the parts",
            _corners_of_parts,
            "You read at the upper left corner of each part. Its middle lies half a part further: (i + 0.5) * height "
            "/ size.",
        ),
        Misconception(
            "x and y swapped",
            _swapped_axes,
            "You took the box for (top, left, bottom, right). A box is (left, top, right, bottom), x before y, while "
            "arrays are indexed [row, column].",
        ),
        Misconception(
            "width and height",
            _width_and_height,
            "You took the last two numbers of the box for a width and a height. They are right and bottom: the width "
            "is right - left.",
        ),
        Misconception(
            "transposed",
            _transposed_values,
            "Your values are mirrored along the diagonal: the first index of the result goes down (i, y), the second "
            "one along (j, x).",
        ),
        Misconception(
            "largest of each part",
            _largest_of_parts,
            "You took the largest pixel of each part of a rounded box: that is RoI Pool. RoI Align reads one "
            "interpolated value in the middle of each part.",
        ),
    ),
    accepted=(_aligned_by_torchvision, _aligned_by_grid_sample, _aligned_axis_by_axis),
    hints=(
        "For each of the parts: where is its middle, in x and y? Which four pixel centres stand around it? How near "
        "is each?",
        "The middle of part i lies at top + (i + 0.5) * (bottom - top) / size; in rows that is 0.5 less, since row 0 "
        "has its centre at 0.5. The whole part of it is the row above, the fraction is the weight of the row below.",
        "above = (1 - along) * features[row, column] + along * features[row, column + 1], below the same for row + "
        "1, and the value is (1 - down) * above + down * below.",
    ),
    why="Nothing is rounded, so a box that moves by a tenth of a pixel changes the values by a little, and the mask "
    "that is made of them stays where the object is.",
)

# --- mask-head ----------------------------------------------------------------------------------------------


class MaskHead(nn.Module):
    """Map the features of RoIs (N, in_channels, 14, 14) to mask logits (N, num_classes, 28, 28).

    Four 3x3 convolutions with `width` channels that keep the size, a 2x2 transposed convolution with `width` channels
    that doubles it, a ReLU after each of the five, and a 1x1 convolution with one channel for each class.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        layers = []
        for channels in (in_channels, width, width, width):
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
        self.convs = nn.Sequential(*layers)
        self.upsample = nn.ConvTranspose2d(width, width, kernel_size=2, stride=2)
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, rois):
        """Return the logits."""
        features = self.convs(rois)  # (N, width, 14, 14)
        features = torch.relu(self.upsample(features))  # (N, width, 28, 28)
        return self.head(features)  # (N, num_classes, 28, 28)
        ### END SOLUTION


class _ThreeConvs(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.convs = self.convs[:6]


class _NoReLUs(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.convs = nn.Sequential(*self.convs[::2])

    def forward(self, rois):
        return self.head(self.upsample(self.convs(rois)))


class _NoReLUAfterUpsampling(MaskHead):
    def forward(self, rois):
        return self.head(self.upsample(self.convs(rois)))


class _Unpadded(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        for conv in self.convs[::2]:
            conv.padding = (0, 0)


class _Bilinear(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear")


class _OneMask(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, 1, width)


class _Probabilities(MaskHead):
    def forward(self, rois):
        return super().forward(rois).sigmoid()


class _NotUpsampled(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.upsample = nn.Conv2d(width, width, kernel_size=1)


class _HeadOfASequence(nn.Sequential):
    """All in one sequence."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        convs = [nn.Conv2d(in_channels, width, 3, padding="same"), nn.ReLU(inplace=True)]
        for _ in range(3):
            convs += [nn.Conv2d(width, width, 3, 1, 1), nn.ReLU()]
        super().__init__(
            *convs, nn.ConvTranspose2d(width, width, 2, 2), nn.ReLU(), nn.Conv2d(width, num_classes, 1)
        )


class _HeadOfAList(nn.Module):
    """Layers in a list, ReLU by clamping."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__()
        convs = [nn.Conv2d(in_channels if i == 0 else width, width, 3, padding=1) for i in range(4)]
        self.layers = nn.ModuleList([*convs, nn.ConvTranspose2d(width, width, 2, stride=2)])
        self.last = nn.Conv2d(width, num_classes, 1)

    def forward(self, rois):
        for layer in self.layers:
            rois = layer(rois).clamp(min=0)
        return self.last(rois)


class _HeadOfTorchvision(nn.Module):
    """torchvision's own."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

        super().__init__()
        self.heads = MaskRCNNHeads(in_channels, (width,) * 4, dilation=1)
        self.predictor = MaskRCNNPredictor(width, width, num_classes)

    def forward(self, rois):
        return self.predictor(self.heads(rois))


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_head(answer, rois, num_classes, width):
    """Build the head for these RoIs, run it, and return the facts about it that do not hang on names."""
    head = answer(rois.shape[1], num_classes, width)
    seen, lists = (
        set(head.modules()),
        [each for each in vars(head).values() if isinstance(each, list | tuple)],
    )
    unseen = sum(isinstance(layer, nn.Module) and layer not in seen for each in lists for layer in each)
    small = head(rois[..., :9, :9])
    if small.requires_grad:
        small.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in head.parameters())
    with torch.no_grad():
        shape = tuple(head(rois).shape)
        _set_means(head)
        known = head(rois)
    return {
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": unseen,
        f"the shape of the logits for RoIs of shape {tuple(rois.shape)}": str(shape),
        "the number of weights and biases": sum(weight.numel() for weight in head.parameters()),
        "the number of weight tensors that get no gradient": without_gradient,
        "the middle pixel's logits for known weights (is each ReLU in its place?)": known[
            0, :, known.shape[-2] // 2, known.shape[-1] // 2
        ].tolist(),
    }


def _set_means(head):
    """Let every layer take means: bias 0, weights 1 / inputs, but -1 / inputs for every fourth channel it gives.

    The transposed convolution has them for every second channel, so that its ReLU is told from the others.
    """
    for weight in head.parameters():
        weight.zero_()
        if weight.ndim == 4:
            transposed = weight.shape[2] == 2
            channels = weight.transpose(0, 1) if transposed else weight
            channels += 1 / (weight.shape[0] if transposed else weight[0].numel())
            channels[3 :: 2 if transposed else 4] *= -1


def _draw_rois(rng):
    """Draw positive features of few channels, always another number than the head's width, and 4 to 6 classes."""
    count, channels, width = int(rng.integers(1, 3)), int(rng.choice([3, 5, 6])), int(rng.choice([4, 8]))
    rois = rng.integers(1, 17, (count, channels, 14, 14)).astype(np.float32) / 16
    return torch.from_numpy(rois), int(rng.integers(4, 7)), width


# With ones and the weights of `_set_means`: each convolution gives 3 positive channels in 4, so four of them make
# 0.75 ** 4 = 0.31640625 of a mean of 1. The transposed one has 4 channels: 1 in 4 is negative. 0.31640625 * 0.75 =
# 0.2373046875; the last layer hands that on, negative for the fourth class.
# Weights: 4 * 3 * 9 + 4 = 112, three times 4 * 4 * 9 + 4 = 148, 4 * 4 * 4 + 4 = 68, 4 * 4 + 4 = 20: 644 in all.
# At full width: 4 * (256 * 256 * 9 + 256) + (256 * 256 * 4 + 256) + (256 * 3 + 3) = 2623491.
MASK_HEAD = Exercise(
    id="mask-head",
    title="The mask head",
    lesson="13",
    points=3,
    minutes=10,
    source="Study guide, section 7: mask head",
    reference=MaskHead,
    observe=_probe_head,
    worked=(
        Worked(
            (torch.ones(1, 256, 14, 14), 3, 256),
            {
                "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": 0,
                "the shape of the logits for RoIs of shape (1, 256, 14, 14)": "(1, 3, 28, 28)",
                "the number of weights and biases": 2623491,
                "the number of weight tensors that get no gradient": 0,
                # Of 256 channels of the transposed convolution, the fourth and every second after it are negative:
                # 127 of them, so 129 in 256 are left.
                "the middle pixel's logits for known weights (is each ReLU in its place?)": [
                    0.75**4 * 129 / 256
                ]
                * 3,
            },
            "mask-head",
        ),
        Worked(
            (torch.ones(1, 3, 14, 14), 4, 4),
            {
                "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": 0,
                "the shape of the logits for RoIs of shape (1, 3, 14, 14)": "(1, 4, 28, 28)",
                "the number of weights and biases": 112 + 3 * 148 + 68 + 20,
                "the number of weight tensors that get no gradient": 0,
                "the middle pixel's logits for known weights (is each ReLU in its place?)": [
                    *[0.2373046875] * 3,
                    -0.2373046875,
                ],
            },
        ),
    ),
    fresh=_draw_rois,
    misconceptions=(
        Misconception(
            "three convolutions",
            _ThreeConvs,
            "Your head has three 3x3 convolutions. It should have four: the first takes in_channels, the other three "
            "take width.",
        ),
        Misconception(
            "no ReLU",
            _NoReLUs,
            "You left the ReLUs out. Without them the layers collapse into a single one: put a ReLU after each of "
            "the four convolutions and after the transposed one, and none after the last layer.",
        ),
        Misconception(
            "no ReLU after the upsampling",
            _NoReLUAfterUpsampling,
            "There is no ReLU between the transposed convolution and the 1x1 convolution: the two are one layer "
            "then. Wrap the transposed convolution in torch.relu.",
        ),
        Misconception(
            "no padding",
            _Unpadded,
            "Your convolutions have no padding: each loses 2 pixels, and 14 becomes 6 before the upsampling. Pass "
            "padding=1.",
        ),
        Misconception(
            "bilinear upsampling",
            _Bilinear,
            "You enlarge by interpolation, which learns nothing. The mask head uses nn.ConvTranspose2d(width, width, "
            "kernel_size=2, stride=2).",
        ),
        Misconception(
            "one mask for all classes",
            _OneMask,
            "Your head gives one mask. It should give one for each class, so that a cat's mask never competes with a "
            "dog's: the last layer has num_classes channels.",
        ),
        Misconception(
            "sigmoid at the end",
            _Probabilities,
            "You return probabilities. The loss takes logits and applies its own sigmoid: return what the 1x1 "
            "convolution gives.",
        ),
        Misconception(
            "not upsampled",
            _NotUpsampled,
            "Your masks are as small as the RoI. A transposed convolution with kernel_size=2 and stride=2 makes 28 "
            "of 14.",
        ),
    ),
    accepted=(_HeadOfASequence, _HeadOfAList, _HeadOfTorchvision),
    hints=(
        "Six layers: four of one kind, one that doubles the size, one that makes a channel for each class. Which of "
        "them is followed by a ReLU?",
        "nn.Conv2d(..., kernel_size=3, padding=1) keeps the size, nn.ConvTranspose2d(width, width, kernel_size=2, "
        "stride=2) doubles it, nn.Conv2d(width, num_classes, kernel_size=1) ends the head.",
        "In a loop over (in_channels, width, width, width), add nn.Conv2d(channels, width, kernel_size=3, padding=1) "
        "and nn.ReLU() to a list, and make nn.Sequential of it.",
    ),
    why="It is a small fully convolutional network, applied to each box by itself. Every class gets its own mask: "
    "which of them counts is decided by the box's classifier.",
    fresh_cases=4,
    tolerance=1e-5,
)

# --- total-loss ---------------------------------------------------------------------------------------------


def total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Return a dict of the losses of N RoIs: "class", "box", "mask", and their sum, "total".

    class_logits is (N, C), boxes (N, C, 4) and masks (N, C, H, W), logits too: a box and a mask for each class.
    labels is int64 (N,), 0 for background; true_boxes is (N, 4), true_masks (N, H, W), of 0.0 and 1.0. "class" is the
    mean cross-entropy of all RoIs. "box" and "mask" look at RoIs of label above 0 alone, and there at the true class
    alone: the sum of the smooth L1 losses divided by N, and the mean binary cross-entropy of the pixels. Both are 0
    if there is none.
    """
    ### BEGIN SOLUTION
    losses = {"class": F.cross_entropy(class_logits, labels)}
    objects = torch.nonzero(labels > 0).squeeze(1)  # (P,), the numbers of the RoIs with an object
    true_class = labels[objects]
    box, mask = boxes[objects, true_class], masks[objects, true_class]  # (P, 4), (P, H, W)
    losses["box"] = F.smooth_l1_loss(box, true_boxes[objects], reduction="sum") / len(labels)
    losses["mask"] = torch.zeros(())
    if len(objects) > 0:
        losses["mask"] = F.binary_cross_entropy_with_logits(mask, true_masks[objects])
    losses["total"] = losses["class"] + losses["box"] + losses["mask"]
    return losses
    ### END SOLUTION


def _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, **changed):
    """Compute the losses with some of the three changed."""
    parts = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks) | changed
    parts["total"] = parts["class"] + parts["box"] + parts["mask"]
    return parts


def _objects_of(labels):
    return torch.nonzero(labels > 0).squeeze(1)


def _mask_of_all_classes(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    spread = true_masks[at][:, None].expand_as(masks[at])
    mask = F.binary_cross_entropy_with_logits(masks[at], spread) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


def _mask_against_empty_others(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    spread = torch.zeros_like(masks[at])
    spread[torch.arange(len(at)), labels[at]] = true_masks[at]
    mask = F.binary_cross_entropy_with_logits(masks[at], spread) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


def _mask_of_the_best_class(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    best = class_logits[at].argmax(dim=1)
    mask = F.binary_cross_entropy_with_logits(masks[at, best], true_masks[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


def _mask_by_softmax(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    p = masks[at].softmax(dim=1)[torch.arange(len(at)), labels[at]]
    mask = F.binary_cross_entropy(p, true_masks[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


def _background_as_well(class_logits, boxes, masks, labels, true_boxes, true_masks):
    every = torch.arange(len(labels))
    box = F.smooth_l1_loss(boxes[every, labels], true_boxes, reduction="sum") / len(labels)
    mask = F.binary_cross_entropy_with_logits(masks[every, labels], true_masks)
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, box=box, mask=mask)


def _nan_without_objects(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    mask = F.binary_cross_entropy_with_logits(masks[at, labels[at]], true_masks[at])
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


def _box_by_mean(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    box = F.smooth_l1_loss(boxes[at, labels[at]], true_boxes[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, box=box)


def _class_of_objects(class_logits, boxes, masks, labels, true_boxes, true_masks):
    at = _objects_of(labels)
    per_class = F.cross_entropy(class_logits[at], labels[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, **{"class": per_class})


def _losses_by_a_mask(class_logits, boxes, masks, labels, true_boxes, true_masks):
    inside = labels > 0
    rows = torch.arange(len(labels))
    difference = (boxes[rows, labels] - true_boxes).abs()[inside]
    small = difference < 1
    box = torch.where(small, 0.5 * difference**2, difference - 0.5).sum() / labels.numel()
    pixels = F.binary_cross_entropy_with_logits(masks[rows, labels], true_masks, reduction="none")[inside]
    mask = pixels.sum() / max(1, pixels.numel())
    per_class = nn.CrossEntropyLoss()(class_logits, labels)
    return {"class": per_class, "box": box, "mask": mask, "total": per_class + box + mask}


def _losses_in_a_loop(class_logits, boxes, masks, labels, true_boxes, true_masks):
    per_class = box = 0.0
    masks_of_objects = []
    for i, label in enumerate(labels.tolist()):
        per_class += -class_logits[i].log_softmax(0)[label].item() / len(labels)
        if label > 0:
            box += F.smooth_l1_loss(boxes[i, label], true_boxes[i], reduction="sum").item() / len(labels)
            p = masks[i, label].sigmoid()
            masks_of_objects.append(-torch.where(true_masks[i] > 0, p, 1 - p).log().mean().item())
    mask = sum(masks_of_objects) / len(masks_of_objects) if masks_of_objects else 0.0
    return {"total": per_class + box + mask, "class": per_class, "box": box, "mask": mask}


def _losses_by_gather(class_logits, boxes, masks, labels, true_boxes, true_masks):
    keep = labels.nonzero().flatten()
    own = labels[keep].view(-1, 1, 1, 1).expand(-1, 1, *masks.shape[2:])
    chosen = masks[keep].gather(1, own)[:, 0]
    per_class = F.nll_loss(class_logits.log_softmax(-1), labels)
    box = F.smooth_l1_loss(boxes[keep, labels[keep]], true_boxes[keep], reduction="none").sum() / len(labels)
    # An empty sum divided by at least one pixel is 0.
    mask = F.binary_cross_entropy_with_logits(chosen, true_masks[keep], reduction="sum") / max(
        chosen.numel(), 1
    )
    return dict(
        zip(("class", "box", "mask", "total"), (per_class, box, mask, per_class + box + mask), strict=True)
    )


def _halves(rng, *shape):
    return torch.from_numpy(rng.integers(-6, 7, shape).astype(np.float32)) / 2


def _draw_head_outputs(rng):
    """Draw RoIs, some of them background; in one case of five all are."""
    count, classes = int(rng.integers(3, 6)), 3
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    labels = rng.integers(0, classes, count)
    labels[:2] = 0, rng.integers(1, classes)
    if rng.uniform() < 0.2:
        labels[:] = 0
    true_masks = torch.from_numpy(rng.integers(0, 2, (count, height, width)).astype(np.float32))
    return (
        _halves(rng, count, classes),
        _halves(rng, count, classes, 4),
        _halves(rng, count, classes, height, width),
        torch.from_numpy(labels.astype(np.int64)),
        _halves(rng, count, 4),
        true_masks,
    )


_LOG_2 = 0.693147
_MASKS_OF_TWO = torch.tensor([[[[9.0, 9.0]], [[0.0, 0.0]]], [[[9.0, 9.0]], [[9.0, 9.0]]]])  # (2, 2, 1, 2)

TOTAL_LOSS = Exercise(
    id="total-loss",
    title="The loss of Mask R-CNN's heads",
    lesson="13",
    points=3,
    minutes=12,
    source="Study guide, section 7: training Mask R-CNN",
    reference=total_loss,
    worked=(
        # Two RoIs, an object and background. The object's box is off by 1 in one of its numbers: 0.5, divided by 2.
        Worked(
            (
                torch.zeros(2, 2),
                torch.zeros(2, 2, 4),
                _MASKS_OF_TWO,
                torch.tensor([1, 0]),
                torch.tensor([[1.0, 0, 0, 0], [9.0, 9, 9, 9]]),
                torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]]),
            ),
            {"class": _LOG_2, "box": 0.25, "mask": _LOG_2, "total": 2 * _LOG_2 + 0.25},
        ),
        # The same without an object: the class is all that there is to learn.
        Worked(
            (
                torch.zeros(2, 2),
                torch.zeros(2, 2, 4),
                _MASKS_OF_TWO,
                torch.tensor([0, 0]),
                torch.tensor([[1.0, 0, 0, 0], [9.0, 9, 9, 9]]),
                torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]]),
            ),
            {"class": _LOG_2, "box": 0.0, "mask": 0.0, "total": _LOG_2},
        ),
    ),
    fresh=_draw_head_outputs,
    misconceptions=(
        Misconception(
            "masks of all classes",
            _mask_of_all_classes,
            "You compared every class's mask with the true one. Then the cat's mask learns to draw dogs: pick the "
            "mask of the true class, masks[objects, labels[objects]].",
        ),
        Misconception(
            "other classes must be empty",
            _mask_against_empty_others,
            "You taught the masks of the other classes to be empty. That makes classes compete inside the mask, "
            "which the classifier settles already: the others get no loss at all.",
        ),
        Misconception(
            "mask of the best class",
            _mask_of_the_best_class,
            "You took the mask of the class that scores best. In training it is the true class that counts, however "
            "the classifier sees it: labels, not argmax.",
        ),
        Misconception(
            "softmax over the classes",
            _mask_by_softmax,
            "You took a softmax over the classes of the mask. Each class's mask is a yes or no by itself: binary "
            "cross-entropy with a sigmoid.",
        ),
        Misconception(
            "background counted",
            _background_as_well,
            "You counted the background's RoIs in box and mask. They have no object, so nothing there is true: look "
            "at labels > 0 alone.",
        ),
        Misconception(
            "nan without objects",
            _nan_without_objects,
            "Where no RoI has an object, your mask loss is the mean of nothing, nan, and one such batch ruins all "
            "weights. Let it be 0 there.",
        ),
        Misconception(
            "mean over the boxes",
            _box_by_mean,
            "You took the mean of the box loss. Here it is the sum over the objects' four numbers, divided by the "
            "number of all RoIs: reduction='sum', then / len(labels).",
        ),
        Misconception(
            "class of objects alone",
            _class_of_objects,
            "Your class loss leaves the background out. Then nobody tells the network what is no pet: the "
            "cross-entropy is over all RoIs.",
        ),
    ),
    accepted=(_losses_by_a_mask, _losses_in_a_loop, _losses_by_gather),
    hints=(
        "Which RoIs does each of the three losses look at? And which of the C masks of such an RoI?",
        "objects = torch.nonzero(labels > 0).squeeze(1) are the RoIs with an object. masks[objects, labels[objects]] "
        "picks one mask for each.",
        "F.cross_entropy(class_logits, labels); F.smooth_l1_loss(..., reduction='sum') / len(labels); "
        "F.binary_cross_entropy_with_logits(masks[objects, labels[objects]], true_masks[objects]) if there are any.",
    ),
    why="The classifier says what it is, the mask of that class says where. No class's mask is punished for what "
    "another class's looks like, which is what lets Mask R-CNN draw well.",
    tolerance=1e-4,
)

# --- match-detections ---------------------------------------------------------------------------------------


def match_detections(ious, threshold):
    """Return a list of booleans: for each detection, whether it is a hit.

    ious is a nested list: one row for each detection, the surest first, with its IoU with every true object. Each
    detection in turn takes the free object with which it overlaps most, if that IoU is at least the threshold. An
    object that is taken is no longer free.
    """
    ### BEGIN SOLUTION
    hits, taken = [], set()
    for row in ious:
        free = [number for number in range(len(row)) if number not in taken]
        best = max(free, key=lambda number: row[number], default=None)
        hit = best is not None and row[best] >= threshold
        if hit:
            taken.add(best)
        hits.append(hit)
    return hits
    ### END SOLUTION


def _objects_taken_twice(ious, threshold):
    return [max(row, default=0) >= threshold for row in ious]


def _strictly_above(ious, threshold):
    return match_detections(ious, threshold + 1e-9)


def _fixed_half(ious, threshold):
    return match_detections(ious, 0.5)


def _best_or_nothing(ious, threshold):
    hits, taken = [], set()
    for row in ious:
        best = max(range(len(row)), key=lambda number: row[number], default=None)
        hits.append(best is not None and best not in taken and row[best] >= threshold)
        taken |= {best} if hits[-1] else set()
    return hits


def _first_above(ious, threshold):
    hits, taken = [], set()
    for row in ious:
        found = next((n for n, iou in enumerate(row) if n not in taken and iou >= threshold), None)
        hits.append(found is not None)
        taken.add(found)
    return hits


def _surest_last(ious, threshold):
    return match_detections(ious[::-1], threshold)[::-1]


def _best_detection_of_each_object(ious, threshold):
    hits = [False] * len(ious)
    for number in range(len(ious[0]) if ious else 0):
        best = max(range(len(ious)), key=lambda row: ious[row][number])
        hits[best] = hits[best] or ious[best][number] >= threshold
    return hits


def _taken_without_a_hit(ious, threshold):
    hits, taken = [], set()
    for row in ious:
        free = [n for n in range(len(row)) if n not in taken]
        best = max(free, key=lambda n: row[n], default=None)
        hits.append(best is not None and row[best] >= threshold)
        taken.add(best)
    return hits


def _matched_in_numpy(ious, threshold):
    hits = np.zeros(len(ious), bool)
    left = np.array(ious, float).reshape(len(ious), -1)
    for number in range(len(ious)):
        if left.shape[1] and left[number].max() >= threshold:
            hits[number] = True
            left[:, left[number].argmax()] = -1
    return hits


def _matched_by_sorting(ious, threshold):
    hits, free = [], set(range(len(ious[0]))) if ious else set()
    for row in ious:
        ranking = sorted(free, key=lambda n: -row[n])
        hit = bool(ranking) and row[ranking[0]] >= threshold
        if hit:
            free.remove(ranking[0])
        hits.append(hit)
    return tuple(hits)


def _matched_in_torch(ious, threshold):
    table = torch.tensor(ious, dtype=torch.float64).reshape(len(ious), -1).clone()
    hits = []
    for row in table:
        value, best = (row.max(0).values.item(), row.argmax().item()) if len(row) else (-1.0, 0)
        hits.append(value >= threshold)
        if hits[-1]:
            table[:, best] = -1
    return torch.tensor(hits, dtype=torch.bool)


def _draw_overlaps(rng):
    """Draw IoUs, no two of a row alike: crowded objects, one equal to the threshold, now and then no object at all."""
    threshold = float(rng.choice([0.5, 0.6, 0.75]))
    if rng.uniform() < 0.1:
        return [[] for _ in range(int(rng.integers(1, 4)))], threshold
    detections, objects = int(rng.integers(3, 6)), int(rng.integers(2, 4))
    low = rng.permuted(np.tile(np.arange(1, 1 + objects) * 0.03, (detections, 1)), axis=1)
    high = rng.permuted(np.tile(0.8 + np.arange(objects) * 0.05, (detections, 1)), axis=1)
    middle = high - 0.27  # above 0.5, below 0.75
    kinds = rng.choice(3, low.shape, p=[0.4, 0.2, 0.4])
    table = np.choose(kinds, [low, middle, high]).round(2)
    if rng.uniform() < 0.3:  # the first could have either of two, the second one of them alone
        table[0, :2], table[1, :2] = (0.85, 0.9), (0.05, 0.95)
    if rng.uniform() < 0.4:
        table[0], table[0, 0] = low[0].round(2), threshold
    return table.tolist(), threshold


MATCH_DETECTIONS = Exercise(
    id="match-detections",
    title="Hits and false alarms",
    lesson="13",
    points=2,
    minutes=8,
    source="Study guide, section 10: average precision",
    reference=match_detections,
    worked=(
        Worked(([[0.9, 0.0], [0.8, 0.6], [0.1, 0.3]], 0.5), [True, True, False]),
        Worked(([[0.9, 0.0], [0.8, 0.6], [0.1, 0.3]], 0.75), [True, False, False]),
        Worked(([[], []], 0.5), [False, False]),
    ),
    fresh=_draw_overlaps,
    fresh_cases=24,
    misconceptions=(
        Misconception(
            "objects taken twice",
            _objects_taken_twice,
            "You let two detections hit the same object. Whoever finds a pet a second time raises a false alarm: "
            "remember which objects are taken.",
        ),
        Misconception(
            "strictly above",
            _strictly_above,
            "You asked for more than the threshold. An IoU equal to it is a hit: compare with >=.",
        ),
        Misconception(
            "always 0.5",
            _fixed_half,
            "You compared with 0.5. The threshold is handed in, since AP averages over ten of them.",
        ),
        Misconception(
            "best object or nothing",
            _best_or_nothing,
            "You looked at the best object alone, taken or not. If it is taken, the best of the free ones may still "
            "be a hit: leave the taken ones out before you look for the best.",
        ),
        Misconception(
            "first object above",
            _first_above,
            "You took the first object above the threshold. Take the one with the largest IoU: the other may be "
            "needed by a later detection.",
        ),
        Misconception(
            "surest last",
            _surest_last,
            "You went through the detections from the last to the first. The surest comes first and chooses first.",
        ),
        Misconception(
            "object chooses",
            _best_detection_of_each_object,
            "You let each object choose its best detection. It is the other way round: the detections choose, in the "
            "order of their scores.",
        ),
        Misconception(
            "taken without a hit",
            _taken_without_a_hit,
            "You marked an object as taken although the detection was no hit. Only a hit takes its object away.",
        ),
    ),
    accepted=(_matched_in_numpy, _matched_by_sorting, _matched_in_torch),
    hints=(
        "Go through the rows in order, and keep a set of the objects that are taken. Which objects may a row choose "
        "from?",
        "Among the free objects find the one with the largest IoU. It may be that there is none at all.",
        "best = max(free, key=lambda number: row[number], default=None); it is a hit if best is not None and "
        "row[best] >= threshold, and only then it joins the taken ones.",
    ),
    why="Each object can be found once. So a network that says everything three times gets one hit and two false "
    "alarms, and average precision falls.",
)

# --- average-precision --------------------------------------------------------------------------------------


def average_precision(hits, objects):
    """Return the average precision as COCO computes it, a float; nan if there are no objects.

    hits is a list of booleans, one for each detection, the surest first; objects is the number of true objects. After
    each detection, precision is the share of hits among the detections so far, recall the share of objects found so
    far. At each recall 0, 0.01, 0.02, ..., 1 take the best precision reached with that recall or more, 0 if it is
    never reached; the result is the mean of these 101.
    """
    ### BEGIN SOLUTION
    if objects == 0:
        return math.nan
    found, points = 0, []
    for count, hit in enumerate(hits, start=1):
        found += hit
        points.append((found / objects, found / count))  # recall, precision
    total = 0.0
    for step in range(101):
        total += max([precision for recall, precision in points if recall >= step / 100], default=0)
    return total / 101
    ### END SOLUTION


def _points(hits, objects):
    found = np.cumsum(np.array(hits, bool))
    return found / objects, found / np.arange(1, len(found) + 1)


def _read_at(hits, objects, levels, best_from_here=True):
    """The mean precision at some levels of recall."""
    if objects == 0:
        return math.nan
    recall, precision = _points(hits, objects)
    values = []
    for level in levels:
        reached = precision[recall >= level]
        values.append(0.0 if not reached.size else reached.max() if best_from_here else reached[0])
    return float(np.mean(values))


def _not_the_best(hits, objects):
    return _read_at(hits, objects, np.arange(101) / 100, best_from_here=False)


def _eleven_points(hits, objects):
    return _read_at(hits, objects, np.arange(11) / 10)


def _without_recall_0(hits, objects):
    return _read_at(hits, objects, np.arange(1, 101) / 100)


def _precision_in_the_end(hits, objects):
    return math.nan if objects == 0 else sum(hits) / len(hits) if hits else 0.0


def _sum_at_the_hits(hits, objects):
    return math.nan if objects == 0 else float(sum(_points(hits, objects)[1][np.array(hits, bool)])) / objects


def _mean_at_the_hits(hits, objects):
    if objects == 0:
        return math.nan
    precision = _points(hits, objects)[1][np.array(hits, bool)]
    return float(precision.mean()) if precision.size else 0.0


def _recall_among_the_found(hits, objects):
    return math.nan if objects == 0 else _read_at(hits, max(sum(hits), 1), np.arange(101) / 100)


def _zero_without_objects(hits, objects):
    return 0.0 if objects == 0 else average_precision(hits, objects)


def _precision_in_numpy(hits, objects):
    return _read_at(hits, objects, np.arange(101) / 100) if objects else np.nan


def _precision_from_the_right(hits, objects):
    if not objects:
        return np.float64("nan")
    best = [sum(hits[: n + 1]) / (n + 1) for n in range(len(hits))]
    for n in range(len(best) - 2, -1, -1):
        best[n] = max(best[n], best[n + 1])
    recalls = [sum(hits[: n + 1]) / objects for n in range(len(hits))]
    firsts = [next((n for n, r in enumerate(recalls) if r >= level / 100), None) for level in range(101)]
    return np.mean([0.0 if n is None else best[n] for n in firsts])


def _precision_in_torch(hits, objects):
    if objects == 0:
        return torch.tensor(float("nan"))
    found = torch.tensor([*hits, False]).double().cumsum(0)[: len(hits)]
    precision = found / torch.arange(1, len(hits) + 1)
    reached = (
        found[None] / objects >= torch.arange(101, dtype=torch.float64)[:, None] / 100
    )  # (101, detections)
    padded = torch.cat([torch.zeros(101, 1), torch.where(reached, precision, 0.0)], dim=1)
    return padded.amax(dim=1).mean()


def _draw_hits(rng):
    """Draw hits of which the later are often hits as well, so that the best precision lies further on."""
    objects = int(rng.choice([0, 1, 2, 4, 5, 8], p=[0.3, 0.05, 0.15, 0.2, 0.15, 0.15]))
    hits = (rng.uniform(size=rng.integers(0 if rng.uniform() < 0.2 else 3, 8)) < 0.6).tolist()
    while sum(hits) > objects:
        hits[hits.index(True)] = False
    return hits, objects


AVERAGE_PRECISION = Exercise(
    id="average-precision",
    title="Average precision",
    lesson="13",
    points=3,
    minutes=10,
    source="Study guide, section 10: COCO's average precision",
    reference=average_precision,
    worked=(
        # Recall 1/2 with precision 1, then recall 1 with precision 2/3: 51 levels at 1, 50 at 2/3.
        Worked(([True, False, True], 2), 0.834983),
        Worked(([False, True], 1), 0.5),
        Worked(([True, False], 4), 0.257426),  # recall 0.25 is all: 26 levels at 1, 75 at 0
        Worked(([], 3), 0.0),
    ),
    fresh=_draw_hits,
    fresh_cases=24,
    misconceptions=(
        Misconception(
            "not the best from there on",
            _not_the_best,
            "You took the precision where the recall is first reached. Take the best one with that recall or more, "
            "so that an early false alarm does not count against all that follows.",
        ),
        Misconception(
            "eleven levels",
            _eleven_points,
            "You read the precision at 11 levels of recall, as the older VOC benchmark does. COCO reads it at 101: "
            "0, 0.01, ..., 1.",
        ),
        Misconception(
            "recall 0 left out",
            _without_recall_0,
            "You averaged over 100 levels. Recall 0 is a level, too: range(101) / 100 gives 0 and 1.",
        ),
        Misconception(
            "precision in the end",
            _precision_in_the_end,
            "You returned the share of hits among all detections. That is the precision after the last one; the "
            "average is over the recalls, so that it matters which detections come first.",
        ),
        Misconception(
            "sum at the hits",
            _sum_at_the_hits,
            "You added up the precision at the hits and divided by the number of objects. COCO reads it at 101 "
            "recalls, and at each takes the best precision from there on: a later one may be higher.",
        ),
        Misconception(
            "mean at the hits",
            _mean_at_the_hits,
            "You averaged the precision at the hits. Objects that were never found must count as 0: read the "
            "precision at 101 recalls up to 1.",
        ),
        Misconception(
            "recall among the found",
            _recall_among_the_found,
            "You divided by the number of hits to get the recall. Divide by the number of true objects: those that "
            "were missed count as well.",
        ),
        Misconception(
            "zero without objects",
            _zero_without_objects,
            "Where there are no objects you returned 0. There was nothing to find and nothing to miss: return "
            "math.nan, and the mean over classes leaves it out.",
        ),
    ),
    accepted=(_precision_in_numpy, _precision_from_the_right, _precision_in_torch),
    hints=(
        "First make the list of points: after each detection, recall and precision. Then look at it 101 times.",
        "found / objects is the recall, found / count the precision. For a level, which points have at least that "
        "recall? Which of these has the best precision?",
        "max([precision for recall, precision in points if recall >= step / 100], default=0) for each step of "
        "range(101), and the mean of all.",
    ),
    why="Sure detections come first, so a good ranking keeps precision high while recall grows. AP is the area under "
    "that curve, in 101 steps, with its dents filled.",
)

# --- panoptic-quality ---------------------------------------------------------------------------------------


def panoptic_quality(ious, predicted, true):
    """Return a dict of floats, "SQ", "RQ" and "PQ", for the segments of one class.

    ious is the list of the IoUs of all pairs of a predicted and a true segment that overlap; predicted and true are the
    numbers of segments. Pairs with an IoU above 0.5 match: no segment can be in two of these. SQ is the mean IoU of the
    matches, and 0 if there is none. RQ is matches / (matches + half of the unmatched segments of both sides), and PQ is
    SQ * RQ. All three are nan if there is no segment at all.
    """
    ### BEGIN SOLUTION
    if predicted + true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    matches = [iou for iou in ious if iou > 0.5]
    segmentation = sum(matches) / len(matches) if matches else 0.0
    unmatched = (predicted - len(matches)) + (true - len(matches))
    recognition = len(matches) / (len(matches) + unmatched / 2)
    return {"SQ": segmentation, "RQ": recognition, "PQ": segmentation * recognition}
    ### END SOLUTION


def _quality_by(ious, predicted, true, sq=None, rq=None, matches=None):
    """Compute the qualities with other rules for SQ, RQ, or what matches."""
    if predicted + true == 0:
        return dict.fromkeys(("SQ", "RQ", "PQ"), math.nan)
    matched = [iou for iou in ious if iou > 0.5] if matches is None else matches
    count = len(matched)
    unmatched = predicted + true - 2 * count
    segmentation = (sum(matched) / count if count else 0.0) if sq is None else sq(matched)
    recognition = count / (count + unmatched / 2) if rq is None else rq(count, unmatched)
    return {"SQ": segmentation, "RQ": recognition, "PQ": segmentation * recognition}


def _half_matches(ious, predicted, true):
    return _quality_by(ious, predicted, true, matches=[iou for iou in ious if iou >= 0.5])


def _every_pair_matches(ious, predicted, true):
    return _quality_by(ious, predicted, true, sq=lambda matched: sum(ious) / len(ious) if ious else 0.0)


def _whole_errors(ious, predicted, true):
    return _quality_by(ious, predicted, true, rq=lambda count, unmatched: count / max(count + unmatched, 1))


def _segmentation_over_true(ious, predicted, true):
    return _quality_by(ious, predicted, true, sq=lambda matched: sum(matched) / true if true else 0.0)


def _recognition_by_recall(ious, predicted, true):
    return _quality_by(ious, predicted, true, rq=lambda count, unmatched: count / true if true else 0.0)


def _recognition_by_precision(ious, predicted, true):
    return _quality_by(
        ious, predicted, true, rq=lambda count, unmatched: count / predicted if predicted else 0.0
    )


def _mean_of_both(ious, predicted, true):
    quality = panoptic_quality(ious, predicted, true)
    return quality | {"PQ": (quality["SQ"] + quality["RQ"]) / 2}


def _zero_without_segments(ious, predicted, true):
    if predicted + true == 0:
        return {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}
    return panoptic_quality(ious, predicted, true)


def _quality_in_numpy(ious, predicted, true):
    if not predicted and not true:
        return dict.fromkeys(("PQ", "SQ", "RQ"), np.nan)
    ious = np.array(ious, float)
    matched = ious[ious > 0.5]
    sq = matched.mean() if matched.size else np.float64(0)
    rq = 2 * matched.size / (predicted + true)
    return {"PQ": sq * rq, "SQ": sq, "RQ": rq}


def _quality_at_once(ious, predicted, true):
    total = (predicted + true) / 2  # matches + half of the unmatched
    if not total:
        return {"SQ": float("nan"), "RQ": float("nan"), "PQ": float("nan")}
    matched = list(filter(lambda iou: iou > 0.5, ious))
    return {
        "SQ": sum(matched) / max(len(matched), 1),
        "RQ": len(matched) / total,
        "PQ": sum(matched) / total,
    }


def _quality_by_f1(ious, predicted, true):
    if predicted == true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    count = sum(iou > 0.5 for iou in ious)
    if not count:
        return {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}
    precision, recall = count / predicted, count / true
    sq, rq = sum(iou for iou in ious if iou > 0.5) / count, 2 * precision * recall / (precision + recall)
    return {"SQ": sq, "RQ": rq, "PQ": sq * rq}


def _draw_segments(rng):
    """Draw pairs of segments, one of them often with an IoU of exactly 0.5; sometimes none at all, or none "
    "that match.
    """
    if rng.uniform() < 0.3:
        return [], 0, 0
    if rng.uniform() < 0.2:
        count = int(rng.integers(1, 4))
        return ([], count, 0) if rng.uniform() < 0.5 else ([], 0, count)
    matched = (rng.integers(51, 100, rng.integers(0, 4)) / 100).tolist()
    others = [0.5] * int(rng.integers(0, 2)) + (rng.integers(1, 50, rng.integers(0, 3)) / 100).tolist()
    ious = rng.permutation(matched + others).tolist()
    count = len(ious)
    return ious, count + int(rng.integers(0, 3)), count + int(rng.integers(0, 3))


PANOPTIC_QUALITY = Exercise(
    id="panoptic-quality",
    title="Panoptic quality",
    lesson="13",
    points=2,
    minutes=8,
    source="Lesson 33, section 2: panoptic segmentation",
    reference=panoptic_quality,
    worked=(
        # Two matches of mean 0.7; one predicted segment is left over: 2 / (2 + 0.5) = 0.8, and 0.7 * 0.8.
        Worked(([0.8, 0.6, 0.3], 3, 2), {"SQ": 0.7, "RQ": 0.8, "PQ": 0.56}),
        Worked(([0.5], 1, 1), {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}),
        Worked(([], 0, 0), {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}),
        # Segments on one side alone: two were invented, three were missed.
        Worked(([], 2, 0), {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}),
        Worked(([], 0, 3), {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}),
    ),
    fresh=_draw_segments,
    fresh_cases=24,
    misconceptions=(
        Misconception(
            "half is enough",
            _half_matches,
            "You let an IoU of exactly 0.5 match. Above 0.5, a segment can match one other at most; at 0.5 it could "
            "match two: compare with >.",
        ),
        Misconception(
            "SQ over all pairs",
            _every_pair_matches,
            "Your SQ is the mean over all pairs that overlap. It asks how well the recognised segments are drawn: "
            "average over the matches alone.",
        ),
        Misconception(
            "errors count whole",
            _whole_errors,
            "You counted every unmatched segment fully. A missed pet leaves one segment over, a wrong one often two, "
            "one on each side: each counts half.",
        ),
        Misconception(
            "SQ over the true segments",
            _segmentation_over_true,
            "You divided SQ by the number of true segments. What was not recognised is RQ's business: divide by the "
            "number of matches.",
        ),
        Misconception(
            "RQ is recall",
            _recognition_by_recall,
            "Your RQ is the share of true segments that were found. Invented segments must cost as well: add half of "
            "the unmatched of both sides to the matches.",
        ),
        Misconception(
            "RQ is precision",
            _recognition_by_precision,
            "Your RQ is the share of predicted segments that match. Missed ones must cost as well: add half of the "
            "unmatched of both sides to the matches.",
        ),
        Misconception(
            "mean of the two",
            _mean_of_both,
            "Your PQ is the mean of SQ and RQ. It is their product: perfect outlines of nothing recognised are worth "
            "nothing.",
        ),
        Misconception(
            "zero without segments",
            _zero_without_segments,
            "You returned 0 for a class without a segment on either side. Nothing was missed there: return nan, and "
            "the mean over classes leaves it out.",
        ),
    ),
    accepted=(_quality_in_numpy, _quality_at_once, _quality_by_f1),
    hints=(
        "First keep the IoUs above 0.5: their number and their mean are all that you need of them.",
        "On the predicted side, predicted - matches segments are left over, on the true side true - matches. What if "
        "there is no match, and what if there is no segment?",
        "SQ = sum(matches) / len(matches), RQ = len(matches) / (len(matches) + unmatched / 2), PQ = SQ * RQ.",
    ),
    why="SQ says how well the found segments are drawn, RQ is the F1 score of finding them. The product treats stuff "
    "and things alike, so one number scores the whole scene.",
)

EXERCISES = (
    PANOPTIC_IDS,
    CONNECTED_COMPONENTS,
    ROI_ALIGN,
    MASK_HEAD,
    TOTAL_LOSS,
    MATCH_DETECTIONS,
    AVERAGE_PRECISION,
    PANOPTIC_QUALITY,
)
