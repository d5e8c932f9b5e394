"""Run experiments from the command line: see ``python -m experiments --help``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from course_lib.authoring.results import experiment_names
from course_lib.wording import counted
from experiments.shared.data import PETS_ROOT, draw_pocket_pets, real_pets_folder
from experiments.shared.jobs import ROOT, Job, check_space, compute_all, default_out, load, run_jobs
from experiments.shared.setting import Setting

SMOKE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; return 0 if all went well."""
    options = _parser().parse_args(arguments)
    try:
        if options.list:
            return _list()
        torch.zeros(1, device=options.device)  # fails now if there is no such device
        names = _names(options)
        draw_pocket_pets(options.quick)
        if options.cheap:
            return _repeat_cheaply(names, options)
        if options.quick and options.out is None:
            with tempfile.TemporaryDirectory() as folder:
                return _run(names, options, Path(folder))
        return _run(names, options, options.out or default_out())
    except (OSError, ValueError, RuntimeError) as error:
        print(f"experiments: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments",
        description="Measure what the lessons claim about training. "
        "Finished seeds are kept, so that a run that was stopped goes on.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="experiments to run, e.g. skips")
    parser.add_argument("--all", action="store_true", help="run all of them")
    parser.add_argument("--list", action="store_true", help="list them, with their minutes and claims")
    parser.add_argument("--seeds", type=_seeds, default=[0, 1, 2], help="seeds, e.g. 0,1,2 (the default)")
    cores = os.cpu_count() or 1
    parser.add_argument("--jobs", type=int, default=cores, help="runs at once (default: one per CPU core)")
    parser.add_argument("--device", default="cpu", help="cpu (the default), cuda or cuda:1")
    parser.add_argument("--out", type=Path, help="folder for the results (default experiments/results)")
    parser.add_argument("--quick", action="store_true", help="a few steps each: whether everything runs")
    parser.add_argument(
        "--cheap",
        action="store_true",
        help="repeat the cheap ones with one seed and fewer steps; fail where a claim's direction does not hold",
    )
    return parser


def _seeds(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _names(options: argparse.Namespace) -> list[str]:
    """Return the experiments to run, longest first, so that the last to finish is a short one."""
    known = experiment_names(ROOT)
    strange = sorted(set(options.names) - set(known))
    if strange:
        raise ValueError(f"no experiment is called {strange[0]!r}: the known ones are {', '.join(known)}.")
    if options.cheap:
        chosen = options.names or [name for name in known if load(name).CHEAP]
    elif options.all == bool(options.names):
        raise ValueError("say which experiments to run, by their names or by --all; --list shows them.")
    else:
        chosen = known if options.all else options.names
    if not options.quick and real_pets_folder() is None:
        chosen = _without_real_pets(chosen, options)
    return sorted(chosen, key=lambda name: -load(name).MINUTES)


def _without_real_pets(names: list[str], options: argparse.Namespace) -> list[str]:
    missing = [name for name in names if getattr(load(name), "NEEDS_PETS", False)]
    told = f"{', '.join(missing)}: real pets are needed; set {PETS_ROOT} to the folder that holds them."
    if missing and not options.all:
        raise ValueError(told)
    if missing:
        print(f"Left out: {told}", flush=True)
    return [name for name in names if name not in missing]


def _list() -> int:
    total = 0.0
    for name in experiment_names(ROOT):
        experiment = load(name)
        total += experiment.MINUTES
        print(f"{name:<20} {experiment.MINUTES:>4.0f} min  {experiment.__doc__.splitlines()[0]}")
    print(f"{'all':<20} {total:>4.0f} min  for three seeds on two CPU cores")
    return 0


def _run(names: list[str], options: argparse.Namespace, out: Path) -> int:
    check_space(out)
    jobs = [
        Job(name, Setting(seed, torch.device(options.device), at_most=SMOKE if options.quick else None), out)
        for name in names
        for seed in _seeds_of(name, options)
    ]
    unfinished = [job for job in jobs if job.finished() is None]
    print(
        f"{len(jobs) - len(unfinished)} of {len(jobs)} runs are finished; {len(unfinished)} to do.",
        flush=True,
    )
    failed = run_jobs(unfinished, max(1, options.jobs))
    for job in failed:
        print(f"failed: {job.name} seed {job.setting.seed}", file=sys.stderr)
    return 1 if failed else 0


def _seeds_of(name: str, options: argparse.Namespace) -> list[int]:
    """Return the seeds that were asked for, and those that a claim about seeds needs at least."""
    at_least = 0 if options.quick else getattr(load(name), "SEEDS", 0)
    return sorted({*options.seeds, *range(at_least)})


def _repeat_cheaply(names: list[str], options: argparse.Namespace) -> int:
    jobs = [Job(name, _cheap_setting(name, options), Path()) for name in names]
    broken = 0
    for job, run in zip(jobs, compute_all(jobs, max(1, options.jobs)), strict=True):
        for sentence, true in run["holds"].items():
            print(f"{job.name}: {sentence}: {'yes' if true else 'NO'}", flush=True)
            broken += not true
    if broken:
        print(f"experiments: the cheap repeat does not confirm {counted(broken, 'claim')}.", file=sys.stderr)
    return 1 if broken else 0


def _cheap_setting(name: str, options: argparse.Namespace) -> Setting:
    share = load(name).CHEAP
    if share is None:
        raise ValueError(f"{name} has no cheap repeat: its CHEAP is None.")
    return Setting(options.seeds[0], torch.device(options.device), share)


if __name__ == "__main__":
    sys.exit(main())
