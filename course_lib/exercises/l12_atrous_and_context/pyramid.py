"""Pyramid pooling."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def pyramid(features, bins):
    """Tell every pixel about its surroundings.

    For every number of bins: take the means over bins x bins cells of the image, and enlarge them to H x W
    again, bilinear, align_corners=False.

    Args:
        features: float (N, C, H, W).
        bins: a list of int: for each level, how many cells there are per side.

    Returns:
        Float (N, C * (1 + len(bins)), H, W): the features first, then the levels in the order of bins.
    """
    ### BEGIN SOLUTION
    levels = [features]
    for cells in bins:
        means = F.adaptive_avg_pool2d(features, cells)  # (N, C, cells, cells)
        levels.append(F.interpolate(means, size=features.shape[2:], mode="bilinear", align_corners=False))
    return torch.cat(levels, dim=1)
    ### END SOLUTION


_SHAPES = {  # of the features, and the bins
    "one level": ((1, 2, 3, 4), [1]),
    "two levels": ((2, 1, 4, 6), [1, 2]),
    "three images": ((3, 2, 6, 5), [3, 1]),
    "square": ((1, 3, 6, 6), [1, 2, 3]),
    "cells that do not divide the sides": ((2, 2, 5, 7), [3, 2]),
    "the finest first": ((1, 1, 8, 9), [6, 3, 2, 1]),
    "cells of one pixel": ((2, 3, 3, 5), [3]),
    "all sizes alike": ((2, 2, 2, 2), [2, 1]),
}


def _draw_pyramid(rng, kind):
    shape, bins = _SHAPES[kind]
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32) / 4), bins


PYRAMID = Exercise(
    pyramid,
    title="Pyramid pooling",
    points=2,
    minutes=10,
    source="Notes: PSPNet, pyramid pooling",
    draw=by_kind(_draw_pyramid, *_SHAPES),
    tolerance=1e-5,
    hints=(
        "Each level takes two steps: first the means over a number of cells, then those means at the size of the "
        "features. torch has a function for each.",
        'F.adaptive_avg_pool2d(features, cells), then F.interpolate(..., size=features.shape[2:], mode="bilinear").',
        "Collect [features, level, level, ...] in a list and return torch.cat(that_list, dim=1).",
    ),
    why="A mean over a cell says what sort of place it is: much carpet, little fur. Coarse levels speak for the "
    "scene, fine ones for the neighbourhood.",
)

# The cells' means are 2.5, 4.5, 10.5 and 12.5. Enlarged twofold, a pixel takes three quarters of its own cell and a
# quarter of the next one; beyond the outer cells' middles there is none.
PYRAMID.worked(
    torch.tensor([[[[0.0, 2.0], [4.0, 6.0]]]]),
    [1],
    gives=[[[[0.0, 2.0], [4.0, 6.0]], [[3.0, 3.0], [3.0, 3.0]]]],
)
PYRAMID.worked(
    torch.arange(16.0).reshape(1, 1, 4, 4),
    [2],
    gives=[
        [
            [
                [0.0, 1.0, 2.0, 3.0],
                [4.0, 5.0, 6.0, 7.0],
                [8.0, 9.0, 10.0, 11.0],
                [12.0, 13.0, 14.0, 15.0],
            ],
            [
                [2.5, 3.0, 4.0, 4.5],
                [4.5, 5.0, 6.0, 6.5],
                [8.5, 9.0, 10.0, 10.5],
                [10.5, 11.0, 12.0, 12.5],
            ],
        ]
    ],
    example="pyramid-4x4",
)


def _levels_by(pool=F.adaptive_avg_pool2d, **enlarge):
    """Build the levels by another pooling, or enlarge them otherwise."""
    options = {"mode": "bilinear", **enlarge}

    def levels(features, bins):
        return [F.interpolate(pool(features, cells), features.shape[2:], **options) for cells in bins]

    return levels


@PYRAMID.wrong
def largest_values(features, bins):
    """You kept the largest value of each cell. Pyramid pooling takes means: adaptive_avg_pool2d, not max."""
    return torch.cat([features, *_levels_by(F.adaptive_max_pool2d)(features, bins)], dim=1)


@PYRAMID.wrong
def blocks(features, bins):
    """Your levels are blocks with steps between them: F.interpolate enlarges by nearest neighbour unless you
    say mode="bilinear".
    """
    return torch.cat([features, *_levels_by(mode="nearest")(features, bins)], dim=1)


@PYRAMID.wrong
def stretched_from_corner_to_corner(features, bins):
    """You stretched the cells from corner to corner of the image (align_corners=True), away from the pixels
    that they are the means of. Use align_corners=False.
    """
    return torch.cat([features, *_levels_by(align_corners=True)(features, bins)], dim=1)


@PYRAMID.wrong
def only_levels(features, bins):
    """The features themselves are missing: the levels tell a pixel about its surroundings, and without the
    features nothing is left of the pixel.
    """
    return torch.cat(_levels_by()(features, bins), dim=1)


@PYRAMID.wrong
def features_last(features, bins):
    """You put the features after the levels. They come first here, then the levels in the order of bins."""
    return torch.cat([*_levels_by()(features, bins), features], dim=1)


@PYRAMID.wrong
def bins_in_order_of_size(features, bins):
    """You sorted the bins. The levels come in the order in which bins names them."""
    return pyramid(features, sorted(bins))


@PYRAMID.wrong
def cells_of_that_size(features, bins):
    """You made cells of bins x bins pixels. bins says how many cells there are per side, whatever the image's
    size: F.adaptive_avg_pool2d(features, bins).
    """
    return torch.cat([features, *_levels_by(F.avg_pool2d)(features, bins)], dim=1)


@PYRAMID.wrong
def cells_rounded_down(features, bins):
    """You cut the image into cells of H // bins pixels. Where bins does not divide the side, that makes too many cells,
    or it leaves out the last pixels: F.adaptive_avg_pool2d(features, bins) fits any size.
    """
    height, width = features.shape[2:]
    size = {"size": (height, width), "mode": "bilinear"}
    means = [F.avg_pool2d(features, (height // cells, width // cells)) for cells in bins]
    return torch.cat([features, *(F.interpolate(each, **size) for each in means)], dim=1)


@PYRAMID.wrong
def levels_added(features, bins):
    """You added the levels to the features. Join them along the channels, with torch.cat: from a sum, no later layer
    can tell what was the pixel and what were its surroundings.
    """
    return features + sum(_levels_by()(features, bins))


@PYRAMID.wrong
def levels_of_levels(features, bins):
    """You made each level of the level before it, so what that one lost stays lost. Every level comes from the features
    themselves.
    """
    levels = [features]
    for cells in bins:
        levels += _levels_by()(levels[-1], [cells])
    return torch.cat(levels, dim=1)


@PYRAMID.right
def of_layers(features, bins):
    up = nn.Upsample(features.shape[2:], mode="bilinear")
    return torch.cat((features, *(up(nn.AdaptiveAvgPool2d((n, n))(features)) for n in bins)), 1)


@PYRAMID.right
def by_area(features, bins):
    size = tuple(features.shape[2:])
    out = features
    for cells in bins:
        small = F.interpolate(features, size=(cells, cells), mode="area")
        out = torch.concat([out, F.interpolate(small, size=size, mode="bilinear")], dim=1)
    return out


@PYRAMID.right
def of_loops(features, bins):
    *leading, height, width = features.shape
    levels = [features]
    for cells in bins:
        means = torch.empty(*leading, cells, cells)
        for row, column in np.ndindex(cells, cells):
            rows = slice(row * height // cells, -(-(row + 1) * height // cells))
            columns = slice(column * width // cells, -(-(column + 1) * width // cells))
            means[:, :, row, column] = features[:, :, rows, columns].mean(dim=(2, 3))
        levels.append(F.interpolate(means, size=(height, width), mode="bilinear"))
    return torch.cat(levels, dim=1)


PYRAMID.equivalent(
    "pyramid, line 18: F.interpolate(means, size=features.shape[2:], mode='bilinear', align_corners=False)"
    " -> F.interpolate(means, size=features.shape[2:], mode='bilinear')",
    because="align_corners is False by default.",
)
PYRAMID.equivalent(
    "of_loops, line 7: (row, column) -> (column, row)",
    "of_loops, line 10: (2, 3) -> (3, 2)",
    because="There are as many cells downwards as sideways, and a mean has no order.",
)
