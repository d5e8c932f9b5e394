"""Join the skip: concatenate or add."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l05_tiny_unet.shared import quarters


def join(features, skip, how):
    """Join the decoder's features with the encoder's skip.

    Args:
        features: float tensor (N, C, H, W).
        skip: float tensor (N, C, H, W).
        how: "concat" or "add".

    Returns:
        For "concat" the channels one after the other, features first: (N, 2C, H, W). For "add" their sum,
        channel by channel: (N, C, H, W).
    """
    ### BEGIN SOLUTION
    if how == "add":
        return features + skip  # (N, C, H, W)
    return torch.cat([features, skip], dim=1)  # (N, 2C, H, W)
    ### END SOLUTION


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
    return quarters(rng, *shape), quarters(rng, *shape), how


JOIN = Exercise(
    join,
    title="Join the skip: concatenate or add",
    points=1,
    minutes=5,
    source="Study guide, section 13: types of skip connections",
    draw=by_kind(_draw_join, *_KINDS),
    hints=(
        "Compare the shapes that go in and come out: which of N, C, H, W grows with concatenation, and which with "
        "addition?",
        "torch.cat takes a list of tensors and the dim to join them along. Addition is a plain +.",
        'if how == "add": return features + skip; else return torch.cat([features, skip], dim=1).',
    ),
    why="Concatenation keeps both voices and lets the next convolution decide what to make of them, for twice the "
    "weights. Addition costs nothing, but both sides must agree on what each channel means.",
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


def _joined_along(dim):
    def joined(features, skip, how):
        return features + skip if how == "add" else torch.cat([features, skip], dim=dim)

    return joined


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
    return features + skip if how == "add" else torch.stack([features, skip], dim=1)


@JOIN.wrong
def always_added(features, skip, how):
    """You added in both cases. With how="concat" every number stays as it is, and the channels are put one
    after the other, C + C of them.
    """
    return features + skip


@JOIN.wrong
def always_concatenated(features, skip, how):
    """You concatenated in both cases. With how="add" the result has as many channels as before, each the sum
    of two.
    """
    return torch.cat([features, skip], dim=1)


@JOIN.wrong
def skip_first(features, skip, how):
    """You put the skip's channels first. The next convolution learns one weight for each channel by its
    place, so both sides must agree on the order: features first here.
    """
    return join(skip, features, how)


@JOIN.wrong
def summed_over_the_channels(features, skip, how):
    """For "add" you also summed over the channels, dim 1, so all of them became one. Only the two tensors are added:
    features + skip, which keeps (N, C, H, W).
    """
    return (features + skip).sum(dim=1) if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def summed_after_concatenating(features, skip, how):
    """For "add" you concatenated, and then summed over all channels of both. Channel by channel is meant: features +
    skip, which keeps (N, C, H, W).
    """
    joined = torch.cat([features, skip], dim=1)
    return joined.sum(dim=1, keepdim=True) if how == "add" else joined


@JOIN.wrong
def averaged(features, skip, how):
    """You halved the sum. Adding means features + skip; a factor is the next convolution's business."""
    return (features + skip) / 2 if how == "add" else torch.cat([features, skip], dim=1)


@JOIN.wrong
def no_list_for_cat(features, skip, how):
    """torch.cat takes its tensors in one list or tuple. You passed them one by one: torch.cat([features, skip],
    dim=1).
    """
    return features + skip if how == "add" else torch.cat(features, skip, dim=1)


@JOIN.right
def joined_in_numpy(features, skip, how):
    return np.concatenate([features, skip], axis=1) if how == "concat" else np.add(features, skip)


@JOIN.right
def joined_by_stacking(features, skip, how):
    if how == "add":
        return torch.stack([features, skip]).sum(dim=0)
    return torch.stack([features, skip], dim=1).flatten(1, 2)


@JOIN.right
def joined_image_by_image(features, skip, how):
    if how == "add":
        return features.add(skip)
    return [torch.cat(pair) for pair in zip(features, skip, strict=True)]
