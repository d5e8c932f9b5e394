"""Follow the size through the layers."""

import itertools

import torch

from course_lib.checking.exercise import Exercise, by_kind


def follow_sizes(size, layers):
    """Return the list of sizes after each layer, for a square image.

    A layer gives as many pixels in a row as there are places where its window fits.

    Args:
        size: int, the image has size x size pixels.
        layers: a list of tuples of three int (kernel, stride, padding).

    Returns:
        A list of int, one for each layer. The size that goes in is not part of it.
    """
    ### BEGIN SOLUTION
    sizes = []
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel) // stride + 1
        sizes.append(size)
    return sizes
    ### END SOLUTION


CONV, VALID, POOL = (3, 1, 1), (3, 1, 0), (2, 2, 0)


_WIDE, _HALVING, _SKIPPING = (5, 1, 2), (3, 2, 1), (1, 3, 0)
_LAYERS = {
    "an odd side is pooled": [POOL, CONV],
    "one layer": [VALID],
    "no layer": [],
    "padding that makes it larger": [(3, 1, 2), (1, 1, 1)],
    "strides that leave a rest": [_HALVING, _SKIPPING],
    "padding, no rest": [_WIDE, CONV],
    "down to one pixel": [POOL] * 6,
    "many layers": [VALID, _WIDE, POOL, _HALVING, VALID, (4, 4, 0), CONV],
}


def _draw_layers(rng, kind):
    """Draw an odd side; in the kind "down to one pixel" six poolings leave a single one of it."""
    side = 2 * int(rng.integers(32, 64)) + 1
    return side, [_LAYERS[kind][number] for number in rng.permutation(len(_LAYERS[kind]))]


FOLLOW_SIZES = Exercise(
    follow_sizes,
    title="Follow the size through the layers",
    points=1,
    minutes=8,
    source="Study guide, section 3: output size calculation",
    draw=by_kind(_draw_layers, *_LAYERS),
    hints=(
        "With its padding a row has size + 2 * padding pixels. The first place begins at its start; how many pixels "
        "after it does the last place begin at the latest, if a window of `kernel` pixels must still fit?",
        "At the latest size + 2 * padding - kernel pixels after it, in strides: divide with //, and count the first "
        "place as well. Collect the sizes in a list; each layer starts from what the one before it gave.",
        "In the loop: size = (size + 2 * padding - kernel) // stride + 1, then sizes.append(size).",
    ),
    why="A 3x3 convolution with padding 1 keeps the size, a 2x2 pooling halves it and drops an odd pixel. "
    "That is why a network with one pooling wants even sides, and one with four wants multiples of 16.",
)

FOLLOW_SIZES.worked(32, [CONV, POOL, CONV, POOL], gives=[32, 16, 16, 8], example="downsample-32")
FOLLOW_SIZES.worked(15, [POOL, POOL], gives=[7, 3])
FOLLOW_SIZES.worked(572, [VALID, VALID, POOL], gives=[570, 568, 284])


def _sizes_by(rule):
    """Follow the sizes by another rule for one layer."""

    def follow(size, layers):
        sizes = [size]
        for kernel, stride, padding in layers:
            sizes.append(rule(sizes[-1], kernel, stride, padding))
        return sizes[1:]

    return follow


@FOLLOW_SIZES.wrong
def padding_on_one_side(size, layers):
    """You added the padding once. It goes on both sides of the image, left and right, top and bottom: add 2 *
    padding.
    """
    return _sizes_by(lambda n, kernel, stride, padding: (n + padding - kernel) // stride + 1)(size, layers)


@FOLLOW_SIZES.wrong
def no_padding(size, layers):
    """You left the padding out. A 3x3 convolution with padding 1 keeps the size, because the two pixels added
    make up for the two that it loses: add 2 * padding before you subtract the kernel.
    """
    return _sizes_by(lambda n, kernel, stride, padding: (n - kernel) // stride + 1)(size, layers)


@FOLLOW_SIZES.wrong
def positions_less_one(size, layers):
    """You left out the + 1. The division counts how often the kernel can move on; the place where it starts
    is one more.
    """
    return _sizes_by(lambda n, kernel, stride, padding: (n + 2 * padding - kernel) // stride)(size, layers)


@FOLLOW_SIZES.wrong
def one_more_before_the_division(size, layers):
    """You added 1 before you divided. First divide: that counts how often the kernel can move on. Then add 1 for the
    place where it starts: (...) // stride + 1.
    """
    return _sizes_by(lambda n, kernel, stride, padding: (n + 2 * padding - kernel + 1) // stride)(
        size, layers
    )


@FOLLOW_SIZES.wrong
def brackets_forgotten(size, layers):
    """You divided only the kernel by the stride, because // comes before + and -. Put brackets around all that is
    divided: (size + 2 * padding - kernel) // stride + 1.
    """
    return _sizes_by(lambda n, kernel, stride, padding: n + 2 * padding - kernel // stride + 1)(size, layers)


@FOLLOW_SIZES.wrong
def kernel_not_subtracted(size, layers):
    """You left the kernel out. It must fit as a whole: its last place begins `kernel` pixels before the end.
    Subtract it before you divide.
    """
    return _sizes_by(lambda n, kernel, stride, padding: (n + 2 * padding) // stride + 1)(size, layers)


@FOLLOW_SIZES.wrong
def true_division(size, layers):
    """You divided with /, which gives fractions of a pixel, and a float even where the division leaves no
    rest. A kernel that no longer fits is not applied: divide with //.
    """
    return _sizes_by(lambda n, kernel, stride, padding: (n + 2 * padding - kernel) / stride + 1)(size, layers)


@FOLLOW_SIZES.wrong
def rounded_up(size, layers):
    """You rounded up. Pooling an odd size drops the last pixel, so 15 gives 7, not 8: divide with //, which
    rounds down.
    """
    return _sizes_by(lambda n, kernel, stride, padding: -((kernel - n - 2 * padding) // stride) + 1)(
        size, layers
    )


@FOLLOW_SIZES.wrong
def every_layer_on_the_image(size, layers):
    """You computed every layer from the image's size. A layer takes what the layer before it gave: assign the
    new size to `size` before you go on.
    """
    return [(size + 2 * padding - kernel) // stride + 1 for kernel, stride, padding in layers]


@FOLLOW_SIZES.wrong
def with_size_of_the_image(size, layers):
    """Your list begins with the image's own size. It should hold one size for each layer, so start with an
    empty list.
    """
    return [size, *follow_sizes(size, layers)]


@FOLLOW_SIZES.wrong
def only_last_size(size, layers):
    """You returned the last size only. Collect the size after each layer in a list, and return the list."""
    return follow_sizes(size, layers)[-1]


@FOLLOW_SIZES.right
def sizes_by_accumulate(size, layers):
    def through(n, layer):
        kernel, stride, padding = layer
        return 1 + (n + 2 * padding - kernel) // stride

    return tuple(itertools.accumulate(layers, through, initial=size))[1:]


@FOLLOW_SIZES.right
def sizes_by_counting(size, layers):
    sizes = []
    for kernel, stride, padding in layers:
        sizes.append(len(range(0, (sizes[-1] if sizes else size) + 2 * padding - kernel + 1, stride)))
    return sizes


@FOLLOW_SIZES.right
def sizes_by_unfolding(size, layers):
    sizes = []
    for kernel, stride, padding in layers:
        size = len(torch.arange(size + 2 * padding).unfold(0, kernel, stride))
        sizes.append(size)
    return sizes


FOLLOW_SIZES.equivalent(
    "sizes_by_unfolding, line 5: 0 -> -1",
    because="A line of pixels has a single axis, the first and the last.",
)
