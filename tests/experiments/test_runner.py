"""Running experiments: what is kept, what goes on, what is said when something is missing."""

import json
import shutil
from types import SimpleNamespace

import pytest
import torch

from course_lib.authoring.results import experiment_names, read_result, source_hash
from course_lib.files import write_text
from experiments import __main__ as command
from experiments.__main__ import main
from experiments.shared import jobs
from experiments.shared.jobs import ROOT, Job, combine, load
from experiments.shared.setting import Outcome, Setting


def setting(seed=0, **options):
    return Setting(seed, torch.device("cpu"), **options)


def run_of(seed, value):
    about = {"minutes": 1.0, "device": "a card", "versions": {}, "holds": {"yes": True}}
    return {"seed": seed, **about, "figures": {"test.miou": value}, "curves": {}}


def keep(job, value, source=None):
    """Write the part of a seed, as its process would."""
    part = {"source": source or source_hash(ROOT, job.name), "run": run_of(job.setting.seed, value)}
    write_text(job.part, json.dumps(part))


def test_steps_and_images_are_limited():
    assert setting().steps(600) == 600
    assert setting(share=0.25).steps(600) == 150
    assert setting(share=0.001).steps(600) == 1
    assert setting(at_most=2).steps(600) == 2
    assert setting(share=0.25).images(96) == 96
    assert setting(at_most=2).images(96) == 2


def test_an_outcome_names_figures_after_their_arm(capsys):
    outcome = Outcome("skips", setting(3))
    outcome.add("none", {"border": 0.04}, {"loss": [1.23456]})
    assert outcome.figures == {"none.border": 0.04}
    assert outcome.curves == {"none.loss": [1.2346]}
    assert capsys.readouterr().out == "skips seed 3  none: border 0.040\n"


def test_finished_seeds_make_a_result(tmp_path):
    first, second = (Job("seeds", setting(seed), tmp_path) for seed in (0, 1))
    assert first.finished() is None
    keep(first, 0.5)
    combine(first)
    keep(second, 0.7)
    combine(second)
    assert read_result(tmp_path / "seeds.json").figure("test.miou").values == (0.5, 0.7)
    assert first.finished()["figures"] == {"test.miou": 0.5}


def test_a_result_keeps_its_seeds_when_the_parts_are_gone(tmp_path):
    first, second = (Job("seeds", setting(seed), tmp_path) for seed in (0, 1))
    keep(first, 0.5)
    combine(first)
    shutil.rmtree(tmp_path / "parts")
    keep(second, 0.7)
    combine(second)
    assert read_result(tmp_path / "seeds.json").figure("test.miou").values == (0.5, 0.7)


def test_what_other_code_gave_counts_for_nothing(tmp_path):
    job, other = (Job("seeds", setting(seed), tmp_path) for seed in (0, 1))
    keep(job, 0.5, source="another")
    keep(other, 0.7)
    combine(other)
    assert job.finished() is None
    assert read_result(tmp_path / "seeds.json").figure("test.miou").values == (0.7,)


@pytest.mark.slow
def test_a_run_that_was_cut_off_goes_on(tmp_path, capfd):
    asked = ["seeds", "--quick", "--seeds", "0,1", "--jobs", "2", "--out", str(tmp_path)]
    keep(Job("seeds", setting(0), tmp_path), 0.5)
    assert main(asked) == 0
    told = capfd.readouterr().out
    assert "1 of 2 runs are finished; 1 to do." in told
    assert "seeds seed 1: done" in told
    assert len(read_result(tmp_path / "seeds.json").runs) == 2
    assert main(asked) == 0
    assert "2 of 2 runs are finished; 0 to do." in capfd.readouterr().out


def test_a_run_that_fails_is_named_and_the_others_go_on(tmp_path, capsys, monkeypatch):
    def ended(target, args):
        job = args[0]
        if job.setting.seed != 1:
            keep(job, 0.5)
        return SimpleNamespace(start=lambda: None, join=lambda: None, exitcode=int(job.setting.seed == 1))

    monkeypatch.setattr(jobs.multiprocessing, "get_context", lambda kind: SimpleNamespace(Process=ended))
    assert main(["skips", "--quick", "--seeds", "0,1,2", "--jobs", "1", "--out", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "skips seed 1: FAILED (exit status 1)" in told.out
    assert told.err == "failed: skips seed 1\n"
    assert [run["seed"] for run in read_result(tmp_path / "skips.json").runs] == [0, 2]


def test_no_space_is_said_before_hours_of_computing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=3e6))
    assert main(["seeds", "--quick", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"experiments: only 3 MB are free on the disk that holds {tmp_path}, and results need 20 MB: free some space, "
        "or give another folder with --out.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["skis"], "no experiment is called 'skis': the known ones are context, "),
        ([], "say which experiments to run, by their names or by --all"),
        (["skips", "--all"], "say which experiments to run, by their names or by --all"),
        (["skips", "--quick", "--device", "mars"], "experiments: "),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, message, capsys):
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert message in told


def test_experiments_on_real_pets_say_where_they_look_for_them(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PETS_ROOT", raising=False)
    assert main(["transfer_real", "--out", str(tmp_path)]) == 1
    assert "transfer_real: real pets are needed; set COURSE_PETS_ROOT" in capsys.readouterr().err


def test_a_training_that_diverged_gives_no_result(monkeypatch, tmp_path):
    diverged = Outcome("seeds", setting(), {"test.miou": float("nan")})
    broken = SimpleNamespace(run=lambda given: diverged, holds=lambda figures: {})
    monkeypatch.setattr(jobs, "load", lambda name: broken)
    with pytest.raises(ValueError, match=r"test\.miou of seeds are not finite numbers"):
        jobs.compute(Job("seeds", setting(), tmp_path))


def test_the_list_shows_every_claim(capsys):
    assert main(["--list"]) == 0
    told = capsys.readouterr().out
    for name in experiment_names(ROOT):
        assert load(name).__doc__.splitlines()[0] in told


@pytest.mark.parametrize(("true", "status"), [(True, 0), (False, 1)])
def test_the_cheap_repeat_fails_where_a_sentence_does_not_hold(true, status, capsys, monkeypatch):
    def computed(asked, at_once):
        assert [(job.name, job.setting.share, job.setting.seed) for job in asked] == [("skips", 1.0, 0)]
        return [{"holds": {"skips help": true, "water is wet": True}}]

    monkeypatch.setattr(command, "compute_all", computed)
    monkeypatch.setattr(command, "draw_pocket_pets", lambda smoke: None)
    assert main(["skips", "--cheap"]) == status
    told = capsys.readouterr()
    assert told.out == f"skips: skips help: {'yes' if true else 'NO'}\nskips: water is wet: yes\n"
    assert told.err == ("" if true else "experiments: the cheap repeat does not confirm 1 claim.\n")


def test_what_is_too_dear_is_not_repeated(capsys, monkeypatch):
    monkeypatch.setattr(command, "draw_pocket_pets", lambda smoke: None)
    assert main(["imbalance", "--cheap"]) == 1
    assert capsys.readouterr().err == "experiments: imbalance has no cheap repeat: its CHEAP is None.\n"
