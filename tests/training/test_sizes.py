"""A run's size and fit: what recipes hold, what older ones mean, and which images the network is given."""

import json

import numpy as np
import pytest
from PIL import Image

from course_lib.cli import main
from course_lib.cli.recipe import new_recipe
from course_lib.data.fitting import Canvas
from course_lib.data.sizes import sides_of
from course_lib.masks import write_label_png
from course_lib.training import train as train_module
from course_lib.training.config import TrainConfig
from course_lib.training.runs import Run

pytestmark = pytest.mark.usefixtures("course_home")


@pytest.fixture(scope="module")
def panoramas(tmp_path_factory):
    """Photos six times as wide as high: a square canvas around them is nearly all void."""
    root = tmp_path_factory.mktemp("panoramas")
    for folder in ("images", "masks"):
        (root / folder).mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        mask = np.zeros((16, 96), np.uint8)
        left = rng.integers(10, 70)
        mask[4:12, left : left + 20] = 1
        photo = np.where(mask[..., None] == 1, 220, 40) + rng.integers(0, 20, (16, 96, 3))
        Image.fromarray(photo.astype(np.uint8)).save(root / "images" / f"shot_{number:02}.png")
        write_label_png(root / "masks" / f"shot_{number:02}.png", mask)
    return root


def test_a_recipe_of_an_earlier_release_still_means_squares_and_squeezing():
    older = {
        "data": "pocket",
        "classes": ["pet", "background", "border"],
        "model": "unet",
        "epochs": 2,
        "size": 96,
    }
    config = TrainConfig.from_json(older)
    assert (config.size, config.fit) == (96, "squeeze")
    assert config.canvas == Canvas(96, 96)


@pytest.mark.parametrize("size", [96, "180x240"])
def test_a_recipe_comes_back_from_json_as_it_was(size):
    config = TrainConfig(epochs=1, size=size, fit="letterbox")
    again = TrainConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert again == config
    assert again.to_json()["size"] == size


@pytest.mark.parametrize(
    ("model", "size", "canvas"),
    [
        ("fast-unet", "180x240", (192, 256)),  # multiples of 32
        ("unet", "180x240", (192, 240)),  # of 16
        ("tiny-unet", "180x240", (180, 240)),  # of 2
        ("segformer", "35x33", (35, 33)),
        ("fast-unet", 128, (128, 128)),
    ],
)
def test_a_letterbox_is_widened_to_what_the_network_takes(model, size, canvas):
    found = TrainConfig(epochs=1, model=model, size=size, fit="letterbox").canvas
    assert found.shape == canvas
    assert found.room == sides_of(size)


def test_pets_are_squeezed_by_default_and_other_photos_keep_their_shape(pocket_folder, panoramas):
    chosen = {"epochs": 1, "model": "tiny-unet"}
    pets, _ = new_recipe(chosen | {"data": str(pocket_folder)})
    own, _ = new_recipe(chosen | {"data": str(panoramas)})
    asked, _ = new_recipe(chosen | {"data": str(panoramas), "fit": "squeeze"})
    assert (pets.fit, own.fit, asked.fit) == ("squeeze", "letterbox", "squeeze")
    assert (pets.size, pets.canvas) == (128, Canvas(128, 128))


@pytest.mark.parametrize("fit", ["letterbox", "squeeze"])
def test_either_way_a_run_predicts_at_the_photos_own_size(panoramas, tmp_path, capsys, monkeypatch, fit):
    monkeypatch.setattr(train_module, "EPOCH_IMAGES", 80)
    run, mask = tmp_path / "run", tmp_path / "mask.png"
    recipe = [
        "--model",
        "tiny-unet",
        "--size",
        "64",
        "--batch-size",
        "4",
        "--epochs",
        "2",
        "--fit",
        fit,
        "--no-grow",
    ]
    assert main(["train", "--data", str(panoramas), *recipe, "--lr", "0.02", "--out", str(run)]) == 0
    assert Run.open(run).config.fit == fit
    assert f"at 64x64 ({fit})" in (run / "report.md").read_text(encoding="utf-8")
    assert main(["predict", str(run), str(panoramas / "images" / "shot_00.png"), "--out", str(mask)]) == 0
    assert Image.open(mask).size == (96, 16)
    capsys.readouterr()
    main(["diagnose", str(run)])
    assert "label format" not in capsys.readouterr().out


def test_void_around_photos_is_neither_trained_on_nor_scored(panoramas, tmp_path, monkeypatch):
    """Five sixths of a square canvas are void; the pixels that are counted are those of the photos."""
    monkeypatch.setattr(train_module, "EPOCH_IMAGES", 8)
    run = tmp_path / "run"
    recipe = ["--model", "tiny-unet", "--size", "96", "--batch-size", "4", "--epochs", "1", "--no-grow"]
    assert main(["train", "--data", str(panoramas), *recipe, "--out", str(run)]) == 0
    (epoch,) = json.loads((run / "evidence.json").read_text(encoding="utf-8"))["epochs"]
    assert epoch["look"]["void"] == pytest.approx(5 / 6, abs=1e-3)
    assert epoch["training"]["void"] >= 0.75
    scores = json.loads((run / "validation.json").read_text(encoding="utf-8"))
    assert epoch["validation"]["pixels"] == scores["this run"]["images"] * 16 * 96
    assert epoch["validation"]["counted"] == epoch["validation"]["pixels"]
    # At 96 pixels nothing is resized, so both sizes are the same pixels.
    for key in ("mIoU", "iou", "pixel_accuracy", "images"):
        assert scores["this run"]["full_size"][key] == scores["this run"][key]
