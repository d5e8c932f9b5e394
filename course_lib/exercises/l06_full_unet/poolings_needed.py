"""How deep must it be?"""

import math

from course_lib.checking.exercise import Exercise, by_kind


def poolings_needed(pixels):
    """Return how many poolings a U-Net needs so that one value of its bottleneck sees this many pixels in a row.

    Every stage, the bottleneck too, has two 3x3 convolutions. Between two stages there is a 2x2 pooling with stride 2.

    Args:
        pixels: int, how wide the object is, at least 1.

    Returns:
        The least number of poolings, an int; 0 if two convolutions are enough.
    """
    ### BEGIN SOLUTION
    apart = 1  # how many pixels of the image two neighbours of this level are apart
    seen = 1 + 2 + 2  # a value, and one neighbour on either side for each convolution
    poolings = 0
    while seen < pixels:
        seen += apart  # the pooling looks at one neighbour more
        apart *= 2
        seen += 2 * apart + 2 * apart
        poolings += 1
    return poolings
    ### END SOLUTION


_SEEN = (5, 14, 32, 68, 140, 284)  # by a value of the bottleneck, with 0, 1, 2, ... poolings
_KINDS = (
    *(f"{number}, exactly" for number in range(6)),
    *(f"{number}, one pixel more" for number in range(5)),
    *(f"{number}, one pixel less" for number in (1, 4)),
    *(f"{number}, not nearly" for number in range(1, 6)),
    *(f"{number}, not nearly, again" for number in range(1, 6)),
    *(f"{number}, five doubled" for number in range(1, 4)),
    "one pixel",
    "any",
)


def _draw_pixels(rng, kind):
    """Draw a width that a number of poolings sees exactly, one that differs from it by a pixel, or a narrower one."""
    number, _, how = kind.partition(", ")
    if how.startswith("not nearly"):
        return (int(rng.integers(_SEEN[int(number) - 1] + 1, _SEEN[int(number)])),)
    if how == "five doubled":  # one pixel less than 5 * 2**n, which tells those who double 5 from others
        return (5 * 2 ** int(number) - 1,)
    if how:
        return (_SEEN[int(number)] + {"one pixel more": 1, "one pixel less": -1}.get(how, 0),)
    return (1 if kind == "one pixel" else int(rng.integers(6, 600)),)


POOLINGS_NEEDED = Exercise(
    poolings_needed,
    title="How deep must it be?",
    points=2,
    minutes=10,
    source="Study guide, section 12",
    draw=by_kind(_draw_pixels, *_KINDS),
    fresh_cases=28,
    hints=(
        "Two 3x3 convolutions see 5 pixels. What does a 2x2 pooling add to that, and how far apart, in pixels of the "
        "image, are neighbours after it?",
        "Keep two numbers: `seen`, 5 at first, and `apart`, 1 at first. A pooling adds `apart` to seen and doubles "
        "apart; then the two convolutions add 2 * apart each.",
        "while seen < pixels: seen += apart; apart *= 2; seen += 4 * apart; poolings += 1",
    ),
    why="Each pooling doubles the distance between neighbours, so what a convolution adds doubles as well: the view "
    "grows like a power of two, 5, 14, 32, 68, 140, while the number of layers grows by three.",
)

POOLINGS_NEEDED.worked(5, gives=0)
# 5, the pooling makes 6, two convolutions 2 apart make 14
POOLINGS_NEEDED.worked(14, gives=1)
POOLINGS_NEEDED.worked(15, gives=2)
# 5, 14, 32, 68, 140
POOLINGS_NEEDED.worked(128, gives=4)


def _least(seen_after):
    """A poolings_needed in which another number of pixels is seen after n poolings."""

    def needed(pixels):
        return next(number for number in range(10_000) if seen_after(number) >= pixels)

    return needed


POOLINGS_NEEDED.wrong(
    _least(lambda number: 8 * 2**number - 3),
    name="pooling_sees_nothing",
    sentence="You counted the convolutions only. A 2x2 pooling looks at two neighbours, so it adds `apart` pixels to "
    "what is seen.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 8 * 2**number - 4),
    name="pooling_sees_nothing_and_too_strict",
    sentence="Two things. You counted the convolutions only, but a 2x2 pooling looks at two neighbours, too, and adds "
    "`apart`. And you went on where what is seen is just as wide as the object, which is enough.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 5 + 5 * number),
    name="nothing_gets_further_apart",
    sentence="You let each convolution add 2 pixels, however deep it is. After a pooling, neighbours lie twice as far "
    "apart in the image, and so a convolution adds twice as much.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 5 * 2**number),
    name="five_doubled",
    sentence="With yours, 5, 10, 20, 40 pixels are seen: too little is added after a pooling. There are two "
    "convolutions, and neighbours are twice as far apart from the pooling on: double `apart`, then add 4 * apart, for "
    "5, 14, 32.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 5 * 2**number - 1),
    name="five_doubled_and_too_strict",
    sentence="Two things. With yours, 5, 10, 20, 40 pixels are seen: too little is added after a pooling. Double "
    "`apart`, then add 4 * apart, for 5, 14, 32. And you went on where what is seen is just as wide as the object.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 5 * 2**number - 2),
    name="one_convolution",
    sentence="You counted one convolution in each stage. There are two, in the first stage and in the bottleneck as "
    "well: 4 * apart.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 9 * 2 ** (number - 1) - 4 if number else 1),
    name="bottleneck_without_convolutions",
    sentence="You stopped before the convolutions of the bottleneck. They see further than all others: count them "
    "as well.",
)


@POOLINGS_NEEDED.wrong
def one_pixel_too_strict(pixels):
    """You went on where what is seen is just as wide as the object. That is enough: `while seen < pixels`."""
    return poolings_needed(pixels + 1)


@POOLINGS_NEEDED.wrong
def four_at_most(pixels):
    """You stop after four poolings. A wider object takes more: go on, as long as what is seen is narrower than it."""
    needed = poolings_needed(pixels)
    return needed if needed <= 4 else None


@POOLINGS_NEEDED.wrong
def pooling_adds_twice_as_much(pixels):
    """You doubled `apart` before you counted what the pooling sees. The pooling's two neighbours lie as far apart as
    before it: add apart first, then double it.
    """
    apart, seen, poolings = 1, 5, 0
    while seen < pixels:
        apart *= 2
        seen += apart
        seen += 4 * apart
        poolings += 1
    return poolings


@POOLINGS_NEEDED.wrong
def seen_for_number(pixels):
    """You returned how many pixels are seen. Return how many poolings that takes."""
    return 9 * 2 ** poolings_needed(pixels) - 4


POOLINGS_NEEDED.wrong(
    _least(lambda number: 9 * 2**number - 8),
    name="no_convolution_at_the_top",
    sentence="You started with 1 pixel, before any convolution. The first stage has two as well: without a pooling, 5 "
    "pixels are seen.",
)
POOLINGS_NEEDED.wrong(
    _least(lambda number: 9 * 2**number - 6),
    name="one_convolution_at_the_top",
    sentence="You started with 3 pixels, those of one convolution. The first stage has two as well, and sees 5.",
)


@POOLINGS_NEEDED.right
def needed_by_formula(pixels):
    return max(0, math.ceil(math.log2((pixels + 4) / 9)))


@POOLINGS_NEEDED.right
def needed_from_the_bottleneck(pixels):
    poolings, seen = 0, 5
    while seen < pixels:
        poolings += 1
        seen = 5
        for _ in range(poolings):  # up through a pooling and two convolutions
            seen = 2 * seen + 4
    return poolings


@POOLINGS_NEEDED.right
def needed_by_table(pixels):
    seen, apart, table = 5, 1, [5]
    for _ in range(12):
        seen, apart = seen + apart + 8 * apart, 2 * apart
        table.append(seen)
    return sum(entry < pixels for entry in table)


POOLINGS_NEEDED.equivalent(
    "needed_by_formula, line 3: max(0, math.ceil(math.log2((pixels + 4) / 9))) -> "
    "math.ceil(math.log2((pixels + 4) / 9))",
    "needed_by_formula, line 3: 0 -> -1",
    because="For one pixel the logarithm is above -1, so it is never rounded up to less than 0.",
)
POOLINGS_NEEDED.equivalent(
    "needed_by_table, line 4: 12 -> 13",
    "needed_by_table, line 4: 12 -> 11",
    because="Any table will do that is long enough for the widths of objects.",
)
