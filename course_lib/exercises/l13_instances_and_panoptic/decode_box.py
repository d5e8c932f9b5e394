"""From an anchor and four numbers to a box."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def decode_box(anchor, code):
    """Return the box that a code (dx, dy, dw, dh) makes of an anchor: the inverse of the lesson's `encode_box`.

    dx shifts the centre by that many widths of the anchor, dy by that many heights. dw and dh are the natural
    logarithms of the factors by which width and height grow. A dw or dh above log(1000 / 16) counts as log(1000 / 16),
    so that a wild guess of the network does not make a box of infinite size.

    Args:
        anchor: (left, top, right, bottom), floats.
        code: (dx, dy, dw, dh), floats.

    Returns:
        The box (left, top, right, bottom) as a tuple of floats.
    """
    ### BEGIN SOLUTION
    left, top, right, bottom = anchor
    dx, dy, dw, dh = code
    width, height = right - left, bottom - top
    centre_x = left + width / 2 + dx * width
    centre_y = top + height / 2 + dy * height
    most = math.log(1000 / 16)
    new_width, new_height = width * math.exp(min(dw, most)), height * math.exp(min(dh, most))
    return (
        centre_x - new_width / 2,
        centre_y - new_height / 2,
        centre_x + new_width / 2,
        centre_y + new_height / 2,
    )
    ### END SOLUTION


_KINDS = (
    "usual",
    "only a shift",
    "only another size",
    "a zero code",
    "an anchor over the edge",
    "a square anchor",
    "a wild width",
    "a wild height",
    "far smaller",
)


def _draw_anchor_and_code(rng, kind):
    """Draw an anchor in eighths of pixels, wider than high or the other way round, and a code."""
    left, top = (float(value) / 8 for value in rng.integers(40, 400, 2))
    width, height = (float(value) / 8 for value in rng.choice(np.arange(60, 500), 2, replace=False))
    if kind == "an anchor over the edge":
        left, top = -left, -top
    if kind == "a square anchor":
        height = width
    code = rng.uniform(0.1, 0.6, 4) * rng.choice([-1, 1], 4)
    if kind in ("only a shift", "a zero code"):
        code[2:] = 0
    if kind in ("only another size", "a zero code"):
        code[:2] = 0
    if kind == "only a shift":
        code[:2] = 5 + abs(code[:2])  # farther than the limit of dw and dh
    code[2] = 4.9 if kind == "a wild width" else code[2]
    code[3] = 5.3 if kind == "a wild height" else code[3]
    if kind == "far smaller":
        code[2:] = -4.6, -5.1
    return (left, top, left + width, top + height), tuple(code.round(4).tolist())


DECODE_BOX = Exercise(
    decode_box,
    title="From a code to a box",
    points=2,
    minutes=9,
    source="Study guide, section 7: box regression",
    draw=by_kind(_draw_anchor_and_code, *_KINDS),
    fresh_cases=18,
    tolerance=1e-3,
    hints=(
        "Write down the four equations of encode_box and solve each for what belongs to the box: its centre, its "
        "width, its height.",
        "dx = (x - anchor_x) / anchor_width becomes x = anchor_x + dx * anchor_width, and dw = log(width / "
        "anchor_width) becomes width = anchor_width * exp(dw). The x here are centres.",
        "most = math.log(1000 / 16) and new_width = width * math.exp(min(dw, most)). The left edge lies half of the "
        "new width to the left of the centre, the right edge as far to its right. The same goes for y and the height.",
    ),
    why="Shifts are measured in anchors and sizes in factors, so the same four numbers mean the same correction for a "
    "small pet and for a large one. A network can learn one rule for all sizes.",
)

# Anchor: 20 wide, 10 high, centre (20, 15). The centre moves by half a width, the height doubles.
DECODE_BOX.worked((10.0, 10.0, 30.0, 20.0), (0.5, 0.0, 0.0, math.log(2)), gives=[20.0, 5.0, 40.0, 25.0])
DECODE_BOX.worked((10.0, 10.0, 30.0, 20.0), (0.0, 0.0, 0.0, 0.0), gives=[10.0, 10.0, 30.0, 20.0])
# 1000 / 16 = 62.5 is the largest factor: the width is 16 * 62.5 = 1000, its centre stays at 8.
DECODE_BOX.worked((0.0, 0.0, 16.0, 16.0), (0.0, 0.0, 9.0, 0.0), gives=[-492.0, 0.0, 508.0, 16.0])


def _box_by(anchor, code, centre=None, factor=None, unit=None):
    """Decode with another rule for where the centre starts, how a size grows, or what a shift is measured in."""
    left, top, right, bottom = anchor
    dx, dy, dw, dh = code
    width, height = right - left, bottom - top
    start_x, start_y = centre(anchor) if centre else ((left + right) / 2, (top + bottom) / 2)
    grow = factor or (lambda d: math.exp(min(d, math.log(62.5))))
    new_width, new_height = width * grow(dw), height * grow(dh)
    unit_x, unit_y = unit(width, height, new_width, new_height) if unit else (width, height)
    x, y = start_x + dx * unit_x, start_y + dy * unit_y
    return x - new_width / 2, y - new_height / 2, x + new_width / 2, y + new_height / 2


@DECODE_BOX.wrong
def no_limit(anchor, code):
    """A large dw or dh makes your box far too large: take min(dw, math.log(1000 / 16)), and the same for dh."""
    return _box_by(anchor, code, factor=math.exp)


@DECODE_BOX.wrong
def shift_in_pixels(anchor, code):
    """You shifted the centre by dx and dy pixels. They are measured in widths and heights of the anchor: multiply dx by
    its width, and dy by its height.
    """
    return _box_by(anchor, code, unit=lambda *sizes: (1, 1))


@DECODE_BOX.wrong
def shift_of_the_corner(anchor, code):
    """You shifted the upper left corner, and not the centre. As soon as the size changes, that gives another box: shift
    the centre first, and measure half of the new size from there.
    """
    left, top, right, bottom = anchor
    box = _box_by(anchor, code)
    width, height = box[2] - box[0], box[3] - box[1]
    x, y = left + code[0] * (right - left), top + code[1] * (bottom - top)
    return x, y, x + width, y + height


@DECODE_BOX.wrong
def centre_at_the_corner(anchor, code):
    """You took the anchor's corner for its centre. The centre lies half a width further to the right, and half a height
    further down.
    """
    return _box_by(anchor, code, centre=lambda a: a[:2])


@DECODE_BOX.wrong
def without_the_exponential(anchor, code):
    """You multiplied width and height by dw and dh, so a code of 0 makes an empty box. They are logarithms: multiply by
    math.exp(dw).
    """
    return _box_by(anchor, code, factor=lambda d: d)


@DECODE_BOX.wrong
def one_plus_the_code(anchor, code):
    """You grew width and height by the factor 1 + dw. The code is a logarithm: the factor is math.exp(dw)."""
    return _box_by(anchor, code, factor=lambda d: 1 + d)


@DECODE_BOX.wrong
def centre_returned(anchor, code):
    """You returned the centre with a width and a height. From the centre the box reaches half of its width and height
    to each side: return left, top, right, bottom.
    """
    left, top, right, bottom = _box_by(anchor, code)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


@DECODE_BOX.wrong
def whole_sizes_around_the_centre(anchor, code):
    """Your box is twice as wide and as high as it should be: from the centre it reaches half of its width to each
    side.
    """
    left, top, right, bottom = _box_by(anchor, code)
    x, y, width, height = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    return x - width, y - height, x + width, y + height


@DECODE_BOX.wrong
def shift_in_new_sizes(anchor, code):
    """You measured the shifts in the new width and height. They are measured in those of the anchor."""
    return _box_by(anchor, code, unit=lambda w, h, new_w, new_h: (new_w, new_h))


@DECODE_BOX.wrong
def width_and_height_returned(anchor, code):
    """You returned a corner with a width and a height. A box is two corners: left, top, right, bottom."""
    left, top, right, bottom = _box_by(anchor, code)
    return left, top, right - left, bottom - top


@DECODE_BOX.wrong
def shifts_limited_too(anchor, code):
    """You limited dx and dy as well. They are not logarithms, and a box may lie far from its anchor: limit only dw and
    dh.
    """
    return _box_by(anchor, np.minimum(code, math.log(62.5)))


@DECODE_BOX.right
def decoded_in_numpy(anchor, code):
    anchor, code = np.array(anchor), np.array(code)
    size = anchor[2:] - anchor[:2]
    centre = anchor[:2] + size * (0.5 + code[:2])
    half = size * np.exp(np.minimum(code[2:], np.log(62.5))) / 2
    return np.concatenate([centre - half, centre + half])


@DECODE_BOX.right
def decoded_by_torchvision(anchor, code):
    from torchvision.models.detection._utils import BoxCoder

    (box,) = BoxCoder((1.0, 1.0, 1.0, 1.0)).decode_single(torch.tensor([code]), torch.tensor([anchor]))
    return box


@DECODE_BOX.right
def decoded_side_by_side(anchor, code):
    sides = []
    for low, high, shift, growth in zip(anchor[:2], anchor[2:], code[:2], code[2:], strict=True):
        length = (high - low) * min(math.e**growth, 62.5)
        start = (low + high - length) / 2 + shift * (high - low)
        sides.append((start, start + length))
    (left, right), (top, bottom) = sides
    return [left, top, right, bottom]


DECODE_BOX.equivalent(
    "decoded_side_by_side, line 9: top -> start",
    because="After the loop they are the same.",
)
