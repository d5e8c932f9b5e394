"""One stage up."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l06_full_unet.double_conv import DoubleConv, without_bias
from course_lib.exercises.l06_full_unet.shared import Conv3x3
from course_lib.exercises.l06_full_unet.up_probe import draw_cases, observe_up


class Up(nn.Module):
    """One stage up: double the size, concatenate the skip, convolve twice.

    Write two methods: __init__ makes the layers, forward(self, features, skip) applies them. It takes
    features, float (N, in_channels, H, W), and the skip, float (N, out_channels, 2H, 2W), and returns float
    (N, out_channels, 2H, 2W).

    Args:
        in_channels: int, channels of the features.
        out_channels: int, channels of the skip and of the result.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.upsample = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
        self.convs = DoubleConv(2 * out_channels, out_channels)

    def forward(self, features, skip):
        """Join the features from below with the encoder's."""
        features = self.upsample(features)  # (N, out_channels, 2H, 2W)
        features = torch.cat([features, skip], dim=1)  # (N, 2 * out_channels, 2H, 2W)
        return self.convs(features)  # (N, out_channels, 2H, 2W)
        ### END SOLUTION


UP = Exercise(
    Up,
    title="One stage up",
    points=2,
    minutes=8,
    source="Study guide, sections 4, 5 and 13",
    draw=draw_cases,
    observe=observe_up,
    fresh_cases=4,
    deadline=10,
    hints=(
        "Two layers to build, three steps to take: double the size, put the skip beside it, convolve twice.",
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2) doubles the size. How many channels "
        "are there after torch.cat([features, skip], dim=1)?",
        "The double convolution is DoubleConv(2 * out_channels, out_channels). In forward: upsample the features, "
        "torch.cat them with the skip along dim=1, return the double convolution of that.",
    ),
    why="The features from below know what is there, the skip knows where its edges are. Side by side in the "
    "channels, the next convolution can learn how to use both.",
)

UP.worked(
    8,
    4,
    gives={
        "forward on features (3, 8, 3, 5) and skip (3, 4, 6, 10)": "went through",
        "the shape for features (3, 8, 3, 5) and skip (3, 4, 6, 10)": (3, 4, 6, 10),
        "the number of weights in its kernels": 560,  # 128 upwards; 288 and 144 in the double convolution
        "the least value that comes out": "0",
        "there is a ReLU between the convolutions": True,
        "parameters that no gradient reaches": 0,
        "batch norm right after each 3x3 convolution (doubled kernels change nothing in training)": True,
        "the features matter": True,
        "the skip matters": True,
        "negative values of the transposed convolution still matter (no ReLU after it)": True,
        "the mean of what comes out in training if batch norm adds 10": 10.0,
    },
)


@UP.wrong
class NoStride(Up):
    """Your transposed convolution has no stride, so it makes H + 1 pixels of H and the skip does not fit.
    Kernel 2 with stride=2 makes 2H.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2)


@UP.wrong
class Added(Up):
    """You added the skip. That works, and FCN does it, but a U-Net concatenates: torch.cat([features, skip],
    dim=1) keeps both, and the double convolution reads 2 * out_channels.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = DoubleConv(out_channels, out_channels)

    def forward(self, features, skip):
        return self.convs(self.upsample(features) + skip)


@UP.wrong
class NoSkip(Added):
    """The skip changes nothing in your output: it was never used. Concatenate it to the upsampled features
    before the double convolution.
    """

    def forward(self, features, skip):
        return self.convs(self.upsample(features))


@UP.wrong
class ReluAfterUpsampling(Up):
    """There is a ReLU after the transposed convolution. Nothing comes between it and the concatenation, neither ReLU
    nor batch norm: the double convolution has its own.
    """

    def forward(self, features, skip):
        return self.convs(torch.cat([self.upsample(features).relu(), skip], dim=1))


@UP.wrong
class SingleConvolution(Up):
    """After the concatenation you convolve once, by a bare nn.Conv2d, without batch norm and ReLU. A stage up has a
    double convolution: use your DoubleConv(2 * out_channels, out_channels).
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = nn.Conv2d(2 * out_channels, out_channels, kernel_size=3, padding=1)


@UP.wrong
class SkipAsFirstArgument(Up):
    """Your forward takes the skip first. The callers hand over the features from below first, then the skip:
    forward(self, features, skip).
    """

    def forward(self, features, skip):
        return super().forward(skip, features)


@UP.wrong
class ConcatenatedInBatch(Up):
    """You concatenated along the batch, which is what torch.cat does unless told otherwise: twice as many
    images. The channels are dim=1.
    """

    def forward(self, features, skip):
        return self.convs(torch.cat([self.upsample(features), skip]))


@UP.wrong
class ConcatenatedUncounted(Up):
    """Your double convolution expects out_channels, but upsampled features and skip side by side are 2 *
    out_channels.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = DoubleConv(out_channels, out_channels)


@UP.wrong
class ChannelsKept(Up):
    """Your transposed convolution keeps in_channels. The one of a U-Net goes to out_channels while it doubles
    the size, so that features and skip have equal shares after the concatenation.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.ConvTranspose2d(in_channels, in_channels, kernel_size=2, stride=2)
        self.convs = DoubleConv(in_channels + out_channels, out_channels)


@UP.wrong
class Interpolated(ChannelsKept):
    """You interpolated, which learns nothing. It is a good way, and lesson 09 compares the two; this U-Net
    uses nn.ConvTranspose2d with kernel 2 and stride 2.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear")


@UP.wrong
class Halved(Up):
    """You took out_channels to be half of in_channels. Often it is, but the caller says both: after the
    transposed convolution there are out_channels, and 2 * out_channels after the concatenation.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, in_channels // 2)


@UP.wrong
class CountedFromBelow(Up):
    """Your double convolution expects in_channels + out_channels, but the transposed convolution has brought the
    features down to out_channels: side by side with the skip they are 2 * out_channels.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = DoubleConv(in_channels + out_channels, out_channels)


@UP.wrong
class NoListForCat(Up):
    """torch.cat takes its tensors in one list or tuple. You passed them one by one: torch.cat([features, skip],
    dim=1).
    """

    def forward(self, features, skip):
        return self.convs(torch.cat(self.upsample(features), skip, dim=1))


@UP.wrong
class OutputHalved(Up):
    """You divide what the double convolution gives. Return it as it is: its batch norm has set the scale already."""

    def forward(self, features, skip):
        return super().forward(features, skip) / 2


@UP.right
class SkipFirst(Up):
    def forward(self, features, skip):
        return self.convs(torch.concat((skip, self.upsample(features)), dim=-3))


@UP.right
class UpWrittenOut(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        self.block = without_bias(out_channels * 2, out_channels)

    def forward(self, x, encoded):
        return self.block(torch.hstack([self.up(x), encoded]))


@UP.right
class Stacked(Up):
    def forward(self, features, skip):
        return self.convs(torch.stack([self.upsample(features), skip], dim=1).flatten(1, 2))


@UP.right
class UpOfParameters(nn.Module):
    """The transposed convolution as nn.Linear that gives four pixels, the rest from bare parameters."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.four = nn.Linear(in_channels, 4 * out_channels)
        self.first, self.second = Conv3x3(2 * out_channels, out_channels), Conv3x3(out_channels, out_channels)

    def forward(self, features, skip):
        features = F.pixel_shuffle(self.four(features.movedim(1, -1)).movedim(-1, 1), 2)
        return self.second(self.first(torch.cat([features, skip], dim=1)).relu()).relu()


UP.equivalent(
    "SkipFirst, line 4: (skip, self.upsample(features)) -> (self.upsample(features), skip)",
    "Stacked, line 4: 1 -> 2",
    because="The double convolution learns its weights for any order of the channels.",
)
