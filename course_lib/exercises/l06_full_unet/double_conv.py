"""The double convolution."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l06_full_unet.double_conv_probe import observe_double_conv
from course_lib.exercises.l06_full_unet.shared import Conv3x3, draw_two_widths, layers


class DoubleConv(nn.Module):
    """Twice: 3x3 convolution that keeps the size, batch norm, ReLU.

    forward takes features, float (N, in_channels, H, W), and returns float (N, out_channels, H, W).

    Args:
        in_channels: int, channels of the features.
        out_channels: int, channels of the result.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )
        ### END SOLUTION

    def forward(self, features):
        """Send the features through all layers."""
        return self.layers(features)


DOUBLE_CONV = Exercise(
    DoubleConv,
    title="The double convolution",
    points=2,
    minutes=8,
    source="Study guide, sections 5 and 15",
    draw=draw_two_widths,
    observe=observe_double_conv,
    fresh_cases=4,
    deadline=10,
    hints=(
        "Six layers in a row, of three kinds. nn.Sequential calls them one after the other.",
        "nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU(), and "
        "then the same kinds again. Which channels does the second convolution read?",
        "The second three are nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1), "
        "nn.BatchNorm2d(out_channels), nn.ReLU(). Store nn.Sequential(...) of all six as self.layers.",
    ),
    why="Two 3x3 convolutions see 5x5 pixels, and the ReLU between them makes them more than one linear map. Batch "
    "norm keeps every channel near mean 0 and variance 1 in training, so that no signal dies on its way.",
)

DOUBLE_CONV.worked(
    3,
    8,
    gives={
        "forward on (3, 3, 6, 4)": "went through",
        "the shape for (3, 3, 6, 4)": (3, 8, 6, 4),
        "the number of weights in its kernels": 792,  # 216 + 576
        "the least value that comes out in eval": "0",
        "there is a ReLU between the convolutions": True,
        "other images of the batch matter in eval": False,
        "the least value that comes out in training": "0",
        "other images of the batch matter in training": True,
        "parameters that no gradient reaches": 0,
        "scales and shifts of batch norm that learn": 4,
        "batch norm right after each convolution (doubled kernels change nothing in training)": True,
    },
)


def _first_conv(in_channels, out_channels):
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


def _norm(in_channels, out_channels):
    return nn.BatchNorm2d(out_channels)


def _relu(in_channels, out_channels):
    return nn.ReLU()


single = layers(_first_conv, _norm, _relu)

DOUBLE_CONV.wrong(
    single,
    name="single",
    sentence="Your block convolves once. Each stage of a U-Net does it twice: after the first convolution, "
    "batch norm and ReLU come a second convolution, batch norm and ReLU.",
)


@DOUBLE_CONV.wrong
class Unpadded(DoubleConv):
    """Your output is 4 pixels smaller than the input: a 3x3 convolution without padding loses a pixel on
    every side, and there are two. Give both padding=1.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        for layer in self.layers[::3]:
            layer.padding = (0, 0)


DOUBLE_CONV.wrong(
    layers(_first_conv, _norm, _relu, _first_conv, _norm, _relu),
    name="first_conv_twice",
    sentence="Your second convolution expects in_channels, but it reads what the first one wrote: it goes from "
    "out_channels to out_channels.",
)


def _second_conv(in_channels, out_channels):
    return nn.Conv2d(out_channels, out_channels, 3, padding=1)


DOUBLE_CONV.wrong(
    layers(_first_conv, _relu, _second_conv, _relu),
    name="no_batch_norm",
    sentence="There is no batch norm: in training, the other images of the batch do not matter. Put "
    "nn.BatchNorm2d(out_channels) between each convolution and its ReLU.",
)


@DOUBLE_CONV.wrong
class OneBatchNorm(DoubleConv):
    """Both convolutions share one batch norm. Each needs its own: the scale, the shift and the running
    statistics belong to one place in the network.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.layers[4] = self.layers[1]


DOUBLE_CONV.wrong(
    layers(_first_conv, _norm, _relu, _second_conv, _norm),
    name="no_second_relu",
    sentence="Negative values come out: the ReLU after the second batch norm is missing. The order is "
    "convolution, batch norm, ReLU, both times.",
)
DOUBLE_CONV.wrong(
    layers(_first_conv, _norm, _second_conv, _norm, _relu),
    name="no_first_relu",
    sentence="There is no ReLU between your two convolutions. Without one they are no more than a single 5x5 "
    "convolution: two linear maps in a row are one linear map.",
)
DOUBLE_CONV.wrong(
    layers(_first_conv, _relu, _norm, _second_conv, _relu, _norm),
    name="relu_before_norm",
    sentence="Your ReLU comes before the batch norm, which then makes values negative again. The order here is "
    "convolution, batch norm, ReLU.",
)


def _narrow_conv(in_channels, out_channels):
    return nn.Conv2d(in_channels, in_channels, 3, padding=1)


def _narrow_norm(in_channels, out_channels):
    return nn.BatchNorm2d(in_channels)


DOUBLE_CONV.wrong(
    layers(_narrow_conv, _narrow_norm, _relu, _first_conv, _norm, _relu),
    name="second_conv_widens",
    sentence="Your second convolution changes the number of channels. The first one does that here: in_channels to "
    "out_channels, and then out_channels to out_channels.",
)


DOUBLE_CONV.wrong(
    layers(_first_conv, _narrow_norm, _relu, _second_conv, _norm, _relu),
    name="norm_of_in_channels",
    sentence="Your first batch norm is made for in_channels, but the convolution before it gives out_channels: "
    "nn.BatchNorm2d(out_channels).",
)


def _relu_itself(in_channels, out_channels):
    return nn.ReLU


DOUBLE_CONV.wrong(
    layers(_first_conv, _norm, _relu_itself, _second_conv, _norm, _relu_itself),
    name="relu_without_brackets",
    sentence="nn.ReLU is the class of such layers, and no layer yet. Its brackets make one: nn.ReLU().",
)


@DOUBLE_CONV.wrong
def list_in_sequential(in_channels, out_channels):
    """You handed nn.Sequential one list. It takes the layers one by one: leave the square brackets out, or unpack the
    list with a star, nn.Sequential(*layers).
    """
    return nn.Sequential(list(DoubleConv(in_channels, out_channels).layers))


@DOUBLE_CONV.wrong
class PlainList(DoubleConv):
    """You stored the layers in a plain list, which cannot be called like a layer, and in which torch does not find
    their parameters. Wrap them: nn.Sequential(...).
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        made = list(self.layers)
        del self.layers
        self.layers = made


@DOUBLE_CONV.right
class InARow(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(single(in_channels, out_channels), single(out_channels, out_channels))


@DOUBLE_CONV.right
def without_bias(in_channels, out_channels):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


@DOUBLE_CONV.right
class Functional(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1, self.conv2 = (
            nn.Conv2d(i, out_channels, 3, padding="same") for i in (in_channels, out_channels)
        )
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return torch.relu_(self.bn2(self.conv2(x)))


@DOUBLE_CONV.right
class OfParameters(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.stages = nn.ModuleList([Conv3x3(in_channels, out_channels), Conv3x3(out_channels, out_channels)])

    def forward(self, features):
        for stage in self.stages:
            features = stage(features).clamp(min=0)
        return features


DOUBLE_CONV.equivalent(
    "without_bias, line 4: nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)"
    " -> nn.Conv2d(in_channels, out_channels, 3, padding=1)",
    "without_bias, line 4: False -> True",
    "without_bias, line 7: nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)"
    " -> nn.Conv2d(out_channels, out_channels, 3, padding=1)",
    "without_bias, line 7: False -> True",
    because="Batch norm subtracts a bias again, so the statement leaves it to the learner.",
)
