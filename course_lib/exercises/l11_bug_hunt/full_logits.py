"""Mend run G: predict up to the edge."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def full_logits(model, images, margin):
    """Return the logits of a model that loses margin pixels on each side.

    Widen the images first, by margin pixels on each side. The new pixels mirror those inside, and the outermost pixels
    are the mirror, so they are not repeated: 1 2 3 becomes 2 1 2 3 2.

    Args:
        model: a module whose logits are margin pixels smaller on each side than its images.
        images: float (N, 3, H, W).
        margin: int.

    Returns:
        Logits, float (N, C, H, W).
    """
    ### BEGIN SOLUTION
    wider = F.pad(images, (margin, margin, margin, margin), mode="reflect")
    return model(wider)  # (N, C, H, W)
    ### END SOLUTION


def _probe_edges(answer, images, margin):
    """Let the model be a mean over a square that reaches margin pixels to each side, unpadded."""
    model = nn.AvgPool2d(2 * margin + 1, stride=1)
    logits = answer(model, images, margin)
    return {"the shape of the logits": list(getattr(logits, "shape", ())), "the logits": logits}


_SIZES = {  # how many images, height, width, margin
    "a margin of 1": (2, 4, 6, 1),
    "a margin of 2": (1, 7, 6, 2),
    "a margin of 3": (1, 8, 9, 3),
    "square": (1, 6, 6, 2),
    "three images": (3, 5, 4, 1),
    "all sizes alike": (3, 3, 3, 1),
}


def _draw_edges(rng, kind):
    count, height, width, margin = _SIZES[kind]
    images = rng.integers(0, 200, (count, 3, height, width))
    return torch.from_numpy(images.astype(np.float32)), margin


FULL_LOGITS = Exercise(
    full_logits,
    title="Mend run G: predict up to the edge",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 8",
    draw=by_kind(_draw_edges, *_SIZES),
    observe=_probe_edges,
    tolerance=1e-4,
    hints=(
        "The model takes margin pixels from each side. Give them to it.",
        'F.pad(images, (left, right, top, bottom), mode="reflect") mirrors at the edges.',
        'model(F.pad(images, (margin, margin, margin, margin), mode="reflect")).',
    ),
    why="Now each logit is computed from pixels all around it. The U-Net paper predicts large pictures tile by "
    "tile in this way.",
)

_RAMP = torch.tensor([[[[0.0, 9, 18], [0, 9, 18], [0, 9, 18]]]])

# Mirrored columns 9 0 9 18 9: the means of three are 6, 9, 12.
FULL_LOGITS.worked(
    _RAMP, 1, gives={"the shape of the logits": [1, 1, 3, 3], "the logits": [[[[6.0, 9, 12]] * 3]]}
)


@FULL_LOGITS.wrong
def zeros_around_the_logits(model, images, margin):
    """You put zeros around the logits, as run G did. All classes have the same score there, and argmax takes the first.
    Widen the images, before the model.
    """
    return F.pad(model(images), (margin,) * 4)


def _widened(images, margin, mode):
    return F.pad(images, (margin,) * 4, mode=mode)


@FULL_LOGITS.wrong
def logits_repeated(model, images, margin):
    """You repeated the outermost logits. The frame then gets its neighbours' classes, whatever is to be seen there.
    Widen the images, before the model.
    """
    return _widened(model(images), margin, "replicate")


@FULL_LOGITS.wrong
def logits_stretched(model, images, margin):
    """You stretched the logits to the size of the images. They belong to the middle of the picture, so all outlines
    move outwards. Widen the images, before the model.
    """
    return F.interpolate(model(images), size=images.shape[2:], mode="bilinear")


@FULL_LOGITS.wrong
def zeros_around_the_images(model, images, margin):
    """You widened the images with zeros. No photo has such a frame, and the model takes it for a part of the scene.
    Mirror the images, mode="reflect".
    """
    return model(F.pad(images, (margin,) * 4))


@FULL_LOGITS.wrong
def images_repeated(model, images, margin):
    """You widened the images with copies of their outermost pixels, which makes stripes. Mirrored pixels look like the
    picture itself: mode="reflect".
    """
    return model(_widened(images, margin, "replicate"))


@FULL_LOGITS.wrong
def half_the_margin(model, images, margin):
    """You added half the margin on each side. The model takes margin pixels away on each of the four sides."""
    return model(F.pad(images, (margin // 2,) * 4, mode="reflect"))


@FULL_LOGITS.wrong
def twice_the_margin(model, images, margin):
    """You added twice the margin on each side, so the logits are larger than the images. F.pad takes a number for each
    of the four sides, and each of them lacks margin pixels.
    """
    return model(F.pad(images, (2 * margin,) * 4, mode="reflect"))


@FULL_LOGITS.wrong
def smaller(model, images, margin):
    """Your logits are smaller than the images. Widen the images by margin on each side first."""
    return model(images)


@FULL_LOGITS.wrong
def logits_mirrored(model, images, margin):
    """You mirrored the logits. The frame then gets the classes of what lies further inside. Widen the images, before
    the model.
    """
    return _widened(model(images), margin, "reflect")


@FULL_LOGITS.wrong
def class_maps(model, images, margin):
    """You returned class ids. The logits are asked for: leave argmax to the caller."""
    return full_logits(model, images, margin).argmax(dim=1)


@FULL_LOGITS.wrong
def one_side(model, images, margin):
    """You widened only at the bottom and on the right, by twice the margin. The sizes fit, but every logit now belongs
    to a pixel further down and to the right: add margin on each side.
    """
    return model(F.pad(F.pad(images, (0, margin, 0, margin), "reflect"), (0, margin, 0, margin), "reflect"))


@FULL_LOGITS.wrong
def outermost_pixel_twice(model, images, margin):
    """Your mirror repeats the outermost pixel. Mirror at that pixel, without repeating it: 1 2 3 becomes 2 1 2 3 2, as
    with mode="reflect".
    """
    width = ((0, 0), (0, 0), (margin, margin), (margin, margin))
    return model(torch.from_numpy(np.pad(images, width, mode="symmetric")))


@FULL_LOGITS.wrong
def round_the_back(model, images, margin):
    """You continued the picture with its other side, as mode="circular" does. The left and the right of a photo have
    nothing to do with each other: mirror it, mode="reflect".
    """
    return model(_widened(images, margin, "circular"))


@FULL_LOGITS.wrong
def only_columns(model, images, margin):
    """You widened only the columns, as F.pad does with two numbers. Give it four: left, right, top, bottom."""
    return model(F.pad(images, (margin, margin), mode="reflect"))


@FULL_LOGITS.right
def edges_in_numpy(model, images, margin):
    width = ((0, 0), (0, 0), (margin, margin), (margin, margin))
    return model(torch.from_numpy(np.pad(images, width, mode="reflect")))


@FULL_LOGITS.right
def edges_by_module(model, images, margin):
    return model(nn.ReflectionPad2d(margin)(images))


@FULL_LOGITS.right
def edges_by_cat(model, images, margin):
    for dim in (2, 3):
        before = images.narrow(dim, 1, margin).flip(dim)
        after = images.narrow(dim, images.shape[dim] - 1 - margin, margin).flip(dim)
        images = torch.cat([before, images, after], dim=dim)
    return model(images)


FULL_LOGITS.equivalent(
    "edges_by_cat, line 3: (2, 3) -> (3, 2)",
    because="Rows and columns may be mirrored in either order.",
)
