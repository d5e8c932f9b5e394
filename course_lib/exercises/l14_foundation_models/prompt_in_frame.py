"""A box in the model's frame."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def prompt_in_frame(box, image_size, longest_side):
    """Return a box in the frame of a model that scales every image to one longest side.

    Args:
        box: (x0, y0, x1, y1) in pixels of the image.
        image_size: (height, width), two int.
        longest_side: int.

    Returns:
        Four float.

    Raises:
        ValueError: the box reaches out of the image. One that ends at the image's edge, with x1 = width or y1
            = height, lies in it.
    """
    ### BEGIN SOLUTION
    height, width = image_size
    x0, y0, x1, y1 = box
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
        raise ValueError("the box reaches out of the image")
    scale = longest_side / max(height, width)
    return x0 * scale, y0 * scale, x1 * scale, y1 * scale
    ### END SOLUTION


def _observe_prompt(answer, box, image_size, longest_side):
    """Return what comes back, or that ValueError was raised."""
    try:
        result = answer(box, image_size, longest_side)
    except ValueError:
        return {"a ValueError is raised": True}
    return {"a ValueError is raised": False, "the box": result}


_KINDS = (
    "landscape",
    "portrait",
    "square",
    "up to the right edge",
    "up to the lower edge",
    "the whole image",
    "out on the left",
    "out above",
    "out on the right",
    "out below",
)
_PORTRAITS = ("portrait", "up to the lower edge", "out on the right")  # no x here is as large as the height


def _draw_box(rng, kind):
    """Draw a box and an image; a box that reaches out does so by one pixel, on one side."""
    sides = sorted(int(side) for side in rng.choice([60, 80, 90, 100, 150, 200], size=2, replace=False))
    height, width = reversed(sides) if kind in _PORTRAITS else sides
    width = height if kind == "square" else width
    x0, y0 = int(rng.integers(1, width // 2)), int(rng.integers(1, height // 2))
    x1, y1 = int(rng.integers(x0 + 5, width)), int(rng.integers(y0 + 5, height))
    box = {
        "up to the right edge": (x0, y0, width, y1),
        "up to the lower edge": (x0, y0, x1, height),
        "the whole image": (0, 0, width, height),
        "out on the left": (-1, y0, x1, y1),
        "out above": (x0, -1, x1, y1),
        "out on the right": (x0, y0, width + 1, y1),
        "out below": (x0, y0, x1, height + 1),
    }.get(kind, (x0, y0, x1, y1))
    return box, (height, width), int(rng.choice([64, 1024]))


PROMPT_IN_FRAME = Exercise(
    prompt_in_frame,
    title="A box in the model's frame",
    points=2,
    minutes=8,
    source="Notes, SAM",
    draw=by_kind(_draw_box, *_KINDS),
    observe=_observe_prompt,
    fresh_cases=16,
    hints=(
        "First the check, then one factor for all four numbers.",
        "Outside means x0 < 0, y0 < 0, x1 > width or y1 > height; image_size is (height, width).",
        "scale = longest_side / max(height, width), and every number times scale.",
    ),
    why="A prompt in the wrong frame raises no error and gives a confident mask of something else.",
)

PROMPT_IN_FRAME.worked(
    (10, 20, 50, 60),
    (100, 200),
    1024,
    gives={"a ValueError is raised": False, "the box": (51.2, 102.4, 256.0, 307.2)},
)
PROMPT_IN_FRAME.worked(
    (0, 0, 60, 90), (90, 60), 45, gives={"a ValueError is raised": False, "the box": (0.0, 0.0, 30.0, 45.0)}
)
PROMPT_IN_FRAME.worked((10, 20, 210, 60), (100, 200), 1024, gives={"a ValueError is raised": True})


@PROMPT_IN_FRAME.wrong
def each_side(box, image_size, longest_side):
    """You scale width and height by different factors, which stretches the image. One factor for both:
    longest_side / max(height, width).
    """
    prompt_in_frame(box, image_size, longest_side)
    height, width = image_size
    across, down = longest_side / width, longest_side / height
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


@PROMPT_IN_FRAME.wrong
def shortest_side(box, image_size, longest_side):
    """You divide by the shorter side. The longer one becomes longest_side: divide by max(height, width)."""
    prompt_in_frame(box, image_size, longest_side)
    scale = longest_side / min(image_size)
    return tuple(value * scale for value in box)


@PROMPT_IN_FRAME.wrong
def rows_first(box, image_size, longest_side):
    """Your result has y before x. Arrays are indexed by row first; boxes are (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = prompt_in_frame(box, image_size, longest_side)
    return y0, x0, y1, x1


@PROMPT_IN_FRAME.wrong
def backwards(box, image_size, longest_side):
    """Your factor is upside down: it goes from the model's frame back to the image."""
    prompt_in_frame(box, image_size, longest_side)
    scale = max(image_size) / longest_side
    return tuple(value * scale for value in box)


@PROMPT_IN_FRAME.wrong
def unchecked(box, image_size, longest_side):
    """A box that reaches out of the image passes. The model would answer with a mask of nonsense: raise
    ValueError.
    """
    scale = longest_side / max(image_size)
    return tuple(value * scale for value in box)


@PROMPT_IN_FRAME.wrong
def clipped(box, image_size, longest_side):
    """You cut the box at the image's edge. Then a mistake with the coordinates stays hidden: raise
    ValueError.
    """
    height, width = image_size
    inside = (max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height))
    return unchecked(inside, image_size, longest_side)


@PROMPT_IN_FRAME.wrong
def edge_refused(box, image_size, longest_side):
    """You refuse a box that ends at the image's edge. x1 and y1 are one past the last pixel, so that width
    and height themselves are allowed: compare with >.
    """
    height, width = image_size
    if box[2] >= width or box[3] >= height:
        raise ValueError
    return prompt_in_frame(box, image_size, longest_side)


@PROMPT_IN_FRAME.wrong
def sides_swapped(box, image_size, longest_side):
    """You compared x with the height. x runs across, up to the width; image_size is (height, width)."""
    height, width = image_size
    if min(box) < 0 or box[2] > height or box[3] > width:
        raise ValueError
    return unchecked(box, image_size, longest_side)


@PROMPT_IN_FRAME.wrong
def negative_passes(box, image_size, longest_side):
    """A box with a negative corner passes. It reaches out of the image on the left or above: refuse x0 < 0 and y0 < 0
    as well.
    """
    height, width = image_size
    if box[2] > width or box[3] > height:
        raise ValueError
    return unchecked(box, image_size, longest_side)


@PROMPT_IN_FRAME.wrong
def rounded(box, image_size, longest_side):
    """You rounded to whole numbers. The model takes floats: return them as they are computed."""
    return tuple(float(int(value)) for value in prompt_in_frame(box, image_size, longest_side))


@PROMPT_IN_FRAME.right
def frame_numpy(box, image_size, longest_side):
    corners = np.array(box).reshape(2, 2)
    if (corners < 0).any() or (corners > np.array(image_size)[::-1]).any():
        raise ValueError("outside")
    return (corners * longest_side / max(image_size)).ravel()


@PROMPT_IN_FRAME.right
def frame_list(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    return [value * (longest_side / max(image_size)) for value in box]


@PROMPT_IN_FRAME.right
def frame_torch(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    return torch.tensor(box) * longest_side / max(image_size)
