"""`course segment`: every published model through its own classes, and errors that say what to do."""

import re

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
import transformers
from PIL import Image
from tiny_models import SAVERS, save_all

from course_lib.cli import main
from course_lib.foundation import loaded
from course_lib.foundation.segmenters import SEGMENTERS, Prompt, segment

HEIGHT, WIDTH = 48, 60
ASKED = {
    "segformer": [],
    "mask2former": [],
    "sam": ["--point", "10", "12"],
    "sam2": ["--box", "5", "6", "40", "30"],
    "sam3": ["--text", "a cat"],
    "smp": [],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return save_all(tmp_path_factory.mktemp("weights"))


@pytest.fixture(autouse=True)
def without_network(monkeypatch, tmp_path):
    monkeypatch.setattr(loaded, "hub_answers", lambda: False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return "photo.png"


def test_the_command_knows_every_model():
    assert ASKED.keys() == SEGMENTERS.keys() == SAVERS.keys()


@pytest.mark.parametrize("name", ASKED)
def test_every_model_writes_ids_of_the_photos_size(name, folders, photo, capsys, tmp_path):
    weights = ["--weights", str(folders / name)]
    outputs = ["--out", "mask.png", "--overlay", "look.png"]
    assert main(["segment", photo, "--model", name, *ASKED[name], *weights, *outputs]) == 0
    said = capsys.readouterr().out
    with Image.open(tmp_path / "mask.png") as mask, Image.open(tmp_path / "look.png") as look:
        assert mask.size == look.size == (WIDTH, HEIGHT)
        ids = set(np.unique(np.asarray(mask)).tolist())
    assert f"mask.png holds {WIDTH}x{HEIGHT} ids: " in said
    named = {int(number) for number in re.findall(r"(?:: |, )(\d+) ", said)}
    assert ids <= named


@pytest.mark.parametrize("name", ["sam", "sam2"])
def test_points_and_boxes_reach_the_model(name, folders):
    image = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)

    def expected(prompt):
        return segment(name, image, prompt, folders / name).names[1]

    one = expected(Prompt(points=[(10, 12)]))
    assert re.fullmatch(r"what you asked for \(expected IoU [01]\.\d\d\)", one)
    masks = [
        segment(name, image, prompt, folders / name).ids
        for prompt in (Prompt(points=[(3, 4)]), Prompt(points=[(50, 40)]), Prompt(box=(2, 2, 50, 40)))
    ]
    assert all(set(np.unique(mask)) <= {0, 1} for mask in masks)
    assert any(not np.array_equal(masks[0], other) for other in masks[1:])


@pytest.mark.parametrize(
    ("name", "asked", "says"),
    [
        ("sam", [], "sam must be asked for something: give it --point or --box, and nothing else."),
        ("sam2", ["--text", "a cat"], "sam2 must be asked for something: give it --point or --box"),
        ("sam3", [], "sam3 must be asked for something: give it --text, and nothing else."),
        ("sam3", ["--point", "3", "4"], "give it --text, and nothing else."),
        ("segformer", ["--text", "a cat"], "segformer segments the whole photo: leave --text out."),
        ("sam", ["--point", "61", "4"], "the photo, which is 60 pixels wide and 48 high"),
        ("sam", ["--point", "4", "-1"], "the photo, which is 60 pixels wide and 48 high"),
        ("sam", ["--box", "30", "10", "20", "40"], "the upper left corner first"),
        ("smp", [], "smp has no published weights for photos: give the folder of yours with --weights."),
    ],
)
def test_a_prompt_that_does_not_suit_is_one_sentence(name, asked, says, photo, capsys):
    assert main(["segment", photo, "--model", name, *asked, "--out", "mask.png"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("course segment: ")
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", [name for name in ASKED if name != "smp"])
def test_without_weights_or_a_network_it_says_what_to_do(name, photo, capsys, tmp_path):
    assert main(["segment", photo, "--model", name, *ASKED[name], "--out", "mask.png"]) == 2
    error = capsys.readouterr().err
    assert f"no weights of {name} are at hand: {SEGMENTERS[name].weights} is not a folder here" in error
    assert "the hub cannot be reached" in error
    assert "give that folder with --weights" in error
    assert not (tmp_path / "mask.png").exists()


def test_a_folder_of_another_model_is_refused(folders, photo, capsys):
    asked = ["--model", "segformer", "--weights", str(folders / "sam2"), "--out", "mask.png"]
    assert main(["segment", photo, *asked]) == 2
    assert "holds the weights of sam2, not of segformer" in capsys.readouterr().err


def test_an_empty_folder_is_refused(photo, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    asked = ["--model", "segformer", "--weights", "empty", "--out", "mask.png"]
    assert main(["segment", photo, *asked]) == 2
    assert "empty holds no segformer that its library can load" in capsys.readouterr().err


def test_a_missing_library_is_one_sentence(photo, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    assert main(["segment", photo, "--model", "segformer", "--out", "mask.png"]) == 2
    assert "needs transformers. In the course's folder:" in capsys.readouterr().err


def test_a_hub_that_refuses_is_one_sentence(photo, capsys, monkeypatch):
    monkeypatch.setattr(
        loaded, "hub_answers", lambda: True
    )  # offline, its client raises as for a name that is gated
    assert main(["segment", photo, "--model", "sam3", "--text", "a cat", "--out", "mask.png"]) == 2
    error = capsys.readouterr().err
    assert "no weights of sam3 are at hand" in error
    assert "the hub did not give it (" in error
    assert error.count("\n") == 1


def test_the_published_architectures_have_the_shapes_that_the_lesson_names():
    with torch.no_grad():
        unet = smp.Unet("resnet34", encoder_weights=None, in_channels=3, classes=5).eval()
        assert unet(torch.zeros(1, 3, 256, 256)).shape == (1, 5, 256, 256)
        config = transformers.SegformerConfig(num_labels=150)
        segformer = transformers.SegformerForSemanticSegmentation(config).eval()
        assert segformer(torch.zeros(1, 3, 256, 128)).logits.shape == (1, 150, 64, 32)
