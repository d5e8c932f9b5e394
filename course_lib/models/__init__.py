"""Networks from images (N, C, H, W) to logits (N, classes, H, W), one architecture per file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.models import effnet_unet, fast_unet, resnet_unet, segformer, unet
from course_lib.models.deeplabv3plus import DeepLabV3Plus
from course_lib.models.effnet_unet import EffNetUNet
from course_lib.models.fast_unet import FastUNet
from course_lib.models.fcn import FCN
from course_lib.models.hrnet import HRNet
from course_lib.models.pretrained import Pretrained
from course_lib.models.pspnet import PSPNet
from course_lib.models.resnet_unet import ResNetUNet
from course_lib.models.segformer import SegFormer
from course_lib.models.tiny_unet import TinyUNet
from course_lib.models.unet import UNet


@dataclass(frozen=True)
class Model:
    """An architecture, and what the course knows about it besides its layers.

    Attributes:
        build: the class, called with ``in_channels``, ``num_classes`` and its own options.
        has_skips: whether finer features join the decoder on its way up. `course diagnose` looks for skips only if
            there should be some.
        pretrained: the weights that its encoder can start from; None if there are none.
        recipe: the fields of `TrainConfig` that suit this model better than the usual ones.
        options_of: takes a state_dict and returns the options that the model was built with, read from the shapes of
            the tensors. By default the model has its usual size.
    """

    build: Callable[..., nn.Module]
    has_skips: bool = False
    pretrained: Pretrained | None = None
    options_of: Callable[[Mapping[str, Tensor]], dict[str, Any]] = lambda weights: {}
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def options_for(self, weights: str) -> dict[str, Any]:
        """Return the options that the model must be built with to hold the pretrained ``weights``."""
        return self.pretrained.options(weights) if self.pretrained else {}


MODELS: dict[str, Model] = {
    "tiny-unet": Model(TinyUNet, has_skips=True),
    "unet": Model(UNet, has_skips=True, options_of=unet.options_of),
    "fast-unet": Model(FastUNet, True, fast_unet.PRETRAINED, fast_unet.options_of),
    "fcn": Model(FCN, has_skips=True),
    "deeplabv3plus": Model(DeepLabV3Plus, has_skips=True),
    "pspnet": Model(PSPNet),
    "hrnet": Model(HRNet),
    "resnet-unet": Model(ResNetUNet, True, resnet_unet.PRETRAINED, resnet_unet.options_of),
    "effnet-unet": Model(EffNetUNet, True, effnet_unet.PRETRAINED, recipe=effnet_unet.RECIPE),
    "segformer": Model(SegFormer, pretrained=segformer.PRETRAINED),
}


def create_model(name: str, num_classes: int = 3, in_channels: int = 3, **options: Any) -> nn.Module:
    """Build the model called ``name`` in `MODELS`, on the CPU, with torch's random initial weights.

    Args:
        name: "tiny-unet", "unet", ...
        num_classes: channels of the logits.
        in_channels: channels of the image, 3 for RGB.
        options: further options of the model's class, e.g. ``widths=(16, 32, 64)``.

    Raises:
        ValueError: no model has this name; the message gives the nearest and all known ones.
    """
    if name not in MODELS:
        near = get_close_matches(name.lower().replace("_", "-"), MODELS)
        guess = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise ValueError(
            f"no model is called {name!r}: {guess}The known models are {', '.join(sorted(MODELS))}."
        )
    return MODELS[name].build(in_channels=in_channels, num_classes=num_classes, **options)


def weights_at_hand(model: str, weights: str) -> tuple[str, str]:
    """Return the name of the pretrained weights to use, and a sentence if they are not the ones asked for.

    Raises:
        ValueError: weights were asked for, but the model has no pretrained weights.
    """
    if weights == "none":
        return weights, ""
    pretrained = MODELS[model].pretrained
    if pretrained is None:
        *others, last = (name for name, known in MODELS.items() if known.pretrained)
        raise ValueError(
            f"--weights {weights} is for --model {', '.join(others)} or {last}, but the model is {model}: choose one of them, or leave "
            "--weights out."
        )
    return pretrained.at_hand(weights)


def recognise(weights: Mapping[str, Tensor], num_classes: int = 3) -> tuple[str, dict[str, Any]] | None:
    """Return the name and the options of the model whose state_dict this is, as `create_model` takes them.

    The result is None if it belongs to none of `MODELS`.
    """
    for name, model in MODELS.items():
        options = model.options_of(weights)
        if _shapes_of(model, num_classes, options) == {key: tensor.shape for key, tensor in weights.items()}:
            return name, options
    return None


def _shapes_of(model: Model, num_classes: int, options: dict[str, Any]) -> dict[str, torch.Size]:
    """Return the shapes of a model's tensors by name; none if it cannot be built with these options."""
    try:
        with torch.device("meta"):  # shapes only, no memory
            network = model.build(num_classes=num_classes, **options)
    except (ValueError, RuntimeError):
        return {}
    return {key: tensor.shape for key, tensor in network.state_dict().items()}
