"""The training loop, to be read from top to bottom: an epoch, an evaluation, and both in turn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from course_lib.masks import IGNORE_INDEX
from course_lib.metrics import ConfusionMatrix
from course_lib.training.batches import Batch
from course_lib.training.budget import Pace
from course_lib.training.devices import Devices, unwrap

LossFunction = Callable[[Tensor, Tensor], Tensor]
Evaluation = Callable[[nn.Module, Iterable[Batch], int, Devices], ConfusionMatrix]
AfterEpoch = Callable[[int, dict[str, float], ConfusionMatrix], None]
CLIP_NORM = 1.0


def train_epoch(
    model: nn.Module,
    batches: Iterable[Batch],
    loss_function: LossFunction,
    optimizer: Optimizer,
    pace: Pace,
    devices: Devices,
    scaler: torch.amp.GradScaler | None = None,
) -> float:
    """Take one optimiser step per batch until the batches, or the training's time, are used up.

    Returns:
        The mean loss over the steps taken.

    Raises:
        FloatingPointError: the loss is not a finite number any more.
    """
    model.train()
    scaler = scaler or devices.scaler()
    total, taken = torch.zeros((), device=devices.device), 0
    for images, targets in batches:  # (N, 3, H, W), (N, H, W)
        pace.set_learning_rate(optimizer)
        with devices.autocast():
            logits = model(images)  # (N, C, H, W)
        loss = loss_function(logits, targets)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), CLIP_NORM)
        scaler.step(optimizer)
        scaler.update()
        pace.step()
        total, taken = total + loss.detach(), taken + 1
        if pace.over:
            break
    mean = (total / max(1, taken)).item()
    if not math.isfinite(mean):
        raise FloatingPointError(
            f"the training loss became {mean} within {taken} steps: try a lower learning rate, or look for "
            "images or masks with impossible values."
        )
    return mean


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[Batch],
    num_classes: int,
    devices: Devices,
    ignore_index: int | None = IGNORE_INDEX,
) -> ConfusionMatrix:
    """Count every pixel's prediction against its target, over all batches and all processes."""
    model.eval()
    matrix = ConfusionMatrix(num_classes, ignore_index=ignore_index)
    for images, targets in batches:  # (N, 3, H, W), (N, H, W)
        with devices.autocast():
            logits = model(images)  # (N, C, H, W)
        matrix.update(logits.argmax(dim=1), targets)
    return pooled(matrix, devices)


def fit(
    model: nn.Module,
    training: Callable[[int], Iterable[Batch]],
    validation: Callable[[], Iterable[Batch]],
    loss_function: LossFunction,
    optimizer: Optimizer,
    pace: Pace,
    devices: Devices,
    *,
    num_classes: int,
    after_epoch: AfterEpoch,
    first_epoch: int = 1,
    scaler: torch.amp.GradScaler | None = None,
    evaluate: Evaluation = evaluate,
) -> None:
    """Train and validate in turn until the pace is over; hand each epoch's figures to ``after_epoch``."""
    epoch = first_epoch
    while epoch == 1 or not pace.over:
        began = time.monotonic()
        loss = train_epoch(model, training(epoch), loss_function, optimizer, pace, devices, scaler)
        devices.share_buffers(model)
        matrix = evaluate(unwrap(model), validation(), num_classes, devices)
        figures = {
            "train_loss": loss,
            "lr": optimizer.param_groups[0]["lr"],
            "seconds": time.monotonic() - began,
        }
        after_epoch(epoch, figures, matrix)
        epoch += 1


def pooled(matrix: ConfusionMatrix, devices: Devices) -> ConfusionMatrix:
    """Sum the counts of all processes, so that each process holds the total."""
    if devices.world_size > 1:
        matrix.counts = devices.sum(torch.from_numpy(matrix.counts)).cpu().numpy()
    return matrix
