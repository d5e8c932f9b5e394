"""SegFormer and SAM, loaded by the library transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib.foundation.hub import transformers
from course_lib.foundation.loaded import Loaded, open_model

SEGFORMER = "nvidia/segformer-b0-finetuned-ade-512-512"
SAM = "facebook/sam-vit-base"
SAM_SIDE = 64  # of the small SAM's images; the published SAM uses 1024


def load_segformer(source: str | Path = SEGFORMER, download: bool = False) -> Loaded:
    """Load a SegFormer (Xie et al. 2021) that labels every pixel.

    Args:
        source: a folder, or a name on the hub.
        download: ask the hub if neither a folder nor the cache has it.

    Raises:
        ValueError: the folder holds another architecture.
    """
    library = transformers("SegFormer")
    kind, processor = library.SegformerForSemanticSegmentation, library.SegformerImageProcessor

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        return kind.from_pretrained(place, **options), processor.from_pretrained(place, **options)

    def save_small(folder: Path) -> None:
        sizes = {
            "hidden_sizes": [16, 32, 64, 96],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 4, 6],
        }
        config = library.SegformerConfig(**sizes, decoder_hidden_size=64, num_labels=150)
        kind(config).save_pretrained(folder)
        processor(size={"height": 128, "width": 128}).save_pretrained(folder)

    return open_model("segformer", source, download, load, save_small)


def load_sam(source: str | Path = SAM, download: bool = False) -> Loaded:
    """Load a SAM (Kirillov et al. 2023), which takes points and boxes as prompts.

    Args, raises: as :func:`load_segformer`.
    """
    library = transformers("SAM")
    kind, processor = library.SamModel, library.SamProcessor

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        return kind.from_pretrained(place, **options), processor.from_pretrained(place, **options)

    def save_small(folder: Path) -> None:
        side, half = SAM_SIDE, SAM_SIDE // 2
        frame = {"image_size": side, "patch_size": 8}
        heads = {"num_hidden_layers": 2, "num_attention_heads": 2}
        vision = {
            "hidden_size": 48,
            "output_channels": 32,
            "mlp_dim": 96,
            "num_pos_feats": 16,
            "window_size": 4,
        }
        config = library.SamConfig(
            vision_config={**frame, **heads, **vision, "global_attn_indexes": [1]},
            prompt_encoder_config={**frame, "hidden_size": 32, "mask_input_channels": 4},
            mask_decoder_config={**heads, "hidden_size": 32, "mlp_dim": 64, "iou_head_hidden_dim": 32},
        )
        kind(config).save_pretrained(folder)
        images = library.SamImageProcessor(
            size={"longest_edge": side},
            pad_size={"height": side, "width": side},
            mask_size={"longest_edge": half},
            mask_pad_size={"height": half, "width": half},
        )
        processor(images).save_pretrained(folder)

    return open_model("sam", source, download, load, save_small)


def prompt_masks(
    sam: Loaded, image: NDArray[np.uint8], point: Sequence[float] = (), box: Sequence[float] = ()
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Ask a SAM for the masks at a point, or in a box.

    Args:
        sam: the model from :func:`load_sam`.
        image: uint8 (H, W, 3).
        point: (x, y) in pixels of the image.
        box: (x0, y0, x1, y1) in pixels of the image.

    Returns:
        Three masks (3, H, W), and the IoU that the model expects of each, (3,).

    Raises:
        ValueError: neither or both are given, or they are not in the image.
    """
    if bool(len(point)) == bool(len(box)):
        raise ValueError("give a point (x, y) or a box (x0, y0, x1, y1), one of the two.")
    height, width = image.shape[:2]
    corners = [(*point, *point)] if len(point) else [tuple(box)]
    x0, y0, x1, y1 = corners[0]
    if not (0 <= x0 <= x1 <= width and 0 <= y0 <= y1 <= height):
        raise ValueError(
            f"{'the point' if len(point) else 'the box'} {tuple(point or box)} is not in the image: x runs from "
            f"0 to {width}, y from 0 to {height}, and a box is (x0, y0, x1, y1)."
        )
    prompt = {"input_points": [[list(point)]]} if len(point) else {"input_boxes": [[list(box)]]}
    inputs = sam.processor(image, **prompt, return_tensors="pt")
    with torch.no_grad():
        out = sam.model(**inputs, multimask_output=True)
    masks = sam.processor.post_process_masks(  # enlarged to the image's size, then cut at 0
        out.pred_masks, inputs["original_sizes"], inputs["reshaped_input_sizes"]
    )
    return masks[0][0].numpy().astype(bool), out.iou_scores[0, 0].numpy()
