"""Bilinear, then a convolution."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l09_upsampling_and_fcn.shared import quarters


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


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_upsampling(answer, features, out_channels):
    """Build the layer for these features, and look at what does not hang on names."""
    layer = answer(features.shape[1], out_channels)
    result = layer(features)
    with torch.no_grad():
        for weight in layer.parameters():
            if weight.ndim == 4:  # weights that fall from left to right and from top to bottom, of mean 1
                fall = torch.linspace(1.5, 0.5, weight[0, 0].numel()).view(weight.shape[2:])
                weight.copy_(fall.expand_as(weight) / weight[0].numel())
            else:
                weight.fill_(-1.0)
        known = layer(features)
    return {
        f"the shape for features of shape {tuple(features.shape)}": str(tuple(result.shape)),
        "the number of weights and biases": sum(weight.numel() for weight in layer.parameters()),
        "the first channel of the first image, for known weights": known[0, 0].tolist(),
    }


def _draw_features(rng):
    count, channels = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    return quarters(rng, count, channels, height, width), int(rng.choice([1, 2, 4]))


BILINEAR_UP = Exercise(
    BilinearUp,
    title="Bilinear, then a convolution",
    points=2,
    minutes=8,
    source="Study guide, section 12: bilinear + conv; Lesson 33, section 4",
    draw=_draw_features,
    observe=_probe_upsampling,
    tolerance=1e-5,
    fresh_cases=6,
    hints=(
        "Two layers, one after the other. Only one of them has weights.",
        'nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False) doubles the size; nn.Conv2d '
        "with kernel_size=3 and "
        "padding=1 keeps it.",
        "In __init__: self.upsample = nn.Upsample(...), self.conv = nn.Conv2d(in_channels, out_channels, "
        "kernel_size=3, padding=1). In forward: return self.conv(self.upsample(features)).",
    ),
    why="Bilinear interpolation treats all pixels alike, so there is nothing to overlap unevenly. The "
    "convolution after it learns what a transposed convolution would have learned.",
)

# Zeros stay zeros, and the bias of -1 is all that is left; 2 * 1 * 9 weights and 2 biases.
BILINEAR_UP.worked(
    torch.zeros(1, 1, 1, 2),
    2,
    gives={
        "the shape for features of shape (1, 1, 1, 2)": "(1, 2, 2, 4)",
        "the number of weights and biases": 20,
        "the first channel of the first image, for known weights": [[-1.0] * 4] * 2,
    },
)
# Pixels of 1. The weights are ninths of 1.5, 1.375, 1.25; 1.125, 1, 0.875; 0.75, 0.625, 0.5. At an edge those
# that lie outside are missing. In the upper left corner 1 + 0.875 + 0.625 + 0.5 = 3 ninths are left, less the
# bias of 1.
BILINEAR_UP.worked(
    torch.ones(1, 1, 2, 1),
    1,
    gives={
        "the shape for features of shape (1, 1, 2, 1)": "(1, 1, 4, 2)",
        "the number of weights and biases": 10,
        "the first channel of the first image, for known weights": [
            [-0.666667, -0.611111],
            [-0.375, -0.291667],
            [-0.375, -0.291667],
            [-0.5, -0.444444],
        ],
    },
)


@BILINEAR_UP.wrong
class NearestPixel(BilinearUp):
    """You repeated the pixels: that is nearest-neighbour. Pass mode="bilinear"."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2)


@BILINEAR_UP.wrong
class CornersAligned(BilinearUp):
    """You aligned the corners. Then the distance between pixels hangs on the size of the map; pass
    align_corners=False, which is torch's default.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


@BILINEAR_UP.wrong
class ConvolutionFirst(BilinearUp):
    """You convolved at the small size. Upsample first: the convolution then smooths and sharpens at the final
    size.
    """

    def forward(self, features):
        return self.upsample(self.conv(features))


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
class PointwiseConvolution(BilinearUp):
    """Your convolution is 1x1: it mixes channels and sees no neighbours. Take kernel_size=3, padding=1."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1)


@BILINEAR_UP.wrong
class NoPadding(BilinearUp):
    """Your map lost a pixel on every side: the 3x3 convolution needs padding=1."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3)


@BILINEAR_UP.wrong
class ConvolutionNotApplied(BilinearUp):
    """You made the convolution, but forward does not apply it: return self.conv(self.upsample(features))."""

    def forward(self, features):
        return self.upsample(features)


@BILINEAR_UP.wrong
class ReluAtTheEnd(BilinearUp):
    """There is a ReLU at the end. Nobody asked for it here: return what the convolution gives."""

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
        self.register_buffer("stamp", (slope[:, None] * slope).expand(in_channels, 1, 4, 4).clone())

    def forward(self, features):
        padded = F.pad(features, (1, 1, 1, 1), mode="replicate")
        doubled = F.conv_transpose2d(padded, self.stamp, stride=2, padding=3, groups=len(self.stamp))
        return self.conv(doubled)
