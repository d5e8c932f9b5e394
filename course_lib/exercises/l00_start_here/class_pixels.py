"""Count the pixels of a class."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def class_pixels(mask, class_id):
    """Count the pixels of one class.

    Args:
        mask: class ids, a nested list of int (a list of rows).
        class_id: the class, an int.

    Returns:
        How many pixels have this id, an int; 0 where none has.
    """
    count = 0
    ### BEGIN SOLUTION
    for row in mask:
        for pixel in row:
            if pixel == class_id:
                count += 1
    ### END SOLUTION
    return count


_KINDS = (
    "usual",
    "one pixel",
    "one row",
    "square",
    "class 0",
    "absent class",
    "only this class",
    "large",
    "ids of two digits",
)


def _draw_mask(rng, kind):
    """Draw a mask, of at most 6 x 6 pixels but for the kind "large", and the id to count."""
    height, width = (int(side) for side in rng.choice([2, 3, 4, 5, 6], 2, replace=False))
    shape = {"one pixel": (1, 1), "one row": (1, width), "square": (width, width), "large": (9, 13)}
    num_classes = int(rng.integers(2, 5))
    mask = rng.integers(num_classes, size=shape.get(kind, (height, width)))
    wanted = {"class 0": 0, "absent class": num_classes}.get(kind, int(rng.integers(num_classes)))
    if kind == "only this class":
        mask[:] = wanted
    if (
        kind == "ids of two digits"
    ):  # the text of the mask holds the digit of the wanted id more often than the id
        wanted = int(rng.integers(1, 3))
        mask = np.array([1, 2, 12, 21])[rng.integers(4, size=(height, width))]
        mask[0, :2] = wanted, 12
    return mask.tolist(), wanted


CLASS_PIXELS = Exercise(
    class_pixels,
    title="Count the pixels of a class",
    points=1,
    minutes=5,
    source="Lesson 33, section 1: a mask is a grid of class ids",
    draw=by_kind(_draw_mask, *_KINDS),
    hints=(
        "A mask is a list of rows, and a row is a list of pixels. That makes two loops, one inside the other.",
        "`for row in mask:` and, indented under it, `for pixel in row:`. What has to be true of a pixel that counts?",
        "Inside the two loops: `if pixel == class_id:` and, indented under it, `count += 1`.",
    ),
    why="Every pixel was looked at once and compared with the one id. Every score of this course begins with "
    "such a count.",
)

# 0 pet, 1 background, 2 border.
SMALL_PET = [
    [1, 1, 2, 2, 1, 1],
    [1, 2, 0, 0, 2, 1],
    [1, 2, 0, 0, 0, 2],
    [1, 2, 0, 2, 0, 2],
]

CLASS_PIXELS.worked(SMALL_PET, 2, gives=9, example="small-pet")
CLASS_PIXELS.worked(SMALL_PET, 0, gives=7)
CLASS_PIXELS.worked([[1, 1, 0]], 2, gives=0)


@CLASS_PIXELS.wrong
def rows(mask, class_id):
    """You counted the rows that hold the class: `class_id in row` says yes once per row. A row may hold many
    such pixels, so go through its pixels one by one.
    """
    return sum(class_id in row for row in mask)


@CLASS_PIXELS.wrong
def added(mask, class_id):
    """You added up the ids. An id is a name, not an amount: add 1 for each pixel that has it."""
    return class_id * class_pixels(mask, class_id)


@CLASS_PIXELS.wrong
def foreground(mask, class_id):
    """You counted every pixel that is not 0, whatever was asked for. Compare each pixel with `class_id`."""
    return sum(pixel != 0 for row in mask for pixel in row)


@CLASS_PIXELS.wrong
def others(mask, class_id):
    """You counted the pixels of all other classes. Count where pixel and `class_id` are equal: that is `==`,
    while `!=` means differs from.
    """
    return sum(pixel != class_id for row in mask for pixel in row)


@CLASS_PIXELS.wrong
def share(mask, class_id):
    """You divided by the number of pixels: that is the share of the class. Return the count itself, a whole
    number.
    """
    return class_pixels(mask, class_id) / (len(mask) * len(mask[0]))


@CLASS_PIXELS.wrong
def first_row(mask, class_id):
    """You counted the first row only. Is the `return` indented into the loop? Move it out, to the
    indentation of the `for`.
    """
    return mask[0].count(class_id)


@CLASS_PIXELS.wrong
def last_row(mask, class_id):
    """You counted the last row only. Is there a `count = 0` inside the loop? It forgets the rows before: set
    the count to 0 once, before the loop.
    """
    return mask[-1].count(class_id)


@CLASS_PIXELS.wrong
def of_rows(mask, class_id):
    """Did you look for the id among the rows? `mask` is a list of lists, and no row is a number. Take the rows first,
    and in each row its pixels.
    """
    return mask.count(class_id)


@CLASS_PIXELS.wrong
def never_above_1(mask, class_id):
    """Your count is never higher than 1. `count = 1` sets it to 1 again and again, and so does `count =+ 1`:
    `count += 1`, with the plus in front, adds 1 to it.
    """
    count = 0
    for row in mask:
        for pixel in row:
            if pixel == class_id:
                count = 1
    return count


@CLASS_PIXELS.wrong
def at_least(mask, class_id):
    """You counted the pixels whose id is `class_id` or higher. An id is a name, not an amount: compare with `==`."""
    count = 0
    for row in mask:
        for pixel in row:
            if pixel >= class_id:
                count += 1
    return count


@CLASS_PIXELS.wrong
def both_not_0(mask, class_id):
    """`pixel and class_id` only asks whether both differ from 0. It does not compare the two: write
    `pixel == class_id`.
    """
    count = 0
    for row in mask:
        for pixel in row:
            if pixel and class_id:
                count += 1
    return count


@CLASS_PIXELS.wrong
def from_1(mask, class_id):
    """You left out the first row and the first column. Python counts rows and columns from 0: let both ranges
    start there.
    """
    count = 0
    for row in mask[1:]:
        for pixel in row[1:]:
            if pixel == class_id:
                count += 1
    return count


@CLASS_PIXELS.wrong
def as_if_square(mask, class_id):
    """You looked at as many columns as the mask has rows, so a mask that is wider than high is cut off. A row has
    `len(row)` pixels; `len(mask)` is the number of rows.
    """
    count = 0
    for row in mask:
        for pixel in row[: len(mask)]:
            if pixel == class_id:
                count += 1
    return count


@CLASS_PIXELS.wrong
def in_the_text(mask, class_id):
    """You counted in the text of the mask, where 1 is also found in 12. Compare the pixels, which are numbers, with
    `class_id`.
    """
    return str(mask).count(str(class_id))


@CLASS_PIXELS.right
def count(mask, class_id):
    return sum(row.count(class_id) for row in mask)


@CLASS_PIXELS.right
def with_numpy(mask, class_id):
    return (np.array(mask) == class_id).sum()


@CLASS_PIXELS.right
def flat(mask, class_id):
    return sum(pixel == class_id for row in mask for pixel in row)
