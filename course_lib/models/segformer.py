"""SegFormer-B0 from transformers, upsampled to the size of the image, so that it is trained like any other model."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from course_lib.foundation.hub import hub_answers, transformers
from course_lib.models.base import SegmentationModel
from course_lib.models.pretrained import Pretrained

SMALLEST = 32
IMAGENET = "nvidia/mit-b0"


class SegFormer(SegmentationModel):
    """A transformer with logits at a quarter of the size (Xie et al. 2021), followed by bilinear upsampling.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.

    Raises:
        ValueError: transformers is not installed; the message has the command.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 3) -> None:
        super().__init__(in_channels)
        library = transformers("segformer")
        config = library.SegformerConfig(num_channels=in_channels, num_labels=num_classes)
        self.net = library.SegformerForSemanticSegmentation(config)

    @property
    def encoder(self) -> nn.Module:
        """The part that pretrained weights are loaded into."""
        encoder: nn.Module = self.net.segformer
        return encoder

    def output_size(self, size: int) -> int | None:
        """Return the side of the logits for a side of the image, in pixels; None if it is too small."""
        return None if size < SMALLEST else size

    @property
    def size_rule(self) -> str:
        """What a side must be, as the error message says it."""
        return f"both sides must be at least {SMALLEST}"

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        quarter = self.net(images).logits  # (N, num_classes, H/4, W/4)
        return F.interpolate(quarter, size=images.shape[2:], mode="bilinear")  # (N, num_classes, H, W)


def load_encoder(model: SegFormer, weights: str) -> None:
    """Give a model's encoder pretrained weights.

    Args:
        model: a SegFormer-B0.
        weights: a folder that transformers saved, or "imagenet": the weights that its authors published on the hub.

    Raises:
        OSError: the hub cannot be reached.
        ValueError: the folder does not hold weights, or those of another architecture.
    """
    source = IMAGENET if weights == "imagenet" else weights
    load = transformers("segformer").SegformerModel.from_pretrained
    options = {"output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        encoder, info = load(
            source, **options, local_files_only=True
        )  # a folder, or a copy that was fetched before
    except OSError as error:
        if weights != "imagenet":
            raise ValueError(
                f"{weights} is not a folder in which transformers saved a SegFormer: give such a folder, imagenet or "
                "none."
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
    """Return the name of the weights to use, and a sentence if they are not the ones asked for.

    If the hub cannot be reached, training starts from untrained weights.

    Raises:
        ValueError: there are no weights of this name.
    """
    if weights == "pocket":
        raise ValueError("segformer has no weights trained on pocket pets: give imagenet, none, or a folder.")
    if weights != "imagenet":
        return weights, ""
    transformers("segformer")  # imports the hub's client; if it is missing, the error says how to install it
    from huggingface_hub import try_to_load_from_cache

    if isinstance(try_to_load_from_cache(IMAGENET, "config.json"), str) or hub_answers():
        return weights, ""
    return "none", (
        "The hub cannot be reached: segformer starts from untrained weights instead. If you have a folder that "
        "transformers saved, give --weights FOLDER."
    )


PRETRAINED = Pretrained(load=load_encoder, at_hand=weights_at_hand)
