"""Every experiment runs, and gives what it says it gives: two steps each."""

import math

import pytest
import torch

from course_lib.authoring.results import experiment_names
from experiments.shared.jobs import ROOT, Job, compute, load
from experiments.shared.setting import Setting

SMOKE = Setting(seed=0, device=torch.device("cpu"), at_most=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", experiment_names(ROOT))
def test_it_runs_from_beginning_to_end(name, tmp_path):
    run = compute(Job(name, SMOKE, tmp_path))
    assert run["figures"], "an experiment measures something"
    assert all("." in figure and math.isfinite(value) for figure, value in run["figures"].items())
    assert all(isinstance(true, bool) for true in run["holds"].values())
    assert all(curve and all(map(math.isfinite, curve)) for curve in run["curves"].values())


@pytest.mark.parametrize("name", experiment_names(ROOT))
def test_it_says_what_it_claims_and_what_it_costs(name):
    experiment = load(name)
    assert experiment.__doc__.strip().splitlines()[0].endswith(".")
    assert experiment.MINUTES > 0
    assert experiment.CHEAP is None or 0 < experiment.CHEAP <= 1


def test_all_together_take_less_than_three_hours():
    assert sum(load(name).MINUTES for name in experiment_names(ROOT)) < 3 * 60
