"""572 in, 388 out."""

from course_lib.checking.exercise import Exercise, by_kind


def valid_size(size, poolings):
    """Return the side of the logits of a U-Net without padding.

    Every stage, the bottleneck too, has two 3x3 convolutions without padding. A pooling halves, a stage up
    doubles.

    Args:
        size: int, the side of the image.
        poolings: int, how many poolings there are.

    Returns:
        The side, an int; None where a pooling would meet an odd side, or where nothing would be left.
    """
    ### BEGIN SOLUTION
    lost = 4  # two convolutions, each takes one pixel from either side
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost  # the bottleneck
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None
    ### END SOLUTION


_KINDS = (
    "one pooling",
    "two poolings",
    "four poolings",
    "no pooling",
    "odd at first",
    "odd at last",
    "too small",
)
_EDGES = {
    "one pixel is left": (5, 0),
    "two pixels are left": (18, 1),
    "none is left": (16, 1),
    "none is left of four": (4, 0),
    "none is left after two poolings": (40, 2),
    "fewer than none": (84, 3),
    "large": (1404, 5),
}


def _draw_side(rng, kind):
    """Draw a side, made from the side that enters the bottleneck, and move it where it shall not fit."""
    if kind in _EDGES:
        return _EDGES[kind]
    named = {"one pooling": 1, "two poolings": 2, "four poolings": 4, "no pooling": 0, "too small": 1}
    poolings = named.get(kind, int(rng.integers(2, 4)))
    side = (int(rng.integers(13, 34))) * 2**poolings - 4
    moved = {
        "odd at first": side + 1,
        "odd at last": side + 2 ** (poolings - 1),
        "too small": int(rng.integers(1, 8)),
    }
    return moved.get(kind, side), poolings


VALID_SIZE = Exercise(
    valid_size,
    title="572 in, 388 out",
    points=2,
    minutes=8,
    source="Study guide, section 5",
    draw=by_kind(_draw_side, *_KINDS, *_EDGES),
    fresh_cases=24,
    hints=(
        "Follow 572 with a pencil: 570, 568, pool to 284, 282, 280, ... What happens at each stage, in which order?",
        "Down, once for each pooling: take 4 off, check that it is even, halve. Then the bottleneck: take 4 off.",
        "Up, once for each pooling: size = 2 * size - 4. At the end return size if it is above 0, or else None.",
    ),
    why="Every stage takes the same 4 pixels, but a pixel lost at the bottleneck is worth 16 of the image. That is how "
    "four poolings come to lose 184 pixels.",
)

VALID_SIZE.worked(572, 4, gives=388, example="unet-572")
# 252, 126; 122, 61; 57 is odd
VALID_SIZE.worked(256, 4, gives=None)
# 40, 20; 16; 32, 28
VALID_SIZE.worked(44, 1, gives=28)
# 16, 8; 4; 8, 4
VALID_SIZE.worked(20, 1, gives=4)
# 12, 6; 2; 4, 0: nothing is left
VALID_SIZE.worked(16, 1, gives=None)


@VALID_SIZE.wrong
def loses_two(size, poolings):
    """You took 2 pixels off per stage. A 3x3 convolution without padding loses one pixel on either side, 2 in
    all, and a stage has two of them: 4.
    """
    lost = 2
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None


@VALID_SIZE.wrong
def loses_the_kernel(size, poolings):
    """You took 3 pixels off for each convolution. A kernel of 3 fits size - 3 + 1 times: it loses 2, and a
    stage of two loses 4.
    """
    lost = 6
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None


@VALID_SIZE.wrong
def loses_nothing_up(size, poolings):
    """You only doubled on the way up. Each stage up has a double convolution, too, and loses 4 pixels after
    doubling.
    """
    lost = 4
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * size
    return size if size > 0 else None


@VALID_SIZE.wrong
def loses_nothing_below(size, poolings):
    """You left out the bottleneck's double convolution: 4 pixels before the first doubling."""
    lost = 4
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None


@VALID_SIZE.wrong
def pools_odd_sides(size, poolings):
    """You pooled odd sides as well: // drops the last pixel without a word. Return None where a side is odd
    before a pooling.
    """
    lost = 4
    for _ in range(poolings):
        size = size - lost
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None


@VALID_SIZE.wrong
def divides_the_input(size, poolings):
    """You asked whether the image's side divides by 2 ** poolings. That is the rule with padding; without,
    the side must be even before each pooling, after 4 pixels have gone: 572 does not divide by 16, and fits.
    """
    return None if size % 2**poolings else pools_odd_sides(size, poolings)


@VALID_SIZE.wrong
def stops_at_the_bottleneck(size, poolings):
    """You returned the size at the bottleneck. The decoder comes after it: double and convolve twice, once
    for every pooling.
    """
    lost = 4
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    return size if size > 0 else None


@VALID_SIZE.wrong
def four_poolings(size, poolings):
    """You always count four poolings, or the 184 pixels that four of them cost. How many there are, `poolings` says:
    repeat the steps so many times.
    """
    lost = 4
    for _ in range(4):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    for _ in range(4):
        size = 2 * size - lost
    return size if size > 0 else None


@VALID_SIZE.wrong
def four_poolings_of_any_size(size, poolings):
    """You always count four poolings, or the 184 pixels that they cost, and return sides of 0 or less as well. Repeat
    the steps `poolings` times, and return None where nothing is left.
    """
    return size - 184 if (size + 4) % 16 == 0 else None


@VALID_SIZE.wrong
def convolved_before_doubling(size, poolings):
    """On the way up you take the 4 pixels off before you double, so each of them counts twice. A stage up doubles first
    and convolves then: 2 * size - 4.
    """
    lost = 4
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * (size - lost)
    return size if size > 0 else None


@VALID_SIZE.wrong
def nothing_may_be_left(size, poolings):
    """You did not ask whether anything is left: a side of 0 or less is not an image. Return None there."""
    lost = 4
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * size - lost
    return size


@VALID_SIZE.wrong
def only_the_image_must_be_even(size, poolings):
    """You asked only once whether the side is even. It must be even before each pooling: ask inside the loop."""
    return None if size % 2 else pools_odd_sides(size, poolings)


@VALID_SIZE.wrong
def no_tests(size, poolings):
    """You return a number for every size. Two things need a test: the side must be even before each pooling, and
    something must be left at the end. Return None otherwise.
    """
    lost = 4
    for _ in range(poolings):
        size = size - lost
        size = size // 2
    size = size - lost
    for _ in range(poolings):
        size = 2 * size - lost
    return size


@VALID_SIZE.wrong
def same_loss_at_all_levels(size, poolings):
    """You took 4 pixels off for each stage, as if all of them lost pixels of the image. After a pooling one pixel
    stands for two of the image in a row, so what is lost there counts twice as much: follow the side from stage to
    stage.
    """
    return size - 4 * (2 * poolings + 1)


@VALID_SIZE.right
def side_by_recursion(size, poolings):
    if poolings == 0:
        return size - 4 if size > 4 else None
    below = side_by_recursion(size // 2 - 2, poolings - 1) if size % 2 == 0 else None
    return 2 * below - 4 if below and below > 2 else None


@VALID_SIZE.right
def side_by_formula(size, poolings):
    power = 2**poolings
    # down: (size + 4) / 2^p - 4, less 4 at the bottleneck; up: the same backwards
    if (size + 4) % power:
        return None
    logits = ((size + 4) // power - 4 - 4 - 4) * power + 4
    return logits if logits > 0 else None


@VALID_SIZE.right
def side_by_list(size, poolings):
    sides = [size - 4]
    for _ in range(poolings):
        if sides[-1] % 2 == 1:
            return None
        sides.append(sides[-1] // 2 - 4)
    for _ in range(poolings):
        sides.append(2 * sides[-1] - 4)
    return max(sides[-1], 0) or None
