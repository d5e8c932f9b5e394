"""The parameters of a double convolution."""

import numpy as np
from torch import nn

from course_lib.checking.exercise import Exercise


def double_conv_parameters(in_channels, out_channels, bias):
    """Return how many numbers a double convolution learns.

    It is a 3x3 convolution from in_channels to out_channels, a batch norm, a 3x3 convolution that keeps
    out_channels, a batch norm.

    Args:
        in_channels: int.
        out_channels: int.
        bias: bool, whether the convolutions have a bias.

    Returns:
        The number of parameters, an int.
    """
    ### BEGIN SOLUTION
    biases = out_channels if bias else 0  # one for each channel that comes out
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels  # a scale and a shift for each channel
    return first + batch_norm + second + batch_norm
    ### END SOLUTION


def _draw_channels(rng):
    in_channels, out_channels = rng.choice([1, 2, 3, 5, 8, 16, 64, 100, 256, 512], size=2, replace=False)
    return int(in_channels), int(out_channels), bool(rng.integers(2))


DOUBLE_CONV_PARAMETERS = Exercise(
    double_conv_parameters,
    title="The parameters of a double convolution",
    points=2,
    minutes=8,
    source="Study guide, sections 5 and 15",
    draw=_draw_channels,
    hints=(
        "Count one convolution first: how many kernels are there, how many weights has each, how many biases?",
        "Each output channel has a 3x3 kernel for each input channel, 9 * in * out weights in all, and one bias.",
        "9 * in * out + out, then 9 * out * out + out (without the two `+ out` if bias is False), and twice 2 * out.",
    ),
    why="A convolution's weights grow with the product of its channels and not with the image. That is why the "
    "deepest levels, with the most channels, hold most of a U-Net's parameters.",
)

DOUBLE_CONV_PARAMETERS.worked(1, 2, True, gives=66, example="double-conv-1-2")
DOUBLE_CONV_PARAMETERS.worked(3, 64, True, gives=38_976, example="double-conv-3-64")
DOUBLE_CONV_PARAMETERS.worked(3, 64, False, gives=38_848)


@DOUBLE_CONV_PARAMETERS.wrong
def side_of_three(in_channels, out_channels, bias):
    """You counted 3 weights in a kernel. It is 3 pixels high and 3 wide: 9 weights for each pair of an input
    and an output channel.
    """
    biases = out_channels if bias else 0
    return 3 * in_channels * out_channels + 3 * out_channels * out_channels + 2 * biases + 4 * out_channels


@DOUBLE_CONV_PARAMETERS.wrong
def no_batch_norm(in_channels, out_channels, bias):
    """You counted the convolutions alone. Each of the two batch norms learns a scale and a shift for every
    channel: 2 * out_channels more, twice.
    """
    return double_conv_parameters(in_channels, out_channels, bias) - 4 * out_channels


@DOUBLE_CONV_PARAMETERS.wrong
def running_statistics(in_channels, out_channels, bias):
    """You counted 4 numbers a channel in each batch norm. Two of them, the running mean and variance, are
    measured, not learned: they are buffers, no parameters.
    """
    return double_conv_parameters(in_channels, out_channels, bias) + 4 * out_channels


@DOUBLE_CONV_PARAMETERS.wrong
def half_the_norms(in_channels, out_channels, bias):
    """You are 2 * out_channels short, which is half of the batch norms. There are two, and each has a scale
    and a shift for every channel.
    """
    return double_conv_parameters(in_channels, out_channels, bias) - 2 * out_channels


@DOUBLE_CONV_PARAMETERS.wrong
def bias_forgotten(in_channels, out_channels, bias):
    """You left the bias out where there is one. It adds one number for each output channel, in both
    convolutions.
    """
    return double_conv_parameters(in_channels, out_channels, False)


@DOUBLE_CONV_PARAMETERS.wrong
def bias_always(in_channels, out_channels, bias):
    """You counted a bias although bias=False says that there is none. Add it only if `bias` is true."""
    return double_conv_parameters(in_channels, out_channels, True)


@DOUBLE_CONV_PARAMETERS.wrong
def bias_per_kernel(in_channels, out_channels, bias):
    """You gave every kernel a bias of its own. The kernels of all input channels are summed first, and one
    bias is added to the sum: out_channels biases a convolution.
    """
    biases = (in_channels + out_channels) * out_channels if bias else 0
    return double_conv_parameters(in_channels, out_channels, False) + biases


@DOUBLE_CONV_PARAMETERS.wrong
def second_from_input(in_channels, out_channels, bias):
    """You counted the first convolution twice. The second one reads what the first one wrote: out_channels
    in, out_channels out.
    """
    first = 9 * in_channels * out_channels + (out_channels if bias else 0)
    return 2 * (first + 2 * out_channels)


@DOUBLE_CONV_PARAMETERS.right
def count_in_a_loop(in_channels, out_channels, bias):
    count = 0
    for channels in (in_channels, out_channels):
        count += (9 * channels + int(bias) + 2) * out_channels
    return count


@DOUBLE_CONV_PARAMETERS.right
def count_by_torch(in_channels, out_channels, bias):
    block = nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, bias=bias, device="meta"),
        nn.BatchNorm2d(out_channels, device="meta"),
        nn.Conv2d(out_channels, out_channels, 3, bias=bias, device="meta"),
        nn.BatchNorm2d(out_channels, device="meta"),
    )
    return sum(parameter.numel() for parameter in block.parameters())


@DOUBLE_CONV_PARAMETERS.right
def count_by_shapes(in_channels, out_channels, bias):
    shapes = [(out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)]
    shapes += [(out_channels,)] * (6 if bias else 4)
    return np.sum([np.prod(shape) for shape in shapes])
