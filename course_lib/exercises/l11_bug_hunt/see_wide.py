"""Mend run B: see wide without shrinking."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def see_wide(features, kernels):
    """Return the features after one convolution for each kernel, each followed by ReLU.

    The first kernel has dilation 1, the second 2, the third 4, and so on: each reaches twice as far as the
    one before. Height and width stay as they are: pad with zeros, by as much as the dilation.

    Args:
        features: float (N, C, H, W).
        kernels: a list of float tensors (C, C, 3, 3).

    Returns:
        Float (N, C, H, W).
    """
    ### BEGIN SOLUTION
    dilation = 1
    for kernel in kernels:
        features = torch.relu(F.conv2d(features, kernel, padding=dilation, dilation=dilation))
        dilation = 2 * dilation
    return features  # (N, C, H, W)
    ### END SOLUTION


_SIZES = {  # of the features, and how many kernels
    "three kernels": ((1, 2, 9, 11), 3),
    "one kernel": ((2, 2, 4, 5), 1),
    "two kernels": ((1, 1, 7, 5), 2),
    "four kernels": ((1, 1, 12, 10), 4),
    "three images": ((3, 2, 6, 8), 2),
    "square": ((1, 2, 9, 9), 3),
    "smaller than the dilation": ((2, 2, 3, 2), 3),
}


def _draw_wide(rng, kind):
    shape, number = _SIZES[kind]
    features = torch.from_numpy(rng.integers(-4, 5, shape).astype(np.float32))
    kernels = rng.integers(-2, 4, (number, shape[1], shape[1], 3, 3)).astype(np.float32)
    return features, list(torch.from_numpy(kernels))


SEE_WIDE = Exercise(
    see_wide,
    title="Mend run B: see wide without shrinking",
    points=2,
    minutes=7,
    source="Study guide, section 16, pitfall 9; Lesson 33, common errors",
    draw=by_kind(_draw_wide, *_SIZES),
    fresh_cases=14,
    tolerance=1e-4,
    hints=(
        "F.conv2d takes padding and dilation. What keeps the size where a 3x3 kernel reaches 2 pixels to each side?",
        "Start with dilation = 1, and double it after each kernel.",
        "features = torch.relu(F.conv2d(features, kernel, padding=dilation, dilation=dilation)).",
    ),
    why="There are as many weights as before and the view is as wide, but there is still one number per pixel. Lesson "
    "12 builds on this.",
)

_SPOT = torch.zeros(1, 1, 5, 5)
_SPOT[0, 0, 2, 2] = 1.0

_ROW = torch.zeros(1, 1, 3, 3)
_ROW[0, 0, 1] = 1.0  # adds up a pixel, its left and its right neighbour

# The first makes 0 1 1 1 0 of the spot, the second adds up neighbours at a distance of 2: 1 2 1 2 1... by hand:
# place 0 gets places 0 and 2 (0 + 1), 1 gets 1 and 3 (2), 2 gets 0, 2, 4 (1), 3 gets 1 and 3 (2), 4 gets 2 (1).
SEE_WIDE.worked(
    _SPOT, [_ROW, _ROW], gives=[[[[0.0] * 5, [0.0] * 5, [1.0, 2, 1, 2, 1], [0.0] * 5, [0.0] * 5]]]
)


@SEE_WIDE.wrong
def by_strides(features, kernels):
    """You used strides of 2, as run B did. Three of them leave one number for 8 x 8 pixels, and enlarging brings
    nothing back. Keep stride 1, and widen the kernel by dilation.
    """
    size = features.shape[2:]
    for kernel in kernels:
        features = torch.relu(F.conv2d(features, kernel, stride=2, padding=1))
    return F.interpolate(features, size=size, mode="bilinear")


def _wide_by(step):
    def seen(features, kernels):
        for number, kernel in enumerate(kernels):
            features = step(features, kernel, number)
        return features

    return seen


@SEE_WIDE.wrong
def no_dilation(features, kernels):
    """You left dilation at 1. The size stays, but three such kernels see only 7 pixels in a row; with dilation 1, 2
    and 4 they see 15.
    """
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=1)))(features, kernels)


@SEE_WIDE.wrong
def one_more_each_time(features, kernels):
    """Your dilation grows 1, 2, 3. It should double: 1, 2, 4."""
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=n + 1, dilation=n + 1)))(
        features, kernels
    )


@SEE_WIDE.wrong
def from_two(features, kernels):
    """Your dilation begins with 2. Then the first kernel already skips every second pixel: begin with 1."""
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=2 ** (n + 1), dilation=2 ** (n + 1))))(
        features, kernels
    )


@SEE_WIDE.wrong
def no_padding(features, kernels):
    """You did not pad, so the features shrink by the dilation on each side. padding=dilation keeps the size."""
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, dilation=2**n)))(features, kernels)


@SEE_WIDE.wrong
def no_relu(features, kernels):
    """You left the ReLUs out. Without them, several convolutions in a row are just a larger one: apply ReLU after
    each.
    """
    return _wide_by(lambda f, k, n: F.conv2d(f, k, padding=2**n, dilation=2**n))(features, kernels)


@SEE_WIDE.wrong
def one_relu(features, kernels):
    """You applied ReLU only at the end. Apply it after each convolution."""
    return torch.relu(no_relu(features, kernels))


@SEE_WIDE.wrong
def padded_by_one(features, kernels):
    """Your dilation grows, and your padding stays at 1, so the features shrink. A kernel of dilation 4
    reaches 4 pixels to each side: padding=dilation.
    """
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=1, dilation=2**n)))(features, kernels)


@SEE_WIDE.wrong
def always_the_first_features(features, kernels):
    """Each of your convolutions gets the first features, so only the last one counts. Give each of them what the one
    before it returned.
    """
    number = len(kernels) - 1
    return torch.relu(F.conv2d(features, kernels[-1], padding=2**number, dilation=2**number))


@SEE_WIDE.wrong
def side_by_side(features, kernels):
    """You applied every kernel to the first features and added up the results. Apply them one after the other: each
    gets what the one before it gave, and that is how the views add up.
    """
    return sum(
        torch.relu(F.conv2d(features, kernel, padding=2**number, dilation=2**number))
        for number, kernel in enumerate(kernels)
    )


@SEE_WIDE.wrong
def at_most_three(features, kernels):
    """Your function uses three kernels at most. A list of dilations that ends at 4 does that, because zip stops with
    the shorter of its lists. There may be any number of kernels: double the dilation in the loop.
    """
    for kernel, dilation in zip(kernels, (1, 2, 4), strict=False):
        features = torch.relu(F.conv2d(features, kernel, padding=dilation, dilation=dilation))
    return features


@SEE_WIDE.wrong
def stride_for_dilation(features, kernels):
    """You gave the numbers 1, 2, 4 to stride. A stride moves the kernel on in larger steps, and the map shrinks;
    dilation spreads its weights out.
    """
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=2**n, stride=2**n)))(features, kernels)


@SEE_WIDE.wrong
def twice_the_number(features, kernels):
    """Your first dilation is 0, and a dilation is at least 1. Twice the number of the kernel, for instance, begins
    with 0: it is 1, then 2, then 4, each twice the one before.
    """
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=2 * n, dilation=2 * n)))(
        features, kernels
    )


@SEE_WIDE.right
def wide_by_same(features, kernels):
    for number, kernel in enumerate(kernels):
        features = F.relu(F.conv2d(features, kernel, padding="same", dilation=2**number))
    return features


@SEE_WIDE.right
def wide_by_padding_first(features, kernels):
    for number, kernel in enumerate(kernels):
        wider = nn.ZeroPad2d(2**number)(features)
        features = F.conv2d(wider, kernel, dilation=2**number).clamp(min=0)
    return features


@SEE_WIDE.right
def wide_by_shifts(features, kernels):
    height, width = features.shape[2:]
    for number, kernel in enumerate(kernels):
        d = 2**number
        padded = F.pad(features, (d, d, d, d))
        features = sum(
            torch.einsum(
                "nchw,kc->nkhw", padded[..., d * i : d * i + height, d * j : d * j + width], kernel[..., i, j]
            )
            for i, j in itertools.product(range(3), repeat=2)
        )
        features = torch.relu(features)
    return features


SEE_WIDE.equivalent(
    "wide_by_shifts, line 6: d -> height",
    "wide_by_shifts, line 6: d -> width",
    because="More zeros at the bottom and on the right are never looked at.",
)

SEE_WIDE.equivalent(
    "wide_by_shifts, line 2: height, width = features.shape[2:] -> height, width = features.shape[2:] (moved)",
    "wide_by_shifts, line 11: (i, j) -> (j, i)",
    because="The size stays, so it may be read in every round; and a sum has no order.",
)
