"""Mend run C: read the labels."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def read_labels(labels):
    """Turn labels into targets.

    Args:
        labels: a uint8 tensor. Labels (N, H, W) are trimaps: 1 pet, 2 background, 3 border, and 255 for void,
            which stays 255. Labels (N, H, W, 3) are one-hot: 1 in the channel of the pixel's class, 0 in the
            others; channel 0 is the pet, 1 the background, 2 the border.

    Returns:
        Targets, int64 (N, H, W) with ids 0 pet, 1 background, 2 border.
    """
    ### BEGIN SOLUTION
    if labels.ndim == 4:
        return labels.argmax(dim=-1)  # (N, H, W)
    targets = labels.long() - 1
    targets[labels == 255] = 255
    return targets  # (N, H, W)
    ### END SOLUTION


def _kind_and_ids(answer, labels):
    given = labels.clone()
    targets = answer(labels)
    kind = str(getattr(targets, "dtype", type(targets).__name__)).removeprefix("torch.")
    return {
        "the dtype of the targets": kind,
        "the targets": targets,
        "labels that were changed": int((labels != given).sum()),
    }


_SHAPES = {
    "trimaps": (2, 4, 5),
    "one trimap": (1, 5, 4),
    "trimaps of three columns": (2, 4, 3),
    "a trimap without void": (1, 3, 6),
    "a trimap of void": (1, 2, 3),
    "one-hot": (2, 4, 5),
    "one-hot, one image": (1, 5, 4),
    "one-hot, all sizes alike": (3, 3, 3),
}


def _draw_labels(rng, kind):
    ids = rng.integers(0, 3, _SHAPES[kind])
    ids.flat[:3] = 0, 1, 2
    if kind.startswith("one-hot"):
        return (torch.from_numpy(np.eye(3, dtype=np.uint8)[ids]),)
    trimaps = (ids + 1).astype(np.uint8)
    if kind == "a trimap of void":
        trimaps[:] = 255
    elif kind != "a trimap without void":
        trimaps.flat[rng.permutation(np.arange(3, ids.size))[:2]] = 255
    return (torch.from_numpy(trimaps),)


READ_LABELS = Exercise(
    read_labels,
    title="Mend run C: read the labels",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 1",
    draw=by_kind(_draw_labels, *_SHAPES),
    observe=_kind_and_ids,
    hints=(
        "labels.ndim tells the two formats apart.",
        "For one-hot labels, argmax over the last dim is all. For trimaps, go to int64 before you subtract.",
        "targets = labels.long() - 1; targets[labels == 255] = 255.",
    ),
    why="A target is one class id per pixel, int64, from 0 to C-1, and 255 where nobody knows. Everything else "
    "either stops the loss or, worse, does not.",
)

READ_LABELS.worked(
    torch.tensor([[[1, 2], [3, 255]]], dtype=torch.uint8),
    gives={
        "the dtype of the targets": "int64",
        "the targets": [[[0, 1], [2, 255]]],
        "labels that were changed": 0,
    },
)
READ_LABELS.worked(
    torch.tensor([[[[0, 0, 1], [1, 0, 0]], [[0, 1, 0], [0, 1, 0]]]], dtype=torch.uint8),
    gives={
        "the dtype of the targets": "int64",
        "the targets": [[[2, 0], [1, 1]]],
        "labels that were changed": 0,
    },
)


def _trimaps_by(rule):
    def read(labels):
        return labels.argmax(dim=-1) if labels.ndim == 4 else rule(labels)

    return read


@READ_LABELS.wrong
def scaled_like_an_image(labels):
    """You divided the ids by 255, as is done with images. Ids are names, not brightness: 1, 2 and 3 all become 0, and
    void becomes 1. Subtract 1 instead.
    """
    return _trimaps_by(lambda trimaps: (trimaps / 255).long())(labels)


@READ_LABELS.wrong
def ids_from_1(labels):
    """Your ids still start at 1. With three classes they must be 0, 1 and 2: subtract 1."""
    return _trimaps_by(lambda trimaps: trimaps.long())(labels)


@READ_LABELS.wrong
def void_shifted(labels):
    """You subtracted 1 from void as well, and 254 is not left out by ignore_index=255. Put the 255 back."""
    return _trimaps_by(lambda trimaps: trimaps.long() - 1)(labels)


@READ_LABELS.wrong
def one_subtracted_from_everything(labels):
    """You subtracted 1 from everything. Void becomes 254, which is not left out by ignore_index=255: it has to stay
    255. And one-hot labels are another format, which has four axes (labels.ndim): there take the argmax over the last
    dim.
    """
    return labels.long() - 1


@READ_LABELS.wrong
def modulo(labels):
    """You took the ids modulo 3. That keeps them below 3, but it exchanges the classes: 3, the border, becomes 0, the
    pet. No loss complains, and no prediction can agree with the truth. Subtract 1.
    """
    return _trimaps_by(lambda trimaps: torch.where(trimaps == 255, 255, trimaps.long() % 3))(labels)


@READ_LABELS.wrong
def floats(labels):
    """Your targets are floats. Cross-entropy takes class ids as int64: use .long()."""
    return read_labels(labels).float()


@READ_LABELS.wrong
def told_apart_by_the_last_side(labels):
    """You take labels for one-hot where their last side is 3. But a trimap may be 3 pixels wide as well. The number of
    axes tells the two apart: labels.ndim is 3 or 4.
    """
    return labels.argmax(dim=-1) if labels.shape[-1] == 3 else read_labels(labels)


@READ_LABELS.wrong
def another_axis(labels):
    """You looked for the class of one-hot labels along dim 1, the rows. In (N, H, W, 3) the classes are last:
    argmax(dim=-1).
    """
    return labels.argmax(dim=1) if labels.ndim == 4 else read_labels(labels)


@READ_LABELS.wrong
def one_hot_kept(labels):
    """You treated one-hot labels like trimaps. They come in a second format, (N, H, W, 3), and a target is one id per
    pixel, (N, H, W): where labels.ndim is 4, take the argmax over the last dim.
    """
    targets = labels.long() - 1
    targets[labels == 255] = 255
    return targets


@READ_LABELS.wrong
def changed_in_place(labels):
    """You wrote into the labels that you were given, and they may be needed again. Make a new tensor, such as
    labels.long() - 1.
    """
    if labels.ndim == 4:
        return labels.argmax(dim=-1)
    labels[labels != 255] -= 1
    return labels.long()


@READ_LABELS.wrong
def one_hot_from_1(labels):
    """Your ids of one-hot labels are one too small. argmax counts the channels from 0, as targets do: only the ids of
    the trimaps move by 1.
    """
    return labels.argmax(dim=-1) - 1 if labels.ndim == 4 else read_labels(labels)


@READ_LABELS.wrong
def as_bytes(labels):
    """Your targets are uint8, and torch's cross-entropy takes int64: use .long() before you subtract."""
    return read_labels(labels).to(torch.uint8)


@READ_LABELS.wrong
def void_as_a_pet(labels):
    """You gave void the id 0, which is the pet's. Nobody knows what these pixels are: they keep 255, and the loss
    leaves them out.
    """
    return _trimaps_by(lambda trimaps: torch.where(trimaps == 255, 0, trimaps.long() - 1))(labels)


@READ_LABELS.right
def labels_by_lookup(labels):
    if labels.ndim == 4:
        return (labels * torch.arange(3)).sum(dim=-1)
    table = torch.full((256,), 255)
    table[1:4] = torch.arange(3)
    return table[labels.long()]


@READ_LABELS.right
def labels_by_where(labels):
    if labels.dim() == 4:
        return torch.max(labels, -1).indices
    return torch.where(labels == 255, 255, labels.to(torch.int64) - 1)


@READ_LABELS.right
def labels_in_numpy(labels):
    labels = labels.numpy().astype(np.int64)
    if labels.ndim == 4:
        return labels.argmax(axis=-1)
    return np.where(labels == 255, 255, labels - 1)


READ_LABELS.equivalent(
    "labels_by_lookup, line 5: 256 -> 257",
    because="No label is above 255, so a longer table is not looked at.",
)
