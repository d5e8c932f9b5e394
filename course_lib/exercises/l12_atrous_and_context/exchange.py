"""Two resolutions, side by side."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def exchange(fine, coarse):
    """Let two branches tell each other what they see.

    Each becomes the sum of itself and the other, brought to its size: up by bilinear interpolation
    (align_corners=False), down by the means of 2x2 pixels.

    Args:
        fine: float (N, C, H, W).
        coarse: float (N, C, H/2, W/2).

    Returns:
        (fine, coarse), the new ones, of the same shapes.
    """
    ### BEGIN SOLUTION
    up = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)  # (N, C, H, W)
    down = F.avg_pool2d(fine, 2)  # (N, C, H/2, W/2)
    return fine + up, coarse + down
    ### END SOLUTION


_COARSE = {  # its shape
    "one pixel": (1, 2, 1, 1),
    "one row": (2, 1, 1, 3),
    "one column": (1, 3, 4, 1),
    "square": (2, 3, 3, 3),
    "three images": (3, 2, 2, 3),
    "all sizes alike": (2, 2, 2, 2),
    "large": (1, 1, 5, 7),
}


def _draw_branches(rng, kind):
    """Draw two branches of whole numbers."""
    count, channels, height, width = _COARSE[kind]
    fine = rng.integers(-9, 10, (count, channels, 2 * height, 2 * width)).astype(np.float32)
    coarse = rng.integers(-9, 10, (count, channels, height, width)).astype(np.float32)
    return torch.from_numpy(fine), torch.from_numpy(coarse)


EXCHANGE = Exercise(
    exchange,
    title="Two resolutions, side by side",
    points=2,
    minutes=8,
    source="Notes: HRNet, high resolution kept throughout",
    draw=by_kind(_draw_branches, *_COARSE),
    tolerance=1e-5,
    hints=(
        "Each branch needs the other one in its own size: one of them has to be enlarged, the other made smaller. Then "
        "both results are sums.",
        'F.interpolate(coarse, scale_factor=2, mode="bilinear") is as large as fine; F.avg_pool2d(fine, 2) as '
        "coarse.",
        "Compute up and down first, from the branches as they were handed in; then return fine + up, coarse + down.",
    ),
    why="After one exchange the fine branch knows about the surroundings and the coarse one about details, and "
    "neither has given up its resolution.",
)

EXCHANGE.worked(
    torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]),
    torch.tensor([[[[10.0]]]]),
    gives=([[[[11.0, 12.0], [13.0, 14.0]]]], [[[[12.5]]]]),
    example="exchange-2x2",
)
# up: 0, 0.25 * 8 = 2, 6, 8 in both rows
EXCHANGE.worked(
    torch.zeros(1, 1, 2, 4),
    torch.tensor([[[[0.0, 8.0]]]]),
    gives=([[[[0.0, 2.0, 6.0, 8.0], [0.0, 2.0, 6.0, 8.0]]]], [[[[0.0, 8.0]]]]),
)


def _doubled(coarse, mode="bilinear"):
    return F.interpolate(coarse, scale_factor=2, mode=mode)


@EXCHANGE.wrong
def one_after_the_other(fine, coarse):
    """Your coarse branch gets the new fine one, which already holds the coarse one. Compute up and down from the
    branches as they were handed in, then add.
    """
    fine = fine + _doubled(coarse)
    return fine, coarse + F.avg_pool2d(fine, 2)


@EXCHANGE.wrong
def the_other_after_the_one(fine, coarse):
    """Your fine branch gets the new coarse one, which already holds the fine one. Compute up and down from the
    branches as they were handed in, then add.
    """
    coarse = coarse + F.avg_pool2d(fine, 2)
    return fine + _doubled(coarse), coarse


@EXCHANGE.wrong
def the_coarse_branch_hears_nothing(fine, coarse):
    """Only the fine branch changed. The coarse one must get the means of the fine one's 2x2 pixels."""
    return fine + _doubled(coarse), coarse


@EXCHANGE.wrong
def branches_replaced(fine, coarse):
    """Each branch became the other: what it saw itself is gone. Add the other to it."""
    return _doubled(coarse), F.avg_pool2d(fine, 2)


@EXCHANGE.wrong
def up_in_blocks(fine, coarse):
    """You enlarged the coarse branch in blocks: F.interpolate takes the nearest unless you say mode="bilinear"."""
    return fine + _doubled(coarse, "nearest"), coarse + F.avg_pool2d(fine, 2)


@EXCHANGE.wrong
def down_by_max(fine, coarse):
    """You kept the largest of each 2x2 pixels on the way down. The mean is asked for: F.avg_pool2d(fine, 2)."""
    return fine + _doubled(coarse), coarse + F.max_pool2d(fine, 2)


@EXCHANGE.wrong
def down_by_every_second_pixel(fine, coarse):
    """You took every second pixel on the way down, so that three of four are ignored. Take the mean of each 2x2."""
    return fine + _doubled(coarse), coarse + fine[..., ::2, ::2]


@EXCHANGE.wrong
def joined_not_added(fine, coarse):
    """You joined the branches along the channels. Here they are added, so that the widths stay as they are."""
    return torch.cat([fine, _doubled(coarse)], 1), torch.cat([coarse, F.avg_pool2d(fine, 2)], 1)


@EXCHANGE.wrong
def only_the_fine_one(fine, coarse):
    """You returned only the fine branch. Return both, the fine one first."""
    return exchange(fine, coarse)[0]


@EXCHANGE.wrong
def means_of_the_two(fine, coarse):
    """You took the mean of the two branches. Each becomes the sum of itself and the other."""
    new_fine, new_coarse = exchange(fine, coarse)
    return new_fine / 2, new_coarse / 2


@EXCHANGE.wrong
def coarse_first(fine, coarse):
    """You returned the coarse branch first. The fine one comes first."""
    return exchange(fine, coarse)[::-1]


@EXCHANGE.right
def exchanged_by_layers(fine, coarse):
    return [
        nn.Upsample(size=fine.shape[2:], mode="bilinear")(coarse) + fine,
        nn.AvgPool2d(2)(fine).add(coarse),
    ]


@EXCHANGE.right
def exchanged_by_blocks(fine, coarse):
    count, channels, height, width = fine.shape
    blocks = fine.reshape(count, channels, height // 2, 2, width // 2, 2)
    return torch.add(fine, _doubled(coarse)), coarse + blocks.mean(dim=(3, 5))


@EXCHANGE.right
def exchanged_by_slices(fine, coarse):
    down = (fine[..., ::2, ::2] + fine[..., 1::2, ::2] + fine[..., ::2, 1::2] + fine[..., 1::2, 1::2]) / 4
    up = F.interpolate(coarse, size=tuple(fine.shape[2:]), mode="bilinear")
    return fine + up, coarse + down


EXCHANGE.equivalent(
    "exchange, line 15: F.interpolate(coarse, scale_factor=2, mode='bilinear', align_corners=False)"
    " -> F.interpolate(coarse, scale_factor=2, mode='bilinear')",
    because="align_corners is False by default.",
)
EXCHANGE.equivalent(
    "exchanged_by_blocks, line 5: (3, 5) -> (5, 3)",
    because="A mean has no order.",
)
