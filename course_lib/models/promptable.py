"""A small promptable segmenter, and a query head on the same encoder, for the course's drawn scenes.

The encoder runs once per image. A prompt (points, or a box) then costs a fraction of that: its tokens and the map of
the image attend to each other, and three masks come out, each with the IoU that the network expects of it (after SAM,
Kirillov et al. 2023). The query head takes learned tokens in the place of a prompt and gives all segments of the
scene, each with a class (after MaskFormer, Cheng et al. 2021). `docs/train_promptable_weights.py` trains both.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models.stored import load_small

WEIGHTS = Path(__file__).parent / "weights" / "promptable.npz"
SIZE = (96, 128)
"""Height and width of the images that the weights were trained on."""

QUERIES = 12
CLASSES = 5  # those of a scene; one more logit says "no segment"
MASKS = 3
FOREGROUND, BACKGROUND, TOP_LEFT, BOTTOM_RIGHT, PADDING = range(5)
"""What a token of a prompt says about its place."""

_WIDTH = 96
_FINE_WIDTH = 64  # of the map at a quarter of the size
_FINE = 24  # of the features that masks are made of
_HEADS = 4


class Encoded(NamedTuple):
    """What the encoder knows of images: a map at an eighth of the size, and a finer one at a quarter."""

    coarse: Tensor  # (N, 96, H/8, W/8)
    fine: Tensor  # (N, 64, H/4, W/4)

    def repeated(self, times: Tensor) -> Encoded:
        """Repeat each image for its prompts; ``times`` (P,) holds the index of each prompt's image."""
        return Encoded(self.coarse[times], self.fine[times])


class Attention(nn.Module):
    """Multi-head attention from ``queries`` to ``keys``, whose inner width may be smaller."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(width, inner) for _ in range(3))
        self.out = nn.Linear(inner, width)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Take (N, T, C), (N, S, C), (N, S, C) and give (N, T, C)."""
        q, k, v = (
            layer(x).unflatten(-1, (_HEADS, -1)).transpose(1, 2)  # (N, heads, T, C')
            for layer, x in ((self.q, queries), (self.k, keys), (self.v, values))
        )
        found = F.scaled_dot_product_attention(q, k, v)
        return self.out(found.transpose(1, 2).flatten(2))


class SelfBlock(nn.Module):
    """Attention of a map to itself, and an MLP: a block of a vision transformer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.attention = Attention(width, width)
        self.mlp = _mlp(width)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """Keep the shape (N, S, C); positions are (S, C)."""
        y = self.norms[0](x)
        x = x + self.attention(y + positions, y + positions, y)
        return x + self.mlp(self.norms[1](x))


class TwoWayBlock(nn.Module):
    """Tokens attend to each other and to the map, then the map attends to the tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))
        self.among, self.to_map = Attention(width, width), Attention(width, width // 2)
        self.to_tokens = Attention(width, width // 2)
        self.mlp = _mlp(width)

    def forward(
        self, tokens: Tensor, first: Tensor, places: Tensor, positions: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Keep the shapes of tokens (N, T, C) and places (N, S, C); ``first`` are the tokens as they came."""
        asked = tokens + first
        tokens = self.norms[0](tokens + self.among(asked, asked, tokens))
        tokens = self.norms[1](tokens + self.to_map(tokens + first, places + positions, places))
        tokens = self.norms[2](tokens + self.mlp(tokens))
        places = self.norms[3](places + self.to_tokens(places + positions, tokens + first, tokens))
        return tokens, places


class MaskDecoder(nn.Module):
    """Tokens and the image's maps become refined tokens and features at half of the size."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TwoWayBlock(_WIDTH) for _ in range(2))
        self.last, self.last_norm = Attention(_WIDTH, _WIDTH // 2), nn.LayerNorm(_WIDTH)
        self.up, self.skip = nn.ConvTranspose2d(_WIDTH, 48, 2, stride=2), nn.Conv2d(_FINE_WIDTH, 48, 1)
        self.out = nn.ConvTranspose2d(48, _FINE, 2, stride=2)

    def forward(self, tokens: Tensor, encoded: Encoded, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Take tokens (N, T, 96); give tokens (N, T, 96) and features (N, 24, H/2, W/2)."""
        height, width = encoded.coarse.shape[2:]
        first, places = tokens, encoded.coarse.flatten(2).transpose(1, 2)  # (N, S, C)
        for block in self.blocks:
            tokens, places = block(tokens, first, places, positions)
        tokens = self.last_norm(tokens + self.last(tokens + first, places + positions, places))
        coarse = places.transpose(1, 2).unflatten(2, (height, width))
        return tokens, self.out(F.relu(self.up(coarse) + self.skip(encoded.fine)))


class PromptableNet(nn.Module):
    """The encoder, and two decoders: one asked by prompts, one by learned queries."""

    waves: Tensor

    def __init__(self) -> None:
        super().__init__()
        stem = nn.Conv2d(3, _FINE_WIDTH, 7, stride=4, padding=3, bias=False)
        self.fine = nn.Sequential(stem, nn.BatchNorm2d(_FINE_WIDTH), Residual(_FINE_WIDTH))
        shrink = nn.Conv2d(_FINE_WIDTH, _WIDTH, 3, stride=2, padding=1, bias=False)
        self.coarse = nn.Sequential(shrink, nn.BatchNorm2d(_WIDTH), Residual(_WIDTH), Residual(_WIDTH))
        self.context = nn.ModuleList(SelfBlock(_WIDTH) for _ in range(2))
        self.kinds = nn.Embedding(5, _WIDTH)  # FOREGROUND to PADDING
        self.mask_tokens = nn.Embedding(1 + MASKS, _WIDTH)  # the first is for the expected IoU
        self.prompted = MaskDecoder()
        self.mask_kernels = nn.ModuleList(_head(_FINE) for _ in range(MASKS))
        self.expected = _head(MASKS)
        self.query_tokens = nn.Embedding(QUERIES, _WIDTH)
        self.queried = MaskDecoder()
        self.query_kernel, self.query_class = _head(_FINE), nn.Linear(_WIDTH, CLASSES + 1)
        waves = torch.randn(2, _WIDTH // 2, generator=torch.Generator().manual_seed(0))
        self.register_buffer("waves", waves, persistent=False)

    def encode(self, images: Tensor) -> Encoded:
        """Read images (N, 3, H, W) in 0..1, once for all prompts."""
        fine = self.fine(2 * images - 1)
        coarse = self.coarse(fine)
        height, width = coarse.shape[2:]
        places = coarse.flatten(2).transpose(1, 2)
        for block in self.context:
            places = block(places, self._positions_of(height, width))
        return Encoded(places.transpose(1, 2).unflatten(2, (height, width)), fine)

    def ask(self, encoded: Encoded, places: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Decode one prompt per image of ``encoded``.

        Args:
            encoded: of N images, repeated where an image has several prompts.
            places: (N, T, 2), x and y as shares of width and height.
            kinds: int64 (N, T), FOREGROUND to PADDING.

        Returns:
            Mask logits (N, 3, H/2, W/2), and the IoU expected of each, (N, 3).
        """
        prompt = self._positions(places) * (kinds != PADDING)[..., None] + self.kinds(kinds)
        own = self.mask_tokens.weight.expand(len(prompt), -1, -1)
        tokens, features = self.prompted(torch.cat([own, prompt], dim=1), encoded, self._grid(encoded))
        kernels = torch.stack([head(tokens[:, 1 + n]) for n, head in enumerate(self.mask_kernels)], dim=1)
        return torch.einsum("nmc,nchw->nmhw", kernels, features), self.expected(tokens[:, 0]).sigmoid()

    def all_segments(self, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Return mask logits (N, 12, H/2, W/2) and class logits (N, 12, 6) of all queries; the last is "no segment"."""
        tokens = self.query_tokens.weight.expand(len(encoded.coarse), -1, -1)
        tokens, features = self.queried(tokens, encoded, self._grid(encoded))
        return torch.einsum("nqc,nchw->nqhw", self.query_kernel(tokens), features), self.query_class(tokens)

    def _positions(self, places: Tensor) -> Tensor:
        """Code places (..., 2) in 0..1 by sines and cosines of random waves, (..., 96)."""
        angles = 2 * torch.pi * (2 * places - 1) @ self.waves
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    def _positions_of(self, height: int, width: int) -> Tensor:
        y, x = ((torch.arange(side, device=self.waves.device) + 0.5) / side for side in (height, width))
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)  # (H, W, 2)
        return self._positions(grid).flatten(0, 1)

    def _grid(self, encoded: Encoded) -> Tensor:
        height, width = encoded.coarse.shape[2:]
        return self._positions_of(height, width)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a way past them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width),
            nn.ReLU(), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (N, C, H, W)."""
        return x + self.layers(x)


def _mlp(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))


def _head(outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(_WIDTH, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, outputs))


def load_promptable() -> PromptableNet:
    """Return the network with the weights that come with the course, in evaluation mode."""
    model = PromptableNet()
    model.load_state_dict(load_small(WEIGHTS))
    return model.eval()
