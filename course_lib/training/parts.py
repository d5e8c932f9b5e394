"""The replaceable parts of a training run. Lesson 11 swaps one part to plant a bug."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn

from course_lib import plots
from course_lib.data.pets import Pets, PetSubset, train_validation_split
from course_lib.data.transforms import Augment
from course_lib.training.batches import Augmentation
from course_lib.training.budget import Clock
from course_lib.training.loop import Evaluation, LossFunction, evaluate


@dataclass(frozen=True)
class Parts:
    """The parts of a training that can be exchanged; by default those of ``course train``.

    Attributes:
        split: divides the pets into training and validation images.
        epoch_images: about how many images an epoch goes over; None is the usual number.
        augment: takes images and masks as they are stored, uint8 (N, 3, H, W) and (N, H, W), a size and a generator;
            returns images, float32 on the 0..255 scale, and targets, int64.
        model: builds the network, which maps images (N, 3, H, W) to logits (N, C, H, W); None is the recipe's model.
        loss: takes logits and targets; None is the recipe's loss.
        evaluate: counts the predictions for batches against their targets.
        draw: makes an overlay of image, truth and prediction.
        bar: whether to show progress in a terminal or a notebook.
        report: whether the best weights are scored once more at the end, and a report is written.
        clock: the clock that a budget of minutes is measured with.
    """

    split: Callable[[Pets], tuple[PetSubset, PetSubset]] = train_validation_split
    epoch_images: int | None = None
    augment: Augmentation = field(default_factory=Augment)
    model: Callable[[], nn.Module] | None = None
    loss: LossFunction | None = None
    evaluate: Evaluation = evaluate
    draw: plots.Drawing = plots.triptych
    bar: bool = True
    report: bool = True
    clock: Clock = time.monotonic
