"""A street in CamVid's layout, from the folder to the report: splits, void, names, and images that are not square."""

import json

import numpy as np
import pytest
from PIL import Image
from street import SPLITS, VOID, draw_scene, write_street

from course_lib.cli import main
from course_lib.data.entries import read_mask
from course_lib.data.label_check import check_label_folder
from course_lib.data.labels import class_names, read_labels
from course_lib.data.layouts import find_layout
from course_lib.data.layouts.camvid import NAMES
from course_lib.masks import write_label_png
from course_lib.training import train as train_module

pytestmark = pytest.mark.usefixtures("course_home")


@pytest.fixture(scope="module", autouse=True)
def short_epochs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "EPOCH_IMAGES", 96)
        yield


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    return write_street(tmp_path_factory.mktemp("camvid"))


@pytest.fixture(scope="module")
def run(short_epochs, street, tmp_path_factory):
    """Return a short training at 45x60, which is no size that the network takes by itself."""
    folder = tmp_path_factory.mktemp("runs") / "street"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ROOT", str(tmp_path_factory.mktemp("course")))
        options = ["--size", "45x60", "--epochs", "2", "--batch-size", "8", "--precision", "float32"]
        assert main(["train", "--data", str(street), *options, "--out", str(folder)]) == 0
    return folder


def test_the_splits_are_those_given_and_the_classes_camvids(street):
    assert find_layout(street).name == "CamVid"
    assert {split: len(read_labels(street, split)) for split in SPLITS} == SPLITS
    assert class_names(street) == NAMES
    assert len(NAMES) == 11
    (note,) = check_label_folder(street)
    assert note.severity == "note"
    assert "taken for CamVid's 11 classes, and 11 as void" in note.what


def test_void_is_read_as_255(street):
    entry = read_labels(street, "train")[0]
    _, ids = draw_scene(0)
    np.testing.assert_array_equal(read_mask(entry), np.where(ids == VOID, 255, ids))


def test_void_may_be_255_in_the_files(tmp_path):
    root = write_street(tmp_path)
    for path in root.glob("*annot/*.png"):
        ids = np.array(Image.open(path))
        write_label_png(path, np.where(ids == VOID, 255, ids))
    assert class_names(root) == NAMES


def test_other_ids_are_not_taken_for_camvids(tmp_path):
    root = write_street(tmp_path)
    for path in root.glob("*annot/*.png"):
        write_label_png(path, np.array(Image.open(path)) % 4)
    assert class_names(root) == ("class 0", "class 1", "class 2", "class 3")


def test_camvid_in_colours_is_refused_in_one_sentence(tmp_path, capsys):
    for name in ("701_StillsRaw_full", "LabeledApproved_full"):
        (tmp_path / name).mkdir()
    assert main(["train", "--data", str(tmp_path), "--epochs", "1", "--out", str(tmp_path / "run")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "32 classes as colours, which is not supported: give the form that comes with SegNet" in line


def test_a_short_training_clearly_beats_the_baselines(run):
    scores = json.loads((run / "validation.json").read_text(encoding="utf-8"))
    ours = scores["this run"]
    assert ours["size"] == "45x60"
    assert ours["images"] == SPLITS["val"]
    (constant,) = (name for name in scores if name.startswith("all "))
    for size in (ours, ours["full_size"]):
        assert size["mIoU"] > 3 * scores[constant]["mIoU"]
        assert size["iou"]["sky"] > 0.5


def test_the_report_has_a_row_per_size_and_the_names_of_the_classes(run):
    report = (run / "report.md").read_text(encoding="utf-8")
    assert "at 45x60 (letterbox)" in report
    assert f"| | mIoU | {' | '.join(NAMES)} | pixel accuracy |" in report
    assert "| this run, at 45x60 |" in report
    assert "| this run, at full size |" in report
    assert Image.open(run / "overlays" / "epoch-001-1.png").size == (3 * 64 + 8, 64)


def test_both_sizes_cost_one_opening_of_the_test_split(run, capsys):
    assert main(["evaluate", str(run), "--split", "test", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["images"], scores["size"], scores["full_size"]["size"]) == (
        SPLITS["test"],
        "45x60",
        "full",
    )
    openings = json.loads((run / "test.json").read_text(encoding="utf-8"))
    assert len(openings) == 1
    assert openings[0]["full_size"] == scores["full_size"]
    assert main(["diagnose", str(run)]) in (0, 1)
    assert "label format" not in capsys.readouterr().out


def test_a_run_at_a_rectangle_is_resumed(run, capsys):
    assert main(["train", "--resume", "--size", "45x60", "--out", str(run)]) == 0
    assert "nothing was left to train" in capsys.readouterr().out
    assert main(["train", "--resume", "--size", "64", "--out", str(run)]) == 2
    assert "cannot continue with size 64 (it has 45x60)" in capsys.readouterr().err


def test_a_photo_is_predicted_at_its_own_size(run, street, tmp_path):
    mask = tmp_path / "mask.png"
    photo = street / "test" / "0001TP_000032.png"
    assert main(["predict", str(run), str(photo), "--out", str(mask)]) == 0
    predicted = np.array(Image.open(mask))
    _, ids = draw_scene(32)
    assert predicted.shape == ids.shape
    assert (predicted == ids)[ids != VOID].mean() > 0.6
