"""SegFormer-B0 of transformers, upsampled to the size of the image, so that it is trained as every other model is."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from course_lib.hub import hub_answers, transformers
from course_lib.models.inputs import check_image_batch, check_image_size, pad_to_fit

SMALLEST = 32
MODEL_NAME = "segformer"


class SegFormer(nn.Module):
    """A transformer that gives logits at a quarter of the size (Xie et al. 2021), and a bilinear upsampling.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        pad_input: take smaller images too, by repeating edge pixels and cropping the logits back.

    Raises:
        ValueError: transformers is not installed; the message has the command.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 3, pad_input: bool = False) -> None:
        super().__init__()
        self.in_channels, self.pad_input = in_channels, pad_input
        library = transformers(MODEL_NAME)
        config = library.SegformerConfig(num_channels=in_channels, num_labels=num_classes)
        self.net = library.SegformerForSemanticSegmentation(config)

    @property
    def encoder(self) -> nn.Module:
        """The part that pretrained weights are for."""
        encoder: nn.Module = self.net.segformer
        return encoder

    def output_size(self, size: int) -> int | None:
        """Return the side of the logits for a side of the image: the same, or None where it is too small."""
        return None if size < SMALLEST else size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for float images (N, in_channels, H, W).

        Raises:
            TypeError, ValueError: images of another kind, shape, dtype or size, with what to do about it.
        """
        check_image_batch(images, self.in_channels)
        height, width = images.shape[2:]
        if self.pad_input:
            images = pad_to_fit(images, self.output_size)
        else:
            rule = f"without pad_input=True both sides must be at least {SMALLEST}"
            check_image_size(images, self.output_size, rule)
        quarter = self.net(images).logits  # (N, num_classes, H/4, W/4)
        logits = F.interpolate(
            quarter, size=images.shape[2:], mode="bilinear", align_corners=False
        )  # (N, C, H, W)
        return logits[..., :height, :width]  # (N, num_classes, H, W)

    def load_encoder(self, weights: str) -> None:
        """Give the encoder pretrained weights.

        Args:
            weights: a folder that transformers saved, or a name on the hub such as "nvidia/mit-b0".

        Raises:
            OSError: the hub cannot be reached, or has nothing under this name.
            ValueError: the weights are of another architecture.
        """
        load = transformers(MODEL_NAME).SegformerModel.from_pretrained
        options = {"output_loading_info": True, "ignore_mismatched_sizes": True}
        try:
            encoder, info = load(
                weights, **options, local_files_only=True
            )  # a folder, or what was fetched before
        except OSError:
            if Path(weights).is_dir():
                raise ValueError(
                    f"{weights} holds nothing that transformers saved: config.json is missing."
                ) from None
            if not hub_answers():
                raise OSError("the hub cannot be reached") from None
            encoder, info = load(weights, **options)
        own = {name: tensor.shape for name, tensor in self.encoder.state_dict().items()}
        theirs = {name: tensor.shape for name, tensor in encoder.state_dict().items()}
        if own != theirs or info["missing_keys"] or info["mismatched_keys"]:
            raise ValueError(
                f"{weights} holds the weights of another architecture: a SegFormer-B0 is expected."
            )
        self.encoder.load_state_dict(encoder.state_dict())
