"""The explorer of a training run."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_lib.explorers import explore_run
from course_lib.explorers.training_run import run_view
from course_lib.training.config import TrainConfig
from course_lib.training.runs import Run


def test_a_run_opens_at_its_best_epoch_and_says_when_overlays_got_worse(run_folder):
    explorer = explore_run(run_folder)
    assert explorer.controls["epoch"].value == 2
    explorer.controls["epoch"].value = 3
    assert "The loss fell, and the validation score got worse" in explorer.picture.value
    explorer.controls["pet"].value = 2
    assert "kept no overlay of pet 2 in epoch 3" in explorer.picture.value


def test_a_run_on_other_classes_shows_those():
    names = [f"class {number}" for number in range(12)]
    row = {"epoch": 1, "train_loss": 1.0, "val_mIoU": 0.5, **{f"val_iou_{name}": 0.25 for name in names}}
    _, scores, _ = run_view([row], Path("none"), 1, 1).figures
    assert all(f"{name} 0.250" in scores.alt for name in names)
    looks = re.findall(r'<path[^>]*stroke="(#\w+)"[^>]*stroke-dasharray="([^"]+)"', scores.svg)
    assert len(set(looks)) == len(names)


@pytest.mark.parametrize(
    ("width", "shown"),
    [(12, ["image", "truth", "prediction"]), (20, ["image", "truth", "prediction"]), (4, ["prediction"])],
)
def test_each_picture_of_a_strip_has_its_title_and_a_single_one_has_only_its_own(tmp_path, width, shown):
    Image.fromarray(np.zeros((4, width, 3), np.uint8)).save(tmp_path / "epoch-001-1.png")
    *_, strip = run_view([{"epoch": 1, "train_loss": 1.0, "val_mIoU": 0.5}], tmp_path, 1, 1).figures
    assert strip.alt == f"Pet 1 in epoch 1: {', '.join(shown)}."
    assert re.findall(r">(\w+)</text>", strip.svg) == shown


def test_a_folder_without_a_finished_epoch_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no log.csv with an epoch"):
        explore_run(tmp_path)
    Run.create(tmp_path / "new", TrainConfig(epochs=1))
    with pytest.raises(FileNotFoundError, match="no log.csv with an epoch"):
        explore_run(tmp_path / "new")
