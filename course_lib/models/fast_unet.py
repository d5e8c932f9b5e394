"""A U-Net for a slow laptop: every 2x2 block of pixels is folded into channels first and unfolded at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_lib.models import unet
from course_lib.models.base import SegmentationModel
from course_lib.models.checkpoints import load_state, read_state
from course_lib.models.pretrained import Pretrained
from course_lib.models.skips import Skip
from course_lib.models.stored import load_small
from course_lib.models.unet import UNet

FOLD = 2
POCKET_WEIGHTS = Path(__file__).with_name("weights") / "fast_unet_pocket.npz"


class FastUNet(SegmentationModel):
    """`UNet` at half the resolution, without losing a pixel (space-to-depth: Shi et al. 2016, backwards).

    A U-Net spends most of its time on the few channels at full resolution. Folding moves that work to a quarter
    of the positions; the head predicts four pixels at each, and unfolding puts them back in place.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of each level from half resolution down to the bottleneck.
        skip: "concat", "add" or "none", see `course_lib.models.skips.join_skip`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (32, 64, 128, 192, 192),
        skip: Skip = "concat",
    ) -> None:
        super().__init__(in_channels, multiple=FOLD * 2 ** (len(widths) - 1))
        self.fold = nn.PixelUnshuffle(FOLD)
        self.unet = UNet(FOLD**2 * in_channels, FOLD**2 * num_classes, widths, up="bilinear", skip=skip)
        self.unfold = nn.PixelShuffle(FOLD)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        folded = self.fold(images)  # (N, 4 * in_channels, H/2, W/2)
        return self.unfold(self.unet(folded))  # (N, num_classes, H, W)


def options_of(weights: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Return the options of the `FastUNet` whose state_dict this is, read from the shapes of its tensors."""
    return unet.options_of(weights, prefix="unet.")


def load_weights(model: FastUNet, weights: str) -> None:
    """Give the whole network the weights called "none" or "pocket", or those in a file.

    Args:
        model: of the usual widths. With another number of classes its head keeps its random weights.
        weights: "none" leaves the network as it is; "pocket" was trained on pocket pets. A file holds the state of a
            `FastUNet`, as ``torch.save`` writes it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else, or the weights of another architecture.
    """
    if weights == "none":
        return
    given = load_small(POCKET_WEIGHTS) if weights == "pocket" else read_state(Path(weights))
    own = model.state_dict()
    if len(given.get("unet.head.weight", ())) != len(own["unet.head.weight"]):
        given |= {name: own[name] for name in own if name.startswith("unet.head.")}
    try:
        load_state(model, given)
    except ValueError as error:
        raise ValueError(f"{weights} {error}") from error


def weights_at_hand(weights: str) -> tuple[str, str]:
    """Return the name of the weights to use, and no remark: they come with the course.

    Raises:
        ValueError: there are no weights of this name.
    """
    if weights == "imagenet":
        raise ValueError(
            "fast-unet has no ImageNet weights: give --model effnet-unet, or --weights pocket, none, or a file."
        )
    return weights, ""


PRETRAINED = Pretrained(
    load=load_weights, at_hand=weights_at_hand, part="", rate_share=1.0, frozen_at_first=0.0
)
