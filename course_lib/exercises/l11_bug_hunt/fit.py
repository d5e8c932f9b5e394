"""Mend run J: make the sizes fit."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def fit(features, skip):
    """Enlarge features to the height and width of a skip.

    Rows that are missing are added at the bottom, columns at the right: copies of the last row and the last
    column.

    Args:
        features: tensor (N, C, h, w).
        skip: tensor (N, C, H, W); h <= H and w <= W.

    Returns:
        Tensor (N, C, H, W).
    """
    ### BEGIN SOLUTION
    rows = skip.shape[2] - features.shape[2]
    columns = skip.shape[3] - features.shape[3]
    return F.pad(features, (0, columns, 0, rows), mode="replicate")  # (N, C, H, W)
    ### END SOLUTION


_SIZES = {  # of the features, and what is missing
    "a row": ((1, 2, 3, 4), (1, 0)),
    "a column": ((2, 1, 4, 3), (0, 1)),
    "a row and a column": ((2, 2, 4, 3), (1, 1)),
    "more rows than columns": ((1, 2, 2, 4), (3, 1)),
    "more columns than rows": ((1, 3, 4, 2), (1, 2)),
    "nothing": ((1, 2, 3, 5), (0, 0)),
    "three images": ((3, 1, 2, 3), (2, 1)),
    "all sizes alike": ((2, 2, 2, 2), (2, 2)),
    "all but one pixel": ((1, 2, 1, 1), (1, 2)),
}


def _draw_fit(rng, kind):
    (count, channels, height, width), (rows, columns) = _SIZES[kind]
    features = rng.integers(0, 50, (count, channels, height, width)).astype(np.float32)
    skip = rng.integers(1, 50, (count, channels, height + rows, width + columns)).astype(np.float32)
    return torch.from_numpy(features), torch.from_numpy(skip)


FIT = Exercise(
    fit,
    title="Mend run J: make the sizes fit",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 3",
    draw=by_kind(_draw_fit, *_SIZES),
    hints=(
        "How many rows are missing? And how many columns?",
        "F.pad takes the dims from the last: (left, right, top, bottom). Which of the four are 0 here?",
        'F.pad(features, (0, columns, 0, rows), mode="replicate").',
    ),
    why="15 pixels become 7, and 7 become 14. One row is lost in the pooling and has to be given back before the "
    "skip can be joined. Printing shapes finds the place in a minute.",
)

FIT.worked(
    torch.tensor([[[[1.0, 2], [3, 4]]]]),
    torch.zeros(1, 1, 3, 3),
    gives=[[[[1.0, 2, 2], [3, 4, 4], [3, 4, 4]]]],
)
FIT.worked(torch.tensor([[[[1.0, 2], [3, 4]]]]), torch.zeros(1, 1, 2, 3), gives=[[[[1.0, 2, 2], [3, 4, 4]]]])


@FIT.wrong
def as_it_was(features, skip):
    """You returned the features as they came. Where a pooling has dropped a row, they are one row short of
    the skip: add it.
    """
    return features


def _missing(features, skip):
    return skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]


@FIT.wrong
def zeros(features, skip):
    """You filled up with zeros. To the next convolution they look like an edge that the picture does not have: copy the
    last row and column, mode="replicate".
    """
    rows, columns = _missing(features, skip)
    return F.pad(features, (0, columns, 0, rows))


@FIT.wrong
def at_the_top_and_left(features, skip):
    """You added at the top and on the left, which shifts all features against the skip. Pooling drops the last row and
    column, so they are missing at the bottom and on the right.
    """
    rows, columns = _missing(features, skip)
    return F.pad(features, (columns, 0, rows, 0), mode="replicate")


@FIT.wrong
def rows_for_columns(features, skip):
    """You exchanged rows and columns. F.pad counts from the last dim: (left, right, top, bottom)."""
    rows, columns = _missing(features, skip)
    return F.pad(features, (0, rows, 0, columns), mode="replicate")


@FIT.wrong
def stretched(features, skip):
    """You stretched the features to the new size. That moves them against the skip, further and further towards the
    bottom and the right: add the missing rows and columns there instead.
    """
    return F.interpolate(features, size=skip.shape[2:], mode="bilinear")


@FIT.wrong
def stretched_to_the_nearest(features, skip):
    """You enlarged by nearest neighbour. That repeats rows somewhere inside, and shifts all that follow. The rows that
    are missing are the last ones: repeat the last row there, and the last column likewise.
    """
    return F.interpolate(features, size=skip.shape[2:])


@FIT.wrong
def only_rows(features, skip):
    """You added only rows. Columns may be missing as well: the first two of the four numbers that F.pad takes."""
    return F.pad(features, (0, 0, 0, _missing(features, skip)[0]), mode="replicate")


@FIT.wrong
def last_axis_lost(features, skip):
    """An index takes its axis away: features[:, :, -1] has three axes left, and cannot be joined to four. A slice keeps
    the axis, with a length of 1: features[:, :, -1:].
    """
    while features.shape[2] < skip.shape[2]:
        features = torch.cat([features, features[:, :, -1]], dim=2)
    while features.shape[3] < skip.shape[3]:
        features = torch.cat([features, features[:, :, :, -1]], dim=3)
    return features


@FIT.wrong
def rows_for_both(features, skip):
    """You added as many columns as rows. Their numbers may differ: take the columns from skip.shape[3] -
    features.shape[3].
    """
    rows, _ = _missing(features, skip)
    return F.pad(features, (0, rows, 0, rows), mode="replicate")


@FIT.wrong
def one_row_and_one_column(features, skip):
    """You added one row and one column, whatever is missing. It may be none, or several: take the numbers from the
    shapes.
    """
    return F.pad(features, (0, 1, 0, 1), mode="replicate")


@FIT.wrong
def skip_cropped(features, skip):
    """You returned the skip, cropped to the size of the features. Return the features, enlarged to the size of the
    skip: otherwise the network's result is smaller than its image.
    """
    return skip[:, :, : features.shape[2], : features.shape[3]]


@FIT.wrong
def added_already(features, skip):
    """You added the skip as well. The caller does that next: return only the features."""
    return fit(features, skip) + skip


@FIT.right
def by_cat(features, skip):
    rows, columns = _missing(features, skip)
    features = torch.cat([features, *[features[:, :, -1:]] * rows], dim=2)
    return torch.cat([features, *[features[..., -1:]] * columns], dim=3)


@FIT.right
def by_index(features, skip):
    rows = torch.arange(skip.shape[2]).clamp(max=features.shape[2] - 1)
    columns = torch.arange(skip.shape[3]).clamp(max=features.shape[3] - 1)
    return features[:, :, rows][..., columns]


@FIT.right
def in_numpy(features, skip):
    rows, columns = _missing(features, skip)
    return np.pad(features, ((0, 0), (0, 0), (0, rows), (0, columns)), mode="edge")
