"""Bilinear, then a convolution."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l09_upsampling_and_fcn.bilinear_up_probe import (
    KINDS,
    draw_features,
    probe_upsampling,
)


class BilinearUp(nn.Module):
    """Double height and width bilinearly, then apply a 3x3 convolution with padding 1.

    Write two methods: __init__ makes the layers, after super().__init__(); forward(self, features) applies
    them to float (N, in_channels, H, W) and returns (N, out_channels, 2H, 2W). The interpolation takes
    align_corners=False.

    Args:
        in_channels: int, channels of the features.
        out_channels: int, channels of the result.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)

    def forward(self, features):
        """Return the features at twice their size."""
        return self.conv(self.upsample(features))  # (N, out_channels, 2H, 2W)
        ### END SOLUTION


BILINEAR_UP = Exercise(
    BilinearUp,
    title="Bilinear, then a convolution",
    points=2,
    minutes=8,
    source="Study guide, section 12: bilinear + conv; Lesson 33, section 4",
    draw=by_kind(draw_features, *KINDS),
    observe=probe_upsampling,
    tolerance=1e-5,
    fresh_cases=7,
    hints=(
        "Two layers, one after the other. Only one of them has weights.",
        'nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False) doubles the size; nn.Conv2d '
        "with kernel_size=3 and "
        "padding=1 keeps it.",
        "In __init__: self.upsample = nn.Upsample(...), self.conv = nn.Conv2d(in_channels, out_channels, "
        "kernel_size=3, padding=1). In forward: return self.conv(self.upsample(features)).",
    ),
    why="Bilinear interpolation treats all pixels alike, so there is nothing to overlap unevenly. The "
    "convolution after it has the weights that are learned.",
)

# Zeros stay zeros, and the bias of -1 is all that is left; 2 * 1 * 9 weights and 2 biases.
BILINEAR_UP.worked(
    torch.zeros(1, 1, 1, 2),
    2,
    gives={
        "the shape for features of shape (1, 1, 1, 2)": "(1, 2, 2, 4)",
        "the number of weights and biases": 20,
        "the first channel of the last image, for known weights": [[-1.0] * 4] * 2,
    },
)
# Pixels of 1, and weights of one ninth. Those that lie outside are missing: in the corners four ninths are left,
# between them six, and the bias takes 1 off.
BILINEAR_UP.worked(
    torch.ones(1, 1, 2, 1),
    1,
    gives={
        "the shape for features of shape (1, 1, 2, 1)": "(1, 1, 4, 2)",
        "the number of weights and biases": 10,
        "the first channel of the last image, for known weights": [
            [-5 / 9, -5 / 9],
            [-1 / 3, -1 / 3],
            [-1 / 3, -1 / 3],
            [-5 / 9, -5 / 9],
        ],
    },
)


@BILINEAR_UP.wrong
class NearestPixel(nn.Module):
    """You repeated the pixels: that is nearest-neighbour. Pass mode="bilinear"."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)

    def forward(self, features):
        return self.conv(self.upsample(features))


@BILINEAR_UP.wrong
class CornersAligned(BilinearUp):
    """You aligned the corners. Then the distance between pixels depends on the size of the map. Pass
    align_corners=False to nn.Upsample, where it is the default; nn.UpsamplingBilinear2d always aligns them.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


@BILINEAR_UP.wrong
class ConvolutionFirst(BilinearUp):
    """You convolved at the small size. Double the size first: if the interpolation comes last, no weight can sharpen
    what it has smoothed.
    """

    def forward(self, features):
        return self.upsample(self.conv(features))


@BILINEAR_UP.wrong
class TransposedConvolutionFirst(BilinearUp):
    """You doubled the size with a transposed convolution, which has weights. Bilinear interpolation has none:
    nn.Upsample or F.interpolate.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.ConvTranspose2d(in_channels, in_channels, 2, stride=2)


@BILINEAR_UP.wrong
class SquareMaps(BilinearUp):
    """You doubled the height and took that for the width as well. The two sides may differ: scale_factor=2, or
    size=(2 * height, 2 * width).
    """

    def forward(self, features):
        side = 2 * features.shape[2]
        return self.conv(F.interpolate(features, size=(side, side), mode="bilinear"))


@BILINEAR_UP.wrong
class PointwiseConvolution(BilinearUp):
    """Your convolution is 1x1: it mixes channels and sees no neighbours. Take kernel_size=3, padding=1."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1)


@BILINEAR_UP.wrong
class NoPadding(nn.Module):
    """Your map lost a pixel on every side: the 3x3 convolution needs padding=1."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3)

    def forward(self, features):
        return self.conv(self.upsample(features))


@BILINEAR_UP.wrong
class ConvolutionNotApplied(BilinearUp):
    """You made the convolution, but forward does not apply it: return self.conv(self.upsample(features))."""

    def forward(self, features):
        return self.upsample(features)


@BILINEAR_UP.wrong
class ReturnForgotten(BilinearUp):
    """Your forward computes something but returns nothing: end it with return."""

    def forward(self, features):
        self.conv(self.upsample(features))


@BILINEAR_UP.wrong
class NoForward(nn.Module):
    """Your class has no method forward, so nothing applies its layers. Write def forward(self, features): below
    __init__, and indent both alike. If forward is indented further, it is part of __init__, and is lost when that ends.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)


@BILINEAR_UP.wrong
class LayersMadeInForward(nn.Module):
    """Your layer has no weights that an optimiser could find. Make the convolution in __init__, as self.conv: one that
    is made in forward is new and random in every call, and one in a list of yours is not found either.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels

    def forward(self, features):
        conv = nn.Conv2d(self.in_channels, self.out_channels, kernel_size=3, padding=1)
        return conv(F.interpolate(features, scale_factor=2, mode="bilinear"))


@BILINEAR_UP.wrong
class TransposedConvolution(nn.Module):
    """You used a transposed convolution. Here the size is doubled without any weights, and a 3x3 convolution
    follows.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)

    def forward(self, features):
        return self.up(features)


@BILINEAR_UP.wrong
class ReluAtTheEnd(BilinearUp):
    """Your result has no negative values, as after a ReLU. There is none here: return what the convolution gives."""

    def forward(self, features):
        return torch.relu(super().forward(features))


@BILINEAR_UP.right
class UpByFunction(nn.Module):
    """Interpolation as a function, to a size."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.mix = nn.Conv2d(in_channels, out_channels, 3, 1, 1)

    def forward(self, features):
        height, width = features.shape[2:]
        return self.mix(F.interpolate(features, size=(2 * height, 2 * width), mode="bilinear"))


@BILINEAR_UP.right
class UpAsASequence(nn.Sequential):
    """The two layers in a row."""

    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.UpsamplingBilinear2d(scale_factor=2), nn.Conv2d(in_channels, out_channels, 3, padding="same")
        )
        self[0].align_corners = False


@BILINEAR_UP.right
class UpByFixedStamps(nn.Module):
    """Bilinear interpolation as a transposed convolution of fixed weights, the edge pixels repeated."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        slope = torch.tensor([0.25, 0.75, 0.75, 0.25])
        self.register_buffer("stamp", (slope[:, None] * slope).expand(in_channels, 1, 4, 4))

    def forward(self, features):
        padded = F.pad(features, (1, 1, 1, 1), mode="replicate")
        doubled = F.conv_transpose2d(padded, self.stamp, stride=2, padding=3, groups=len(self.stamp))
        return self.conv(doubled)


@BILINEAR_UP.right
class UpByParameters(nn.Module):
    """No layers: the weights themselves, and functions."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.kernel = nn.Parameter(torch.rand(out_channels, in_channels, 3, 3))
        self.shift = nn.Parameter(torch.rand(out_channels))

    def forward(self, features):
        doubled = F.interpolate(features, scale_factor=2, mode="bilinear")
        return F.conv2d(F.pad(doubled, (1, 1, 1, 1)), self.kernel, self.shift)


@BILINEAR_UP.right
class UpByWindows(nn.Module):
    """A dense layer over the 3x3 windows."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.dense = nn.Linear(in_channels * 9, out_channels)

    def forward(self, features):
        doubled = F.interpolate(features, scale_factor=2, mode="bilinear")
        windows = F.unfold(doubled, kernel_size=3, padding=1)  # (N, in_channels * 9, pixels)
        return self.dense(windows.mT).mT.unflatten(2, doubled.shape[2:])


@BILINEAR_UP.right
class UpChannelByChannel(nn.ModuleList):
    """One convolution for each output channel."""

    def __init__(self, in_channels, out_channels):
        super().__init__(nn.Conv2d(in_channels, 1, 3, padding=1) for _ in range(out_channels))

    def forward(self, features):
        doubled = nn.Upsample(scale_factor=2, mode="bilinear")(features)
        return torch.cat([convolution(doubled) for convolution in self], dim=1)


BILINEAR_UP.equivalent(
    "BilinearUp, line 17: nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False) -> "
    "nn.Upsample(scale_factor=2, mode='bilinear')",
    because="Corners are not aligned unless that is asked for.",
)
