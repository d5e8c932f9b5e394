"""The U-Net: its shapes drawn to scale, and what its skips contribute, shown with a small trained one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

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
from course_lib.explorers.unet_shapes import (
    CLASSES,
    NETWORKS,
    POINTED_AT,
    SIDE,
    WIDTHS,
    stages,
    view_of_shapes,
)
from course_lib.explorers.view import View
from course_lib.masks import PET_CLASSES
from course_lib.metrics import ConfusionMatrix
from course_lib.svg import CORNER, PICTURE, Figure, outline, picture

if TYPE_CHECKING:
    from course_lib.models import UNet

SHAPES, SKIPS = "shapes", "what the skips are worth"


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
def predict(pet: int, left_out: tuple[int, ...]) -> NDArray[np.uint8]:
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
        return view_of_shapes(NETWORKS[network], stage)
    return _view_of_skips(pet, (skip_16, skip_32, skip_64))


def _view_of_skips(pet: int, kept: tuple[bool, bool, bool]) -> View:
    example = example_pets()[pet]
    left_out = tuple(number for number, keep in enumerate(kept) if not keep)
    prediction, full = predict(pet, left_out), predict(pet, ())
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
            "This network was trained with skips left out at random, so it works without them. These pets show "
            "clearly what is lost; "
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
    explorer = Explorer("A U-Net", unet_view, controls, modes, below=[HTML(POINTED_AT)], still=still)

    def fit(_: object = None) -> None:
        controls["stage"].max = len(stages(NETWORKS[controls["network"].value])) - 1

    controls["network"].observe(fit, "value")
    fit()
    return explorer
