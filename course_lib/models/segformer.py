"""SegFormer-B0 of transformers, upsampled to the size of the image, so that it is trained as every other model is."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from course_lib.foundation.hub import hub_answers, transformers
from course_lib.models.inputs import check_image_batch, check_image_size, pad_to_fit

SMALLEST = 32
MODEL_NAME = "segformer"
IMAGENET = "nvidia/mit-b0"


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


def load_encoder(model: SegFormer, weights: str) -> None:
    """Give a model's encoder pretrained weights.

    Args:
        model: a SegFormer-B0.
        weights: a folder that transformers saved, or "imagenet", the ones that its authors published on the hub.

    Raises:
        OSError: the hub cannot be reached.
        ValueError: the folder holds the weights of another architecture, or none.
    """
    source = IMAGENET if weights == "imagenet" else weights
    load = transformers(MODEL_NAME).SegformerModel.from_pretrained
    options = {"output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        encoder, info = load(source, **options, local_files_only=True)  # a folder, or what was fetched before
    except OSError as error:
        if weights != "imagenet":
            raise ValueError(
                f"{weights} is no folder that transformers saved a SegFormer in: give imagenet, none, or such a folder."
            ) from error
        if not hub_answers():
            raise OSError("the hub cannot be reached") from None
        encoder, info = load(source, **options)
    own = {name: tensor.shape for name, tensor in model.encoder.state_dict().items()}
    theirs = {name: tensor.shape for name, tensor in encoder.state_dict().items()}
    if own != theirs or info["missing_keys"] or info["mismatched_keys"]:
        raise ValueError(f"{weights} holds the weights of another architecture: a SegFormer-B0 is expected.")
    model.encoder.load_state_dict(encoder.state_dict())


def weights_at_hand(weights: str) -> tuple[str, str]:
    """Return the weights to take, and a sentence where these are not the ones asked for.

    Where the hub is out of reach, training starts from untrained weights.

    Raises:
        ValueError: there are no weights of this name.
    """
    if weights == "pocket":
        raise ValueError("segformer has no weights made on pocket pets: give imagenet, none, or a folder.")
    if weights != "imagenet":
        return weights, ""
    transformers(MODEL_NAME)  # brings the hub's client, and says how to get it where it is missing
    from huggingface_hub import try_to_load_from_cache

    if isinstance(try_to_load_from_cache(IMAGENET, "config.json"), str) or hub_answers():
        return weights, ""
    return "none", (
        "The hub cannot be reached: segformer starts from untrained weights instead. With a folder that transformers "
        "saved, give --weights FOLDER."
    )
