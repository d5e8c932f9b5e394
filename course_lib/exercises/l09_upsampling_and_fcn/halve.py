"""Pool, or move on by two."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l09_upsampling_and_fcn.shared import quarters


def halve(images, weight, how):
    """Return the images at half size, with K channels. There is no bias and no ReLU.

    Args:
        images: float (N, C, H, W) with even H and W.
        weight: float (K, C, 3, 3).
        how: "pool": the 3x3 convolution with padding 1, then 2x2 max pooling; or "stride": the 3x3
            convolution with padding 1 that moves on by 2, and no pooling.

    Returns:
        Float (N, K, H/2, W/2).
    """
    ### BEGIN SOLUTION
    if how == "stride":
        return F.conv2d(images, weight, stride=2, padding=1)  # (N, K, H/2, W/2)
    features = F.conv2d(images, weight, padding=1)  # (N, K, H, W)
    return F.max_pool2d(features, kernel_size=2)  # (N, K, H/2, W/2)
    ### END SOLUTION


_KINDS = tuple(
    f"{how}{what}"
    for how in ("pool", "stride")
    for what in ("", ", one image", ", one channel", ", square", ", sizes alike", ", all negative")
)


def _draw_halving(rng, kind):
    """Draw three images of two channels, and kernels for one to four; usually no two sizes are equal."""
    how, _, what = kind.partition(", ")
    height, width = (2 * int(half) for half in rng.choice([2, 3, 4], 2, replace=False))
    count, channels, kernels = 3, 2, int(rng.choice([1, 4]))
    if what == "sizes alike":
        count = channels = kernels = height = 4
    count = 1 if what == "one image" else count
    channels = 1 if what == "one channel" else channels
    images = quarters(rng, count, channels, height, height if what == "square" else width)
    weight = quarters(rng, kernels, channels, 3, 3)
    if what == "all negative":  # all answers are below 0, which a ReLU or padded pooling would show
        images, weight = images.abs() + 0.25, -weight.abs() - 0.25
    return images, weight, how


HALVE = Exercise(
    halve,
    title="Pool, or move on by two",
    points=2,
    minutes=6,
    source="Study guide, section 12: downsampling methods",
    draw=by_kind(_draw_halving, *_KINDS),
    tolerance=1e-5,
    hints=(
        "Both begin with F.conv2d and padding 1. Where does each of them lose half of the size?",
        "F.conv2d takes stride=2. F.max_pool2d(features, 2) keeps one of four.",
        'For "stride" return F.conv2d(images, weight, stride=2, padding=1); otherwise '
        "F.max_pool2d(F.conv2d(images, weight, "
        "padding=1), 2).",
    ),
    why="The strided convolution computes every fourth of the answers, so it is four times cheaper; "
    "pooling computes all, and keeps the strongest of each block.",
)

_COUNT = torch.arange(1.0, 17.0).view(1, 1, 4, 4)  # 1 to 16, row by row

_CENTRE = torch.zeros(1, 1, 3, 3)
_CENTRE[0, 0, 1, 1] = 1.0  # hands each pixel on as it is

HALVE.worked(_COUNT, _CENTRE, "pool", gives=[[[[6.0, 8.0], [14.0, 16.0]]]])
HALVE.worked(_COUNT, _CENTRE, "stride", gives=[[[[1.0, 3.0], [9.0, 11.0]]]])


@HALVE.wrong
def pooled_first(images, weight, how):
    """You pooled before the convolution. It should see all pixels: convolve first, then keep the strongest
    answer.
    """
    if how == "stride":
        return halve(images, weight, how)
    return F.conv2d(F.max_pool2d(images, 2), weight, padding=1)


@HALVE.wrong
def mean_of_the_block(images, weight, how):
    """You pooled by the mean. Max pooling keeps the strongest answer of each 2x2 block: F.max_pool2d."""
    if how == "stride":
        return halve(images, weight, how)
    return F.avg_pool2d(F.conv2d(images, weight, padding=1), 2)


@HALVE.wrong
def always_pooled(images, weight, how):
    """You pooled in both cases. With how="stride" the convolution itself moves on by 2: pass stride=2."""
    return halve(images, weight, "pool")


@HALVE.wrong
def stride_and_pooling(images, weight, how):
    """With how="stride" you halved twice: stride 2 is enough, no pooling follows."""
    if how == "pool":
        return halve(images, weight, how)
    return F.max_pool2d(F.conv2d(images, weight, stride=2, padding=1), 2, ceil_mode=True)


@HALVE.wrong
def always_strided(images, weight, how):
    """You used stride 2 in both cases. With how="pool" the convolution has stride 1, and F.max_pool2d halves."""
    return halve(images, weight, "stride")


@HALVE.wrong
def no_padding(images, weight, how):
    """Your kernel does not start at the padded border. Let F.conv2d pad one pixel on each side: padding=1."""
    if how == "stride":
        return F.conv2d(F.pad(images, (0, 1, 0, 1)), weight, stride=2)
    return F.max_pool2d(F.pad(F.conv2d(images, weight), (0, 2, 0, 2)), 2)


@HALVE.wrong
def pixels_dropped_first(images, weight, how):
    """You dropped every second pixel before the convolution. With stride 2 the kernel still sees all pixels
    under it: it is the places of the kernel that are two apart.
    """
    if how == "pool":
        return halve(images, weight, how)
    return F.conv2d(images[..., ::2, ::2], weight, padding=1)


@HALVE.wrong
def blocks_of_three(images, weight, how):
    """You pooled blocks of 3x3, which overlap. Pool blocks of 2x2 side by side: F.max_pool2d(features, 2)."""
    if how == "stride":
        return halve(images, weight, how)
    return F.max_pool2d(F.conv2d(images, weight, padding=1), 3, stride=2, padding=1)


@HALVE.wrong
def odd_places(images, weight, how):
    """With how="stride" you kept the second of every two places. The kernel begins at the first one: 0, 2, 4."""
    if how == "pool":
        return halve(images, weight, how)
    return F.conv2d(images, weight, padding=1)[..., 1::2, 1::2]


@HALVE.right
def by_slicing(images, weight, how):
    features = F.conv2d(images, weight, padding=1)
    if how == "stride":
        return features[:, :, ::2, ::2]
    rows = torch.maximum(features[:, :, ::2], features[:, :, 1::2])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


@HALVE.right
def by_modules(images, weight, how):
    kernels, channels = weight.shape[:2]
    conv = nn.Conv2d(channels, kernels, 3, stride=2 if how == "stride" else 1, padding=1, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weight)
        return conv(images) if how == "stride" else nn.MaxPool2d(2)(conv(images))


@HALVE.right
def in_numpy(images, weight, how):
    padded = np.pad(np.asarray(images), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))  # (N, C, H, W, 3, 3)
    features = np.einsum("nchwij,kcij->nkhw", windows, np.asarray(weight))
    if how == "stride":
        return features[..., ::2, ::2]
    count, channels, height, width = features.shape
    return features.reshape(count, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5))


HALVE.equivalent(
    "in_numpy, line 9: (3, 5) -> (5, 3)",
    because="The highest of a block is the same, whichever axis comes first.",
)
