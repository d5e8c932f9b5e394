"""Networks from images (N, C, H, W) to logits (N, classes, H, W), one architecture a file."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from torch import nn

from course_lib.models.deeplabv3plus import DeepLabV3Plus
from course_lib.models.fast_unet import FastUNet
from course_lib.models.fcn import FCN
from course_lib.models.hrnet import HRNet
from course_lib.models.pspnet import PSPNet
from course_lib.models.resnet_unet import ResNetUNet
from course_lib.models.segformer import SegFormer
from course_lib.models.tiny_unet import TinyUNet
from course_lib.models.unet import UNet

MODELS: dict[str, Callable[..., nn.Module]] = {
    "tiny-unet": TinyUNet,
    "unet": UNet,
    "fast-unet": FastUNet,
    "fcn": FCN,
    "deeplabv3plus": DeepLabV3Plus,
    "pspnet": PSPNet,
    "hrnet": HRNet,
    "resnet-unet": ResNetUNet,
    "segformer": SegFormer,
}


def create_model(name: str, num_classes: int = 3, in_channels: int = 3, **options: Any) -> nn.Module:
    """Build the model that `MODELS` knows by ``name``, on the CPU, with torch's random initial weights.

    Args:
        name: "tiny-unet", "unet", ...
        num_classes: channels of the logits.
        in_channels: channels of the image, 3 for RGB.
        options: what the model's own class takes besides, e.g. ``widths=(16, 32, 64)``.

    Raises:
        ValueError: no model has this name; the sentence gives the nearest and all known ones.
    """
    if name not in MODELS:
        near = get_close_matches(name.lower().replace("_", "-"), MODELS)
        guess = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise ValueError(f"no model is called {name!r}: {guess}Known are {', '.join(sorted(MODELS))}.")
    return MODELS[name](in_channels=in_channels, num_classes=num_classes, **options)
