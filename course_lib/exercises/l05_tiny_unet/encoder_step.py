"""One stage of the encoder."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l05_tiny_unet.shared import quarters


def encoder_step(images, weight, bias):
    """Apply one encoder stage.

    Args:
        images: float (N, C, H, W) with even H and W.
        weight: float (K, C, 3, 3).
        bias: float (K,).

    Returns:
        (detail, pooled). detail, (N, K, H, W), is the 3x3 convolution of the images with padding 1, followed
        by ReLU. pooled, (N, K, H/2, W/2), is the 2x2 max pooling of detail.
    """
    ### BEGIN SOLUTION
    detail = torch.relu(F.conv2d(images, weight, bias, padding=1))  # (N, K, H, W)
    pooled = F.max_pool2d(detail, kernel_size=2)  # (N, K, H/2, W/2)
    return detail, pooled
    ### END SOLUTION


_KINDS = (
    "usual",
    "one image",
    "one channel",
    "one kernel",
    "square",
    "as many kernels as channels",
    "three images",
    "large",
)


def _draw_stage(rng, kind):
    count, channels, kernels = (int(number) for number in rng.permutation([2, 3, 4]))
    halves = [6, 7] if kind == "large" else [1, 2, 3]
    height, width = (2 * int(half) for half in rng.choice(halves, 2, replace=False))
    count = {"one image": 1, "three images": 3}.get(kind, count)
    channels = 1 if kind == "one channel" else channels
    kernels = {"one kernel": 1, "as many kernels as channels": channels}.get(kind, kernels)
    return (
        quarters(rng, count, channels, height, height if kind == "square" else width),
        quarters(rng, kernels, channels, 3, 3),
        quarters(rng, kernels),
    )


ENCODER_STEP = Exercise(
    encoder_step,
    title="One stage of the encoder",
    points=2,
    minutes=7,
    source="Lesson 33, section 3: encoder; study guide, section 12",
    draw=by_kind(_draw_stage, *_KINDS),
    tolerance=1e-5,
    hints=(
        "Three things happen in turn: a convolution, a ReLU, a pooling. You return what came after the second and "
        "after the third.",
        "F.conv2d(images, weight, bias, padding=1) is the convolution, torch.relu the ReLU, F.max_pool2d the pooling.",
        "detail = torch.relu(F.conv2d(images, weight, bias, padding=1)); pooled = F.max_pool2d(detail, 2).",
    ),
    why="The convolution looks for a pattern, ReLU keeps where it was found, and pooling keeps only that it was found "
    "somewhere in the block. The first of the two results still knows where, and waits for the decoder.",
)

_EDGE = torch.tensor(
    [[[[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]]]
)  # (1, 1, 2, 4), dark left, bright right

_RISE = torch.zeros(1, 1, 3, 3)
_RISE[0, 0, 1] = torch.tensor([-1.0, 1.0, 0.0])  # each pixel less the one on its left

# An edge between columns 2 and 3: the kernel answers in column 3 only, and its block remembers that.
ENCODER_STEP.worked(_EDGE, _RISE, torch.zeros(1), gives=([[[[0, 0, 1.0, 0], [0, 0, 1, 0]]]], [[[[0, 1.0]]]]))

_CENTRE = torch.zeros(1, 1, 3, 3)
_CENTRE[0, 0, 1, 1] = 1.0  # hands each pixel on as it is

ENCODER_STEP.worked(
    torch.tensor([[[[1.0, -2.0], [3.0, -4.0]]]]),
    _CENTRE,
    torch.tensor([1.0]),
    gives=([[[[2.0, 0], [4, 0]]]], [[[[4.0]]]]),
)


@ENCODER_STEP.wrong
def no_relu(images, weight, bias):
    """You left the ReLU out: some of your numbers are negative. Without it the convolutions of a network
    collapse into one; wrap the convolution in torch.relu(...).
    """
    detail = F.conv2d(images, weight, bias, padding=1)
    return detail, F.max_pool2d(detail, 2)


@ENCODER_STEP.wrong
def relu_only_for_the_pooled(images, weight, bias):
    """Your pooled features went through ReLU, but your detail did not. The decoder gets detail through the
    skip, so apply torch.relu to the convolution first, and pool what comes out.
    """
    detail = F.conv2d(images, weight, bias, padding=1)
    return detail, F.max_pool2d(torch.relu(detail), 2)


@ENCODER_STEP.wrong
def no_padding(images, weight, bias):
    """Your convolution has no padding, so every side lost 2 pixels. Detail must be as large as the images:
    pass padding=1.
    """
    detail = torch.relu(F.conv2d(images, weight, bias))
    return detail, F.max_pool2d(detail, 2)


@ENCODER_STEP.wrong
def padding_of_two(images, weight, bias):
    """Your padding is 2, so detail is 2 pixels higher and wider than the images. A 3x3 kernel reaches one pixel beyond
    its middle: padding=1 makes up for that.
    """
    detail = torch.relu(F.conv2d(images, weight, bias, padding=2))
    return detail, F.max_pool2d(detail, 2)


@ENCODER_STEP.wrong
def relu_before_the_convolution(images, weight, bias):
    """You applied the ReLU to the images. It comes after the convolution and keeps where its pattern was found: wrap
    F.conv2d(...) in torch.relu(...).
    """
    detail = F.conv2d(torch.relu(images), weight, bias, padding=1)
    return detail, F.max_pool2d(detail, 2)


@ENCODER_STEP.wrong
def bias_after_the_relu(images, weight, bias):
    """You added the bias after the ReLU. It belongs to the convolution, so ReLU must see it: hand it to F.conv2d as the
    third argument.
    """
    detail = torch.relu(F.conv2d(images, weight, padding=1)) + bias[:, None, None]
    return detail, F.max_pool2d(detail, 2)


@ENCODER_STEP.wrong
def every_second_pixel(images, weight, bias):
    """Your pooled features are every second pixel, as a slice or a stride of 2 takes it, and the others are dropped.
    Max pooling looks at all four pixels of a block and keeps the largest: F.max_pool2d(detail, 2).
    """
    detail, _ = encoder_step(images, weight, bias)
    return detail, detail[:, :, ::2, ::2]


@ENCODER_STEP.wrong
def detail_overwritten(images, weight, bias):
    """You returned the pooled features twice. Detail, at full size, is lost where the pooled features get its name:
    give them another one.
    """
    _, pooled = encoder_step(images, weight, bias)
    return pooled, pooled


@ENCODER_STEP.wrong
def pooled_by_four(images, weight, bias):
    """You pooled blocks of 4 x 4, which leaves a quarter of the height and width. One stage halves them: 2 x 2 pixels
    are four, so F.max_pool2d(detail, 2).
    """
    detail, _ = encoder_step(images, weight, bias)
    return detail, F.max_pool2d(detail, 4)


@ENCODER_STEP.wrong
def average_pooling(images, weight, bias):
    """You pooled by the mean. Max pooling keeps the strongest answer of each 2x2 block, however weak its
    neighbours are: use F.max_pool2d.
    """
    detail, _ = encoder_step(images, weight, bias)
    return detail, F.avg_pool2d(detail, 2)


@ENCODER_STEP.wrong
def pooling_in_steps_of_one(images, weight, bias):
    """Your pooling moves on by one pixel, so its blocks overlap and the size hardly shrinks. Blocks lie side
    by side: stride 2, which is what F.max_pool2d(detail, 2) does by itself.
    """
    detail, _ = encoder_step(images, weight, bias)
    return detail, F.max_pool2d(detail, 2, stride=1)


@ENCODER_STEP.wrong
def no_bias(images, weight, bias):
    """You did not use the bias. It is added to every pixel of its channel: hand it to F.conv2d as the third
    argument.
    """
    return encoder_step(images, weight, torch.zeros_like(bias))


@ENCODER_STEP.wrong
def pooled_before_detail(images, weight, bias):
    """You returned the two in the other order. The callers take detail first: return detail, pooled."""
    detail, pooled = encoder_step(images, weight, bias)
    return pooled, detail


@ENCODER_STEP.wrong
def only_pooled(images, weight, bias):
    """You returned the pooled features only. The decoder needs those of full size too: return both."""
    return encoder_step(images, weight, bias)[1]


@ENCODER_STEP.wrong
def pooled_the_images(images, weight, bias):
    """You pooled the images. What goes on through the network is what the convolution and the ReLU found: pool
    detail.
    """
    detail, _ = encoder_step(images, weight, bias)
    return detail, F.max_pool2d(images, 2)


@ENCODER_STEP.wrong
def images_pooled_first(images, weight, bias):
    """You pooled the images and convolved the small ones. Pooling comes after the convolution and the ReLU: it keeps
    the strongest answer of each block, so pool detail.
    """
    detail, _ = encoder_step(images, weight, bias)
    return detail, torch.relu(F.conv2d(F.max_pool2d(images, 2), weight, bias, padding=1))


@ENCODER_STEP.right
def of_columns(images, weight, bias):
    columns = F.unfold(images, 3, padding=1)  # (N, 9C, H * W)
    convolved = weight.flatten(1) @ columns + bias[:, None]  # (N, K, H * W)
    detail = nn.ReLU()(convolved.unflatten(2, images.shape[2:]))
    return [detail, nn.MaxPool2d(2)(detail)]


@ENCODER_STEP.right
def pooling_first(images, weight, bias):
    # The larger of two numbers, then ReLU, is the larger of their ReLUs.
    convolved = F.conv2d(images, weight, bias, padding="same")
    return convolved.clamp(min=0), F.max_pool2d(convolved, (2, 2)).clamp(min=0)


@ENCODER_STEP.right
def in_numpy(images, weight, bias):
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))  # (N, C, H, W, 3, 3)
    detail = np.einsum("nchwij,kcij->nkhw", windows, weight) + bias.numpy()[:, None, None]
    detail = np.maximum(detail, 0)  # (N, K, H, W)
    count, channels, height, width = detail.shape
    blocks = detail.reshape(count, channels, height // 2, 2, width // 2, 2)
    return detail, blocks.max(axis=5).max(axis=3)
