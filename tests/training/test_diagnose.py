"""`course diagnose` names each planted bug, with every seed, and finds nothing in healthy runs."""

import json
import shutil
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import torch

from course_lib.bug_hunt import pieces
from course_lib.bug_hunt.make_run import make_run
from course_lib.cli import main
from course_lib.exercises import find_exercise
from course_lib.exercises.l11_bug_hunt.runs import MENDED_BY
from course_lib.exercises.l11_bug_hunt.shared import cause_of
from course_lib.models import MODELS, TinyUNet, UNet
from course_lib.training import train as train_module
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.diagnose import card, diagnose
from course_lib.training.parts import Parts
from course_lib.training.probes import agreement_of_pairs, agreement_of_panels, ways_through
from course_lib.training.runs import Run
from course_lib.training.train import train

CPU = Devices(torch.device("cpu"), torch.float32)
SEEDS = (0, 1, 2)
MENDED = {
    "A": find_exercise("mend-mode").reference,
    "B": find_exercise("see-wide").reference,
    "C": find_exercise("read-labels").reference,
    "D": find_exercise("predict-all").reference,
    "E": find_exercise("decode").reference,
    "F": find_exercise("balanced-loss").reference,
    "G": find_exercise("full-logits").reference,
    "H": find_exercise("count-pixels").reference,
    "I": find_exercise("crop-pairs").reference,
    "J": find_exercise("fit").reference,
}


@pytest.fixture(autouse=True)
def short_epochs(course_home, monkeypatch):
    monkeypatch.setattr(train_module, "EPOCH_IMAGES", 30)


@pytest.fixture(scope="session")
def runs(tmp_path_factory, pocket_folder):
    """Make a run once, with a few steps; the same run for all tests that ask for it."""
    root = tmp_path_factory.mktemp("bug-runs")

    @cache
    def make(name, seed, parts, size=64):
        images = 240 if name in ("class imbalance", "F mended") else 72
        return make_run(
            root / f"{name}-{seed}", replace(parts, epoch_images=images), size, pocket_folder, seed
        )

    return make


def start(folder, pocket_folder, parts=None, **changes):
    recipe = {
        "model": "tiny-unet",
        "size": 32,
        "batch_size": 8,
        "precision": "float32",
        "epochs": 2,
    } | changes
    run = Run.create(folder, TrainConfig(data=str(pocket_folder), **recipe))
    train(run, pocket_folder, CPU, parts=parts)
    return run.folder


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cause", pieces.PLANTED)
def test_each_planted_bug_is_named_with_each_seed(runs, cause, seed):
    size = pieces.ODD_SIZE if cause == "size mismatch" else 64
    finding = diagnose(runs(cause, seed, pieces.PLANTED[cause], size))
    assert finding
    assert finding.cause == cause


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_tiny_run_is_healthy(runs, seed):
    assert diagnose(runs("healthy", seed, pieces.HEALTHY)) is None


@pytest.mark.slow
@pytest.mark.parametrize("letter", "ABCDEFGHIJ")
def test_mending_the_piece_mends_the_run(runs, letter):
    cause = cause_of(letter)
    size = pieces.ODD_SIZE if cause == "size mismatch" else 64
    assert diagnose(runs(f"{letter} mended", 0, MENDED_BY[cause](MENDED[letter]), size)) is None


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", ["tiny-unet", "unet", "fast-unet"])
def test_what_course_train_makes_is_healthy(tmp_path, pocket_folder, monkeypatch, model, seed):
    if model == "unet":
        monkeypatch.setitem(MODELS, "unet", replace(MODELS["unet"], build=partial(UNet, widths=(8, 16, 32))))
    assert diagnose(start(tmp_path / "run", pocket_folder, model=model, size=64, seed=seed)) is None


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [1, 12])
def test_short_and_long_runs_are_healthy(tmp_path, pocket_folder, epochs):
    assert diagnose(start(tmp_path / "run", pocket_folder, epochs=epochs)) is None


@pytest.mark.slow
def test_an_unfinished_run_is_healthy_and_its_evidence_goes_on(tmp_path, pocket_folder, monkeypatch):
    def interrupt_at(epoch):
        def save_overlays(run, number, *_):
            if number == epoch:
                raise KeyboardInterrupt

        return save_overlays

    with monkeypatch.context() as patch:
        patch.setattr(train_module, "save_overlays", interrupt_at(2))
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path / "run", pocket_folder, epochs=3)
    assert diagnose(tmp_path / "run") is None
    run = Run.open(tmp_path / "run")
    train(run, pocket_folder, CPU)
    assert (
        len(json.loads((run.folder / "evidence.json").read_text("utf-8"))["epochs"]) == len(run.history) == 3
    )


def in_training_mode(model, batches, num_classes, devices):
    parts = pieces.with_predict(pieces.predict_as_in_training)
    return parts.evaluate(model, batches, num_classes, devices)


def flipped_apart(images, masks, side, generator):
    images, targets = Parts().augment(images, masks, side, generator)
    return images.flip(-1), targets


class Framed(TinyUNet):
    """Logits whose frame is filled up with zeros."""

    def __init__(self, margin):
        super().__init__()
        self.margin = margin

    def forward(self, images):
        inner = super().forward(images)[..., self.margin : -self.margin, self.margin : -self.margin]
        return torch.nn.functional.pad(inner, (self.margin,) * 4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cause", "parts"),
    [
        ("evaluation mode", Parts(evaluate=in_training_mode)),
        ("augmentation mismatch", Parts(augment=flipped_apart)),
        ("augmentation mismatch", Parts(augment=lambda i, m, s, g: (i.float(), m.long().roll(3, -1)))),
        ("label format", Parts(augment=lambda i, m, s, g: (i.float(), (m + 1).long() % 3))),
        ("no skip connections", Parts(model=partial(UNet, widths=(16, 16, 32), skip="none"))),
        ("boundary pixels", Parts(model=partial(Framed, 4))),
        ("size mismatch", Parts(model=lambda: torch.nn.Sequential(TinyUNet(), torch.nn.AvgPool2d(2)))),
        ("memory", Parts(loss=lambda *_: torch.empty(10**15))),
    ],
)
def test_bugs_in_the_usual_training_are_named_too(tmp_path, pocket_folder, cause, parts):
    try:
        start(tmp_path / "run", pocket_folder, replace(parts, model=parts.model or TinyUNet), model="unet")
    except (RuntimeError, ValueError):
        assert cause in ("size mismatch", "memory")
    assert diagnose(tmp_path / "run").cause == cause


def test_the_command_says_cause_evidence_and_remedy(runs, capsys):
    folder = runs("memory", 0, pieces.PLANTED["memory"])
    assert main(["diagnose", str(folder)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Cause: memory\n")
    assert "MB for gradients" in out
    assert "What to do: Predict under torch.no_grad()" in out


def test_the_command_says_that_none_fits(runs, capsys):
    assert main(["diagnose", str(runs("healthy", 0, pieces.HEALTHY))]) == 0
    out = capsys.readouterr().out
    assert out.startswith("None of the checklist's causes fits.")
    assert "logged mIoU" in out


def refused(folder, capsys):
    assert main(["diagnose", str(folder)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_folder_that_is_not_a_run_gets_one_line(tmp_path, capsys):
    assert "is not a run: it has no config.json" in refused(tmp_path, capsys)
    assert "is not a run" in refused(tmp_path / "nothing", capsys)


def test_a_run_without_evidence_gets_one_line(runs, tmp_path, capsys):
    folder = shutil.copytree(runs("healthy", 0, pieces.HEALTHY), tmp_path / "run")
    (folder / "evidence.json").write_text("{", encoding="utf-8")
    assert "evidence.json is damaged" in refused(folder, capsys)
    (folder / "evidence.json").write_text("{}", encoding="utf-8")
    assert "evidence.json is damaged" in refused(folder, capsys)
    (folder / "evidence.json").unlink()
    assert "holds no evidence.json" in refused(folder, capsys)


def test_an_error_that_no_rule_knows_is_reported(tmp_path, pocket_folder, capsys):
    def loss(logits, targets):
        raise RuntimeError("a sentence that nobody expects")

    with pytest.raises(RuntimeError):
        start(tmp_path / "run", pocket_folder, Parts(loss=loss))
    assert main(["diagnose", str(tmp_path / "run")]) == 0
    assert "It stopped with RuntimeError: a sentence that nobody expects." in capsys.readouterr().out


def test_the_card_names_no_cause(runs):
    for cause, parts in pieces.PLANTED.items():
        size = pieces.ODD_SIZE if cause == "size mismatch" else 64
        assert cause not in card(runs(cause, 0, parts, size))


@pytest.mark.parametrize(
    ("model", "sides", "around"),
    [
        (TinyUNet(), [32, 32, 16, 32, 32, 32, 32], True),
        (TinyUNet(skip="none"), [32, 32, 16, 32, 32, 32, 32], False),
        (UNet(widths=(16, 32), skip="add"), [32, 32, 32, 16, 16, 32, 32, 32, 32, 32], True),
    ],
)
def test_ways_through_a_network(model, sides, around):
    found = ways_through(model, 32, torch.device("cpu"))
    assert found == {"sides": sides, "follows_past_narrowest": around, "blind": 0.0}
    assert model.training


def test_pairs_and_panels_are_compared_pixel_by_pixel():
    assert agreement_of_pairs(lambda i, m, s, g: (i.float(), m.long()), 32) == 1.0
    assert agreement_of_pairs(lambda i, m, s, g: (i.float().flip(-1), m.long().flip(-1)), 32) == 1.0
    assert agreement_of_pairs(lambda i, m, s, g: (0.3 * i.float() + 50, m.long()), 32) == 1.0
    assert agreement_of_pairs(lambda i, m, s, g: (i.float(), m.long().flip(-1)), 32) < 0.8
    assert agreement_of_panels(Parts().draw) == 1.0
    assert agreement_of_panels(pieces.overlay_of_other_ids) == 0.0
    assert agreement_of_panels(lambda image, truth, prediction: np.zeros((9, 9, 3), np.uint8)) is None
