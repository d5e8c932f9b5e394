"""From weights to masks and scores: mirrored averaging, whole splits, single pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.data.images import read_image
from course_lib.data.pets import Entry, read_pair, resize_image
from course_lib.data.transforms import normalize
from course_lib.masks import PET_CLASSES
from course_lib.training.batches import Batch
from course_lib.training.devices import Devices
from course_lib.training.tally import Tally


@torch.no_grad()
def predict_probabilities(model: nn.Module, images: Tensor, devices: Devices) -> Tensor:
    """Average the class probabilities of each image and of its mirror image.

    A pet that faces left is as likely as one that faces right, so the mirrored view is a second opinion for the
    price of a second forward pass.

    Args:
        model: in evaluation mode.
        images: normalized float32 (N, 3, H, W).
        devices: where and in which precision to compute.

    Returns:
        float32 (N, C, H, W); the classes of a pixel add up to 1.
    """
    with devices.autocast():
        straight = model(images)  # (N, C, H, W)
        mirrored = model(images.flip(-1))  # (N, C, H, W)
    return (straight.float().softmax(dim=1) + mirrored.float().softmax(dim=1).flip(-1)) / 2


def score_batches(
    model: nn.Module, batches: Iterable[Batch], devices: Devices, num_classes: int = len(PET_CLASSES)
) -> Tally:
    """Score mirrored averaging at the size of the batches, over all images."""
    model.eval()
    tally = Tally(num_classes)
    for images, targets in batches:  # (N, 3, H, W), (N, H, W)
        tally.update(predict_probabilities(model, images, devices).argmax(dim=1), targets)
    return tally


def score_full_size(
    model: nn.Module,
    entries: Iterable[Entry],
    size: int,
    devices: Devices,
    num_classes: int = len(PET_CLASSES),
) -> Tally:
    """Score every image at its own size: predict at ``size``, enlarge the probabilities, compare there."""
    tally = Tally(num_classes)
    for entry in entries:
        image, truth = read_pair(entry)  # (H, W, 3), (H, W)
        tally.update(predict_mask(model, image, size, devices), truth)
    return tally


def predict_mask(model: nn.Module, image: np.ndarray, size: int, devices: Devices) -> np.ndarray:
    """Segment one picture at its own size.

    Args:
        model: a trained model.
        image: uint8 (H, W, 3).
        size: the side the model was trained at; the picture is squeezed to it on the way.
        devices: where and in which precision to compute.

    Returns:
        class ids, uint8 (H, W).
    """
    model.eval()
    small = torch.from_numpy(resize_image(image, size)).permute(2, 0, 1).unsqueeze(0)  # (1, 3, size, size)
    probabilities = predict_probabilities(model, normalize(small.to(devices.device)), devices)
    # Enlarge probabilities, then argmax: enlarging class ids would leave blocks along every edge.
    full = F.interpolate(probabilities, size=image.shape[:2], mode="bilinear")  # (1, C, H, W)
    return full.argmax(dim=1)[0].to(torch.uint8).cpu().numpy()


def predict_file(
    model: nn.Module, path: Path | str, size: int, devices: Devices
) -> tuple[np.ndarray, np.ndarray]:
    """Read a photo as a viewer shows it, and segment it: uint8 (H, W, 3) and class ids uint8 (H, W).

    Raises:
        FileNotFoundError, ValueError: the file is missing, or is not a picture that can be read.
    """
    image = read_image(path, as_shown=True)
    return image, predict_mask(model, image, size, devices)
