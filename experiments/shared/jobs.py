"""Run experiments, a process per seed, and gather what they give; a run that is cut off loses its seed only."""

from __future__ import annotations

import importlib
import json
import math
import multiprocessing
import os
import platform
import shutil
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch

from course_lib.authoring.results import read_result, result_path, source_hash, write_result
from course_lib.files import write_text
from experiments.shared.setting import Figures, Outcome, Setting

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES_NEEDED = 20


class Experiment(Protocol):
    """A module of this folder. ``SEEDS`` and ``NEEDS_PETS`` may be missing.

    Attributes:
        MINUTES: about how long three seeds take on two CPU cores.
        CHEAP: the share of the steps with which CI repeats it; None if it is too dear.
        SEEDS: how many seeds, from 0 on, are run at least.
        NEEDS_PETS: whether real pets are needed.
    """

    __doc__: str
    MINUTES: float
    CHEAP: float | None

    def run(self, setting: Setting) -> Outcome:
        """Measure what is claimed."""
        ...

    def holds(self, figure: Figures) -> dict[str, bool]:
        """Return the claim's sentences, and whether the figures agree."""
        ...


@dataclass(frozen=True)
class Job:
    """One seed of one experiment.

    Attributes:
        name: the experiment's.
        setting: seed, device and extent.
        out: the folder of the results.
    """

    name: str
    setting: Setting
    out: Path

    @property
    def part(self) -> Path:
        """The file that keeps this seed until the result is complete."""
        return self.out / "parts" / f"{self.name}-{self.setting.seed}.json"

    def finished(self) -> dict[str, Any] | None:
        """Return what this seed gave, if the present code gave it; None otherwise."""
        source = source_hash(ROOT, self.name)
        if self.part.is_file():
            part = json.loads(self.part.read_text(encoding="utf-8"))
            if part["source"] == source:
                return dict(part["run"])
        return earlier_runs(self.out / f"{self.name}.json", source).get(self.setting.seed)


def load(name: str) -> Experiment:
    """Import an experiment by its name."""
    return cast(Experiment, importlib.import_module(f"experiments.{name}"))


def earlier_runs(path: Path, source: str) -> dict[int, dict[str, Any]]:
    """Return the runs by seed that a result holds, if the present code gave them."""
    if not path.is_file():
        return {}
    result = read_result(path)
    return {run["seed"]: run for run in result.runs} if result.source == source else {}


def run_jobs(jobs: Sequence[Job], at_once: int) -> list[Job]:
    """Run jobs, several at once, each in a process of its own; combine results as seeds finish.

    Returns:
        The jobs that failed.
    """
    lock, failed = threading.Lock(), []
    began = time.monotonic()
    done = 0

    def run(job: Job) -> None:
        nonlocal done
        process = multiprocessing.get_context("spawn").Process(target=_run_in_process, args=(job, at_once))
        process.start()
        process.join()
        with lock:
            done += 1
            if process.exitcode == 0:
                combine(job)
            else:
                failed.append(job)
            state = "done" if process.exitcode == 0 else f"FAILED (exit status {process.exitcode})"
            minutes = (time.monotonic() - began) / 60
            told = f"[{done} of {len(jobs)}, {minutes:.1f} min] {job.name} seed {job.setting.seed}: {state}"
            print(told, flush=True)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(run, jobs))
    return failed


def compute_all(jobs: Sequence[Job], at_once: int) -> list[dict[str, Any]]:
    """Run jobs, several at once, and return what each gave; nothing is kept."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, context, initializer=_prepare_process, initargs=(at_once,)) as pool:
        return list(pool.map(compute, jobs))


def combine(job: Job) -> None:
    """Write an experiment's result from all seeds that the present code has finished."""
    source = source_hash(ROOT, job.name)
    path = job.out / f"{job.name}.json"
    runs = earlier_runs(path, source)
    for part in job.part.parent.glob(f"{job.name}-*.json"):
        content = json.loads(part.read_text(encoding="utf-8"))
        if content["source"] == source:
            runs[content["run"]["seed"]] = content["run"]
    write_result(path, " ".join(load(job.name).__doc__.split()), source, list(runs.values()))


def check_space(out: Path) -> None:
    """Make sure before hours of computing that the results can be written.

    Raises:
        OSError: the folder cannot be made, or its disk is nearly full.
    """
    out.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(out).free / 1e6
    if free < MEGABYTES_NEEDED:
        raise OSError(
            f"only {free:.0f} MB are free on the disk that holds {out}, and results need {MEGABYTES_NEEDED} MB: "
            "free some space, or give another folder with --out."
        )


def compute(job: Job) -> dict[str, Any]:
    """Run one seed in this process, and return its figures and curves with all that led to them."""
    experiment = load(job.name)
    began = time.monotonic()
    outcome = experiment.run(job.setting)
    broken = [name for name, value in outcome.figures.items() if not math.isfinite(value)]
    if broken:
        raise ValueError(f"{', '.join(broken)} of {job.name} are not finite numbers: the training diverged.")
    return {
        "seed": job.setting.seed,
        "minutes": round((time.monotonic() - began) / 60, 3),
        "device": device_name(job.setting.device),
        "versions": versions(),
        "holds": {sentence: bool(true) for sentence, true in experiment.holds(outcome.figures).items()},
        "figures": {name: round(value, 6) for name, value in outcome.figures.items()},
        "curves": outcome.curves,
    }


def device_name(device: torch.device) -> str:
    """Return the name of the card, or of the processor's architecture."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU"


def versions() -> Mapping[str, str]:
    """Return the versions of what the figures depend on."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def _prepare_process(at_once: int) -> None:
    """Share the CPU with the other processes, and compute in float32 on every machine."""
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // at_once))
    torch.backends.cudnn.allow_tf32 = False


def _run_in_process(job: Job, at_once: int) -> None:
    _prepare_process(at_once)
    try:
        run = compute(job)
        write_text(job.part, json.dumps({"source": source_hash(ROOT, job.name), "run": run}) + "\n")
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"{job.name} seed {job.setting.seed}: {error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def default_out() -> Path:
    """Return the folder of the results in the checkout."""
    return result_path(ROOT, "any").parent
