"""How a decoder stage takes in the encoder's features of the same size."""

from __future__ import annotations

from typing import Literal

import torch

Skip = Literal["concat", "add", "none"]


def join_skip(features: torch.Tensor, skip: torch.Tensor, how: Skip = "concat") -> torch.Tensor:
    """Join decoder ``features`` (N, C, H, W) with the encoder's ``skip`` of the same height and width.

    Returns:
        "concat": (N, C + skip channels, H, W), the features first, as in U-Net.
        "add": (N, C, H, W), the sum, as in FCN and ResNet; both need the same number of channels.
        "none": only the features, to see what the skip is worth.

    Worked example skip-concat-add: 64 + 64 channels at 32 x 32 give 128 concatenated, 64 added.
    """
    if how == "none":
        return features
    if how == "add":
        return features + skip
    return torch.cat([features, skip], dim=1)


def joined_channels(channels: int, how: Skip = "concat") -> int:
    """Return the number of channels that `join_skip` returns if features and skip have ``channels`` each."""
    return 2 * channels if how == "concat" else channels
