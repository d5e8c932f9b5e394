"""What shape comes out."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def logits_shape(family, batch, classes, height, width):
    """Return the shape of what a model gives for a batch of images.

    Args:
        family: "smp" or "segformer". SegFormer's first layer takes every fourth pixel and rounds up.
        batch: int.
        classes: int.
        height: int.
        width: int.

    Returns:
        A tuple of four int, (N, C, H, W) of the logits.
    """
    ### BEGIN SOLUTION
    if family == "segformer":
        height = (height + 3) // 4
        width = (width + 3) // 4
    return batch, classes, height, width
    ### END SOLUTION


_KINDS = (
    "smp",
    "smp, square",
    "segformer",
    "multiples of 4",
    "one more than a multiple of 4",
    "square",
    "small sides",
    "one image",
    "three images",
    "as many classes as images",
    "as many classes as rows",
)


def _draw_shape(rng, kind):
    """Draw a model and its images; SegFormer has the edge cases."""
    batch, classes = (int(number) for number in rng.choice([2, 4, 5, 7, 21], size=2, replace=False))
    height, width = (int(side) for side in rng.choice(np.arange(33, 120), size=2, replace=False))
    if kind in ("multiples of 4", "one more than a multiple of 4"):
        more = int(kind != "multiples of 4")
        height, width = height // 4 * 4 + more, width // 4 * 4 + 8 + more
    if kind == "small sides":
        height, width = (int(side) for side in rng.choice([1, 2, 3, 6, 7], size=2, replace=False))
    width = height if kind.endswith("square") else width
    batch = {"one image": 1, "three images": 3}.get(kind, batch)
    classes = {"as many classes as images": batch, "as many classes as rows": height}.get(kind, classes)
    return "smp" if kind.startswith("smp") else "segformer", batch, classes, height, width


MODEL_OUTPUT_SHAPE = Exercise(
    logits_shape,
    id="model-output-shape",
    title="What shape comes out",
    points=2,
    minutes=6,
    source="Notes, SegFormer; Lesson 33, segmentation-models-pytorch",
    draw=by_kind(_draw_shape, *_KINDS),
    fresh_cases=16,
    hints=(
        "The batch and the classes are the same for both; only height and width differ.",
        "smp keeps height and width. SegFormer has a quarter of each, rounded up.",
        "Rounding up without floats: (height + 3) // 4.",
    ),
    why="Know the shape before you run a model: a quarter that is not upsampled meets a full-size truth otherwise.",
)

MODEL_OUTPUT_SHAPE.worked("smp", 1, 5, 256, 256, gives=(1, 5, 256, 256), example="smp-shapes")
MODEL_OUTPUT_SHAPE.worked("segformer", 2, 150, 512, 512, gives=(2, 150, 128, 128), example="segformer-shapes")
MODEL_OUTPUT_SHAPE.worked("segformer", 1, 3, 65, 50, gives=(1, 3, 17, 13))


def _shape_of(change):
    def answer(family, batch, classes, height, width):
        return change(logits_shape(family, batch, classes, height, width), family, classes, height, width)

    return answer


def _shape_round_down(shape, family, classes, height, width):
    return shape if family == "smp" else (*shape[:2], height // 4, width // 4)


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_round_down),
    name="rounds_down",
    sentence="You round the quarter down. SegFormer takes pixel 0, 4, 8 …, so a remainder gives one more: "
    "round up.",
)


def _shape_full(shape, family, classes, height, width):
    return (*shape[:2], height, width)


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_full),
    name="full_size",
    sentence="You give SegFormer's logits the image's size. They have a quarter of its height and width, and "
    "are upsampled afterwards.",
)


def _shape_quarter_everywhere(shape, family, classes, height, width):
    return (*shape[:2], (height + 3) // 4, (width + 3) // 4)


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_quarter_everywhere),
    name="quarter_everywhere",
    sentence="You divide by 4 for smp as well. Its models upsample inside and give full size.",
)


def _shape_half(shape, family, classes, height, width):
    return shape if family == "smp" else (*shape[:2], (height + 1) // 2, (width + 1) // 2)


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_half),
    name="half",
    sentence="You took half of the size. SegFormer starts with a stride of 4: a quarter of each side.",
)


def _shape_colours(shape, family, classes, height, width):
    return (shape[0], 3, *shape[2:])


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_colours),
    name="colours",
    sentence="Your second number is 3, the image's colours. Logits have a channel for each class.",
)


def _shape_last(shape, family, classes, height, width):
    return (shape[0], *shape[2:], shape[1])


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_last),
    name="classes_last",
    sentence="You put the classes last. In torch they are the second axis: (N, C, H, W).",
)


def _shape_argmaxed(shape, family, classes, height, width):
    return (shape[0], *shape[2:])


MODEL_OUTPUT_SHAPE.wrong(
    _shape_of(_shape_argmaxed),
    name="class_map",
    sentence="You gave three numbers: that is the class map, after argmax. Logits still have an axis for the "
    "classes.",
)


@MODEL_OUTPUT_SHAPE.right
def shape_ceil(family, batch, classes, height, width):
    step = {"smp": 1, "segformer": 4}[family]
    return (batch, classes, math.ceil(height / step), math.ceil(width / step))


@MODEL_OUTPUT_SHAPE.right
def shape_negative(family, batch, classes, height, width):
    step = 4 if family == "segformer" else 1
    return [batch, classes, -(-height // step), -(-width // step)]


@MODEL_OUTPUT_SHAPE.right
def shape_torch(family, batch, classes, height, width):
    step = 4 if family == "segformer" else 1
    return torch.empty(batch, classes, height, width)[..., ::step, ::step].shape
