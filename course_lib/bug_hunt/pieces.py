"""The pieces of a pipeline that the bug hunt breaks, one function per bug, and the parts that use a piece.

For each bug there are two functions: the broken piece, with the name of the cause, and ``with_...``, which makes the
parts of a training with such a piece. A learner's mended piece is used in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import plots
from course_lib.bug_hunt.network import MARGIN, SmallUNet, ValidNet, WideNet
from course_lib.data.fitting import resize_image, resize_mask
from course_lib.data.pets import Pets, PetSubset, train_validation_split
from course_lib.data.sizes import Size, height_width
from course_lib.metrics import ConfusionMatrix
from course_lib.training.batches import Batch
from course_lib.training.devices import Devices
from course_lib.training.parts import Parts

Split = tuple[PetSubset, PetSubset]


def in_the_spotlight(pets: Pets) -> Split:
    """Darken everything around the pets, so that a tiny network learns to find them in a few seconds."""
    images = np.where((pets.masks == 1)[..., None], pets.images // 4, pets.images)  # (N, H, W, 3)
    return train_validation_split(replace(pets, images=images))


def unaugmented(
    images: Tensor, masks: Tensor, size: Size, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return images and masks as they are."""
    return images.float(), masks.long()


HEALTHY = Parts(
    split=in_the_spotlight, augment=unaugmented, model=SmallUNet, epoch_images=480, bar=False, report=False
)
VALIDATION_BATCH = 16
SURE = 0.8
FAR = 8  # how many times smaller the pets are for the bug that ignores class imbalance

# --- 1: wrong label format ----------------------------------------------------------------------------------


def labels_as_picture(trimaps: Tensor) -> Tensor:
    """Treat a mask like an image: scale it to 0..1 first, as ``ToTensor`` does. Every id then rounds down to 0."""
    return (trimaps / 255).long()  # (N, H, W)


def with_targets(encode: Callable[[Tensor], Tensor]) -> Parts:
    """Train on the targets that ``encode`` makes of trimaps, uint8 (N, H, W) with ids 1 pet, 2 background, 3 border."""

    def encoded(
        images: Tensor, masks: Tensor, size: Size, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return images.float(), encode(masks + 1)

    return replace(HEALTHY, augment=encoded)


# --- 2: augmentation mismatch -------------------------------------------------------------------------------


def crop_apart(
    images: Tensor, masks: Tensor, tops: Sequence[int], lefts: Sequence[int], side: int
) -> tuple[Tensor, Tensor]:
    """Crop the images at the given places, and the masks elsewhere: their places are drawn a second time."""
    room = images.shape[-1] - side + 1
    other_tops, other_lefts = torch.randint(room, (2, len(masks))).tolist()
    return _crop(images, tops, lefts, side), _crop(masks, other_tops, other_lefts, side)


def _crop(pictures: Tensor, tops: Sequence[int], lefts: Sequence[int], side: int) -> Tensor:
    places = zip(pictures, tops, lefts, strict=True)
    return torch.stack([p[..., top : top + side, left : left + side] for p, top, left in places])


def with_crops(crop_pairs: Callable[..., tuple[Tensor, Tensor]]) -> Parts:
    """Train on random crops of half the side, made by ``crop_pairs(images, masks, tops, lefts, side)``."""

    def cropped(
        images: Tensor, masks: Tensor, size: Size, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        side = height_width(size)[0] // 2
        tops, lefts = torch.randint(masks.shape[-1] - side + 1, (2, len(masks)), generator=generator).tolist()
        images, masks = crop_pairs(images, masks, tops, lefts, side)
        return images.float(), masks.long()

    return replace(HEALTHY, augment=cropped)


# --- 3: size mismatch ---------------------------------------------------------------------------------------


def left_as_it_is(features: Tensor, skip: Tensor) -> Tensor:
    """Return the decoder's features as they are, in the hope that they are as large as the skip."""
    return features


def with_fit(fit: Callable[[Tensor, Tensor], Tensor]) -> Parts:
    """Train a network that brings its features to the skip's size by ``fit(features, skip)``."""

    def fitted(features: Tensor, skips: Sequence[Tensor], ups: Any, convs: Any) -> Tensor:
        for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
            features = conv(fit(up(features), skip) + skip)
        return features

    return replace(HEALTHY, model=partial(SmallUNet, decode=fitted))


# --- 4: class imbalance ignored -----------------------------------------------------------------------------


def every_pixel_alike(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in which every pixel counts the same, though nearly all of them are background."""
    return F.cross_entropy(logits, targets, ignore_index=255)


def with_loss(loss: Callable[[Tensor, Tensor], Tensor]) -> Parts:
    """Train with ``loss(logits, targets)`` on pets that are far away."""
    return replace(HEALTHY, loss=loss, split=far_away)


def far_away(pets: Pets) -> Split:
    """Shrink every picture and set it into a frame made of its own edge pixels: few pixels of pet remain."""
    rng = np.random.default_rng(0)
    whole, _ = pets.shape
    side = whole // FAR
    images, masks = np.empty_like(pets.images), np.empty_like(pets.masks)
    for index, (top, left) in enumerate(rng.integers(0, whole - side + 1, (len(pets), 2))):
        room = ((top, whole - side - top), (left, whole - side - left))
        images[index] = np.pad(resize_image(pets.images[index], side), (*room, (0, 0)), mode="edge")
        masks[index] = np.pad(resize_mask(pets.masks[index], side), room, constant_values=1)
    return train_validation_split(replace(pets, images=images, masks=masks))


# --- 5: no skip connections ---------------------------------------------------------------------------------


def decode_alone(features: Tensor, skips: Sequence[Tensor], ups: Any, convs: Any) -> Tensor:
    """Return to full size from the bottleneck only."""
    for up, conv in zip(ups, convs, strict=True):
        features = conv(up(features))
    return features


def with_decode(decode: Callable[..., Tensor]) -> Parts:
    """Train a network with this decoder, ``decode(features, skips, ups, convs)``."""
    return replace(HEALTHY, model=partial(SmallUNet, decode=decode))


# --- 6: wrong evaluation mode -------------------------------------------------------------------------------


def predict_as_in_training(model: nn.Module, images: Tensor) -> Tensor:
    """Predict in whatever mode the model is in: after an epoch, that is training mode."""
    with torch.no_grad():
        return model(images).argmax(dim=1)  # (N, H, W)


def with_predict(predict: Callable[[nn.Module, Tensor], Tensor]) -> Parts:
    """Validate with ``predict(model, images)``; the network has dropout and batch norm."""

    def evaluate(
        model: nn.Module, batches: Iterable[Batch], num_classes: int, devices: Devices
    ) -> ConfusionMatrix:
        matrix = ConfusionMatrix(num_classes)
        for images, targets in batches:
            matrix.update(predict(model, images), targets)
        return matrix

    return replace(HEALTHY, model=partial(SmallUNet, dropout=0.5), evaluate=evaluate)


# --- 7: memory ----------------------------------------------------------------------------------------------


def predict_all_at_once(model: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    """Predict all images at once, with gradients prepared for each of them."""
    return model(images).argmax(dim=1)  # (N, H, W)


def with_predict_all(predict_all: Callable[[nn.Module, Tensor, int], Tensor]) -> Parts:
    """Validate with ``predict_all(model, images, batch_size)``."""

    def evaluate(
        model: nn.Module, batches: Iterable[Batch], num_classes: int, devices: Devices
    ) -> ConfusionMatrix:
        images, targets = (torch.cat(pictures) for pictures in zip(*batches, strict=True))
        matrix = ConfusionMatrix(num_classes)
        model.eval()
        matrix.update(predict_all(model, images, VALIDATION_BATCH), targets)
        return matrix

    return replace(HEALTHY, evaluate=evaluate)


# --- 8: boundary pixels ignored -----------------------------------------------------------------------------


def pad_the_logits(model: Callable[[Tensor], Tensor], images: Tensor, margin: int) -> Tensor:
    """Replace the pixels that unpadded convolutions took away by zeros around the logits."""
    return F.pad(model(images), (margin,) * 4)  # (N, C, H, W)


def with_full_logits(full_logits: Callable[[Callable[[Tensor], Tensor], Tensor, int], Tensor]) -> Parts:
    """Train unpadded convolutions whose logits ``full_logits(model, images, margin)`` brings to full size."""

    class Full(ValidNet):
        """Logits as large as the images."""

        def forward(self, images: Tensor) -> Tensor:
            return full_logits(super().forward, images, MARGIN)

    return replace(HEALTHY, model=Full)


# --- 9: oversmoothing ---------------------------------------------------------------------------------------


def see_wide_by_strides(features: Tensor, kernels: Sequence[Tensor]) -> Tensor:
    """See wide by keeping every second pixel at each step, and enlarge what is left."""
    height, width = features.shape[-2:]
    for kernel in kernels:
        features = torch.relu(F.conv2d(features, kernel, stride=2, padding=1))
    return F.interpolate(features, size=(height, width), mode="bilinear")  # (N, C, H, W)


def with_see_wide(see_wide: Callable[[Tensor, Sequence[Tensor]], Tensor]) -> Parts:
    """Train a network of which ``see_wide(features, kernels)`` is the middle."""
    return replace(HEALTHY, model=partial(WideNet, see_wide))


# --- 10: predictions nobody looked at -----------------------------------------------------------------------


def score_sure_pixels(logits: Tensor, targets: Tensor) -> np.ndarray:
    """Count only the pixels of which the network is sure: a confusion matrix (C, C), truth in rows."""
    sure = logits.softmax(dim=1).amax(dim=1) > SURE  # (N, H, W)
    matrix = ConfusionMatrix(logits.shape[1])
    if sure.any():
        matrix.update(logits.argmax(dim=1)[sure], targets[sure])
    return matrix.counts


def with_count(count: Callable[[Tensor, Tensor], Any]) -> Parts:
    """Validate with ``count(logits, targets)``, which gives a confusion matrix (C, C), truth in rows."""

    @torch.no_grad()
    def evaluate(
        model: nn.Module, batches: Iterable[Batch], num_classes: int, devices: Devices
    ) -> ConfusionMatrix:
        matrix = ConfusionMatrix(num_classes)
        model.eval()
        for images, targets in batches:
            matrix.counts = matrix.counts + np.asarray(count(model(images), targets))
        return matrix

    return replace(HEALTHY, split=train_validation_split, evaluate=evaluate)


# --- Two more of the checklist, for `course diagnose` -------------------------------------------------------


def overlay_of_other_ids(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Draw the predictions with the colours of other classes."""
    return plots.triptych(image, truth, (prediction + 1) % 3)


class Probabilities(SmallUNet):
    """Ends in softmax, though cross-entropy takes logits."""

    def forward(self, images: Tensor) -> Tensor:
        """Return probabilities (N, num_classes, H, W)."""
        return super().forward(images).softmax(dim=1)


PLANTED: dict[str, Parts] = {
    "label format": with_targets(labels_as_picture),
    "augmentation mismatch": with_crops(crop_apart),
    "size mismatch": with_fit(left_as_it_is),
    "class imbalance": with_loss(every_pixel_alike),
    "no skip connections": with_decode(decode_alone),
    "evaluation mode": with_predict(predict_as_in_training),
    "memory": with_predict_all(predict_all_at_once),
    "boundary pixels": with_full_logits(pad_the_logits),
    "oversmoothing": with_see_wide(see_wide_by_strides),
    "metric on a subset": with_count(score_sure_pixels),
    "colour map": replace(HEALTHY, draw=overlay_of_other_ids),
    "value range of the loss": replace(HEALTHY, model=Probabilities),
}
"""The parts of a training with each bug, by its cause."""

ODD_SIZE = 60
"""A side of images at which the third pooling drops a pixel; 64 is not such a side."""
