"""The command line as a user meets it: what it prints where, and how it fails."""

import dataclasses
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.cli import main
from course_lib.cli.training import scores_as_text
from course_lib.data.folder import read_split
from course_lib.data.pets import read_pair
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.losses import LOSSES
from course_lib.models import create_model
from course_lib.training.config import TrainConfig
from course_lib.training.devices import PRECISIONS, Devices
from course_lib.training.optimizers import DEFAULT_RATES
from course_lib.training.runs import Run
from course_lib.training.schedules import SCHEDULES
from course_lib.training.train import train

pytestmark = pytest.mark.usefixtures("course_home")


@pytest.fixture(scope="module")
def run(pocket_folder, tmp_path_factory):
    """Return the folder of a run that has learnt a little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ROOT", str(tmp_path_factory.mktemp("course")))
        config = TrainConfig(data=str(pocket_folder), model="tiny-unet", size=32, batch_size=8, epochs=1)
        run = Run.create(tmp_path_factory.mktemp("runs") / "first", config)
        train(run, pocket_folder, Devices(torch.device("cpu"), torch.float32))
        yield run.folder


def fails(capsys, *arguments):
    """Run a command that must fail, and return its one line."""
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"course {arguments[0]}: ")
    return line


def test_evaluate_prints_one_json_object_and_nothing_else(run, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == ["mIoU", "iou", "pixel_accuracy", "images", "size", "boundary", "full_size"]
    assert list(scores["iou"]) == ["pet", "background", "border"]
    assert scores["mIoU"] == pytest.approx(np.mean(list(scores["iou"].values())), abs=1e-4)
    assert scores["size"] == scores["boundary"]["size"] == 32
    rows = scores["boundary"]["classes"]
    assert list(rows) == ["pet", "background", "border"]
    assert set(rows["pet"]) == {"iou", "f", "hd95", "assd", "unmatched"}
    for key, mean in scores["boundary"]["mean"].items():
        known = [row[key] for row in rows.values() if row[key] is not None]
        assert mean == pytest.approx(np.mean(known), abs=1e-4)
    assert list(scores["full_size"]) == ["mIoU", "iou", "pixel_accuracy", "images", "size", "boundary"]
    assert scores["full_size"]["size"] == scores["full_size"]["boundary"]["size"] == "full"
    assert scores["full_size"]["mIoU"] != scores["mIoU"]


def test_evaluate_takes_another_folder_and_every_size(run, capsys, tmp_path):
    other = write_pocket_pets(tmp_path / "other", trainval=6, test=3, seed=5)
    assert main(["evaluate", str(run), "--data", str(other), "--split", "test", "--full-size", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["images"], scores["size"], scores["boundary"]["size"]) == (3, "full", "full")


def test_a_second_look_at_test_is_reported_only_on_stderr(run, capsys):
    main(["evaluate", str(run), "--split", "test", "--json"])
    capsys.readouterr()
    assert main(["evaluate", str(run), "--split", "test", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["images"] == 6
    assert "was already opened on" in captured.err
    assert "Compare models with --split val" in captured.err


def test_evaluate_is_readable_without_json(run, capsys):
    assert main(["evaluate", str(run)]) == 0
    fitted, full = capsys.readouterr().out.split("\n\n")
    assert full.startswith("6 images, each at its own size (full size); HD95")
    size, header, *rows = fitted.splitlines()
    assert "each at 32x32; HD95 and ASSD in pixels of that size" in size
    assert header.split() == [
        "IoU",
        "boundary",
        "IoU",
        "boundary",
        "F",
        "HD95",
        "ASSD",
        "without",
        "distance",
    ]
    assert [row.split()[0] for row in rows] == ["mean", "pet", "background", "border", "pixel"]
    assert max(map(len, [size, header, *rows])) <= 80
    assert all(len(row) == len(header) for row in rows[1:4])


def test_evaluate_shows_a_class_without_a_distance():
    unknown = {"iou": 0.0, "f": 0.0, "hd95": None, "assd": None}
    boundary = {
        "size": "full",
        "mean": unknown,
        "classes": {"a class with a long name": unknown | {"unmatched": 7}},
    }
    iou = {"a class with a long name": None}
    scores = {
        "mIoU": None,
        "iou": iou,
        "pixel_accuracy": None,
        "images": 7,
        "size": "full",
        "boundary": boundary,
    }
    lines = scores_as_text(scores).splitlines()
    assert lines[0] == "7 images, each at its own size (full size); HD95 and ASSD in pixels of that size"
    assert lines[3].split() == [
        "a",
        "class",
        "with",
        "a",
        "long",
        "name",
        "-",
        "0.000",
        "0.000",
        "-",
        "-",
        "7",
    ]
    assert len(lines[1]) == len(lines[3])


def test_predict_writes_a_mask_as_large_as_the_picture(run, tmp_path, capsys):
    picture = tmp_path / "cat.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)).save(picture)
    mask, overlay = tmp_path / "mask.png", tmp_path / "overlay.png"
    assert main(["predict", str(run), str(picture), "--out", str(mask), "--overlay", str(overlay)]) == 0
    assert "70x50 class ids" in capsys.readouterr().out
    written = np.array(Image.open(mask))
    assert written.shape == (50, 70)
    assert set(np.unique(written)) <= {0, 1, 2}
    assert Image.open(overlay).size == (70, 50)


def test_data_check_lists_problem_files_and_says_whether_they_matter(tmp_path, capsys):
    folder = write_pocket_pets(tmp_path, trainval=6, test=2, seed=0)
    assert main(["data", "check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "Found no problems and no notes.\n"
    entry = read_split(folder, "trainval")[0]
    entry.trimap_path.unlink()
    assert main(["data", "check", str(tmp_path)]) == 1
    output = capsys.readouterr().out
    assert entry.trimap_path.name in output
    assert "Found 1 problem, which would stop training" in output


def test_data_draw_splits_three_to_one(tmp_path):
    assert main(["data", "draw", "--out", str(tmp_path), "--images", "8", "--seed", "3"]) == 0
    assert len(read_split(tmp_path, "trainval")) == 6
    assert len(read_split(tmp_path, "test")) == 2


def test_training_where_there_are_no_pets(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    line = fails(capsys, "train", "--data", tmp_path / "empty", "--epochs", 1, "--out", tmp_path / "run")
    assert "holds no data set" in line
    assert "course data draw" in line
    assert not (tmp_path / "run").exists()


def test_training_on_real_pets_that_were_not_downloaded(capsys, tmp_path):
    line = fails(capsys, "train", "--data", "pets", "--epochs", 1, "--out", tmp_path / "run")
    assert "course data download" in line


@pytest.mark.parametrize("which", ["image_path", "trimap_path"])
def test_training_with_a_file_missing_names_it(tmp_path, capsys, which):
    folder = write_pocket_pets(tmp_path / "pets", trainval=12, test=1, seed=0)
    path = getattr(read_split(folder, "trainval")[3], which)
    path.unlink()
    line = fails(capsys, "train", "--data", folder, "--epochs", 1, "--out", tmp_path / "run")
    assert path.name in line


@pytest.mark.parametrize("which", ["image_path", "trimap_path"])
def test_a_file_that_goes_missing_after_the_lists_were_read_says_what_to_do(tmp_path, which):
    folder = write_pocket_pets(tmp_path / "pets", trainval=4, test=1, seed=0)
    entry = read_split(folder, "trainval")[0]
    path = getattr(entry, which)
    path.unlink()
    with pytest.raises(FileNotFoundError) as raised:
        read_pair(entry)
    assert str(raised.value).startswith(f"{path} is gone: `course data check`")
    assert "`course data draw --overwrite`" in str(raised.value)


def test_training_with_a_truncated_photo_names_it(tmp_path, capsys):
    folder = write_pocket_pets(tmp_path / "pets", trainval=12, test=1, seed=0)
    path = read_split(folder, "trainval")[3].image_path
    path.write_bytes(path.read_bytes()[:2000])
    line = fails(capsys, "train", "--data", folder, "--epochs", 1, "--out", tmp_path / "run")
    assert path.name in line


def test_training_with_a_strange_trimap_names_its_ids(tmp_path, capsys):
    folder = write_pocket_pets(tmp_path / "pets", trainval=12, test=1, seed=0)
    entry = read_split(folder, "trainval")[3]
    size = Image.open(entry.image_path).size
    Image.new("L", size, 255).save(entry.trimap_path)
    line = fails(capsys, "train", "--data", folder, "--epochs", 1, "--out", tmp_path / "run")
    assert entry.trimap_path.name in line
    assert "255" in line
    assert "1 pet, 2 background" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "by --epochs or --minutes"),
        (("--epochs", "1", "--model", "fast_unet"), "Did you mean 'fast-unet'?"),
        (("--epochs", "1", "--size", "7"), "the next size that it takes is --size 32"),
        (("--epochs", "1", "--size", "100", "--model", "unet"), "--size 112"),
        (
            ("--epochs", "1", "--size", "180x240"),
            "does not take images of 180 x 240: the next size that it takes is --size 192x256",
        ),
        (
            ("--epochs", "1", "--size", "20x240", "--fit", "letterbox"),
            "the next size that it takes is --size 32x256",
        ),
        (("--epochs", "1", "--size", "180x"), "--size is 180x: give the side of a square, as in 192"),
        (("--epochs", "1", "--size", "0"), "--size is 0: give a number above 0"),
        (("--epochs", "1", "--size", "0x240"), "--size is 0x240: give a number above 0"),
        (
            ("--epochs", "1", "--fit", "leterbox"),
            "unknown fit 'leterbox': choose one of letterbox, squeeze. Did you",
        ),
        (("--epochs", "1", "--out", ""), '--out "" does not name a folder'),
        (("--epochs", "1", "--batch-size", "500"), "fewer than one batch of 500"),
        (("--epochs", "1", "--minutes", "1"), "both --epochs and --minutes were given"),
        (("--minutes", "nan"), "--minutes is nan: give a number above 0"),
    ],
)
def test_a_recipe_that_cannot_be_trained(capsys, tmp_path, pocket_folder, arguments, message):
    line = fails(capsys, "train", "--data", pocket_folder, "--out", tmp_path / "run", *arguments)
    assert message in line


def test_a_run_that_exists_is_not_trained_over(run, capsys, pocket_folder):
    line = fails(capsys, "train", "--data", pocket_folder, "--epochs", 1, "--out", run)
    assert "already holds a run: continue it with --resume" in line


def test_a_run_cannot_be_resumed_as_another(run, capsys):
    line = fails(capsys, "train", "--resume", "--model", "unet", "--out", run)
    assert "cannot continue with model unet (it has tiny-unet)" in line


def test_going_on_with_a_finished_run_says_so(run, capsys):
    assert main(["train", "--resume", "--out", str(run)]) == 0
    assert f"{run} was finished (epochs: 1): nothing was left to train." in capsys.readouterr().out


def test_a_run_remembers_its_data_from_any_folder(tmp_path, pocket_folder, monkeypatch, capsys):
    monkeypatch.chdir(pocket_folder.parent)
    small = ["--model", "tiny-unet", "--size", "32", "--batch-size", "8"]
    arguments = [
        "train",
        "--data",
        pocket_folder.name,
        "--epochs",
        "1",
        *small,
        "--out",
        str(tmp_path / "run"),
    ]
    assert main(arguments) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "run", "--json"]) == 0


def test_a_run_folder_that_is_none(capsys, tmp_path):
    assert "is not a run: it has no config.json" in fails(capsys, "evaluate", tmp_path)


def test_predicting_what_is_not_a_picture(run, capsys, tmp_path):
    (tmp_path / "cat.jpg").write_text("not a cat", encoding="utf-8")
    line = fails(capsys, "predict", run, tmp_path / "cat.jpg", "--out", tmp_path / "mask.png")
    assert "cat.jpg" in line
    line = fails(capsys, "predict", run, tmp_path / "dog.jpg", "--out", tmp_path / "mask.png")
    assert "dog.jpg" in line


def test_a_mask_is_never_written_as_jpeg(run, capsys, tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "cat.png")
    line = fails(capsys, "predict", run, tmp_path / "cat.png", "--out", tmp_path / "mask.jpg")
    assert "does not end in .png" in line


def test_no_permission_is_one_sentence(run, capsys, tmp_path, monkeypatch):
    Image.new("RGB", (32, 32)).save(tmp_path / "cat.png")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path / "mask.png"))

    monkeypatch.setattr("course_lib.files.tempfile.mkstemp", refuse)
    monkeypatch.setattr("course_lib.training.prediction_files.write_mask", refuse)
    line = fails(capsys, "predict", run, tmp_path / "cat.png", "--out", tmp_path / "mask.png")
    assert "Permission denied" in line
    assert "mask.png" in line


@pytest.mark.slow
def test_a_disk_that_fills_up_during_training(capsys, tmp_path, pocket_folder, small_disk):
    line = fails(
        capsys, "train", "--data", pocket_folder, "--epochs", 3, "--size", 32, "--batch-size", 8,
        "--out", small_disk / "run",
    )  # fmt: skip
    assert "is full: free some space" in line
    left = [path for path in (small_disk / "run").rglob("*") if path.name.startswith(".")]
    assert left == []


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """Give a disk of half a megabyte: a real one where it can be mounted, else checkpoints that do not fit."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = os.name == "posix" and os.geteuid() == 0 and _mount(disk)
    if not mounted:

        def full(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("course_lib.training.runs.torch.save", full)
    yield disk
    if mounted:
        subprocess.run(["umount", str(disk)], check=True)


def _mount(disk):
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_model_that_was_swapped_is_refused(capsys, tmp_path, pocket_folder):
    swapped = Run.create(tmp_path / "run", TrainConfig(data=str(pocket_folder), model="fast-unet", epochs=1))
    swapped.save_best(create_model("tiny-unet"))
    assert "holds the weights of another model" in fails(capsys, "evaluate", tmp_path / "run")


def test_every_field_of_the_recipe_but_the_classes_is_an_option(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for field in dataclasses.fields(TrainConfig):
        option = f"--{'no-' if field.name == 'grow' else ''}{field.name.replace('_', '-')}"
        assert (option in text) is (field.name != "classes"), option
    assert (
        "--size SIZE side of the square images, in pixels, or height x width, as in 180x240 (default: 128)"
        in text
    )
    assert "(default: letterbox; pets are squeezed)" in text
    assert "--epochs EPOCHS number of epochs (give this or --minutes)" in text


@pytest.mark.parametrize(
    ("option", "names"),
    [("optimizer", DEFAULT_RATES), ("schedule", SCHEDULES), ("loss", LOSSES), ("precision", PRECISIONS)],
)
def test_the_help_of_an_option_lists_every_name_it_takes(option, names):
    (field,) = [field for field in dataclasses.fields(TrainConfig) if field.name == option]
    assert set(names) <= set(re.findall(r"[\w+]+", field.metadata["help"]))


def test_the_help_of_train_needs_no_torch():
    code = "import sys\nfrom course_lib.cli import main\ntry: main(['train', '--help'])\nexcept SystemExit: pass\n"
    code += "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
