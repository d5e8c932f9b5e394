"""The models whose encoder can start from pretrained weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from course_lib.models import resnet_unet, segformer


class Pretrained(NamedTuple):
    """How a model gets its encoder's weights.

    Attributes:
        load: takes the model and the weights' name, a file or a folder.
        at_hand: returns the weights to take, and a sentence where these are not the ones asked for.
    """

    load: Callable[[Any, str], None]
    at_hand: Callable[[str], tuple[str, str]]


PRETRAINED = {
    resnet_unet.MODEL_NAME: Pretrained(resnet_unet.load_encoder, resnet_unet.weights_at_hand),
    segformer.MODEL_NAME: Pretrained(segformer.load_encoder, segformer.weights_at_hand),
}


def weights_at_hand(model: str, weights: str) -> tuple[str, str]:
    """Return the weights that a model takes, and a sentence where these are not the ones asked for.

    Raises:
        ValueError: weights were asked for, and the model has none to start from.
    """
    if weights == "none":
        return weights, ""
    if model not in PRETRAINED:
        raise ValueError(
            f"--weights {weights} is for --model {' or '.join(PRETRAINED)}, and the model is {model}: choose one of "
            "them, or leave --weights out."
        )
    return PRETRAINED[model].at_hand(weights)
