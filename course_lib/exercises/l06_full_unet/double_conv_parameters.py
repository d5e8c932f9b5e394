"""The parameters of a double convolution."""

import numpy as np
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


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


_KINDS = tuple(
    f"{channels}, {bias}"
    for channels in ("wider", "narrower", "as wide as before", "one channel in", "one channel out", "large")
    for bias in ("bias", "no bias")
)


def _draw_channels(rng, kind):
    channels, _, bias = kind.partition(", ")
    few, many = sorted(int(width) for width in rng.choice([2, 3, 5, 8, 16], 2, replace=False))
    in_channels, out_channels = {
        "narrower": (many, few),
        "as wide as before": (many, many),
        "one channel in": (1, many),
        "one channel out": (many, 1),
        "large": (64, 128),
    }.get(channels, (few, many))
    return in_channels, out_channels, bias == "bias"


DOUBLE_CONV_PARAMETERS = Exercise(
    double_conv_parameters,
    title="The parameters of a double convolution",
    points=2,
    minutes=8,
    source="Study guide, sections 5 and 15",
    draw=by_kind(_draw_channels, *_KINDS),
    hints=(
        "Count one convolution first: how many kernels are there, how many weights does each have, how many biases?",
        "Each output channel has a 3x3 kernel for each input channel, 9 * in * out weights in all, and one bias.",
        "9 * in * out + out, then 9 * out * out + out (without the two `+ out` if bias is False), and twice 2 * out.",
    ),
    why="A convolution's weights grow with the product of its channels and not with the image. That is why the "
    "deepest levels, with the most channels, hold most of a U-Net's parameters.",
)

# 18 + 2, 36 + 2, 4 + 4
DOUBLE_CONV_PARAMETERS.worked(1, 2, True, gives=66, example="double-conv-1-2")
# 1,728 + 64, 36,864 + 64, 128 + 128
DOUBLE_CONV_PARAMETERS.worked(3, 64, True, gives=38_976, example="double-conv-3-64")
DOUBLE_CONV_PARAMETERS.worked(3, 64, False, gives=38_848)


@DOUBLE_CONV_PARAMETERS.wrong
def side_of_three(in_channels, out_channels, bias):
    """You counted 3 weights in a kernel. It is 3 pixels high and 3 wide: 9 weights for each pair of an input
    and an output channel.
    """
    biases = out_channels if bias else 0
    first = 3 * in_channels * out_channels + biases
    second = 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def one_convolution(in_channels, out_channels, bias):
    """You counted one convolution and its batch norm. There are two of each: the second convolution goes from
    out_channels to out_channels.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def no_batch_norm(in_channels, out_channels, bias):
    """You counted the convolutions only. Each of the two batch norms learns a scale and a shift for every
    channel: 2 * out_channels more, twice.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    return first + second


@DOUBLE_CONV_PARAMETERS.wrong
def running_statistics(in_channels, out_channels, bias):
    """You counted 4 numbers per channel in each batch norm. Two of them, the running mean and variance, are
    measured, not learned: they are buffers, not parameters.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 4 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def half_the_norms(in_channels, out_channels, bias):
    """You are 2 * out_channels short, which is half of the batch norms. There are two, and each has a scale
    and a shift for every channel.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def two_numbers_per_norm(in_channels, out_channels, bias):
    """You counted 2 numbers in each batch norm, one scale and one shift. Every channel has its own: 2 *
    out_channels.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def bias_forgotten(in_channels, out_channels, bias):
    """You left the bias out where there is one. It adds one number for each output channel, in both
    convolutions.
    """
    biases = 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def bias_once(in_channels, out_channels, bias):
    """You counted a bias in one of the two convolutions only. Where there is one, both have it: out_channels
    numbers each.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def bias_always(in_channels, out_channels, bias):
    """You counted a bias although bias=False says that there is none. Add it only if `bias` is true."""
    biases = out_channels
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def bias_turned_round(in_channels, out_channels, bias):
    """You counted the biases where there is none, and none where there is one: `bias` is true if the
    convolutions have a bias.
    """
    biases = 0 if bias else out_channels
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def one_number_as_bias(in_channels, out_channels, bias):
    """You counted one bias per convolution. Every output channel has its own: out_channels of them."""
    biases = 1 if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def bias_per_kernel(in_channels, out_channels, bias):
    """You gave every kernel a bias of its own. The kernels of all input channels are summed first, and one
    bias is added to the sum: out_channels biases per convolution.
    """
    first = (3 * 3 + bias) * in_channels * out_channels
    second = (3 * 3 + bias) * out_channels * out_channels
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def second_from_input(in_channels, out_channels, bias):
    """You counted the first convolution twice. The second one reads what the first one wrote: out_channels
    in, out_channels out.
    """
    biases = out_channels if bias else 0
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * in_channels * out_channels + biases
    batch_norm = 2 * out_channels
    return first + batch_norm + second + batch_norm


@DOUBLE_CONV_PARAMETERS.wrong
def everything_that_is_saved(in_channels, out_channels, bias):
    """You counted the buffers too: a batch norm also keeps its running statistics and the number of batches that it has
    seen, and `state_dict()` has all of them. None of these is learnt: count `parameters()`.
    """
    return double_conv_parameters(in_channels, out_channels, bias) + 2 * (2 * out_channels + 1)


@DOUBLE_CONV_PARAMETERS.wrong
def number_of_tensors(in_channels, out_channels, bias):
    """You counted the tensors. Each of them holds many numbers: add up their `numel()`."""
    return 8 if bias else 6


@DOUBLE_CONV_PARAMETERS.right
def count_in_a_loop(in_channels, out_channels, bias):
    count = 0
    for channels in (in_channels, out_channels):
        count += (9 * channels + bias + 2) * out_channels
    return count


@DOUBLE_CONV_PARAMETERS.right
def count_by_torch(in_channels, out_channels, bias):
    layers = [
        nn.Conv2d(in_channels, out_channels, 3, bias=bias),
        nn.BatchNorm2d(out_channels),
        nn.Conv2d(out_channels, out_channels, 3, bias=bias),
        nn.BatchNorm2d(out_channels),
    ]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


@DOUBLE_CONV_PARAMETERS.right
def count_by_kind(in_channels, out_channels, bias):
    kernels = 9 * in_channels * out_channels + 9 * out_channels**2
    vectors = 6 if bias else 4
    return np.sum([kernels, vectors * out_channels])


DOUBLE_CONV_PARAMETERS.equivalent(
    "count_in_a_loop, line 4: (in_channels, out_channels) -> (out_channels, in_channels)",
    because="The two convolutions may be counted in either order.",
)
