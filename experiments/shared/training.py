"""Train on pets with the course's loop, by a number of steps, and score."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from course_lib.data.pets import PetSubset
from course_lib.data.transforms import Augment
from course_lib.losses import combined
from course_lib.masks import PET_CLASSES
from course_lib.metrics import ConfusionMatrix
from course_lib.training import schedules
from course_lib.training.batches import Augmentation, TrainingBatches, evaluation_batches
from course_lib.training.budget import Pace
from course_lib.training.loop import LossFunction, evaluate, fit
from course_lib.training.optimizers import PretrainedWeights, build_optimizer
from experiments.shared.data import PetSets
from experiments.shared.setting import Setting

EPOCH_STEPS = 15
"""Steps between two validations."""

EVALUATION_BATCH = 32


@dataclass(frozen=True)
class Recipe:
    """How to train. ``steps`` is the whole budget; the other fields are those of ``course train``."""

    steps: int
    size: int = 64
    batch: int = 16
    optimizer: str = "adamw"
    lr: float = 3e-3
    weight_decay: float = 0.1
    schedule: schedules.Schedule = schedules.warmup_cosine
    loss: LossFunction = combined
    augment: Augmentation = field(default_factory=Augment)
    grow: bool = False


def new_optimizer(recipe: Recipe, model: nn.Module, pretrained: PretrainedWeights | None = None) -> Optimizer:
    """Build the recipe's optimiser."""
    return build_optimizer(recipe.optimizer, model, recipe.lr, recipe.weight_decay, pretrained)


def train(
    setting: Setting, model: nn.Module, pets: PetSets, recipe: Recipe, optimizer: Optimizer | None = None
) -> dict[str, list[float]]:
    """Train ``model``, which :func:`on_device` has prepared, in place.

    Returns:
        The curves of training: train_loss, and miou, pet, background and border on validation, one number per epoch.
    """
    devices = setting.devices
    optimizer = optimizer or new_optimizer(recipe, model)
    pace = Pace(recipe.schedule, devices, steps=setting.steps(recipe.steps))
    batches = TrainingBatches(
        pets.train,
        recipe.batch,
        recipe.augment,
        devices,
        seed=setting.seed,
        passes=max(1, round(EPOCH_STEPS * recipe.batch / len(pets.train))),
        side=lambda: schedules.growing_size(pace.progress, recipe.size) if recipe.grow else recipe.size,
    )
    curves: dict[str, list[float]] = {}

    def record(epoch: int, figures: dict[str, float], matrix: ConfusionMatrix) -> None:
        for name, value in {"train_loss": figures["train_loss"], **pet_scores(matrix)}.items():
            curves.setdefault(name, []).append(value)

    fit(
        model,
        batches.epoch,
        lambda: evaluation_batches(pets.validation, EVALUATION_BATCH, devices),
        recipe.loss,
        optimizer,
        pace,
        devices,
        num_classes=len(PET_CLASSES),
        after_epoch=record,
    )
    return curves


def on_device(setting: Setting, model: nn.Module) -> nn.Module:
    """Move a model to the setting's device, in the memory format that suits convolutions."""
    return setting.devices.prepare(model)


def score(setting: Setting, model: nn.Module, pets: PetSubset) -> dict[str, float]:
    """Return mIoU and the IoU of each class, pooled over all pixels."""
    batches = evaluation_batches(pets, EVALUATION_BATCH, setting.devices)
    return pet_scores(evaluate(model, batches, len(PET_CLASSES), setting.devices))


def pet_scores(matrix: ConfusionMatrix) -> dict[str, float]:
    """Return the scores of a confusion matrix of pet, background and border by name."""
    pet, background, border = (float(value) for value in matrix.iou())
    return {"miou": float(matrix.mean_iou()), "pet": pet, "background": background, "border": border}


@torch.no_grad()
def predict(setting: Setting, model: nn.Module, pets: PetSubset) -> tuple[np.ndarray, np.ndarray]:
    """Return predicted and true class ids, uint8 (N, H, W) each."""
    model.eval()
    predictions, truths = [], []
    for images, targets in evaluation_batches(pets, EVALUATION_BATCH, setting.devices):
        predictions.append(model(images).argmax(dim=1).byte().cpu().numpy())
        truths.append(targets.byte().cpu().numpy())
    return np.concatenate(predictions), np.concatenate(truths)
