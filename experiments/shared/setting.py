"""What a run is given, its seed and device, and what it returns, its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from course_lib.training.devices import Devices

CURVE_DIGITS = 4

Figures = Mapping[str, float]
Curves = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Setting:
    """One run of an experiment.

    Attributes:
        seed: of weights, order, augmentation and choice of images.
        device: what to compute on, always in float32.
        share: the share of the steps to take: 1, or less for a cheap repeat.
        at_most: no more steps, and no more images than this; None is no limit. The smoke run uses it.
    """

    seed: int
    device: torch.device
    share: float = 1.0
    at_most: int | None = None

    @property
    def devices(self) -> Devices:
        """The device as the course's training loop takes it."""
        return Devices(self.device, torch.float32)

    def steps(self, count: int) -> int:
        """Return how many of ``count`` steps to take, at least one."""
        return self.images(max(1, round(self.share * count)))

    def images(self, count: int) -> int:
        """Return how many of ``count`` images to use."""
        return count if self.at_most is None else min(count, self.at_most)


@dataclass
class Outcome:
    """The figures and curves of a run, by dotted name: "ARM.FIGURE"."""

    experiment: str
    setting: Setting
    figures: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)

    def add(self, arm: str, figures: Figures, curves: Curves | None = None) -> None:
        """Add the figures of one arm, and tell the terminal."""
        for name, value in figures.items():
            self.figures[f"{arm}.{name}"] = float(value)
        for name, values in (curves or {}).items():
            self.curves[f"{arm}.{name}"] = [round(float(value), CURVE_DIGITS) for value in values]
        told = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"{self.experiment} seed {self.setting.seed}  {arm}: {told}", flush=True)
