"""One stage down."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l06_full_unet.double_conv import DoubleConv, without_bias
from course_lib.exercises.l06_full_unet.double_conv import single as single_conv
from course_lib.exercises.l06_full_unet.shared import (
    Conv3x3,
    attempt,
    bends_inside,
    built,
    count_idle,
    count_weights,
    draw_two_widths,
    is_normalised,
    layers,
    least,
)


class Down(nn.Module):
    """One stage down: 2x2 max pooling, then a double convolution.

    forward takes features, float (N, in_channels, H, W), and returns float (N, out_channels, H/2, W/2).

    Args:
        in_channels: int, channels of the features.
        out_channels: int, channels of the result.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))
        ### END SOLUTION

    def forward(self, features):
        """Send the features through all layers."""
        return self.layers(features)


def _observe_down(answer, in_channels, out_channels):
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        stage = built(answer, in_channels, out_channels)
        features = torch.randn(3, in_channels, 6, 8)
        output, went = attempt(stage, features)
        facts = {f"forward on {tuple(features.shape)}": went}
        if output is None:
            return facts if went else None
        facts |= {
            f"the shape for {tuple(features.shape)}": tuple(output.shape),
            "the number of weights in its kernels": count_weights(stage),
            "parameters that no gradient reaches": count_idle(stage, output),
            "batch norm right after each convolution (doubled kernels change nothing in training)": is_normalised(
                stage, features
            ),
        }
        blocks = F.interpolate(
            F.max_pool2d(10 * features, 2), scale_factor=2
        )  # of equal pixels: pooling changes nothing
        stage.eval()
        facts |= {
            "the least value that comes out": least(output),
            "there is a ReLU between the convolutions": bends_inside(stage, (blocks,), (-blocks.flip(0),)),
        }
        return facts | {
            f"the {name} of each 2x2 block is all that matters": _sees_only(stage, pooled, features)
            for name, pooled in (("maximum", F.max_pool2d(features, 2)), ("mean", F.avg_pool2d(features, 2)))
        }


def _sees_only(stage, pooled, features):
    """Return whether a stage gives the same where every 2x2 block of the features is filled with one number."""
    with torch.no_grad():
        return torch.allclose(
            stage(F.interpolate(pooled, scale_factor=2)), stage(features), rtol=1e-3, atol=1e-4
        )


DOWN = Exercise(
    Down,
    title="One stage down",
    points=1,
    minutes=5,
    source="Study guide, sections 5 and 12",
    draw=draw_two_widths,
    observe=_observe_down,
    fresh_cases=4,
    deadline=10,
    hints=(
        "Two things in a row: one that halves the size, and one that you have just written.",
        "nn.MaxPool2d(2) halves height and width and keeps the channels. DoubleConv goes from in_channels to "
        "out_channels.",
        "self.layers = nn.Sequential(nn.MaxPool2d(2), DoubleConv(..., ...))",
    ),
    why="After pooling, the same 3x3 kernel covers twice as much of the image on each side, and a quarter of the "
    "positions are left to compute: that pays for twice the channels.",
)

DOWN.worked(
    4,
    8,
    gives={
        "forward on (3, 4, 6, 8)": "went through",
        "the shape for (3, 4, 6, 8)": (3, 8, 3, 4),
        "the number of weights in its kernels": 864,  # 288 + 576; a pooling learns nothing
        "parameters that no gradient reaches": 0,
        "the least value that comes out": "0",
        "there is a ReLU between the convolutions": True,
        "batch norm right after each convolution (doubled kernels change nothing in training)": True,
        "the maximum of each 2x2 block is all that matters": True,
        "the mean of each 2x2 block is all that matters": False,
    },
)

DOWN.wrong(
    DoubleConv,
    name="no_pool",
    sentence="Your stage keeps the size. Pool first, nn.MaxPool2d(2), then convolve twice.",
)


def _max_pool(in_channels, out_channels):
    return nn.MaxPool2d(2)


DOWN.wrong(
    layers(DoubleConv, _max_pool),
    name="pool_last",
    sentence="Your stage convolves first and pools afterwards. Here it is the other way round: the skip must be "
    "taken before the pooling, so a stage down begins with it.",
)
DOWN.wrong(
    layers(lambda i, o: nn.AvgPool2d(2), DoubleConv),
    name="mean_pool",
    sentence="You pool by the mean. A U-Net takes the maximum: it keeps the strongest sign of a feature in "
    "each 2x2 block.",
)
DOWN.wrong(
    layers(lambda i, o: nn.MaxPool2d(2, stride=1), DoubleConv),
    name="pool_without_stride",
    sentence="Your pooling moves by one pixel at a time, so the size shrinks by one pixel only. "
    "nn.MaxPool2d(2) moves by 2 unless told otherwise.",
)
DOWN.wrong(
    layers(lambda i, o: nn.MaxPool2d(4), DoubleConv),
    name="pool_by_four",
    sentence="You pool by 4 on each side. One stage halves: nn.MaxPool2d(2) turns four pixels, 2 x 2, into "
    "one.",
)
DOWN.wrong(
    layers(lambda i, o: nn.Conv2d(i, i, 2, stride=2), DoubleConv),
    name="strided_conv",
    sentence="You go down by a convolution with stride 2, which has parameters of its own. That works, and "
    "other networks do it; this U-Net pools.",
)
DOWN.wrong(
    layers(_max_pool, single_conv),
    name="single_conv",
    sentence="After the pooling you convolve once. A stage has a double convolution: use your DoubleConv.",
)


@DOWN.wrong
class PlainList(Down):
    """You stored the layers in a plain list, which cannot be called like a layer, and in which torch does not find
    their parameters. Wrap them: nn.Sequential(...).
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        made = list(self.layers)
        del self.layers
        self.layers = made


@DOWN.right
class DownInARow(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(nn.MaxPool2d(kernel_size=2), without_bias(in_channels, out_channels))


@DOWN.right
class DownFunctional(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.block = DoubleConv(in_channels, out_channels)

    def forward(self, x):
        return self.block(F.max_pool2d(x, 2))


@DOWN.right
class DownByBlocks(DownFunctional):
    def forward(self, x):
        images, channels, height, width = x.shape
        return self.block(x.reshape(images, channels, height // 2, 2, width // 2, 2).amax(dim=5).amax(dim=3))


@DOWN.right
class DownOfParameters(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.first, self.second = Conv3x3(in_channels, out_channels), Conv3x3(out_channels, out_channels)

    def forward(self, x):
        return self.second(
            self.first(F.adaptive_max_pool2d(x, (x.shape[2] // 2, x.shape[3] // 2))).relu()
        ).relu()
