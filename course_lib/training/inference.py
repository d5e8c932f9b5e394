"""From weights to masks and scores: mirrored averaging, whole splits, single pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.data.entries import read_mask
from course_lib.data.fitting import Canvas
from course_lib.data.images import read_image
from course_lib.data.pets import PetSubset
from course_lib.data.sizes import Size
from course_lib.data.transforms import normalize, to_tensors
from course_lib.training.devices import Devices
from course_lib.training.tally import Tally

EVALUATION_BATCH = 16
_STEP = 32  # sides at another scale are multiples of it: no model of the course asks for more
BAND_NUMBERS = 1 << 24  # probabilities that are enlarged at a time: 64 MB


@torch.no_grad()
def predict_probabilities(model: nn.Module, images: Tensor, devices: Devices) -> Tensor:
    """Average the class probabilities of each image and of its mirror image.

    A pet that faces left is as likely as one that faces right, so the mirrored view is a second opinion for the
    price of a second forward pass. A model with several ``scales`` is asked at each of these sizes.

    Args:
        model: in evaluation mode.
        images: normalized float32 (N, 3, H, W).
        devices: where and in which precision to compute.

    Returns:
        float32 (N, C, H, W); the classes of a pixel add up to 1.
    """
    scales: tuple[float, ...] = getattr(model, "scales", (1.0,))
    opinions = [_at_scale(model, images, scale, devices) for scale in scales]
    return torch.stack(opinions).mean(dim=0)  # (N, C, H, W)


def _at_scale(model: nn.Module, images: Tensor, scale: float, devices: Devices) -> Tensor:
    """Return the probabilities for images (N, 3, H, W) that are resized on the way, at the images' own size."""
    sides = images.shape[2:]
    if scale != 1:
        near = [_STEP * max(1, round(scale * side / _STEP)) for side in sides]
        images = F.interpolate(images, size=near, mode="bilinear", antialias=True)
    with devices.autocast():
        straight = model(images)  # (N, C, H, W)
        mirrored = model(images.flip(-1))  # (N, C, H, W)
    both = (straight.float().softmax(dim=1) + mirrored.float().softmax(dim=1).flip(-1)) / 2
    return both if both.shape[2:] == sides else F.interpolate(both, size=sides, mode="bilinear")


def score_split(
    model: nn.Module, subset: PetSubset, canvas: Canvas, devices: Devices, num_classes: int
) -> tuple[Tally, Tally]:
    """Score mirrored averaging, over all images and processes, on the canvas and at the photos' own sizes.

    Both come from the same predictions. On the canvas they meet the resized masks; enlarged, they meet the masks as
    they are in the files. The second is what a user sees, and can be compared between sizes.
    """
    model.eval()
    fitted, full = Tally(num_classes), Tally(num_classes)
    mine = np.arange(devices.rank, len(subset), devices.world_size)
    for start in range(0, len(mine), EVALUATION_BATCH):
        positions = mine[start : start + EVALUATION_BATCH]
        images, masks = to_tensors(*subset.take(positions))  # (N, 3, H, W), (N, H, W)
        probabilities = predict_probabilities(model, normalize(images.to(devices.device)), devices)
        fitted.update(probabilities.argmax(dim=1), masks.to(devices.device).long())
        for position, predicted in zip(positions, probabilities, strict=True):
            truth = read_mask(subset.pets.entries[subset.indices[position]])
            full.update(class_ids(predicted, canvas, *truth.shape), truth)
    return fitted.pooled(devices), full.pooled(devices)


def predict_mask(model: nn.Module, image: np.ndarray, size: Size | Canvas, devices: Devices) -> np.ndarray:
    """Segment one picture at its own size.

    Args:
        model: a trained model.
        image: uint8 (H, W, 3).
        size: the canvas that the model was trained on; or a size that the picture is squeezed to on the way.
        devices: where and in which precision to compute.

    Returns:
        class ids, uint8 (H, W).
    """
    model.eval()
    canvas = Canvas.of(size)
    (probabilities,) = predict_on_canvas(model, [image], canvas, devices)
    return class_ids(probabilities, canvas, *image.shape[:2])


def predict_on_canvas(
    model: nn.Module, images: Sequence[np.ndarray], canvas: Canvas, devices: Devices
) -> Tensor:
    """Put pictures, uint8 (H, W, 3), on the canvas, and return their class probabilities there, (N, C, H, W)."""
    fitted = torch.from_numpy(np.stack([canvas.fit_image(image) for image in images]))  # (N, H, W, 3)
    batch = normalize(fitted.permute(0, 3, 1, 2).to(devices.device))  # (N, 3, H, W)
    return predict_probabilities(model, batch, devices)


def class_ids(probabilities: Tensor, canvas: Canvas, height: int, width: int) -> np.ndarray:
    """Undo the canvas: return the class ids, uint8 (height, width), of the photo that was put on it.

    What lies around a letterboxed photo is cut off, and the rest enlarged to the photo's size. Probabilities are
    enlarged, then their largest is taken: enlarging class ids would leave blocks along every edge. That is done in
    bands of rows, since a large photo has more pixels than memory has room for, times the classes.

    Args:
        probabilities: float (C, H, W), on the canvas.
        canvas: what the photo was put on.
        height, width: of the photo, in pixels.
    """
    rows, columns = canvas.place(height, width).slices
    small = probabilities[:, rows, columns]  # (C, h, w)
    ids = np.empty((height, width), np.uint8)
    step = max(1, BAND_NUMBERS // (len(small) * width))
    for top in range(0, height, step):
        count = min(step, height - top)
        band = enlarged_rows(small, height, top, count)  # (C, count, w)
        full = F.interpolate(band.unsqueeze(0), size=(count, width), mode="bilinear")[0]  # (C, count, width)
        ids[top : top + count] = full.argmax(dim=0).to(torch.uint8).cpu().numpy()
    return ids


def enlarged_rows(small: Tensor, height: int, top: int, count: int) -> Tensor:
    """Return ``count`` rows from ``top`` on of what bilinear interpolation makes of (C, h, w) at ``height`` rows."""
    rows = torch.arange(top, top + count, device=small.device)
    places = ((rows + 0.5) * (small.shape[1] / height) - 0.5).clamp(min=0)  # in rows of the small one
    above = places.floor().long().clamp(max=small.shape[1] - 1)
    below = (above + 1).clamp(max=small.shape[1] - 1)
    share = (places - above).view(1, -1, 1)
    return small[:, above] * (1 - share) + small[:, below] * share


def read_photo(path: Path | str) -> np.ndarray:
    """Read a photo as a viewer shows it, uint8 (H, W, 3).

    Raises:
        FileNotFoundError, ValueError: the file is missing, is not a picture that can be read, or has a side of 1 pixel.
    """
    image = read_image(path, as_shown=True)
    if min(image.shape[:2]) < 2:
        raise ValueError(
            f"{path} is {image.shape[1]}x{image.shape[0]} pixels: there is nothing to segment in it, so leave it out."
        )
    return image
