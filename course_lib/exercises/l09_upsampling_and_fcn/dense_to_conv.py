"""A dense layer as a convolution."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l09_upsampling_and_fcn.shared import quarters


def dense_to_conv(dense, channels, height, width):
    """Return a convolution that gives the same numbers as a dense layer on flattened maps.

    For maps of shape (N, channels, height, width), dense(maps.flatten(1)) is (N, outputs); the convolution
    must give the same as (N, outputs, 1, 1), with no padding.

    Args:
        dense: an nn.Linear(channels * height * width, outputs).
        channels: int.
        height: int.
        width: int.

    Returns:
        An nn.Conv2d. It has a bias, as the dense layer does.
    """
    ### BEGIN SOLUTION
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
        conv.bias.copy_(dense.bias)
    return conv
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_converted(answer, maps, weight, bias):
    """Convert a dense layer with these weights, and use the result on maps of its size and on larger ones."""
    channels, height, width = maps.shape[1:]
    dense = nn.Linear(weight.shape[1], len(weight))
    with torch.no_grad():
        dense.weight.copy_(weight)
        dense.bias.copy_(bias)
    # Not within no_grad: there torch would let pass a copy_ that it refuses in the notebook.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # weights that are not copied are the same each time
        conv = answer(dense, channels, height, width)
    if conv is None:
        return None
    with torch.no_grad():
        same = conv(maps)
        larger = conv(F.pad(maps, (0, 1, 0, 2)))
    return {
        "the shape for maps of the dense layer's size": str(tuple(same.shape)),
        "the numbers for maps of that size": same.flatten().tolist(),
        "the shape for maps one column wider and two rows higher": str(tuple(larger.shape)),
        "the sum of the numbers for the larger maps": larger.sum().item(),
        "the dense layer is as it was": torch.equal(dense.weight, weight) and torch.equal(dense.bias, bias),
    }


_KINDS = ("usual", "one image", "square", "one channel", "one output", "one pixel", "sizes alike")


def _draw_maps(rng, kind):
    """Draw three maps, the weights of a dense layer for them, and its biases."""
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    height, width = {"square": (height, height), "one pixel": (1, 1)}.get(kind, (height, width))
    channels = {"one channel": 1, "sizes alike": height}.get(kind) or int(rng.integers(2, 4))
    outputs = {"one output": 1, "sizes alike": height}.get(kind) or int(rng.integers(2, 5))
    maps = quarters(rng, 1 if kind == "one image" else 3, channels, height, width)
    return maps, quarters(rng, outputs, channels * height * width), quarters(rng, outputs) + 3


DENSE_TO_CONV = Exercise(
    dense_to_conv,
    title="A dense layer as a convolution",
    points=3,
    minutes=10,
    source="Study guide, section 3: converting FC to conv; Lesson 33, section 3",
    draw=by_kind(_draw_maps, *_KINDS),
    observe=_probe_converted,
    tolerance=1e-4,
    fresh_cases=7,
    hints=(
        "A dense layer has one weight for each number of the flattened maps. What kernel has as many?",
        "nn.Conv2d(channels, dense.out_features, kernel_size=(height, width)) has the right shape. Its "
        "weight is (outputs, channels, height, width), dense.weight is (outputs, channels * height * width).",
        "with torch.no_grad(): conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width)); "
        "conv.bias.copy_(dense.bias).",
    ),
    why="A dense layer is a convolution whose kernel covers the whole map. As a convolution it takes "
    "maps of any size: on a larger one it is applied at every place.",
)

# 1 * 1 + 10 * 2 + 100 * 3 + 1000 * 4 + 5. On the larger map 4326 as before, then the window one further on,
# 1 * 2 + 100 * 4 + 5 = 407, then four times the bias alone: 4326 + 407 + 20.
DENSE_TO_CONV.worked(
    torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]),
    torch.tensor([[1.0, 10.0, 100.0, 1000.0]]),
    torch.tensor([5.0]),
    gives={
        "the shape for maps of the dense layer's size": "(1, 1, 1, 1)",
        "the numbers for maps of that size": [4326.0],
        "the shape for maps one column wider and two rows higher": "(1, 1, 3, 2)",
        "the sum of the numbers for the larger maps": 4753.0,
        "the dense layer is as it was": True,
    },
)


def _converted(dense, channels, height, width, weight, **options):
    conv = nn.Conv2d(channels, dense.out_features, (height, width), **options)
    with torch.no_grad():
        conv.weight.copy_(weight)
        conv.bias.copy_(dense.bias)
    return conv


@DENSE_TO_CONV.wrong
def channels_last(dense, channels, height, width):
    """You took the weights apart as (height, width, channels). flatten(1) goes through the first channel row by row,
    then through the next one: view(outputs, channels, height, width).
    """
    weight = dense.weight.view(-1, height, width, channels).permute(0, 3, 1, 2)
    return _converted(dense, channels, height, width, weight)


@DENSE_TO_CONV.wrong
def weights_not_copied(dense, channels, height, width):
    """Your convolution has the right shape, but weights and biases of its own, which are random. Copy those of the
    dense layer into it, under torch.no_grad().
    """
    return nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))


@DENSE_TO_CONV.wrong
def bias_not_copied(dense, channels, height, width):
    """You copied the weights and not the bias: conv.bias.copy_(dense.bias)."""
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
    return conv


@DENSE_TO_CONV.wrong
def no_bias(dense, channels, height, width):
    """Your convolution adds no bias, and the dense layer does. Give it one, and copy dense.bias into it."""
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
        conv.bias.zero_()
    return conv


@DENSE_TO_CONV.wrong
def kernel_flipped(dense, channels, height, width):
    """You flipped the kernel. torch's convolution does not flip it again: each weight lies on the pixel with the same
    row and column.
    """
    weight = dense.weight.view(-1, channels, height, width).flip((2, 3))
    return _converted(dense, channels, height, width, weight)


@DENSE_TO_CONV.wrong
def rows_and_columns_swapped(dense, channels, height, width):
    """You swapped rows and columns. In (N, C, H, W) the rows come first: kernel_size=(height, width), and
    view(outputs, channels, height, width).
    """
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(width, height))
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, width, height))
        conv.bias.copy_(dense.bias)
    return conv


@DENSE_TO_CONV.wrong
def square_kernel(dense, channels, height, width):
    """Your kernel is a square. It has to cover the whole map, which need not be square: kernel_size=(height, width)."""
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=height)
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
        conv.bias.copy_(dense.bias)
    return conv


@DENSE_TO_CONV.wrong
def weights_transposed(dense, channels, height, width):
    """You transposed the dense layer's weights. They are (outputs, numbers of the maps) already: view is enough."""
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))
    with torch.no_grad():
        conv.weight.copy_(dense.weight.T.reshape(dense.out_features, channels, height, width))
        conv.bias.copy_(dense.bias)
    return conv


@DENSE_TO_CONV.wrong
def padded(dense, channels, height, width):
    """Your convolution pads. The dense layer sees the maps and nothing around them: no padding."""
    weight = dense.weight.view(-1, channels, height, width)
    return _converted(dense, channels, height, width, weight, padding=1)


@DENSE_TO_CONV.wrong
def pointwise(dense, channels, height, width):
    """Your kernel is 1x1 and sees one pixel. The dense layer has a weight for every pixel of the map, so the kernel has
    to cover the whole map: kernel_size=(height, width).
    """
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=1)
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
        conv.bias.copy_(dense.bias)
    return conv


@DENSE_TO_CONV.wrong
def windows_side_by_side(dense, channels, height, width):
    """Your convolution moves on by a whole window. On larger maps it should look at every place: stride 1."""
    weight = dense.weight.view(-1, channels, height, width)
    return _converted(dense, channels, height, width, weight, stride=(height, width))


@DENSE_TO_CONV.wrong
def dense_reshaped(dense, channels, height, width):
    """You changed the shape of the dense layer's own weights, so that it can no longer be used. Leave it as it is: view
    gives its numbers another shape for the copy only, conv.weight.copy_(dense.weight.view(...)).
    """
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))
    dense.weight.data = dense.weight.data.view(-1, channels, height, width)
    conv.weight.data, conv.bias.data = dense.weight.data, dense.bias.data
    return conv


@DENSE_TO_CONV.right
def converted_by_reshape(dense, channels, height, width):
    conv = nn.Conv2d(channels, dense.out_features, (height, width))
    conv.weight = nn.Parameter(dense.weight.reshape(conv.weight.shape))
    conv.bias = dense.bias
    return conv


@DENSE_TO_CONV.right
def converted_by_state(dense, channels, height, width):
    conv = nn.Conv2d(channels, len(dense.bias), (height, width))
    state = dense.state_dict()
    conv.load_state_dict(
        {"weight": state["weight"].unflatten(1, (channels, height, width)), "bias": state["bias"]}
    )
    return conv


@DENSE_TO_CONV.right
def converted_by_data(dense, channels, height, width):
    conv = nn.LazyConv2d(dense.out_features, (height, width))
    conv(torch.zeros(1, channels, height, width))
    conv.weight.data[:] = dense.weight.data.view_as(conv.weight)
    conv.bias.data[:] = dense.bias.data
    return conv


@DENSE_TO_CONV.right
def converted_output_by_output(dense, channels, height, width):
    conv = nn.utils.skip_init(nn.Conv2d, channels, dense.out_features, kernel_size=(height, width))
    with torch.no_grad():
        for kernel, bias, weights, number in zip(
            conv.weight, conv.bias, dense.weight, dense.bias, strict=True
        ):
            kernel.flatten().copy_(weights)
            bias.fill_(number)
    return conv


DENSE_TO_CONV.equivalent(
    "converted_by_data, line 4: torch.zeros(1, channels, height, width) -> "
    "torch.ones(1, channels, height, width)",
    "converted_by_data, line 4: 1 -> 2",
    "converted_by_data, line 4: 1 -> 0",
    because="Only the number of channels is read off these maps.",
)
