"""Shared by the benchmarks: tables, timing in turns, the pets, the course's own loop, a line about the machine."""

import os
import platform
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from course_lib.data.folder import find_pet_folder
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.paths import data_home

if TYPE_CHECKING:
    from torch import nn

    from course_lib.training.batches import Batch
    from course_lib.training.devices import Devices


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay a table out: names to the left, figures to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def medians_in_turn(methods: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Return each method's median wall time in milliseconds.

    The methods take turns, in a new order each round, so that a busy machine and a cold cache slow all of them
    equally. The first call of each is not counted.
    """
    for method in methods.values():
        method()
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    order = Random(0)
    for _ in range(turns):
        for name in order.sample(list(methods), len(methods)):
            start = perf_counter()
            methods[name]()
            seconds[name].append(perf_counter() - start)
    return {name: 1000 * median(times) for name, times in seconds.items()}


def with_ratios(figures: Mapping[str, float], reference: str) -> list[list[str]]:
    """Return rows of name, figure, and its ratio to the reference's figure."""
    return [[name, f"{figure:.1f}", f"{figure / figures[reference]:.2f}"] for name, figure in figures.items()]


def pets_folder(given: Path | None) -> Path:
    """Return the pets to measure on: those given, else the real ones of COURSE_PETS_ROOT, else pocket pets."""
    root = given or os.environ.get("COURSE_PETS_ROOT")
    folder = find_pet_folder(root) if root else write_pocket_pets(data_home() / "pocket", progress=True)
    return folder.resolve()


def training_loop(model: "nn.Module", devices: "Devices") -> Callable[[Iterable["Batch"]], float]:
    """Return the course's own loop with its usual optimiser and loss, to be called with batches."""
    from course_lib.losses import LOSSES  # imported here, because not every benchmark needs torch
    from course_lib.training.budget import Pace
    from course_lib.training.loop import train_epoch
    from course_lib.training.optimizers import DEFAULT_RATES, build_optimizer
    from course_lib.training.schedules import constant

    model = devices.prepare(model)
    optimizer = build_optimizer("muon", model, DEFAULT_RATES["muon"], weight_decay=0.01)
    pace = Pace(constant, devices, steps=10**9)  # without an end
    return lambda batches: train_epoch(model, batches, LOSSES["ce+dice"], optimizer, pace, devices)


def names_among(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a function that turns an option such as ``unet,fcn`` into names, and refuses unknown ones."""

    def names(text: str) -> list[str]:
        given = text.split(",")
        if unknown := set(given) - set(known):
            raise ArgumentTypeError(f"unknown {', '.join(sorted(unknown))}; known: {', '.join(known)}")
        return given

    return names


def machine() -> str:
    """Describe the machine before measuring: under load from others, the figures mean little."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    threads = os.environ.get("OMP_NUM_THREADS", "default")
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {load}, OMP_NUM_THREADS {threads}, "
        f"Python {platform.python_version()}, torch {version('torch')}."
    )
