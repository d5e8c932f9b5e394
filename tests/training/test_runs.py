"""Run folders: opened, resumed, refused where they should be; nothing in them is ever half written."""

import json
import pickle

import pytest
import torch

from course_lib.files import atomic_path
from course_lib.masks import PET_CLASSES
from course_lib.models import create_model
from course_lib.training.config import TrainConfig
from course_lib.training.runs import Run, load_checkpoint, log_columns

CONFIG = TrainConfig(model="tiny-unet", epochs=2)


def row(epoch, mean_iou):
    return dict.fromkeys(log_columns(PET_CLASSES), 0.25) | {"epoch": epoch, "val_mIoU": mean_iou}


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", CONFIG)


def test_a_run_is_opened_as_it_was_created(run):
    run.history = [row(1, 0.5), row(2, 0.5), row(3, 0.4)]
    run.write_log()
    again = Run.open(run.folder)
    assert again.config == CONFIG
    assert again.history == run.history
    assert again.best_epoch["epoch"] == 1


def test_a_log_has_the_columns_that_the_notes_ask_for(run):
    run.history = [row(1, 0.5)]
    run.write_log()
    header = (run.folder / "log.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "epoch,train_loss,val_mIoU,val_iou_pet,val_iou_background,val_iou_border,lr,seconds"


def test_a_run_that_never_finished_an_epoch_is_replaced(run):
    other = TrainConfig(model="unet", epochs=3)
    assert Run.open(Run.create(run.folder, other).folder).config == other


def test_a_folder_with_a_run_is_not_overwritten(run):
    run.save_last({})
    with pytest.raises(FileExistsError, match="already holds a run: continue it with --resume"):
        Run.create(run.folder, CONFIG)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a run: it has no config\.json"):
        Run.open(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        (json.dumps(CONFIG.to_json() | {"dropout": 0.5}), "the recipe holds dropout, which this release"),
        (json.dumps(CONFIG.to_json() | {"model": "u-net"}), "unknown model 'u-net'.*Did you mean 'unet'"),
    ],
)
def test_a_spoilt_config_is_named(run, text, message):
    (run.folder / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        Run.open(run.folder)


def test_best_weights_come_back(run):
    model = create_model("tiny-unet")
    run.save_best(model)
    loaded = run.load_best_model()
    assert not loaded.training
    for ours, theirs in zip(model.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_run_without_an_epoch_says_so(run):
    with pytest.raises(FileNotFoundError, match=r"holds no best\.pt: train at least one epoch"):
        run.load_best_model()
    assert run.load_last() is None


def test_weights_of_another_model_are_refused(run):
    run.save_best(create_model("tiny-unet", width=8))
    with pytest.raises(
        ValueError, match=r"another model: its encoder\.weight is \(8, 3, 3, 3\), expected \(16, 3, 3, 3\)"
    ):
        run.load_best_model()


def test_a_damaged_checkpoint_is_named(run):
    run.save_best(create_model("tiny-unet"))
    path = run.folder / "best.pt"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match=r"best\.pt is damaged"):
        run.load_best_model()
    for rubbish in (b"", b"no checkpoint at all", bytes(range(256))):
        path.write_bytes(rubbish)
        with pytest.raises(ValueError, match=r"best\.pt (is damaged|was refused)"):
            run.load_best_model()


class Payload:
    """Something that would run code when it is unpickled."""

    ran = False

    def __reduce__(self):
        return setattr, (Payload, "ran", True)


@pytest.mark.parametrize("write", [torch.save, lambda state, path: path.write_bytes(pickle.dumps(state))])
def test_a_checkpoint_with_code_in_it_is_refused(run, write):
    path = run.folder / "best.pt"
    write({"model": Payload()}, path)
    with pytest.raises(ValueError, match=r"best\.pt was refused: it holds more than tensors and numbers"):
        run.load_best_model()
    assert not Payload.ran


def test_a_checkpoint_that_is_not_a_dictionary_is_refused(tmp_path):
    torch.save(torch.zeros(3), tmp_path / "x.pt")
    with pytest.raises(ValueError, match="holds a Tensor, not a checkpoint"):
        load_checkpoint(tmp_path / "x.pt")


def test_a_write_that_fails_leaves_the_old_file_unchanged(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(OSError, match="full"):
        write_half(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


def write_half(path):
    with atomic_path(path) as temporary:
        temporary.write_text("ne", encoding="utf-8")
        raise OSError("the disk is full")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": None}, "--epochs (and|or) --minutes"),
        ({"minutes": 3.0}, "--epochs (and|or) --minutes"),
        ({"epochs": 0}, "--epochs is 0: give a number above 0"),
        ({"batch_size": -1}, "--batch-size is -1"),
        ({"model": "resnet"}, "unknown model 'resnet': choose one of tiny-unet, unet, fast-unet"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'"),
        ({"loss": "dise"}, "Did you mean 'dice'"),
        ({"optimizer": "muons"}, "Did you mean 'muon'"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**({"epochs": 2} | changes))
