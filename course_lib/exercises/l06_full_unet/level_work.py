"""Where the work is."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def level_work(widths, side):
    """Return how many multiplications each level of a U-Net does for one image with 3 channels.

    A convolution does one multiplication for each of its weights at each position of its output. All 3x3 convolutions
    keep the size. The transposed convolution (kernel 2, stride 2) makes each pixel of its output from one pixel of
    the level below, with one weight for each pair of channels; it belongs to the level of its output. The head does
    not count.

    Args:
        widths: a tuple of int, the channels of the levels, from full resolution down to the bottleneck.
        side: int, the side of the square image; it can be halved often enough.

    Returns:
        A list of int, one for each level: what is done on the way down and on the way up together.
    """
    ### BEGIN SOLUTION
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width  # the way down
        if level < len(widths) - 1:  # the way up: transposed convolution, then features and skip
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work
    ### END SOLUTION


_KINDS = (
    "two levels",
    "three levels",
    "widths that double",
    "five levels",
    "all as wide",
    "narrower below",
    "bottleneck only",
)


def _draw_levels(rng, kind):
    """Draw the widths of a small U-Net and the side of its image."""
    first = int(rng.integers(2, 7))
    widths = {
        "widths that double": (first, 2 * first, 4 * first, 8 * first),
        "all as wide": (first, first, first),
        "narrower below": (first + 3, first + 1, first),
        "bottleneck only": (first,),
        "two levels": (first, first + int(rng.integers(1, 5))),
        "five levels": tuple(int(width) for width in first + np.cumsum(rng.integers(1, 5, 5))),
    }.get(kind, tuple(int(width) for width in first + np.cumsum(rng.integers(1, 5, 3))))
    return widths, int(rng.integers(1, 4)) * 2 ** (len(widths) - 1)


LEVEL_WORK = Exercise(
    level_work,
    title="Where the work is",
    points=2,
    minutes=12,
    source="Study guide, sections 5 and 15",
    draw=by_kind(_draw_levels, *_KINDS),
    hints=(
        "For each level, add up the weights of its convolutions, then multiply once by the number of its pixels. How "
        "many pixels does level 2 have if the image has 256 x 256?",
        "Down: 9 * before * width + 9 * width * width, where `before` is 3 at level 0 and the width of the level above "
        "elsewhere. The bottleneck has nothing else.",
        "Up, on all levels but the last: widths[level + 1] * width for the transposed convolution, 9 * 2 * width * "
        "width for the first 3x3 convolution, 9 * width * width for the second.",
    ),
    why="One level down there are a quarter of the positions and twice the channels on both sides of each "
    "convolution, which makes four times the weights: a quarter of four is one.",
)

# 16 pixels: 27 + 9 down, 2 + 18 + 9 up; 4 pixels: 18 + 36
LEVEL_WORK.worked((1, 2), 4, gives=[1_040, 216])
# 4 pixels: 54 + 36 down and no way up
LEVEL_WORK.worked((2,), 2, gives=[360])


@LEVEL_WORK.wrong
def weights_without_positions(widths, side):
    """You counted the weights, which is what a level stores. Each weight is used once at every pixel of the level:
    multiply by their number.
    """
    work = []
    for level, width in enumerate(widths):
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights)
    return work


@LEVEL_WORK.wrong
def positions_stay(widths, side):
    """You gave all levels as many positions as the image has. Each level down halves height and width."""
    work = []
    for level, width in enumerate(widths):
        positions = side**2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def positions_halved(widths, side):
    """You halved the number of positions from level to level. Height and width are both halved, which leaves a
    quarter.
    """
    work = []
    for level, width in enumerate(widths):
        positions = side**2 // 2**level
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def side_over_twice_the_level(widths, side):
    """You divided the side by 2 * level. Every level halves what the one above it has, so the third has an eighth and
    not a sixth: divide by 2 ** level.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // (2 * level) if level else side) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def down_only(widths, side):
    """You counted the way down only. All levels but the bottleneck work on the way up as well: a transposed
    convolution and two 3x3 convolutions.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def skip_forgotten(widths, side):
    """On the way up you are 9 * width * width short. There are two convolutions: the first reads features and skip side
    by side, 2 * width channels, and the second reads `width`.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * width * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def four_taps(widths, side):
    """You counted four weights for each output pixel of the transposed convolution. With kernel 2 and stride 2 the
    stamps do not overlap: each output pixel comes from one pixel below through one of the four.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += 4 * widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def transposed_forgotten(widths, side):
    """You left out the transposed convolution: widths[level + 1] * width weights at each position of its output."""
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def transposed_below(widths, side):
    """You counted the transposed convolution at the level below, at the positions that come in, with four weights each.
    That is the same number, but here it belongs to the level of its output.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += 9 * (2 * width) * width + 9 * width * width
        if level > 0:
            weights += 4 * before * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def always_from_the_image(widths, side):
    """You let every level read 3 channels. Only level 0 reads the image; each other one reads what the level above it
    gives: widths[level - 1].
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def bottleneck_goes_up(widths, side):
    """You gave the bottleneck convolutions on the way up as well. It is where the way down ends: two convolutions, and
    nothing else.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        weights += 9 * (2 * width) * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def biases_and_norms_counted(widths, side):
    """You counted everything that is learned. Only the weights of the kernels are multiplied: leave the biases and the
    batch norms out.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width + 6 * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width + 6 * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def five_levels_only(widths, side):
    """You took level 4 to be the bottleneck. It is the last level, however many there are: only where level <
    len(widths) - 1 is there a way up.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < 4:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def side_once(widths, side):
    """You multiplied by the side of the level. Its positions are side times side: square it."""
    work = []
    for level, width in enumerate(widths):
        positions = side // 2**level
        before = widths[level - 1] if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def widths_always_double(widths, side):
    """You took the width of the level above to be half of this one's. The widths need not double: take
    widths[level - 1].
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = width // 2 if level else 3
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.wrong
def last_width_above_the_first(widths, side):
    """At level 0 you took widths[-1], which Python reads as the last width. Above it is the image, with 3
    channels.
    """
    work = []
    for level, width in enumerate(widths):
        positions = (side // 2**level) ** 2
        before = widths[level - 1]
        weights = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            weights += widths[level + 1] * width + 9 * (2 * width) * width + 9 * width * width
        work.append(weights * positions)
    return work


@LEVEL_WORK.right
def work_layer_by_layer(widths, side):
    work = [0] * len(widths)
    channels = 3
    for level, width in enumerate(widths):
        for read in (channels, width):
            work[level] += 9 * read * width * (side >> level) ** 2
        channels = width
    for level in reversed(range(len(widths) - 1)):
        width, pixels = widths[level], (side >> level) ** 2
        work[level] += pixels * (channels * width + 27 * width**2)
        channels = width
    return work


@LEVEL_WORK.right
def work_by_numpy(widths, side):
    width = np.array(widths)
    above, below = np.array([3, *widths[:-1]]), np.array([*widths[1:], 0])
    weights = 9 * width * (above + width) + np.where(below, below * width + 27 * width**2, 0)
    return weights * (side // 2 ** np.arange(len(widths))) ** 2


@LEVEL_WORK.right
def work_by_recursion(widths, side, channels=3):
    width, *deeper = widths
    weights = 9 * (channels + width) * width
    if not deeper:
        return [weights * side * side]
    weights += (deeper[0] + 18 * width + 9 * width) * width
    return [weights * side * side, *work_by_recursion(deeper, side // 2, width)]


LEVEL_WORK.equivalent(
    "level_work, line 20: level -> work",
    because="No work has been counted before level 0, and some after it.",
)
LEVEL_WORK.equivalent(
    "work_layer_by_layer, line 5: channels = width -> channels = width (moved)",
    "work_layer_by_layer, line 6: (channels, width) -> (width, channels)",
    "work_layer_by_layer, line 8: width -> read",
    because="The pair is made before the loop over it begins, its order does not matter, and its last is the width.",
)
LEVEL_WORK.equivalent(
    "work_layer_by_layer, line 9: widths -> work",
    "work_by_numpy, line 5: width -> widths",
    "work_by_numpy, line 4: widths -> width",
    "work_by_numpy, line 6: widths -> width",
    "work_by_numpy, line 6: widths -> weights",
    "work_by_numpy, line 6: widths -> above",
    "work_by_numpy, line 6: widths -> below",
    because="All of them hold one number per level, and widths and width the same ones.",
)
