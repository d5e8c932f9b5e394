"""A U-Net whose encoder is torchvision's ResNet-18, so that it can start from weights trained on many images."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights
from torchvision.models.resnet import BasicBlock

from course_lib.models.base import SegmentationModel
from course_lib.models.checkpoints import read_state, without_common_step
from course_lib.models.pretrained import Pretrained
from course_lib.models.unet import DoubleConv, Up

WIDTH = 64
POCKET_WIDTH = 12
POCKET_WEIGHTS = Path(__file__).with_name("weights") / "resnet_pocket.npz"

_SECONDS = 10  # time to wait for an answer from the network


class ResNetEncoder(nn.Module):
    """ResNet-18 (He et al. 2016) without its classifier; its weights have torchvision's names.

    Args:
        in_channels: channels of the image, 3 for RGB.
        width: channels of the first stage; 64 is ResNet-18.
    """

    def __init__(self, in_channels: int = 3, width: int = WIDTH) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = _stage(width, width, stride=1)
        self.layer2 = _stage(width, 2 * width, stride=2)
        self.layer3 = _stage(2 * width, 4 * width, stride=2)
        self.layer4 = _stage(4 * width, 8 * width, stride=2)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return features at 1/2, ..., 1/32 of the size, with 1, 1, 2, 4 and 8 times ``width`` channels."""
        features = [self.relu(self.bn1(self.conv1(images)))]  # (N, width, H/2, W/2)
        features.append(self.layer1(self.maxpool(features[0])))  # (N, width, H/4, W/4)
        for stage in (self.layer2, self.layer3, self.layer4):
            features.append(stage(features[-1]))  # (N, 2C, H/2, W/2)
        return features


class ResNetUNet(SegmentationModel):
    """A U-Net with six skips: the encoder's features at five sizes, and a double convolution of the image itself.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        width: channels of the encoder's first stage; 64 is ResNet-18.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 3, width: int = WIDTH) -> None:
        super().__init__(in_channels, multiple=32)
        self.encoder = ResNetEncoder(in_channels, width)
        self.detail = DoubleConv(in_channels, width // 2)
        ups = ((8, 4), (4, 2), (2, 1))
        self.ups = nn.ModuleList(Up(coarse * width, fine * width, "bilinear") for coarse, fine in ups)
        self.ups.append(Up(width, width, "bilinear"))
        self.ups.append(Up(width, width // 2, "bilinear"))
        self.head = nn.Conv2d(width // 2, num_classes, kernel_size=1)

    def logits(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        skips: list[Tensor] = [self.detail(images), *self.encoder(images)]
        features = skips.pop()  # (N, 8 * width, H/32, W/32)
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            features = up(features, skip)  # (N, C, 2H, 2W)
        return self.head(features)  # (N, num_classes, H, W)


def width_for(weights: str) -> int:
    """Return the width of the encoder that weights belong to; those trained on pocket pets are narrow."""
    return POCKET_WIDTH if weights == "pocket" else WIDTH


def load_encoder(model: ResNetUNet, weights: str) -> None:
    """Give the encoder the weights called "none", "pocket" or "imagenet", or those in a file.

    Args:
        model: a model of the width that :func:`width_for` gives.
        weights: "none" leaves the encoder as it is. A file holds the state of a ResNet-18, as ``torch.save`` writes
            it; its classifier is left out.

    Raises:
        OSError: the file cannot be read, or the ImageNet weights cannot be fetched.
        ValueError: the file holds something else, or the weights of another architecture.
    """
    if weights == "none":
        return
    state = encoder_weights(weights)
    expected = model.encoder.state_dict()
    strange = [name for name in expected if name not in state or state[name].shape != expected[name].shape]
    if strange or len(state) > len(expected):
        name = strange[0] if strange else next(name for name in state if name not in expected)
        got = tuple(state[name].shape) if name in state else "missing"
        wanted = tuple(expected[name].shape) if name in expected else "no such tensor"
        raise ValueError(
            f"{weights} holds the weights of another architecture: {name} is {got}, and this encoder expects {wanted}. "
            "Give the state of torchvision's resnet18, or train from --weights imagenet, pocket or none."
        )
    model.encoder.load_state_dict(state)


def encoder_weights(weights: str) -> dict[str, Tensor]:
    """Return the state of an encoder: "pocket", "imagenet", or a file's; without the classifier.

    Raises:
        OSError, ValueError: as :func:`load_encoder`.
    """
    if weights == "pocket":
        with np.load(POCKET_WEIGHTS, allow_pickle=False) as arrays:
            return {
                name: torch.from_numpy(array.astype("float32" if array.dtype == "float16" else array.dtype))
                for name, array in arrays.items()
            }
    state = _fetch_imagenet() if weights == "imagenet" else _state_of_file(Path(weights))
    return {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}


def weights_at_hand(weights: str) -> tuple[str, str]:
    """Return the name of the weights to use, and a sentence if they are not the ones asked for.

    If the ImageNet weights cannot be fetched, weights trained on pocket pets replace them.
    """
    if weights != "imagenet":
        return weights, ""
    try:
        _fetch_imagenet()
    except OSError as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return "pocket", (
            f"The ImageNet weights cannot be fetched ({reason}): a narrower encoder starts from weights trained on "
            "pocket pets instead. If you have a file of torchvision's resnet18, give --weights FILE."
        )
    return weights, ""


def _fetch_imagenet() -> dict[str, Tensor]:
    """Return torchvision's weights, from its cache or else from the network."""
    with _patience(_SECONDS):
        try:
            return dict(ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True))
        except RuntimeError as error:  # the file is damaged: its hash is wrong
            raise OSError(str(error)) from error


def _state_of_file(path: Path) -> dict[str, Tensor]:
    return without_common_step(read_state(path), {"conv1.weight"})


def options_of(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the options of the `ResNetUNet` whose state_dict this is, read from the shapes of its tensors."""
    first = weights.get("encoder.conv1.weight")
    return {} if first is None else {"width": len(first)}


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Limit the time to wait for an answer from the network inside the block."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _stage(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    shortcut = None
    if stride > 1 or in_channels != out_channels:
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )
    return nn.Sequential(
        BasicBlock(in_channels, out_channels, stride, shortcut), BasicBlock(out_channels, out_channels)
    )


PRETRAINED = Pretrained(
    load=load_encoder, at_hand=weights_at_hand, options=lambda weights: {"width": width_for(weights)}
)
