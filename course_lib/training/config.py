"""What a training was asked for, in one place, as it stands in a run's ``config.json``."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from course_lib import losses
from course_lib.masks import PET_CLASSES
from course_lib.models import MODELS, create_model
from course_lib.training.devices import PRECISIONS
from course_lib.training.optimizers import DEFAULT_RATES
from course_lib.training.schedules import SCHEDULES

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "ce": losses.cross_entropy,
    "dice": losses.dice_loss,
    "iou": losses.iou_loss,
    "focal": losses.focal_loss,
    "ce+dice": losses.combined,
}


@dataclass(frozen=True)
class TrainConfig:
    """The recipe of a run.

    Attributes:
        data: ``pocket``, ``pets``, or a folder in torchvision's pet layout or that of one's own images.
        classes: the names of the classes, in the order of their ids.
        model: a name from :data:`course_lib.models.MODELS`.
        weights: what a pretrained encoder starts from, see :mod:`course_lib.models.pretrained`.
        epochs, minutes: when to stop; one of the two.
        size: side of the square images, in pixels.
        grow: train at half the size first, then at three quarters, then at all of it.
        batch_size: images a step, over all processes.
        optimizer, lr, weight_decay: ``lr`` None is the optimiser's usual rate.
        schedule: how the rate changes, a name from :data:`course_lib.training.schedules.SCHEDULES`.
        loss: a name from :data:`LOSSES`.
        precision: ``auto`` takes the fastest that this machine computes in hardware.
        seed: of weights, order and augmentation; the validation split never changes.

    Raises:
        ValueError: a name is unknown or a number makes no sense.
    """

    data: str = "pocket"
    classes: tuple[str, ...] = PET_CLASSES
    model: str = "fast-unet"
    weights: str = "none"
    epochs: int | None = None
    minutes: float | None = None
    size: int = 128
    grow: bool = True
    batch_size: int = 16
    optimizer: str = "muon"
    lr: float | None = None
    weight_decay: float = 0.1
    schedule: str = "cosine"
    loss: str = "ce+dice"
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs is None and self.minutes is None:
            raise ValueError(
                "say when to stop, by --epochs or --minutes; to go on with a run, --resume, with its folder as --out."
            )
        if self.epochs is not None and self.minutes is not None:
            raise ValueError("both --epochs and --minutes were given: say one of them.")
        _check_name("model", self.model, MODELS)
        _check_name("optimizer", self.optimizer, DEFAULT_RATES)
        _check_name("schedule", self.schedule, SCHEDULES)
        _check_name("loss", self.loss, LOSSES)
        _check_name("precision", self.precision, PRECISIONS)
        for name in ("epochs", "minutes", "size", "batch_size", "lr"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"--{name.replace('_', '-')} is {value}: give a number above 0.")

    @property
    def base_lr(self) -> float:
        """The learning rate before the schedule."""
        return DEFAULT_RATES[self.optimizer] if self.lr is None else self.lr

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain data."""
        return dataclasses.asdict(self)

    def new_model(self) -> nn.Module:
        """Build the model, with random weights."""
        options = MODELS[self.model].options_for(self.weights)
        return create_model(self.model, num_classes=len(self.classes), **options)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TrainConfig:
        """Rebuild a recipe.

        Raises:
            ValueError: it holds a field that this release does not know.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        strange = sorted(set(values) - known)
        if strange:
            raise ValueError(
                f"the recipe holds {', '.join(strange)}, which this release of the course does not know: "
                "it was written by another release; train again or use that one."
            )
        classes = tuple(values.get("classes", PET_CLASSES))
        return cls(**values | {"classes": classes})


def _check_name(kind: str, name: str, known: Iterable[str]) -> None:
    known = list(known)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {kind} {name!r}: choose one of {', '.join(known)}.{meant}")
