"""The shapes of a U-Net at every stage, drawn to scale."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from course_lib.explorers.view import View
from course_lib.svg import INK, Figure, colour, figure, line, rect, text

WIDTHS, SIDE = (8, 16, 32, 48), 64  # of the network whose weights ship with the course
CLASSES = 3

_TALL, _WIDE, _STEP = 150, 58, 66  # of the largest picture, of the most channels, from stage to stage


class Network(NamedTuple):
    """What determines the shapes in a U-Net."""

    side: int
    widths: tuple[int, ...]
    lost: int  # pixels that a double convolution takes away, 4 without padding


class Stage(NamedTuple):
    """The output of one stage."""

    name: str
    channels: int
    side: int
    level: int  # 0 is full resolution
    what: str


NETWORKS = {
    "256 x 256, padded": Network(256, (64, 128, 256, 512, 1024), 0),
    "572 x 572, without padding, as first published": Network(572, (64, 128, 256, 512, 1024), 4),
    "64 x 64, small, as trained for this explorer": Network(SIDE, WIDTHS, 0),
}

# A block shows its shape when the mouse or the keyboard is on it. A still cannot, so there the shapes stay hidden.
POINTED_AT = (
    "<style>.course-live,.course-stage:hover .course-tip,.course-stage:focus .course-tip{visibility:visible}"
    ".course-stage:focus{outline:none}.course-stage:focus .course-block,.course-stage:hover .course-block"
    "{stroke:#000;stroke-width:4}</style>"
)


@cache
def stages(network: Network) -> tuple[Stage, ...]:
    """Follow an image through a U-Net."""
    side, widths, lost = network
    found = [Stage("image", 3, side, 0, "red, green and blue")]
    side -= lost
    found.append(Stage("encoder 1", widths[0], side, 0, "two 3 x 3 convolutions"))
    for level, width in enumerate(widths[1:], start=1):
        side = side // 2 - lost
        name = "bottleneck" if level == len(widths) - 1 else f"encoder {level + 1}"
        found.append(Stage(name, width, side, level, "2 x 2 max pooling, then two 3 x 3 convolutions"))
    for level in reversed(range(len(widths) - 1)):
        skipped = found[level + 1]
        cropped = "" if skipped.side == 2 * side else f", cut to {2 * side} x {2 * side},"
        doubled = f"doubled to {2 * side} x {2 * side}"
        joined = f"{doubled}, joined with {skipped.name}'s {skipped.channels} channels{cropped}"
        side = 2 * side - lost
        found.append(
            Stage(
                f"decoder {level + 1}",
                widths[level],
                side,
                level,
                f"{joined} to {2 * widths[level]} channels, then two 3 x 3 convolutions",
            )
        )
    found.append(Stage("logits", CLASSES, side, 0, "a 1 x 1 convolution: one score per class"))
    return tuple(found)


def view_of_shapes(network: Network, number: int) -> View:
    """Draw all stages, and say the shape of one; a stage beyond the last is the last."""
    every = stages(network)
    number = min(number, len(every) - 1)
    stage = every[number]
    numbers = stage.channels * stage.side**2
    said = (
        f"Stage {number}, {stage.name}: {stage.channels} channels, {stage.side} x {stage.side}. Made by: {stage.what}.",
        f"(N, {stage.channels}, {stage.side}, {stage.side}): {numbers:,} numbers per image.",
    )
    return View((_drawn(every, number),), said)


def _drawn(every: tuple[Stage, ...], chosen: int) -> Figure:
    """Draw all stages, height by side and width by channels; dashed lines are skips."""
    tallest, widest = max(stage.side for stage in every), max(stage.channels for stage in every)
    levels = 1 + max(stage.level for stage in every)
    top_side = [max(stage.side for stage in every if stage.level == level) for level in range(levels)]
    heights = [_TALL * side / tallest for side in top_side]
    middles = [18 + sum(heights[:level]) + 30 * level + heights[level] / 2 for level in range(levels)]
    lefts = [4 + _STEP * number for number in range(len(every))]
    bottom = middles[-1] + 52
    parts = []
    for level in range(levels - 1):
        number = next(n for n, stage in enumerate(every) if stage.name == f"decoder {level + 1}")
        start = lefts[level + 1] + 4
        dashes = {"stroke_width": 2, "stroke_dasharray": "6 4"}
        parts.append(line(start, middles[level], lefts[number], middles[level], colour(1), **dashes))
    for number, stage in enumerate(every):
        width, height = max(3, _WIDE * stage.channels / widest), max(3, _TALL * stage.side / tallest)
        place = lefts[number], middles[stage.level] - height / 2
        parts.append(_block(stage, *place, width, height, number == chosen, bottom))
    shapes = "; ".join(f"{stage.name} {stage.channels} x {stage.side} x {stage.side}" for stage in every)
    scale = "A U-Net to scale: height is the side of the picture, width the channels."
    alt = f"{scale} {shapes}. Chosen: {every[chosen].name}."
    note = "above a block: its channels; below: its side; dashed: skips"
    live = "Point at a block, or go to it by Tab, for its shape:"
    parts.append(text(4, bottom - 4, note, 12))
    parts.append(text(380, bottom - 4, live, 12, visibility="hidden", **{"class": "course-live"}))
    return figure(lefts[-1] + _STEP, bottom + 26, alt, *parts, role="group")


def _block(
    stage: Stage, left: float, top: float, width: float, height: float, chosen: bool, bottom: float
) -> str:
    """Return one stage: its block with its numbers, and the sentence shown below the picture when it has the focus."""
    words = f"{stage.name}: {stage.channels} channels, {stage.side} x {stage.side}"
    weight = {"font_weight": "bold"} if chosen else {}
    fill, edge = (colour(0), 3) if chosen else (colour(5), 1)
    pieces = (
        rect(left - 6, top - 18, max(width + 12, 30), height + 36, "#ffffff", fill_opacity=0),  # easy to hit
        rect(left, top, width, height, fill, stroke=INK, stroke_width=edge, **{"class": "course-block"}),
        text(left, top - 5, stage.channels, 12, **weight),
        text(left, top + height + 14, f"{stage.side}", 12, **weight),
        text(4, bottom + 16, words, 13, font_weight="bold", visibility="hidden", **{"class": "course-tip"}),
    )
    return f'<g class="course-stage" tabindex="0" role="img" aria-label="{words}">{"".join(pieces)}</g>'
