"""What several exercises of lesson 05 share."""

import numpy as np
import torch
from torch import nn


def quarters(rng, *shape):
    """Draw multiples of 1/4 from -2 to 2: sums and products of them are exact in float32."""
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32)) / 4


def as_list(tensor):
    return tensor.tolist() if isinstance(tensor, (torch.Tensor, np.ndarray)) else tensor


class LinearOverChannels(nn.Linear):
    """A 1x1 convolution of images (N, C, H, W), as some write it."""

    def forward(self, features):
        return super().forward(features.movedim(1, -1)).movedim(-1, 1)
