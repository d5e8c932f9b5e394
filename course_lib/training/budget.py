"""How far training is, how fast it may learn, and when it ends: by epochs or by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from torch.optim import Optimizer

from course_lib.training.devices import Devices
from course_lib.training.schedules import Schedule

Clock = Callable[[], float]
"""Seconds since some moment: :func:`time.monotonic`, or :func:`time.process_time`, which counts only computing."""


class Pace:
    """Progress through a training that ends after a number of steps, or when its time is up.

    Args:
        schedule: factor of the base learning rate, as a function of progress.
        devices: where to compute; several processes use the main one's clock.
        steps: how many optimiser steps the whole training has; or
        seconds: how many seconds it has, counted from ``started``.
        steps_done, started: where an earlier part of the same training left off; ``started`` is a reading of
            the clock.
        clock: what the seconds are read from.
    """

    def __init__(
        self,
        schedule: Schedule,
        devices: Devices,
        *,
        steps: int | None = None,
        seconds: float | None = None,
        steps_done: int = 0,
        started: float | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        if (steps is None) == (seconds is None):
            raise ValueError("training ends after epochs or after minutes: give one of the two.")
        self.schedule = schedule
        self.devices = devices
        self.steps = steps
        self.seconds = seconds
        self.steps_done = steps_done
        self.clock = clock
        self.started = clock() if started is None else started
        self.progress = self._read_progress()

    @property
    def elapsed(self) -> float:
        """Seconds since the training began, earlier parts included."""
        return self.clock() - self.started

    @property
    def over(self) -> bool:
        """Whether the training is over."""
        return self.progress >= 1.0

    def set_learning_rate(self, optimizer: Optimizer) -> None:
        """Give every parameter group its base rate times the schedule's factor; 0 before it starts."""
        factor = self.schedule(self.progress)
        for group in optimizer.param_groups:
            started = self.progress >= group.get("starts_at", 0.0)
            group["lr"] = group["base_lr"] * factor if started else 0.0

    def step(self) -> None:
        """Count one optimiser step and look at the clock."""
        self.steps_done += 1
        self.progress = self._read_progress()

    def _read_progress(self) -> float:
        if self.steps is not None:
            return min(1.0, self.steps_done / max(1, self.steps))
        assert self.seconds is not None
        return self.devices.from_main(min(1.0, self.elapsed / self.seconds))
