"""A small Mask R-CNN that also predicts stuff (Panoptic FPN, Kirillov et al. 2019), made of torchvision's parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from course_lib.models.resnet_unet import ResNetEncoder
from course_lib.models.stored import load_small

SCENE_WEIGHTS = Path(__file__).with_name("weights") / "scene_detector.npz"

WIDTH, CHANNELS = 24, 48
ANCHOR_SIDES, ANCHOR_SHAPES = ((16,), (32,), (56,), (96,)), ((0.6, 1.0, 1.7),) * 4


class PanopticBackbone(nn.Module):
    """A feature pyramid on a narrow ResNet, and the logits of the semantic map beside it.

    Args:
        num_classes: channels of ``semantic_logits``: stuff and things.
        width: channels of the encoder's first stage.
        channels: channels of every level of the pyramid.

    Attributes:
        out_channels: the same as ``channels``; torchvision's detectors ask for it.
        semantic_logits: what the last call gave for the semantic map, (N, num_classes, H/4, W/4).
    """

    semantic_logits: Tensor

    def __init__(self, num_classes: int, width: int = WIDTH, channels: int = CHANNELS) -> None:
        super().__init__()
        self.encoder = ResNetEncoder(3, width)
        stages = [width, 2 * width, 4 * width, 8 * width]
        self.pyramid = FeaturePyramidNetwork(stages, channels, norm_layer=nn.BatchNorm2d)
        self.semantic_head = nn.Conv2d(channels, num_classes, kernel_size=1)
        self.out_channels = channels

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the pyramid's levels "0" to "3", at 1/4, 1/8, 1/16 and 1/32 of the size."""
        stages = self.encoder(images)[1:]
        levels: dict[str, Tensor] = self.pyramid({str(number): stage for number, stage in enumerate(stages)})
        self.semantic_logits = self.semantic_head(levels["0"])
        return levels


def build_scene_detector(
    size: tuple[int, int], num_classes: int, num_things: int, width: int = WIDTH, channels: int = CHANNELS
) -> MaskRCNN:
    """Return an untrained Mask R-CNN for scenes of ``size`` (H, W).

    Args:
        size: the size of the images; they are not resized.
        num_classes: classes of the semantic map, stuff and things.
        num_things: classes of the detections, without the background.
        width: channels of the encoder's first stage.
        channels: channels of every level of the pyramid.
    """
    return MaskRCNN(
        PanopticBackbone(num_classes, width, channels),
        min_size=size[0],
        max_size=size[1],
        rpn_anchor_generator=AnchorGenerator(ANCHOR_SIDES, ANCHOR_SHAPES),
        rpn_pre_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=200,
        rpn_post_nms_top_n_train=60,
        rpn_post_nms_top_n_test=60,
        rpn_batch_size_per_image=64,
        box_roi_pool=MultiScaleRoIAlign(["0", "1"], output_size=7, sampling_ratio=2, canonical_scale=96),
        box_head=TwoMLPHead(channels * 7 * 7, 128),
        box_predictor=FastRCNNPredictor(128, num_things + 1),
        box_batch_size_per_image=32,
        box_nms_thresh=0.6,
        box_detections_per_img=20,
        mask_roi_pool=MultiScaleRoIAlign(["0"], output_size=14, sampling_ratio=2),
        mask_head=MaskRCNNHeads(channels, (64,) * 4, dilation=1, norm_layer=nn.BatchNorm2d),
        mask_predictor=MaskRCNNPredictor(64, 64, num_things + 1),
    )


def load_scene_detector(size: tuple[int, int], num_classes: int, num_things: int) -> MaskRCNN:
    """Return the detector with the weights of docs/train_scene_detector_weights.py, in evaluation mode."""
    model = build_scene_detector(size, num_classes, num_things)
    model.load_state_dict(load_small(SCENE_WEIGHTS))
    return model.eval()


@torch.no_grad()
def detect(model: MaskRCNN, image: NDArray[np.uint8]) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32]]:
    """Return what a scene detector finds in one image, and the logits of its semantic map.

    Args:
        model: a network of `build_scene_detector`; it is left in evaluation mode.
        image: uint8 (H, W, 3), of the size that the network was built for.

    Returns:
        ``boxes`` (K, 4), ``labels`` (K,), ``scores`` (K,) and ``masks`` (K, H, W), bool, the surest first; and logits,
        (classes, H, W).
    """
    model.eval()
    (found,) = model([torch.from_numpy(image).permute(2, 0, 1).float() / 255])
    parts = {name: part.numpy() for name, part in found.items()}
    parts["masks"] = parts["masks"][:, 0] > 0.5  # soft masks (K, 1, H, W), from 0 to 1
    logits = nn.functional.interpolate(model.backbone.semantic_logits, size=image.shape[:2], mode="bilinear")
    return parts, logits[0].numpy()
