"""The code that lesson 14 shows for published models runs, on small models of the same classes."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_models import SAVERS

LESSON = Path(__file__).parents[2] / "solutions" / "14_foundation_models.py"
HEIGHT, WIDTH = 48, 60
FOLDERS = {
    "nvidia/segformer-b0-finetuned-ade-512-512": "segformer",
    "facebook/mask2former-swin-tiny-coco-panoptic": "mask2former",
    "facebook/sam-vit-base": "sam",
    "facebook/sam2.1-hiera-tiny": "sam2",
    "facebook/sam3": "sam3",
}
SIZES = {
    "segformer": {"ids": (HEIGHT, WIDTH)},
    "mask2former": {"ids": (HEIGHT, WIDTH)},
    "sam": {"masks": (3, HEIGHT, WIDTH), "mask": (HEIGHT, WIDTH)},
    "sam2": {"masks": (3, HEIGHT, WIDTH), "mask": (HEIGHT, WIDTH)},
}


def blocks():
    """Return the lesson's blocks of code by the model that they load."""
    text = re.sub(r"^# ?", "", LESSON.read_text("utf-8"), flags=re.MULTILINE)
    found = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        name = re.search(r'name = "(.*?)"', block)
        found[FOLDERS[name[1]] if name else block.split()[1].split(".")[0]] = block
    return found


def run(block, folder=None):
    """Run a block on a random photo, with its weights from a folder; return its names."""
    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    names = {"torch": torch, "image": Image.fromarray(pixels)}
    exec(re.sub(r'name = ".*?"', f"name = {str(folder)!r}", block), names)
    return names


def test_all_models_are_there():
    assert set(blocks()) == {*FOLDERS.values(), "segmentation_models_pytorch", "monai"}


@pytest.mark.parametrize("model", FOLDERS.values())
def test_a_block_runs_on_a_small_model(model, tmp_path):
    torch.manual_seed(0)
    SAVERS[model](tmp_path)
    names = run(blocks()[model].replace("threshold=0.5", "threshold=0.0"), tmp_path)  # random scores are low
    assert {name: tuple(names[name].shape) for name in SIZES.get(model, {})} == SIZES.get(model, {})
    if model == "sam3":
        assert names["masks"].shape == (5, HEIGHT, WIDTH)


def test_smp_without_a_download():
    block = (
        blocks()["segmentation_models_pytorch"].replace('"imagenet"', "None").replace("resnet34", "resnet18")
    )
    names = run(block)
    assert names["logits"].shape == (1, 3, 256, 256)


def test_swin_unetr_smaller():
    block = blocks()["monai"].replace("feature_size=48", "feature_size=12")
    assert run(block)["logits"].shape == (1, 14, 64, 64, 64)


def test_sam_with_only_its_names_changed_to_those_of_sam2_raises(tmp_path):
    SAVERS["sam2"](tmp_path)
    block = blocks()["sam"].replace("Sam", "Sam2")
    with pytest.raises(ValueError, match="Input points must be a nested list with 4 levels"):
        run(block, tmp_path)
    brackets = block.replace("[[[30, 20]]]", "[[[[30, 20]]]]")
    with pytest.raises(KeyError, match="reshaped_input_sizes"):
        run(brackets, tmp_path)
