"""The recipe of a training run, as a run's ``config.json`` holds it.

Importing this module loads no torch: ``course train --help`` shows the fields as options.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from course_lib.data.fitting import FITS, Canvas
from course_lib.data.sizes import parse_size, sides_of
from course_lib.masks import PET_CLASSES

if TYPE_CHECKING:
    from torch import nn


def _option(
    default: Any, help: str, words: tuple[str, ...] = (), path: str = "", usual: str | None = None
) -> Any:
    """Return a field that is also an option of ``course train``.

    Args:
        default: the default of the field and of the option.
        help: what the field means.
        words: values with a special meaning; any other value is a path.
        path: the name of that path in the help.
        usual: the option's default, as the help says it, if it is not the field's.
    """
    metadata = {"help": help, "words": words, "path": path, "usual": usual}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class TrainConfig:
    """The recipe of a run. Each field is explained by its help; ``classes`` are the names in the order of their ids.

    Raises:
        ValueError: a name is unknown, or a number is out of range.
    """

    data: str = _option(
        "pocket",
        "images to train on; a folder has torchvision's pet layout, or holds images/ and masks/",
        words=("pocket", "pets"),
        path="FOLDER",
    )
    classes: tuple[str, ...] = PET_CLASSES
    model: str = _option("fast-unet", "architecture")
    weights: str = _option(
        "none",
        "pretrained weights that the encoder starts from, in models that have them",
        words=("imagenet", "pocket", "none"),
        path="PATH",
    )
    epochs: int | None = _option(None, "number of epochs (give this or --minutes)")
    minutes: float | None = _option(None, "minutes to train, everything included (give this or --epochs)")
    size: str | int = _option(128, "side of the square images, in pixels, or height x width, as in 180x240")
    fit: str = _option(
        "squeeze",  # what a recipe without this field means
        "how photos are brought to that size: letterbox keeps their shape, squeeze stretches them",
        usual="letterbox; pets are squeezed",
    )
    grow: bool = _option(True, "train at full size from the start; otherwise images grow from half the size")
    batch_size: int = _option(16, "images per step, over all processes")
    optimizer: str = _option("muon", "muon, adamw, adam or sgd")
    lr: float | None = _option(None, "learning rate (default: the optimiser's usual rate)")
    weight_decay: float = _option(0.1, "weight decay")
    schedule: str = _option("cosine", "how the rate changes: cosine, poly, steps, plateau or constant")
    loss: str = _option("ce+dice", "ce+dice, ce, dice, iou or focal")
    precision: str = _option(
        "auto",
        "auto, float32, bfloat16 or float16; auto is the fastest that this machine computes in hardware",
    )
    seed: int = _option(0, "seed of weights, order and augmentation; the validation split never changes")

    def __post_init__(self) -> None:
        if self.epochs is None and self.minutes is None:
            raise ValueError(
                "say when to stop, by --epochs or --minutes; to go on with a run, give --resume and its folder, --out."
            )
        if self.epochs is not None and self.minutes is not None:
            raise ValueError("both --epochs and --minutes were given: give only one of them.")
        object.__setattr__(self, "size", parse_size(self.size))
        for name, known in _known_names().items():
            _check_name(name, getattr(self, name), known)
        for name in ("epochs", "minutes", "batch_size", "lr"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"--{name.replace('_', '-')} is {value}: give a number above 0.")

    @property
    def base_lr(self) -> float:
        """The learning rate before the schedule."""
        from course_lib.training.optimizers import DEFAULT_RATES

        return DEFAULT_RATES[self.optimizer] if self.lr is None else self.lr

    @property
    def canvas(self) -> Canvas:
        """The images that the network is given.

        A letterbox is widened to the next size that the network takes; photos still take up no more than ``size``.
        """
        room = sides_of(self.size)
        if self.fit == "squeeze":
            return Canvas(*room)
        return Canvas(*self.next_sides(room), self.fit, room)

    def next_sides(self, sides: tuple[int, int]) -> tuple[int, int]:
        """Return the smallest height and width from ``sides`` on that the model takes."""
        import torch

        with torch.device("meta"):  # shapes only, no memory
            takes = cast(Any, self.new_model()).output_size
        height, width = (next(side for side in count(asked) if takes(side)) for asked in sides)
        return height, width

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain data."""
        return dataclasses.asdict(self)

    def new_model(self) -> nn.Module:
        """Build the model, with random weights."""
        from course_lib.models import MODELS, create_model

        options = MODELS[self.model].options_for(self.weights)
        return create_model(self.model, num_classes=len(self.classes), **options)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TrainConfig:
        """Rebuild a recipe.

        Raises:
            ValueError: the values hold a field that this release does not know.
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


def _known_names() -> dict[str, Iterable[str]]:
    """Return the names that a field may have, for each field that is a name."""
    from course_lib.losses import LOSSES
    from course_lib.models import MODELS
    from course_lib.training.devices import PRECISIONS
    from course_lib.training.optimizers import DEFAULT_RATES
    from course_lib.training.schedules import SCHEDULES

    return {
        "model": MODELS,
        "fit": FITS,
        "optimizer": DEFAULT_RATES,
        "schedule": SCHEDULES,
        "loss": LOSSES,
        "precision": PRECISIONS,
    }


def _check_name(kind: str, name: str, known: Iterable[str]) -> None:
    known = list(known)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {kind} {name!r}: choose one of {', '.join(known)}.{meant}")
