"""Upsample, then argmax."""

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.checking.exercise import Exercise, by_kind


def upsample_then_argmax(logits, size):
    """Return the class map at the image's size.

    Args:
        logits: a float tensor (N, C, h, w).
        size: (H, W) of the image, two int.

    Returns:
        An int64 tensor (N, H, W): the logits enlarged bilinearly, with align_corners=False, then the class of
        the highest.
    """
    ### BEGIN SOLUTION
    enlarged = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)  # (N, C, H, W)
    return enlarged.argmax(dim=1)  # (N, H, W)
    ### END SOLUTION


_KINDS = (
    "usual",
    "one image",
    "three images",
    "square",
    "one row",
    "as many classes as images",
    "as many classes as rows",
    "four times",
    "large",
    "hundreds apart",
)


def _draw_logits(rng, kind):
    """Draw logits and the image's size, mostly a little under four times as large."""
    classes, height, width = int(rng.integers(3, 5)), int(rng.integers(2, 4)), int(rng.integers(4, 6))
    height, width = {"square": (4, 4), "one row": (1, 5), "large": (9, 12)}.get(kind, (height, width))
    height = classes if kind == "as many classes as rows" else height
    batch = {"one image": 1, "three images": 3, "as many classes as images": classes}.get(kind, 2)
    logits = rng.normal(size=(batch, classes, height, width)) * (1000 if kind == "hundreds apart" else 1)
    less = (0, 0) if kind in ("four times", "square") else (int(rng.integers(1, 3)), int(rng.integers(3)))
    return torch.from_numpy(logits.astype(np.float32)), (height * 4 - less[0], width * 4 - less[1])


UPSAMPLE_THEN_ARGMAX = Exercise(
    upsample_then_argmax,
    title="Upsample, then argmax",
    points=3,
    minutes=8,
    source="Notes, practical example",
    draw=by_kind(_draw_logits, *_KINDS),
    hints=(
        "Halfway between two cells there is a score, but no class. So which do you enlarge, the scores or the ids?",
        "torch.nn.functional.interpolate enlarges. It takes size=..., and it repeats the nearest value unless you say "
        'mode="bilinear". The argmax comes last.',
        'F.interpolate(logits, size=size, mode="bilinear", align_corners=False) gives (N, C, H, W). The classes are in '
        "dim=1: take the argmax over it.",
    ),
    why="Scores can be averaged and names cannot: halfway between cat and background there is a score, but no class.",
)

SHOWN_LOGITS = torch.tensor([[[[2.0, 0.0]], [[0.0, 1.0]]]])

# Bilinear weights of the second value at the eight places: 0, 0, 1/8, 3/8, 5/8, 7/8, 1, 1; classes tie at 2/3.
UPSAMPLE_THEN_ARGMAX.worked(SHOWN_LOGITS, (1, 8), gives=torch.tensor([[[0, 0, 0, 0, 0, 1, 1, 1]]]))
# Here they tie at 3/5: above the fifth place's 4/7 where corners are aligned, below its 5/8 where they are not.
UPSAMPLE_THEN_ARGMAX.worked(
    torch.tensor([[[[3.0, 0.0]], [[0.0, 2.0]]]]), (1, 8), gives=torch.tensor([[[0, 0, 0, 0, 1, 1, 1, 1]]])
)
UPSAMPLE_THEN_ARGMAX.worked(
    torch.tensor([[[[1.0]], [[3.0]], [[2.0]]]]), (2, 3), gives=torch.ones(1, 2, 3, dtype=torch.int64)
)
# What SegFormer gives for an image of 8 x 8 (a quarter), and what a network of smp gives (full size): five classes, the
# fourth wins everywhere.
_FOURTH = torch.tensor([0.0, 0.0, 0.0, 1.0, 0.0])[None, :, None, None]
_FOURTH_EVERYWHERE = torch.full((1, 8, 8), 3)
UPSAMPLE_THEN_ARGMAX.worked(
    _FOURTH.expand(1, 5, 2, 2), (8, 8), gives=_FOURTH_EVERYWHERE, example="segformer-shapes"
)
UPSAMPLE_THEN_ARGMAX.worked(
    _FOURTH.expand(1, 5, 8, 8), (8, 8), gives=_FOURTH_EVERYWHERE, example="smp-shapes"
)


@UPSAMPLE_THEN_ARGMAX.wrong
def argmax_first(logits, size):
    """You took argmax first and enlarged the ids, or repeated the logits (interpolate's default mode), which
    is the same: outlines then move in steps of a whole cell. Enlarge the logits with mode="bilinear".
    """
    ids = logits.argmax(dim=1, keepdim=True).float()
    return F.interpolate(ids, size=size, mode="nearest")[:, 0].long()


@UPSAMPLE_THEN_ARGMAX.wrong
def bilinear_ids(logits, size):
    """You interpolated class ids: between class 0 and class 2 that makes a class 1 that nobody predicted.
    Interpolate the logits.
    """
    ids = logits.argmax(dim=1, keepdim=True).float()
    return F.interpolate(ids, size=size, mode="bilinear")[:, 0].round().long()


@UPSAMPLE_THEN_ARGMAX.wrong
def bilinear_ids_cut_off(logits, size):
    """You interpolated class ids and cut their decimals off: between class 0 and class 2 that makes a class 1 that
    nobody predicted. Interpolate the logits.
    """
    ids = logits.argmax(dim=1, keepdim=True).float()
    return F.interpolate(ids, size=size, mode="bilinear")[:, 0].long()


@UPSAMPLE_THEN_ARGMAX.wrong
def align_corners(logits, size):
    """You aligned the corners, which moves everything by up to half a cell, most at the edges. With align_corners=False
    each cell keeps its place.
    """
    return F.interpolate(logits, size=size, mode="bilinear", align_corners=True).argmax(dim=1)


@UPSAMPLE_THEN_ARGMAX.wrong
def bicubic(logits, size):
    """You enlarged with mode="bicubic", whose results can lie beyond the values around them. Use mode="bilinear"."""
    return F.interpolate(logits, size=size, mode="bicubic", align_corners=False).argmax(dim=1)


@UPSAMPLE_THEN_ARGMAX.wrong
def height_width_swapped(logits, size):
    """You swapped height and width. `size` is (H, W), in this order, as F.interpolate wants it."""
    return upsample_then_argmax(logits, (size[1], size[0]))


@UPSAMPLE_THEN_ARGMAX.wrong
def times_four(logits, size):
    """You enlarged four times. A side that is not a multiple of 4 then becomes too long: give the size."""
    return F.interpolate(logits, scale_factor=4, mode="bilinear").argmax(dim=1)


@UPSAMPLE_THEN_ARGMAX.wrong
def probabilities_first(logits, size):
    """You took the softmax before enlarging. At a cell's own place that does not change the argmax, but between two
    cells it does: enlarge the logits themselves.
    """
    return F.interpolate(logits.softmax(dim=1), size=size, mode="bilinear").argmax(dim=1)


@UPSAMPLE_THEN_ARGMAX.wrong
def logits(logits, size):
    """You returned the enlarged logits. A class map is asked for: take the argmax over dim=1."""
    return F.interpolate(logits, size=size, mode="bilinear")


@UPSAMPLE_THEN_ARGMAX.wrong
def values(logits, size):
    """You returned the highest logits, by max. The class is the index of the highest: argmax over dim=1."""
    return F.interpolate(logits, size=size, mode="bilinear").max(dim=1).values


@UPSAMPLE_THEN_ARGMAX.right
def upsample_module(logits, size):
    return torch.nn.Upsample(tuple(size), mode="bilinear")(logits).max(dim=1).indices


@UPSAMPLE_THEN_ARGMAX.right
def upsample_probabilities_of_one_image_each(logits, size):
    maps = [F.interpolate(one[None], size=list(size), mode="bilinear").argmax(1) for one in logits]
    return torch.cat(maps)


@UPSAMPLE_THEN_ARGMAX.right
def upsample_by_channel(logits, size):
    enlarged = [
        F.interpolate(one[None], size=size, mode="bilinear") for one in logits.unbind(1)
    ]  # each (1, N, H, W)
    return torch.cat(enlarged).argmax(dim=0).tolist()


UPSAMPLE_THEN_ARGMAX.equivalent(
    "upsample_then_argmax, line 13: F.interpolate(logits, size=size, mode='bilinear', align_corners=False)"
    " -> F.interpolate(logits, size=size, mode='bilinear')",
    because="Corners are not aligned by default.",
)
