"""Join the skip: concatenate or add."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l05_tiny_unet.shared import quarters


def join(features, skip, how):
    """Join the decoder's features with the encoder's skip.

    Args:
        features: float tensor (N, C, h, w); h is H or H - 1, and w is W or W - 1. A row or a column that they lack was
            dropped by a pooling, and is filled with zeros where it was.
        skip: float tensor (N, C, H, W).
        how: "concat" or "add".

    Returns:
        For "concat" the channels one after the other, features first: (N, 2C, H, W). For "add" their sum,
        channel by channel: (N, C, H, W).
    """
    ### BEGIN SOLUTION
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    features = F.pad(features, (0, columns, 0, rows))  # (N, C, H, W): the pixel left over was the last one
    if how == "add":
        return features + skip  # (N, C, H, W)
    return torch.cat([features, skip], dim=1)  # (N, 2C, H, W)
    ### END SOLUTION


_ROW, _COLUMN, _BOTH = "a row was dropped", "a column was dropped", "both were dropped"
_KINDS = tuple(
    how + size
    for how in ("concat", "add")
    for size in (
        "",
        ", one image",
        ", three images",
        ", one channel",
        ", square",
        ", as many images as channels",
        f", {_ROW}",
        f", {_COLUMN}",
        f", {_BOTH}",
    )
)


def _draw_join(rng, kind):
    how, _, size = kind.partition(", ")
    count, channels, height, width = (int(number) for number in rng.permutation([2, 3, 4, 5]))
    shape = {
        "one image": (1, channels, height, width),
        "three images": (3, channels, height, width),
        "one channel": (count, 1, height, width),
        "square": (count, channels, width, width),
        "as many images as channels": (channels, channels, height, width),
    }.get(size, (count, channels, height, width))
    fewer_rows, fewer_columns = size in (_ROW, _BOTH), size in (_COLUMN, _BOTH)
    smaller = (*shape[:2], shape[2] - fewer_rows, shape[3] - fewer_columns)
    return quarters(rng, *smaller), quarters(rng, *shape), how


JOIN = Exercise(
    join,
    title="Join the skip: concatenate or add",
    points=1,
    minutes=8,
    source="Study guide, section 13: types of skip connections",
    draw=by_kind(_draw_join, *_KINDS),
    fresh_cases=len(_KINDS),
    hints=(
        "Compare the shapes that go in and come out: which of N, C, H, W grows with concatenation, and which with "
        "addition?",
        "A pooling takes its blocks from the top left corner, so it drops the last row or column. The difference of "
        "the shapes says how many are missing: skip.shape[2] - features.shape[2] rows, and likewise columns.",
        "features = F.pad(features, (0, columns, 0, rows)). Then for 'add' features + skip, and otherwise "
        "torch.cat([features, skip], dim=1).",
    ),
    why="Concatenation keeps both voices and lets the next convolution decide what to make of them, for twice the "
    "weights. Addition costs nothing, but both sides must agree on what each channel means. Either way each pixel "
    "must meet the pixel of its own place, so zeros go where the pooling dropped something: at the bottom and "
    "at the right.",
)


def _maps(value, channels):
    return torch.full((1, channels, 32, 32), value)


# 64 + 64 channels at 32 x 32: 128 concatenated, 64 added.
JOIN.worked(
    _maps(1.0, 64),
    _maps(2.0, 64),
    "concat",
    gives=torch.cat([_maps(1.0, 64), _maps(2.0, 64)], dim=1),
    example="skip-concat-add",
)
JOIN.worked(_maps(1.0, 64), _maps(2.0, 64), "add", gives=_maps(3.0, 64))


JOIN.worked(
    torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]),
    torch.full((1, 1, 3, 3), 5.0),
    "add",
    gives=torch.tensor([[[[6.0, 7.0, 5.0], [8.0, 9.0, 5.0], [5.0, 5.0, 5.0]]]]),
)


def _filled(features, skip):
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    return F.pad(features, (0, columns, 0, rows))


def _joined_along(dim):
    def joined(features, skip, how):
        features = _filled(features, skip)
        return features + skip if how == "add" else torch.cat([features, skip], dim=dim)

    return joined


@JOIN.wrong
def nothing_filled(features, skip, how):
    """You joined the features as they came. Where a pooling has dropped a row or a column, they are smaller than the
    skip and cannot be joined: fill what they lack with zeros first, by F.pad.
    """
    return features + skip if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def filled_at_the_top_left(features, skip, how):
    """You put the zeros at the top and at the left, so every pixel meets the skip of another place. Pooling takes its
    blocks from the top left corner and drops the last row and column: fill at the bottom and at the right.
    """
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    return join(F.pad(features, (columns, 0, rows, 0)), skip, how)


@JOIN.wrong
def rows_and_columns_exchanged(features, skip, how):
    """You filled rows where columns are missing, and columns where rows are. F.pad begins with the last dim: its four
    numbers are left, right, top, bottom.
    """
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    features = F.pad(features, (0, rows, 0, columns))
    return features + skip if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def skip_cropped(features, skip, how):
    """You cropped the skip to the features, which loses a row or a column of the mask. The result is as large as the
    skip: fill the features with zeros instead.
    """
    skip = skip[:, :, : features.shape[2], : features.shape[3]]
    return features + skip if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def stretched(features, skip, how):
    """You stretched the features to the size of the skip, so all their pixels have moved a little. They are only one
    row or column short: leave them where they are, and add zeros with F.pad.
    """
    return join(F.interpolate(features, skip.shape[2:], mode="nearest"), skip, how)


@JOIN.wrong
def concatenated_along_the_batch(features, skip, how):
    """You concatenated along dim 0, the batch: that doubles the number of images. Channels are dim 1 of (N,
    C, H, W).
    """
    return _joined_along(0)(features, skip, how)


@JOIN.wrong
def concatenated_along_the_rows(features, skip, how):
    """You concatenated along dim 2, the rows: one picture is now below the other. Channels are dim 1 of
    (N, C, H, W).
    """
    return _joined_along(2)(features, skip, how)


@JOIN.wrong
def concatenated_along_the_columns(features, skip, how):
    """You concatenated along the last dim, the columns: the two pictures are now side by side. Channels
    come last in NumPy pictures, but are dim 1 of a tensor (N, C, H, W).
    """
    return _joined_along(-1)(features, skip, how)


@JOIN.wrong
def stacked(features, skip, how):
    """torch.stack makes a new dimension, (N, 2, C, H, W), which no convolution takes. torch.cat lengthens one
    that is there.
    """
    features = _filled(features, skip)
    return features + skip if how == "add" else torch.stack([features, skip], dim=1)


@JOIN.wrong
def always_added(features, skip, how):
    """You added in both cases. With how="concat" every number stays as it is, and the channels are put one
    after the other, C + C of them.
    """
    return _filled(features, skip) + skip


@JOIN.wrong
def always_concatenated(features, skip, how):
    """You concatenated in both cases. With how="add" the result has as many channels as before, each the sum
    of two.
    """
    return torch.cat([_filled(features, skip), skip], dim=1)


@JOIN.wrong
def skip_first(features, skip, how):
    """You put the skip's channels first. The next convolution learns one weight for each channel by its
    place, so both sides must agree on the order: features first here.
    """
    return join(skip, _filled(features, skip), how)


@JOIN.wrong
def summed_over_the_channels(features, skip, how):
    """For "add" you also summed over the channels, dim 1, so all of them became one. Only the two tensors are added:
    features + skip, which keeps (N, C, H, W).
    """
    features = _filled(features, skip)
    return (features + skip).sum(dim=1) if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def summed_after_concatenating(features, skip, how):
    """For "add" you concatenated, and then summed over all channels of both. Channel by channel is meant: features +
    skip, which keeps (N, C, H, W).
    """
    joined = torch.cat([_filled(features, skip), skip], dim=1)
    return joined.sum(dim=1, keepdim=True) if how == "add" else joined


@JOIN.wrong
def averaged(features, skip, how):
    """You halved the sum. Adding means features + skip; a factor is the next convolution's business."""
    features = _filled(features, skip)
    return (features + skip) / 2 if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def no_list_for_cat(features, skip, how):
    """torch.cat takes its tensors in one list or tuple. You passed them one by one: torch.cat([features, skip],
    dim=1).
    """
    features = _filled(features, skip)
    return features + skip if how == "add" else torch.cat(features, skip, dim=1)


@JOIN.right
def joined_in_numpy(features, skip, how):
    missing = [(0, whole - part) for part, whole in zip(features.shape, skip.shape, strict=True)]
    features = np.pad(features, missing)
    return np.concatenate([features, skip], axis=1) if how == "concat" else np.add(features, skip)


@JOIN.right
def joined_in_zeros(features, skip, how):
    filled = torch.zeros_like(skip)
    filled[:, :, : features.shape[2], : features.shape[3]] = features
    if how == "add":
        return filled + skip
    return torch.stack([filled, skip], dim=1).flatten(1, 2)


@JOIN.right
def joined_image_by_image(features, skip, how):
    if features.shape[2] < skip.shape[2]:
        features = F.pad(features, (0, 0, 0, 1))
    if features.shape[3] < skip.shape[3]:
        features = F.pad(features, (0, 1))
    if how == "add":
        return features.add(skip)
    return [torch.cat(pair) for pair in zip(features, skip, strict=True)]
