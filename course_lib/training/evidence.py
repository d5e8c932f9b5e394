"""What a run writes down beside its log, so that `course diagnose` can tell what is wrong with it.

``evidence.json`` holds, as plain numbers:

    pairs       how well image and mask stay together when a batch is augmented, 0..1: a picture of the mask is
                augmented with the mask itself, and compared with it
    network     sides of the maps that its convolutions give, in order; whether the logits still follow the image when
                the narrowest maps are silenced, as skips make sure; the share of blind pixels, whose logits are the
                same for two images
    drawing     the share of pixels in which an overlay draws equal masks alike; null for an overlay of another kind
    stopped     what ended the training before its time, and the sizes of images and logits then; null otherwise
    epochs      one entry an epoch:
        training    from the first steps: share of the pixels of each class, and of void ones; the range of the logits,
                    and whether they add up to 1 as probabilities do (1 yes, 0 no)
        validation  while the epoch was scored: whether the model was in training mode, the megabytes that were kept
                    for gradients, the largest batch, how many pixels were counted and how many there are
        look        a second opinion on a few validation images, always computed alike: mIoU, share of each class in
                    truth and prediction, how much of each was found, accuracy in the middle and along the frame
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from course_lib.data.pets import PetSubset
from course_lib.data.transforms import normalize, to_tensors
from course_lib.files import write_text
from course_lib.masks import IGNORE_INDEX
from course_lib.metrics import ConfusionMatrix
from course_lib.plots import GAP, Drawing
from course_lib.training.batches import Augmentation, Batch
from course_lib.training.devices import Devices
from course_lib.training.loop import Evaluation, LossFunction

FILE_NAME = "evidence.json"
_AGAIN = "delete it, and train again or go on with --resume."
STEPS_WATCHED = 8  # an epoch's first steps: enough for shares, and nearly free
IMAGES_LOOKED_AT = 32
PAIRS_TRIED, BLOCKS = 8, 6
FRAME = 1 / 8  # of the side


class Evidence:
    """Watches one training and writes down what is needed to diagnose it.

    Args:
        folder: of the run.
        devices: where the training computes; only the main process writes.
        num_classes: C.
        epochs_done: a run that is resumed keeps the entries of so many epochs.
    """

    def __init__(self, folder: Path, devices: Devices, num_classes: int, epochs_done: int = 0) -> None:
        self.path, self.devices, self.num_classes = folder / FILE_NAME, devices, num_classes
        earlier = read_evidence(folder) or {}
        self.facts: dict[str, Any] = {
            "pairs": None,
            "network": None,
            "drawing": None,
            "stopped": None,
            "epochs": earlier.get("epochs", [])[:epochs_done],
        }
        self._training: list[dict[str, Any]] = []
        self._validation: dict[str, Any] = {}
        self._sizes: dict[str, list[int]] = {}

    def watch_pairs(self, augment: Augmentation, side: int) -> None:
        """Write down how well image and mask stay together in this augmentation."""
        self.facts["pairs"] = _rounded(agreement_of_pairs(augment, side))

    def watch_network(self, model: nn.Module, side: int) -> None:
        """Write down which way leads through this network."""
        self.facts["network"] = ways_through(model, side, self.devices.device)

    def watch_drawing(self, draw: Drawing) -> None:
        """Write down whether overlays draw the truth and an equal prediction alike."""
        self.facts["drawing"] = agreement_of_panels(draw)

    def watch_loss(self, loss_function: LossFunction) -> LossFunction:
        """Return the loss, which now leaves a note about what it was given."""

        def watched(logits: Tensor, targets: Tensor) -> Tensor:
            self._sizes |= {"logits": list(logits.shape), "targets": list(targets.shape)}
            if len(self._training) < STEPS_WATCHED:
                self._training.append(_facts_of_step(logits.detach(), targets, self.num_classes))
            return loss_function(logits, targets)

        return watched

    def watch_evaluation(self, evaluate: Evaluation) -> Evaluation:
        """Return the evaluation, which now leaves a note about how it treats the model."""

        def watched(
            model: nn.Module, batches: Iterable[Batch], num_classes: int, devices: Devices
        ) -> ConfusionMatrix:
            seen: dict[str, Any] = {"training_mode": False, "largest_batch": 0}

            def note(module: nn.Module, inputs: tuple[Tensor, ...], logits: Tensor) -> None:
                seen["training_mode"] |= module.training
                seen["largest_batch"] = max(seen["largest_batch"], len(logits))

            hook = model.register_forward_hook(note)
            pixels, kept = _Counter(), _Kept()
            try:
                with torch.autograd.graph.saved_tensors_hooks(kept.note, lambda tensor: tensor):
                    matrix = evaluate(model, pixels.count(batches), num_classes, devices)
            finally:
                hook.remove()
            self._validation = seen | {
                "kept_mb": round(kept.bytes / 1e6, 1),
                "counted": int(matrix.counts.sum()),
                "pixels": int(devices.sum(torch.tensor(pixels.total))),
            }
            return matrix

        return watched

    @contextmanager
    def watch_for_errors(self, model: nn.Module) -> Iterator[None]:
        """Write down what ends the block before its time."""
        hook = model.register_forward_pre_hook(
            lambda module, inputs: self._sizes.update(images=list(inputs[0].shape), logits=[])
        )
        try:
            yield
        except Exception as error:
            self.facts["stopped"] = {"error": type(error).__name__, "says": str(error)[:400]} | self._sizes
            self.write()
            raise
        finally:
            hook.remove()

    def end_epoch(self, model: nn.Module, validation: PetSubset) -> None:
        """Write this epoch's entry."""
        chosen = np.linspace(0, len(validation) - 1, min(IMAGES_LOOKED_AT, len(validation))).astype(np.int64)
        images, masks = to_tensors(*validation.take(chosen))
        device = self.devices.device
        targets = masks.to(device).long()
        with self.devices.autocast():
            look = second_look(model, normalize(images.to(device)), targets, self.num_classes)
        self.facts["epochs"].append(
            {"training": _mean(self._training), "validation": self._validation, "look": look}
        )
        self._training = []
        self.write()

    def write(self) -> None:
        """Write the file as a whole."""
        if self.devices.is_main:
            write_text(self.path, json.dumps(self.facts, indent=1) + "\n")


def read_evidence(folder: Path) -> dict[str, Any] | None:
    """Return what a run has written down; None where it has not.

    Raises:
        ValueError: the file is damaged.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): {_AGAIN}") from error
    if (
        not isinstance(facts, dict)
        or not {"epochs", "stopped", "pairs", "network", "drawing"} <= facts.keys()
    ):
        raise ValueError(f"{path} is damaged (entries are missing): {_AGAIN}")
    return facts


def agreement_of_pairs(augment: Augmentation, side: int) -> float:
    """Return in how many pixels augmented pictures of masks still agree with the augmented masks.

    The masks are random blocks of the ids 0 and 1, and their pictures are bright where the id is 1. An augmentation may
    change the colours of a picture, so bright and dark are told apart by the middle between the two.
    """
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randint(2, (PAIRS_TRIED, 1, BLOCKS, BLOCKS), generator=generator)
    masks = F.interpolate(blocks.to(torch.uint8), size=(side, side))  # (N, 1, H, W)
    pictures = (60 + 140 * masks).expand(-1, 3, -1, -1)
    moved, targets = augment(pictures, masks.squeeze(1), side, generator)  # (N, 3, h, w), (N, h, w)
    if moved.shape[-2:] != targets.shape[-2:]:
        return 0.0
    right = counted = 0
    for picture, target in zip(moved.float().mean(dim=1), targets, strict=True):
        values, ids = picture[target != IGNORE_INDEX], target[target != IGNORE_INDEX]
        right += int(((values > (values.min() + values.max()) / 2) == (ids == 1)).sum())
        counted += len(ids)
    return right / max(1, counted)


def agreement_of_panels(draw: Drawing) -> float | None:
    """Return in how many pixels the panels of truth and prediction agree where the two masks are equal."""
    side = 9
    mask = np.arange(side * side, dtype=np.uint8).reshape(side, side) % 3
    picture = draw(np.full((side, side, 3), 128, np.uint8), mask, mask)
    if picture.shape != (side, 3 * side + 2 * GAP, 3):
        return None
    truth, prediction = picture[:, side + GAP : 2 * side + GAP], picture[:, 2 * (side + GAP) :]
    return _rounded((truth == prediction).all(axis=-1).mean())


@torch.no_grad()
def second_look(model: nn.Module, images: Tensor, masks: Tensor, num_classes: int) -> dict[str, Any]:
    """Score a model on some images (N, 3, H, W) with true masks (N, H, W)."""
    mode = model.training
    model.eval()
    logits = model(images)  # (N, C, H, W)
    model.train(mode)
    if logits.shape[-2:] != masks.shape[-2:]:
        logits = F.interpolate(logits.float(), size=masks.shape[-2:], mode="bilinear")
    prediction = logits.argmax(dim=1)  # (N, H, W)
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    matrix.update(prediction, masks)
    counts = matrix.counts
    right, frame = (prediction == masks).float(), _frame_of(masks)
    counted = masks != IGNORE_INDEX
    return {
        "mIoU": _rounded(float(matrix.mean_iou())),
        "truth": _shares(masks[counted], num_classes),
        "prediction": _shares(prediction[counted], num_classes),
        "found": [
            _rounded(right / max(1, true))
            for right, true in zip(counts.diagonal(), counts.sum(1), strict=True)
        ],
        "frame_accuracy": _rounded(right[frame & counted].mean()),
        "middle_accuracy": _rounded(right[~frame & counted].mean()),
    }


@torch.no_grad()
def ways_through(model: nn.Module, side: int, device: torch.device) -> dict[str, Any]:
    """Return the sides of the maps that convolutions give, what leads around the narrowest ones, and what is blind.

    Silenced, the narrowest maps tell two images no longer apart. Logits that still do get theirs by another way.
    """
    mode = model.training
    model.eval()
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, side, side, generator=chance).to(device)  # (N, 3, H, W)
    with _Convolutions() as seen:
        logits = model(images)
    with _Convolutions(silenced=min(seen.sides)):
        silenced = model(images)
    model.train(mode)
    least = 1e-6 * logits.abs().max()
    blind = (logits[0] - logits[1]).abs().amax(dim=0) <= least  # (H, W)
    return {
        "sides": [side, *seen.sides, logits.shape[-1]],
        "follows_past_narrowest": bool((silenced[0] - silenced[1]).abs().max() > least),
        "blind": _rounded(blind.float().mean()),
    }


class _Convolutions(TorchFunctionMode):
    """Notes the sides of the maps that convolutions give, and silences those of one side."""

    def __init__(self, silenced: int | None = None) -> None:
        super().__init__()
        self.silenced = silenced
        self.sides: list[int] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in ("conv2d", "conv_transpose2d"):
            self.sides.append(result.shape[-1])
            if result.shape[-1] == self.silenced:
                return torch.zeros_like(result)
        return result


def _facts_of_step(logits: Tensor, targets: Tensor, num_classes: int) -> dict[str, Any]:
    ids = targets.detach().reshape(-1)
    void = ids == IGNORE_INDEX
    sums = logits.float().sum(dim=1)  # (N, H, W)
    return {
        "classes": _shares(ids[~void], num_classes),
        "void": _rounded(void.float().mean()),
        "lowest_logit": _rounded(logits.min()),
        "highest_logit": _rounded(logits.max()),
        "add_up_to_1": float((sums - 1).abs().max() < 0.05),
    }


def _shares(ids: Tensor, num_classes: int) -> list[float]:
    return [_rounded((ids == class_id).float().mean()) for class_id in range(num_classes)]


def _mean(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Average the notes of several steps, entry by entry."""
    return {
        key: np.mean([step[key] for step in steps], axis=0).round(4).tolist()
        for key in (steps[0] if steps else {})
    }


def _frame_of(masks: Tensor) -> Tensor:
    """Return where the frame is, the outermost eighth of the side: bool (N, H, W)."""
    width = max(1, round(FRAME * masks.shape[-1]))
    frame = torch.ones_like(masks, dtype=torch.bool)
    frame[:, width:-width, width:-width] = False
    return frame


class _Kept:
    """Adds up what autograd keeps."""

    def __init__(self) -> None:
        self.bytes = 0

    def note(self, tensor: Tensor) -> Tensor:
        self.bytes += tensor.nbytes
        return tensor


class _Counter:
    """Counts the pixels of batches that pass through, those without a true class left out."""

    def __init__(self) -> None:
        self.total = 0

    def count(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for images, targets in batches:
            self.total += int((targets != IGNORE_INDEX).sum())
            yield images, targets


def _rounded(value: Any) -> float:
    return round(float(value), 4)
