"""How a model is given pretrained weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pretrained:
    """The pretrained weights that a model's ``encoder`` can start from.

    Attributes:
        load: takes the model and the name of the weights: a word such as "imagenet", a file or a folder.
        at_hand: takes the name of the weights that were asked for; returns the name of the weights to use, and a
            sentence if they are others.
        options: takes the name of the weights; returns the options that the model must be built with to hold them.
        part: the name of the submodule that they belong to; "" is the whole model.
        rate_share: the rate of pretrained weights, as a share of the rate of the others.
        frozen_at_first: the share of training during which they are frozen.
    """

    load: Callable[[Any, str], None]
    at_hand: Callable[[str], tuple[str, str]]
    options: Callable[[str], dict[str, Any]] = lambda weights: {}
    part: str = "encoder"
    rate_share: float = 0.1
    frozen_at_first: float = 0.2
