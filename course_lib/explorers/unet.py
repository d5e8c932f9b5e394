"""The U-Net drawn to scale, its shape at every stage; and what its skips are worth, by a small one that is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ipywidgets import HTML
from numpy.typing import NDArray

from course_lib.explorers.examples import (
    KEY,
    WEIGHTS_FOLDER,
    choose_pet,
    class_picture,
    example_pets,
    shipped_scores,
)
from course_lib.explorers.shell import Explorer, choice, integer, switch
from course_lib.masks import PET_CLASSES
from course_lib.metrics import ConfusionMatrix
from course_lib.svg import (
    CORNER,
    INK,
    PICTURE,
    Figure,
    View,
    colour,
    figure,
    line,
    outline,
    picture,
    rect,
    text,
)

if TYPE_CHECKING:
    from course_lib.models import UNet

SHAPES, SKIPS = "shapes", "what the skips are worth"
WIDTHS, SIDE = (8, 16, 32, 48), 64  # of the network whose weights ship with the course
CLASSES = 3

_TALL, _WIDE, _STEP = 150, 58, 66  # of the largest picture, of the most channels, from stage to stage


class Network(NamedTuple):
    """What decides the shapes of a U-Net."""

    side: int
    widths: tuple[int, ...]
    lost: int  # pixels that a double convolution takes away, 4 without padding


class Stage(NamedTuple):
    """What comes out of one stage."""

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

# A block says its shape where it is pointed at, or gone to by Tab. A still cannot, so there all of it stays hidden.
_POINTED_AT = (
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
    found.append(Stage("logits", CLASSES, side, 0, "a 1 x 1 convolution: one score a class"))
    return tuple(found)


@contextmanager
def without_skips(model: UNet, left_out: Collection[int]) -> Iterator[None]:
    """Inside the block, give some decoder stages, numbered from the deepest, zeros in place of their skip."""
    with ExitStack() as hooks:
        for number in left_out:
            handle = model.ups[number].register_forward_pre_hook(lambda _, inputs: (inputs[0], inputs[1] * 0))
            hooks.callback(handle.remove)
        yield


@cache
def small_network() -> UNet:
    """Build the small U-Net with the weights that docs/train_explorer_weights.py trained."""
    import torch

    from course_lib.models import UNet

    model = UNet(num_classes=CLASSES, widths=WIDTHS)
    with np.load(WEIGHTS_FOLDER / "unet.npz", allow_pickle=False) as arrays:
        weights = {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in arrays.files}
    model.load_state_dict(model.state_dict() | weights)
    return model.eval()


@cache
def predict(pet: int, left_out: tuple[int, ...] = ()) -> NDArray[np.uint8]:
    """Predict a pet's classes (H, W) without some of the skips, numbered from the deepest."""
    import torch

    from course_lib.data.transforms import normalize, to_tensors

    images, _ = to_tensors(example_pets()[pet].image[None], example_pets()[pet].truth[None])
    model = small_network()
    with torch.no_grad(), without_skips(model, left_out):
        logits = model(normalize(images))  # (1, 3, H, W)
    prediction: NDArray[np.uint8] = logits.argmax(dim=1)[0].to(torch.uint8).numpy()
    return prediction


def unet_view(
    mode: str, network: str, stage: int, pet: int, skip_64: bool, skip_32: bool, skip_16: bool
) -> View:
    """Draw one of the two pictures; a stage beyond the last is the last."""
    if mode == SHAPES:
        return _view_of_shapes(NETWORKS[network], stage)
    return _view_of_skips(pet, (skip_16, skip_32, skip_64))


def _view_of_shapes(network: Network, number: int) -> View:
    every = stages(network)
    number = min(number, len(every) - 1)
    stage = every[number]
    numbers = stage.channels * stage.side**2
    said = (
        f"Stage {number}, {stage.name}: {stage.channels} channels, {stage.side} x {stage.side}. Made by: {stage.what}.",
        f"(N, {stage.channels}, {stage.side}, {stage.side}): {numbers:,} numbers an image.",
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
    """Return one stage: its block with its numbers, and what is said of it below the picture when it is gone to."""
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


def _view_of_skips(pet: int, kept: tuple[bool, bool, bool]) -> View:
    example = example_pets()[pet]
    left_out = tuple(number for number, keep in enumerate(kept) if not keep)
    prediction, full = predict(pet, left_out), predict(pet)
    pictures = (
        picture("image", "A pet.", example.image),
        class_picture("truth", example.image, example.truth),
        class_picture("prediction", example.image, prediction),
        _difference(prediction != full),
    )
    sides = [SIDE >> number for number in reversed(range(len(kept)))]  # of the skips, the deepest first
    off = ", ".join(f"{sides[number]} x {sides[number]}" for number in left_out) or "none yet: untick one"
    with_all, with_none = shipped_scores()
    return View(
        pictures,
        (
            f"Skips switched off: {off}. {_scores(prediction, example.truth)}",
            f"With all skips: {_scores(full, example.truth)}",
            KEY,
            "Trained with skips left out now and then, this network can do without. These pets show well what is lost; "
            f"over 100 pets, mIoU is {with_all:.3f} with all skips and {with_none:.3f} without any.",
        ),
    )


def _scores(prediction: NDArray[np.uint8], truth: NDArray[np.uint8]) -> str:
    matrix = ConfusionMatrix(num_classes=CLASSES)
    matrix.update(prediction, truth)
    named = ", ".join(f"{name} {iou:.3f}" for name, iou in zip(PET_CLASSES, matrix.iou(), strict=True))
    return f"IoU: {named}; mIoU {matrix.mean_iou():.3f}."


def _difference(differs: NDArray[np.bool_]) -> Figure:
    grey = np.where(differs[..., None], 120, 255).astype(np.uint8).repeat(3, axis=2)
    count = int(differs.sum())
    edges = outline(differs, *CORNER, PICTURE / len(differs), stroke_width=1)
    alt = f"{count} pixels differ from the prediction with all skips."
    return picture(f"{count} pixels changed", alt, grey, edges)


def explore_unet() -> Explorer:
    """Look at a U-Net's shapes, stage by stage; then switch its skips off."""
    skips = {
        f"skip_{SIDE >> level}": switch(f"skip at {SIDE >> level} x {SIDE >> level}", True)
        for level in range(3)
    }
    controls = {
        "network": choice("network", list(NETWORKS)),
        "stage": integer("stage", 5, 0, 11),
        "pet": choose_pet(),
        **skips,
    }
    modes = {SHAPES: ("network", "stage"), SKIPS: ("pet", *skips)}
    still = dict.fromkeys(skips, False)  # with all of them on there is nothing to compare
    explorer = Explorer("A U-Net", unet_view, controls, modes, below=[HTML(_POINTED_AT)], still=still)

    def fit(_: object = None) -> None:
        controls["stage"].max = len(stages(NETWORKS[controls["network"].value])) - 1

    controls["network"].observe(fit, "value")
    fit()
    return explorer
