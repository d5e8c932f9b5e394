"""What a run records beside its log, so that `course diagnose` can tell what is wrong with it.

``evidence.json`` holds, as plain numbers:

    pairs       how well image and mask stay together when a batch is augmented, 0..1: a picture of the mask is
                augmented with the mask itself, and compared with it
    network     sides of the maps that its convolutions give, in order; whether the logits still follow the image when
                the narrowest maps are silenced, as skips make sure; the share of blind pixels, whose logits are the
                same for two images
    drawing     the share of pixels in which an overlay draws equal masks alike; null for an overlay of another kind
    stopped     what ended the training early, and the sizes of images and logits at that moment; null otherwise
    epochs      one entry per epoch:
        training    from the first steps: share of the pixels of each class, and of void ones; the range of the logits,
                    and whether they add up to 1 as probabilities do (1 yes, 0 no)
        validation  while the epoch was scored: whether the model was in training mode, the megabytes that were kept
                    for gradients, the largest batch, how many pixels were counted and how many there are
        look        a second opinion on a few validation images, always computed the same way: mIoU, share of each
                    class in truth and prediction, how much was found, accuracy in the middle and along the frame
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.data.pets import PetSubset
from course_lib.data.sizes import Size
from course_lib.data.transforms import normalize, to_tensors
from course_lib.files import write_text
from course_lib.masks import IGNORE_INDEX
from course_lib.metrics import ConfusionMatrix
from course_lib.training.batches import Batch
from course_lib.training.devices import Devices
from course_lib.training.loop import Evaluation, LossFunction
from course_lib.training.parts import Parts
from course_lib.training.probes import (
    agreement_of_pairs,
    agreement_of_panels,
    rounded,
    second_look,
    shares,
    ways_through,
)

FILE_NAME = "evidence.json"
_AGAIN = "delete it, and train again or go on with --resume."
STEPS_WATCHED = 8  # an epoch's first steps: enough for shares, and nearly free
IMAGES_LOOKED_AT = 32


class Evidence:
    """Watches one training and writes down what is needed to diagnose it.

    Args:
        folder: the run's folder.
        devices: where the training computes; only the main process writes.
        num_classes: number of classes, C.
        epochs_done: number of epochs whose entries a resumed run keeps.
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

    @contextmanager
    def watching(
        self, model: nn.Module, parts: Parts, loss: LossFunction, size: Size
    ) -> Iterator[tuple[LossFunction, Evaluation]]:
        """Watch the training in the block, and record what ends it early.

        Args:
            model: the network that is trained, without torch's wrapper for several processes.
            parts: the replaceable parts of the training.
            loss: its loss.
            size: side of the images, or their height and width, in pixels.

        Yields:
            The loss and the evaluation to train with: they work as before, and also note what they were given.
        """
        self.facts["pairs"] = rounded(agreement_of_pairs(parts.augment, size))
        self.facts["drawing"] = agreement_of_panels(parts.draw)
        hook = model.register_forward_pre_hook(
            lambda module, inputs: self._sizes.update(images=list(inputs[0].shape), logits=[])
        )
        try:
            self.facts["network"] = ways_through(model, size, self.devices.device)
            yield self._watch_loss(loss), self._watch_evaluation(parts.evaluate)
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

    def _watch_loss(self, loss_function: LossFunction) -> LossFunction:
        """Return the loss, which now also notes what it was given."""

        def watched(logits: Tensor, targets: Tensor) -> Tensor:
            self._sizes |= {"logits": list(logits.shape), "targets": list(targets.shape)}
            if len(self._training) < STEPS_WATCHED:
                self._training.append(_facts_of_step(logits.detach(), targets, self.num_classes))
            return loss_function(logits, targets)

        return watched

    def _watch_evaluation(self, evaluate: Evaluation) -> Evaluation:
        """Return the evaluation, which now also notes how it treats the model."""

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


def read_evidence(folder: Path) -> dict[str, Any] | None:
    """Return the evidence that a run recorded; None if it recorded none.

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


def _facts_of_step(logits: Tensor, targets: Tensor, num_classes: int) -> dict[str, Any]:
    ids = targets.detach().reshape(-1)
    void = ids == IGNORE_INDEX
    sums = logits.float().sum(dim=1)  # (N, H, W)
    return {
        "classes": shares(ids[~void], num_classes),
        "void": rounded(void.float().mean()),
        "lowest_logit": rounded(logits.min()),
        "highest_logit": rounded(logits.max()),
        "add_up_to_1": float((sums - 1).abs().max() < 0.05),
    }


def _mean(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Average the notes of several steps, entry by entry."""
    return {
        key: np.mean([step[key] for step in steps], axis=0).round(4).tolist()
        for key in (steps[0] if steps else {})
    }


class _Kept:
    """Adds up the memory that autograd keeps."""

    def __init__(self) -> None:
        self.bytes = 0

    def note(self, tensor: Tensor) -> Tensor:
        self.bytes += tensor.nbytes
        return tensor


class _Counter:
    """Counts the pixels of the batches that pass through, except those without a true class."""

    def __init__(self) -> None:
        self.total = 0

    def count(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for images, targets in batches:
            self.total += int((targets != IGNORE_INDEX).sum())
            yield images, targets
