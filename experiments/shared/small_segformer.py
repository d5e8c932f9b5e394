"""A narrow SegFormer (Xie et al., 2021) in plain torch, small enough to be trained from scratch on few images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Self-attention whose keys and values come from a map that is ``reduction`` times smaller."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(width, width, reduction, reduction) if reduction > 1 else nn.Identity()
        self.norm = nn.LayerNorm(width)
        self.attend = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, tokens: Tensor, size: Sequence[int]) -> Tensor:
        """Return tokens (N, H*W, C) for tokens (N, H*W, C) of a map of ``size`` (H, W)."""
        small = self.norm(as_tokens(self.shrink(as_map(tokens, size))))
        attended: Tensor = self.attend(tokens, small, small, need_weights=False)[0]
        return attended


class MixFFN(nn.Module):
    """A perceptron per token, with a 3x3 depthwise convolution in it that tells where a token is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.mix = nn.Conv2d(4 * width, 4 * width, 3, padding=1, groups=4 * width)

    def forward(self, tokens: Tensor, size: Sequence[int]) -> Tensor:
        """Return tokens (N, H*W, C)."""
        mixed = as_tokens(self.mix(as_map(self.first(tokens), size)))
        return self.last(F.gelu(mixed))


class Block(nn.Module):
    """Attention and Mix-FFN, each added to what came in."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attention, self.ffn = Attention(width, heads, reduction), MixFFN(width)

    def forward(self, tokens: Tensor, size: Sequence[int]) -> Tensor:
        """Return tokens (N, H*W, C)."""
        tokens = tokens + self.attention(self.norms[0](tokens), size)
        return tokens + self.ffn(self.norms[1](tokens), size)


class Stage(nn.Module):
    """Overlapping patches, embedded, then blocks: one scale of the encoder."""

    def __init__(self, before: int, width: int, heads: int, reduction: int, depth: int, first: bool) -> None:
        super().__init__()
        kernel, stride = (7, 4) if first else (3, 2)
        self.embed = nn.Conv2d(before, width, kernel, stride, kernel // 2)
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.blocks = nn.ModuleList(Block(width, heads, reduction) for _ in range(depth))

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, width, H/s, W/s) for features (N, C, H, W), with s 4 in the first stage and else 2."""
        embedded = self.embed(features)
        size, tokens = embedded.shape[2:], self.norms[0](as_tokens(embedded))
        for block in self.blocks:
            tokens = block(tokens, size)
        return as_map(self.norms[1](tokens), size)


class SmallSegFormer(nn.Module):
    """Four stages, and a decoder that brings all of them to a quarter of the size and adds them up."""

    def __init__(
        self, widths: Sequence[int] = (24, 48, 80, 128), depth: int = 2, num_classes: int = 3
    ) -> None:
        super().__init__()
        befores = (3, *widths[:-1])
        self.stages = nn.ModuleList(
            Stage(before, width, heads, reduction, depth, first=number == 0)
            for number, (before, width, heads, reduction) in enumerate(
                zip(befores, widths, (1, 2, 5, 8), (8, 4, 2, 1), strict=True)
            )
        )
        self.same = nn.ModuleList(nn.Conv2d(width, 64, kernel_size=1) for width in widths)
        self.head = nn.Sequential(nn.BatchNorm2d(64), nn.ReLU(), nn.Conv2d(64, num_classes, kernel_size=1))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H, W) for images (N, 3, H, W) whose sides are multiples of 64."""
        features, scales = images, []
        for stage in self.stages:
            features = stage(features)
            scales.append(features)
        quarter = scales[0].shape[2:]
        views = [
            F.interpolate(same(scale), size=quarter, mode="bilinear")
            for same, scale in zip(self.same, scales, strict=True)
        ]
        logits = self.head(torch.stack(views).sum(dim=0))  # (N, num_classes, H/4, W/4)
        return F.interpolate(logits, size=images.shape[2:], mode="bilinear")


def as_tokens(features: Tensor) -> Tensor:
    """Turn a map (N, C, H, W) into tokens (N, H*W, C)."""
    return features.flatten(2).transpose(1, 2)


def as_map(tokens: Tensor, size: Sequence[int]) -> Tensor:
    """Turn tokens (N, H*W, C) into a map (N, C, H, W)."""
    return tokens.transpose(1, 2).unflatten(2, tuple(size))
