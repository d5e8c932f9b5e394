"""Whole trainings, small: what a run leaves, that it resumes as if unbroken, that two processes agree."""

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.data.entries import read_pair
from course_lib.data.pets import train_validation_split
from course_lib.metrics import ConfusionMatrix
from course_lib.models import MODELS, Model, TinyUNet, UNet
from course_lib.training import train as train_module
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.evaluate import evaluate_run
from course_lib.training.inference import predict_mask
from course_lib.training.parts import Parts
from course_lib.training.runs import Run, load_checkpoint
from course_lib.training.train import train

CPU = Devices(torch.device("cpu"), torch.float32)
SMALL = {"model": "tiny-unet", "size": 32, "batch_size": 8, "precision": "float32"}


@pytest.fixture(autouse=True)
def short_epochs(course_home, monkeypatch):
    monkeypatch.setattr(train_module, "EPOCH_IMAGES", 30)


def start(folder, pocket_folder, **changes):
    return Run.create(folder, TrainConfig(**(SMALL | {"data": str(pocket_folder), "epochs": 3} | changes)))


def log_without_seconds(folder):
    with (folder / "log.csv").open(encoding="utf-8") as file:
        return [
            {key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)
        ]


def test_a_run_leaves_everything_a_reader_needs(tmp_path, pocket_folder):
    run = start(tmp_path / "run", pocket_folder)
    train(run, pocket_folder, CPU)
    assert [float(row["epoch"]) for row in log_without_seconds(run.folder)] == [1, 2, 3]
    overlays = sorted((run.folder / "overlays").iterdir())
    assert len(overlays) == 3 * 4
    assert Image.open(overlays[0]).size == (3 * 32 + 8, 32)
    report = (run.folder / "report.md").read_text(encoding="utf-8")
    for name in ("this run", "all background", "centre prior", "border", "curves.png", "Not opened yet"):
        assert name in report
    assert (run.folder / "curves.png").stat().st_size > 5000
    for line in report.splitlines():
        if line.startswith("!["):
            assert (run.folder / line.split("](")[1].rstrip(")")).is_file()


def test_the_best_epoch_is_chosen_on_validation(tmp_path, pocket_folder):
    run = start(tmp_path / "run", pocket_folder)
    train(run, pocket_folder, CPU)
    assert run.best_epoch["val_mIoU"] == max(row["val_mIoU"] for row in run.history)
    scores = run.validation_scores()
    assert scores["all background"]["iou"]["pet"] == 0
    assert scores["this run"]["images"] == len(train_validation_split(
        train_module.load_pets(pocket_folder, "trainval", 32))[1])  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_broken_run_ends_like_an_unbroken_one(tmp_path, pocket_folder, monkeypatch, optimizer, schedule):
    recipe = {"optimizer": optimizer, "schedule": schedule, "model": "narrow-unet", "grow": False}
    monkeypatch.setitem(MODELS, "narrow-unet", Model(partial(UNet, widths=(16, 16))))
    whole = start(tmp_path / "whole", pocket_folder, **recipe)
    train(whole, pocket_folder, CPU)
    broken = start(tmp_path / "broken", pocket_folder, **recipe)
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "save_overlays", interrupt_at(2))
        with pytest.raises(KeyboardInterrupt):
            train(broken, pocket_folder, CPU)
    assert len(log_without_seconds(broken.folder)) == 1
    resumed = Run.open(broken.folder)
    train(resumed, pocket_folder, CPU)
    assert log_without_seconds(resumed.folder) == log_without_seconds(whole.folder)
    for name in ("best.pt", "last.pt"):
        ours, theirs = (load_checkpoint(folder / name)["model"] for folder in (resumed.folder, whole.folder))
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def interrupt_at(epoch):
    """Stand in for the overlays: raise in this epoch, after its best weights were written and before the rest."""

    def save_overlays(run, number, *_):
        if number == epoch:
            raise KeyboardInterrupt

    return save_overlays


@pytest.mark.slow
def test_a_run_killed_at_any_moment_resumes(tmp_path, pocket_folder):
    options = ["--data", str(pocket_folder), "--model", "tiny-unet", "--size", "32", "--epochs", "8"]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run_course("train", *options, "--out", str(whole))
    process = subprocess.Popen([sys.executable, "-m", "course_lib", "train", *options, "--out", str(broken)])
    wait_for(broken / "log.csv", process)
    process.kill()
    process.wait()
    run_course("train", "--resume", "--out", str(broken))
    assert log_without_seconds(broken) == log_without_seconds(whole)


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_that_resumes(tmp_path, pocket_folder):
    options = ["--data", str(pocket_folder), "--model", "tiny-unet", "--size", "32", "--epochs", "500"]
    flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {}
    process = subprocess.Popen(
        [sys.executable, "-m", "course_lib", "train", *options, "--out", str(tmp_path / "run")],
        stderr=subprocess.PIPE, encoding="utf-8", **flags,
    )  # fmt: skip
    try:
        wait_for(tmp_path / "run" / "log.csv", process)
        errors = interrupt(process)
    finally:
        process.kill()  # a run that goes on would take a core from the tests that follow
    assert process.returncode == 130
    assert errors.splitlines()[-1] == (
        "course train: stopped. The last whole epoch is kept: continue with --resume."
    )
    assert Run.open(tmp_path / "run").load_last()["epoch"] >= 1


TRAIN_AND_LIST_THREADS = """
import sys
from pathlib import Path
from course_lib.cli import main
code = main(sys.argv[1:])
names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").glob("*")]  # none but on Linux
print("threads:", *sorted(names), flush=True)
sys.exit(code)
"""


@pytest.mark.slow
def test_two_processes_agree_share_and_write_once(tmp_path, pocket_folder):
    script = tmp_path / "train_and_list_threads.py"
    script.write_text(TRAIN_AND_LIST_THREADS, encoding="utf-8")
    recipe = ["--model", "tiny-unet", "--size", "32", "--epochs", "2", "--batch-size", "8"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    result = subprocess.run(
        [*launcher, str(script), "train", "--data", str(pocket_folder), *recipe, "--precision", "float32",
         "--out", str(tmp_path / "two")],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("threads:") == 2
    assert "gloo" not in result.stdout, "threads that outlive the training may abort Python as it ends"
    assert result.stdout.count("validation mIoU") == 2
    run = Run.open(tmp_path / "two")
    assert len(run.history) == 2
    assert len(list((run.folder / "overlays").iterdir())) == 2 * 4
    # Each image was counted once: the pooled scores equal those of one process over the same weights.
    alone = evaluate_run(run, pocket_folder, str(pocket_folder), "val")
    assert alone == run.validation_scores()["this run"]


@pytest.mark.slow
def test_minutes_include_everything(tmp_path, pocket_folder):
    """Three seconds of the six are for the loop; here they were over before it began, so it takes one step."""
    run = start(tmp_path / "run", pocket_folder, epochs=None, minutes=0.1)
    train(run, pocket_folder, CPU, started=96.5, parts=Parts(clock=lambda: 100.0))
    assert run.load_last()["steps_done"] == 1
    assert len(run.history) == 1


@pytest.mark.slow
def test_training_beats_the_baselines_on_pocket_pets(tmp_path, pocket_folder):
    run = start(tmp_path / "run", pocket_folder, model="fast-unet", size=64, epochs=12)
    train(run, pocket_folder, CPU)
    scores = run.validation_scores()
    assert scores["this run"]["mIoU"] > scores["centre prior"]["mIoU"] > scores["all background"]["mIoU"]


def test_the_test_set_is_remembered(tmp_path, pocket_folder):
    run = start(tmp_path / "run", pocket_folder, epochs=1)
    train(run, pocket_folder, CPU)
    first = evaluate_run(run, pocket_folder, "pocket", "test")
    assert [opening["mIoU"] for opening in run.test_openings()] == [first["mIoU"]]
    report = (run.folder / "report.md").read_text(encoding="utf-8")
    assert "Not opened yet" not in report
    assert evaluate_run(run, pocket_folder, "pocket", "test") == first
    assert "Opened 2 times" in (run.folder / "report.md").read_text(encoding="utf-8")


def test_full_size_scores_at_each_images_own_size(tmp_path, pocket_folder):
    run = start(tmp_path / "run", pocket_folder, epochs=1)
    train(run, pocket_folder, CPU)
    small = evaluate_run(run, pocket_folder, "pocket", "val")
    full = small["full_size"]
    assert (small["size"], full["size"]) == (32, "full")
    assert small["images"] == full["images"]
    expected = ConfusionMatrix(3, 255)
    model = run.load_best_model()
    for entry in train_validation_split(train_module.load_pets(pocket_folder, "trainval", 32))[1].entries:
        image, truth = read_pair(entry)
        expected.update(predict_mask(model, image, 32, CPU), truth)
    assert full["mIoU"] == round(float(expected.mean_iou()), 4)
    report = (run.folder / "report.md").read_text(encoding="utf-8")
    assert "| this run, at 32x32 |" in report
    assert "| this run, at full size |" in report
    assert "| all background, at 32x32 |" in report


def test_mirrored_averaging_treats_left_and_right_alike():
    torch.manual_seed(0)
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    model = TinyUNet()
    mask = predict_mask(model, image, 32, CPU)
    mirrored = predict_mask(model, np.ascontiguousarray(image[:, ::-1]), 32, CPU)
    assert np.array_equal(mask[:, ::-1], mirrored)


def run_course(*arguments):
    subprocess.run([sys.executable, "-m", "course_lib", *arguments], check=True, capture_output=True)


def interrupt(process: subprocess.Popen) -> str:
    """Press Ctrl-C, and again if a library that was just being loaded has swallowed it; return what was said."""
    for _ in range(3):
        process.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
        try:
            return process.communicate(timeout=60)[1]
        except subprocess.TimeoutExpired:
            continue
    pytest.fail("the run was interrupted three times and went on")


def wait_for(path: Path, process: subprocess.Popen):
    """Wait until a file is there; fail at once if the process ended without it."""
    while not path.is_file():
        assert process.poll() is None, f"the process ended with {process.returncode} and without {path.name}"
        time.sleep(0.05)
