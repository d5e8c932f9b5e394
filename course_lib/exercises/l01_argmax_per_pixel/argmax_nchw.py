"""Logits of a batch."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l01_argmax_per_pixel.argmax_chw import argmax_chw
from course_lib.exercises.l01_argmax_per_pixel.shared import (
    DOG_MAPS,
    MAPS,
    NEGATIVE_MAPS,
    STREET_MAPS,
    draw_maps,
)


def argmax_nchw(logits):
    """Turn the logits of a batch into class maps.

    Args:
        logits: a NumPy array of shape (N, C, H, W), the score maps of N images.

    Returns:
        An array of class ids, integers of shape (N, H, W), for one image too; of ties the first class.
    """
    ### BEGIN SOLUTION
    return logits.argmax(axis=1)  # (N, H, W)
    ### END SOLUTION


_KINDS = (*MAPS, "one image", "as many images as classes", "as many images as rows")


def _draw_nchw(rng, kind):
    """Draw the score maps of one to five images."""
    scores = draw_maps(rng, kind)
    classes, rows, _ = scores.shape
    sizes = {"one image": 1, "as many images as classes": classes, "as many images as rows": rows}
    images = sizes.get(kind) or int(rng.integers(2, 4))
    return (np.stack([scores, *(rng.permutation(scores) for _ in range(images - 1))]),)


ARGMAX_NCHW = Exercise(
    argmax_nchw,
    title="Logits of a batch",
    points=1,
    minutes=5,
    source="Lesson 33, section 3",
    draw=by_kind(_draw_nchw, *_KINDS),
    hints=(
        "The axis you name is the one that goes away. From (N, C, H, W) to (N, H, W): which one is missing?",
        "Axes are counted from 0: N is 0, C is 1, H is 2, W is 3.",
        "`return logits.argmax(axis=1)`.",
    ),
    why="The classes moved from axis 0 to axis 1 when the images were stacked. PyTorch calls the axis dim: the same "
    "line there is logits.argmax(dim=1).",
)

ARGMAX_NCHW.worked(
    np.stack([STREET_MAPS, DOG_MAPS]), gives=[[[0, 1], [2, 2]], [[0, 1], [2, 0]]], example="street-and-dog"
)
ARGMAX_NCHW.worked(NEGATIVE_MAPS[None], gives=[[[0, 1, 0]]])


@ARGMAX_NCHW.wrong
def axis_0(logits):
    """You took the argmax along axis 0, which was right for one image. In (N, C, H, W) axis 0 holds the
    images, so you asked which image scores highest. The classes have moved to axis 1.
    """
    return logits.argmax(axis=0)


@ARGMAX_NCHW.wrong
def axis_2(logits):
    """You took the argmax along axis 2, the height. Counting starts at 0: N is axis 0, and C, the second, is
    axis 1.
    """
    return logits.argmax(axis=2)


@ARGMAX_NCHW.wrong
def axis_last(logits):
    """You took the argmax along the last axis, the width. In (N, C, H, W) the classes are axis 1."""
    return logits.argmax(axis=-1)


@ARGMAX_NCHW.wrong
def keeps_1(logits):
    """Your class maps have the shape (N, 1, H, W). Let the axis of the classes go: no `keepdims`."""
    return logits.argmax(axis=1, keepdims=True)


@ARGMAX_NCHW.wrong
def first_image(logits):
    """Only the first image came back. Each of the N images gets a class map: the shape is (N, H, W), for N =
    1 too.
    """
    return logits[0].argmax(axis=0)


@ARGMAX_NCHW.wrong
def squeezed(logits):
    """`squeeze` throws away every axis of length 1, so a batch of one image, or an image one pixel wide,
    loses an axis that is needed. Leave it out.
    """
    return logits.argmax(axis=1).squeeze()


@ARGMAX_NCHW.wrong
def values(logits):
    """You returned the highest scores. The class map holds the index of the map they come from: argmax, not
    max.
    """
    return logits.max(axis=1)


@ARGMAX_NCHW.wrong
def reshaped(logits):
    """`reshape` does not move axes: it cuts the same row of numbers into other pieces, so your pixels hold
    scores of different places. Take the argmax along axis 1.
    """
    images, classes, height, width = logits.shape
    return logits.reshape(images, height, width, classes).argmax(axis=-1)


@ARGMAX_NCHW.right
def stacked(logits):
    return np.stack([argmax_chw(scores) for scores in logits])


@ARGMAX_NCHW.right
def with_list(logits):
    return [argmax_chw(scores) for scores in logits]


@ARGMAX_NCHW.right
def moved(logits):
    return np.argmax(logits.transpose(0, 2, 3, 1), -1).astype(np.int32)


@ARGMAX_NCHW.right
def from_end(logits):
    return logits.argmax(-3)


ARGMAX_NCHW.equivalent(
    "moved, line 3: np.argmax(logits.transpose(0, 2, 3, 1), -1).astype(np.int32)"
    " -> np.argmax(logits.transpose(0, 2, 3, 1), -1)",
    because="Any kind of integer is right.",
)

ARGMAX_NCHW.equivalent(
    "stacked, line 3: np.stack([argmax_chw(scores) for scores in logits])"
    " -> [argmax_chw(scores) for scores in logits]",
    because="Lists and arrays, and the numbers in them, count alike.",
)
