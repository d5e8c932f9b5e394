"""The size of a transposed convolution."""

import torch
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def transposed_size(size, kernel, stride, padding, output_padding):
    """Return the height of a transposed convolution's output.

    Args:
        size: int, the height of the input.
        kernel: int, the height of a stamp.
        stride: int, how much further down each next stamp begins.
        padding: int, how many rows are cut off at the top, and as many at the bottom.
        output_padding: int, how many rows are added at the bottom.

    Returns:
        The height, an int.
    """
    ### BEGIN SOLUTION
    reach = (size - 1) * stride + kernel
    return reach - 2 * padding + output_padding
    ### END SOLUTION


_KINDS = (
    "usual",
    "stride 1",
    "one pixel",
    "no padding",
    "no output padding",
    "as many pixels as the kernel",
    "kernel equal to the stride",
    "kernel shorter than the stride",
)


def _draw_transposed_size(rng, kind):
    """Draw size, kernel, stride, padding and output padding; the last is shorter than the stride, as in torch."""
    stride = 1 if kind == "stride 1" else int(rng.integers(2, 5))
    if kind == "one pixel":
        return 1, 3, stride, 1, 0  # leads to one pixel again
    longer = {"kernel equal to the stride": 0, "kernel shorter than the stride": -1}
    kernel = stride + longer.get(kind, int(rng.integers(1, 4)))
    size = kernel if kind == "as many pixels as the kernel" else int(rng.integers(4, 40))
    padding = 0 if kind == "no padding" or kernel < 2 else int(rng.integers(1, 1 + kernel // 2))
    added = 0 if kind in ("stride 1", "no output padding") else int(rng.integers(1, stride))
    return size, kernel, stride, padding, added


TRANSPOSED_SIZE = Exercise(
    transposed_size,
    title="The size of a transposed convolution",
    points=1,
    minutes=5,
    source="Study guide, section 4: output size formula, 16 x 16 becomes 32 x 32",
    draw=by_kind(_draw_transposed_size, *_KINDS),
    hints=(
        "The first stamp begins in row 0. In which row does the last one begin, and how far does it reach?",
        "The last stamp begins at (size - 1) * stride and is `kernel` long. The padding is cut off at both ends, and "
        "output_padding is added at one.",
        "return (size - 1) * stride + kernel - 2 * padding + output_padding.",
    ),
    why="It is the convolution's formula, solved for its input. The division there rounds down, so "
    "several inputs lead to one output: output_padding chooses among them.",
)

TRANSPOSED_SIZE.worked(16, 3, 2, 1, 1, gives=32, example="transposed-16")
TRANSPOSED_SIZE.worked(2, 3, 2, 0, 0, gives=5)
TRANSPOSED_SIZE.worked(32, 2, 2, 0, 0, gives=64)


@TRANSPOSED_SIZE.wrong
def padding_added(size, kernel, stride, padding, output_padding):
    """You added the padding. In a transposed convolution it is cut off: it is the padding of the convolution
    that would lead back.
    """
    return (size - 1) * stride + kernel + 2 * padding + output_padding


@TRANSPOSED_SIZE.wrong
def padding_on_one_side(size, kernel, stride, padding, output_padding):
    """You cut the padding off once. It is cut off at the top and at the bottom: 2 * padding."""
    return (size - 1) * stride + kernel - padding + output_padding


@TRANSPOSED_SIZE.wrong
def output_padding_on_both_sides(size, kernel, stride, padding, output_padding):
    """You added output_padding twice. It is added at one end only, at the bottom or on the right."""
    return (size - 1) * stride + kernel - 2 * padding + 2 * output_padding


@TRANSPOSED_SIZE.wrong
def no_output_padding(size, kernel, stride, padding, output_padding):
    """You left output_padding out. A convolution with a stride brings several sizes to the same one, and
    output_padding says which of them is meant.
    """
    return (size - 1) * stride + kernel - 2 * padding


@TRANSPOSED_SIZE.wrong
def one_step_too_many(size, kernel, stride, padding, output_padding):
    """You moved on `size` times. The first stamp is at 0, so there are size - 1 steps."""
    return size * stride + kernel - 2 * padding + output_padding


@TRANSPOSED_SIZE.wrong
def formula_of_the_convolution(size, kernel, stride, padding, output_padding):
    """That is the formula of a convolution, which makes the map smaller. Solve it for the input: multiply
    where it divides.
    """
    return (size + 2 * padding - kernel) // stride + 1


@TRANSPOSED_SIZE.wrong
def formula_and_output_padding(size, kernel, stride, padding, output_padding):
    """You took the formula of a convolution and added output_padding. A transposed convolution multiplies by
    the stride where that one divides.
    """
    return (size + 2 * padding - kernel) // stride + 1 + output_padding


@TRANSPOSED_SIZE.wrong
def size_times_stride(size, kernel, stride, padding, output_padding):
    """You multiplied size by stride and did nothing else. That is right for some common settings, but kernel,
    padding and output_padding count as well.
    """
    return size * stride


@TRANSPOSED_SIZE.wrong
def kernel_left_out(size, kernel, stride, padding, output_padding):
    """You left the kernel out. The last stamp begins at (size - 1) * stride and is `kernel` long."""
    return (size - 1) * stride - 2 * padding + output_padding


@TRANSPOSED_SIZE.right
def size_by_torch(size, kernel, stride, padding, output_padding):
    layer = nn.ConvTranspose1d(1, 1, kernel, stride, padding, output_padding=output_padding)
    return layer(torch.zeros(1, 1, size)).shape[-1]


@TRANSPOSED_SIZE.right
def size_by_marking(size, kernel, stride, padding, output_padding):
    reached = {pixel * stride + step for pixel in range(size) for step in range(kernel)}
    return max(reached) + 1 - padding - padding + output_padding


@TRANSPOSED_SIZE.right
def size_by_turning_round(size, kernel, stride, padding, output_padding):
    """The convolution that leads back gives `size` for `stride` sizes in a row; output_padding chooses one."""
    sizes = (out for out in range(1000) if (out + 2 * padding - kernel) // stride + 1 == size)
    return next(sizes) + output_padding


TRANSPOSED_SIZE.equivalent(
    "size_by_torch, line 3: 1 -> 2",
    "size_by_torch, line 4: torch.zeros(1, 1, size) -> torch.ones(1, 1, size)",
    "size_by_torch, line 4: 1 -> 2",
    "size_by_torch, line 4: 1 -> 0",
    because="Only the length of the output is asked for, not its values, its channels or its batch.",
)

TRANSPOSED_SIZE.equivalent(
    "size_by_turning_round, line 4: (out + 2 * padding - kernel) // stride -> "
    "(out + 2 * padding - kernel) / stride",
    because="The first of the sizes that lead back divides without a remainder.",
)

TRANSPOSED_SIZE.equivalent(
    "size_by_turning_round, line 4: 1000 -> 1001",
    "size_by_turning_round, line 4: 1000 -> 999",
    because="The sizes that lead back are much smaller.",
)
