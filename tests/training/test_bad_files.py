"""Damaged runs and strange pictures: one sentence, exit code 2, and nothing lost."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.cli import main
from course_lib.models import create_model
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.parts import Parts
from course_lib.training.runs import Run
from course_lib.training.train import train

pytestmark = pytest.mark.usefixtures("course_home")

CPU = Devices(torch.device("cpu"), torch.float32)
FEW_IMAGES = Parts(epoch_images=4)
CLASSES = ("ground", "thing", "rare", "never")


def write_folder(folder, images):
    """Write images beside masks; "rare" is in the last one only, "never" in none."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for number in range(images):
        photo = np.random.default_rng(number).integers(0, 256, (40, 50, 3), np.uint8)
        mask = np.zeros((40, 50), np.uint8)
        mask[10:20, 10:30] = 1
        if number == images - 1:
            mask[25:30, 10:30] = 2
        Image.fromarray(photo).save(folder / "images" / f"{number}.png")
        Image.fromarray(mask).save(folder / "masks" / f"{number}.png")
    (folder / "classes.txt").write_text("\n".join(CLASSES), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folder of a finished run on four images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ROOT", str(tmp_path_factory.mktemp("course")))
        data = write_folder(tmp_path_factory.mktemp("data") / "four", images=4)
        config = TrainConfig(
            data=str(data), model="tiny-unet", size=32, batch_size=2, epochs=1, classes=CLASSES
        )
        run = Run.create(tmp_path_factory.mktemp("runs") / "first", config)
        train(run, data, CPU, parts=FEW_IMAGES)
        return run.folder


@pytest.fixture
def run(trained, tmp_path):
    """Return a copy of the run, to be damaged."""
    return shutil.copytree(trained, tmp_path / "run")


def refused(capsys, *arguments):
    """Run a command that must fail, and return its one line."""
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def change(path, **entries):
    state = torch.load(path, weights_only=True)
    torch.save(state | entries, path)


def test_classes_absent_from_training_or_test_have_scores_without_a_figure(run, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    never = scores["boundary"]["classes"]["never"]
    assert not scores["iou"]["never"]
    assert never["hd95"] is never["assd"] is None
    assert main(["evaluate", str(run)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[-2].split()[0] == "never"
    assert rows[-2].split()[4:6] == ["-", "-"]
    data = Run.open(run).config.data
    assert main(["data", "check", data]) == 0
    assert "has no mask that holds 3 never: not learnt" in capsys.readouterr().out


def test_a_folder_with_one_image_cannot_be_split(tmp_path, capsys):
    data = write_folder(tmp_path / "single", images=1)
    line = refused(capsys, "train", "--data", data, "--epochs", 1, "--out", tmp_path / "run")
    assert "every split needs one" in line
    assert "at least 3 images are needed" in line
    assert main(["data", "check", str(data)]) == 1
    assert "has no images for train" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "damaged (PytorchStreamReader failed"),
        (lambda path: path.write_bytes(b""), "damaged (it has zero bytes)"),
        (lambda path: torch.save([1], path), "holds a list, not a checkpoint"),
        (lambda path: torch.save({"model": {}}, path), "holds no weights"),
        (
            lambda path: torch.save(create_model("fcn").state_dict(), path),
            "holds the weights of another model",
        ),
        (lambda path: path.unlink(), "holds no best.pt: it was lost after training"),
    ],
)
def test_weights_that_cannot_be_used(run, capsys, tmp_path, damage, message):
    damage(run / "best.pt")
    picture = tmp_path / "photo.png"
    Image.new("RGB", (20, 10)).save(picture)
    line = refused(capsys, "evaluate", run)
    assert message in line
    assert "internal" not in line
    assert message in refused(capsys, "predict", run, picture, "--out", tmp_path / "mask.png")
    assert not (tmp_path / "mask.png").exists()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"optimizer": {}}, "holds the state of another optimiser than muon"),
        ({"optimizer": None}, "holds the state of another optimiser than muon"),
        ({"plateau": None}, "holds the state of another optimiser than muon"),
        ({"model": create_model("fcn").state_dict()}, "holds the weights of another model"),
    ],
)
def test_a_checkpoint_of_another_recipe_is_not_continued(run, capsys, entries, message):
    change(run / "last.pt", **entries)
    before = (run / "last.pt").read_bytes()
    assert message in refused(capsys, "train", "--resume", "--out", run)
    assert (run / "last.pt").read_bytes() == before


@pytest.mark.parametrize(
    "key", ["plateau", "scaler", "epoch", "steps_done", "elapsed", "history", "optimizer"]
)
def test_a_checkpoint_that_lacks_something_says_what(run, capsys, key):
    path = run / "last.pt"
    state = torch.load(path, weights_only=True)
    del state[key]
    torch.save(state, path)
    assert f"last.pt holds no {key}, so training cannot continue" in refused(
        capsys, "train", "--resume", "--out", run
    )


@pytest.mark.parametrize("name", ["config.json", "test.json", "log.csv", "validation.json"])
def test_a_damaged_text_file_is_named(run, capsys, name):
    text = "epoch,val_mIoU\n1,x\n" if name == "log.csv" else "{"
    (run / name).write_text(text, encoding="utf-8")
    line = refused(capsys, "evaluate", run, "--split", "test")
    assert f"{name} is damaged" in line
    if name != "test.json":
        assert not (run / "test.json").exists(), "the test set was opened for nothing"


@pytest.mark.parametrize("name", ["log.csv", "validation.json"])
def test_what_can_be_written_again_is(run, capsys, name):
    before = (run / name).read_text(encoding="utf-8")
    (run / name).write_text("epoch\nx\n", encoding="utf-8")
    assert f"delete it, and `course train --out {run} --resume` writes it again" in refused(
        capsys, "evaluate", run, "--split", "test"
    )
    (run / name).unlink()
    again = Run.open(run)
    train(again, Path(again.config.data), CPU, parts=FEW_IMAGES)
    assert (run / name).read_text(encoding="utf-8") == before


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
def test_a_picture_of_one_pixel_or_one_line_is_refused_in_one_sentence(run, capsys, tmp_path, size):
    Image.new("RGB", size).save(tmp_path / "photo.png")
    line = refused(capsys, "predict", run, tmp_path / "photo.png", "--out", tmp_path / "mask.png")
    assert line.endswith(
        f"photo.png is {size[0]}x{size[1]} pixels: there is nothing to segment in it, so leave it out."
    )


def test_a_picture_too_large_to_be_opened_is_refused_in_one_sentence(run, capsys, tmp_path, monkeypatch):
    """Pillow refuses more than twice its limit; the real one would need a picture of 13,400 x 13,400."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    Image.new("RGB", (50, 41)).save(tmp_path / "photo.png")
    line = refused(capsys, "predict", run, tmp_path / "photo.png", "--out", tmp_path / "mask.png")
    assert line.endswith(
        "photo.png has more than 2,000 pixels, too many to be opened safely: make it smaller"
    )


@pytest.mark.parametrize("part", ["images", "masks"])
def test_a_data_folder_with_a_picture_too_large_names_it(capsys, tmp_path, monkeypatch, part):
    data = write_folder(tmp_path / "four", images=4)
    Image.new("L", (50, 61)).save(data / part / "1.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    assert main(["data", "check", str(data)]) == 1
    assert "1.png: has more than 3,000 pixels, too many to be opened safely" in capsys.readouterr().out
    line = refused(capsys, "train", "--data", data, "--epochs", 1, "--out", tmp_path / "run")
    assert "1.png has more than 3,000 pixels" in line
