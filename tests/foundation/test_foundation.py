"""The loaders of large models: small real instances without a network, given folders, prompts that are checked."""

import importlib.util

import numpy as np
import pytest
import torch
import transformers

from course_lib.foundation import (
    have,
    load_sam,
    load_segformer,
    load_smp_unet,
    load_swin_unetr,
    loaded,
    prompt_masks,
)

LOADERS = [load_segformer, load_sam, load_smp_unet, load_swin_unetr]
IMAGE = np.random.default_rng(0).integers(0, 255, (48, 60, 3), dtype=np.uint8)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """Keep the small models out of the course's own folder, and every loader away from the network."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ROOT", str(folder))
        patch.setattr(loaded, "hub_answers", lambda: False)
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield folder / "data"


@pytest.mark.parametrize("load", LOADERS)
def test_without_weights_a_small_model_says_that_it_is_untrained(load):
    loaded = load()
    assert not loaded.trained
    assert not loaded.model.training
    assert "untrained weights" in loaded.note
    assert "its masks do not" in loaded.note


@pytest.mark.parametrize("load", [load_segformer, load_sam, load_smp_unet])
def test_a_hub_that_cannot_be_reached_is_one_sentence(load):
    loaded = load(download=True)
    assert "because the hub cannot be reached" in loaded.note
    assert not loaded.trained


@pytest.mark.parametrize("load", LOADERS)
def test_a_folder_that_is_given_is_used(load, home):
    first = load()
    (folder,) = [
        path for path in (home / "models").iterdir() if path.name.split("-untrained")[0] in first.note
    ]
    again = load(folder)
    assert again.trained
    assert again.note == f"Loaded from {folder}."
    weights = again.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in first.model.state_dict().items())


@pytest.mark.parametrize(
    ("load", "other"),
    [
        (load_sam, "segformer"),
        (load_segformer, "sam"),
        (load_smp_unet, "sam"),
        (load_swin_unetr, "segformer"),
    ],
)
def test_weights_of_another_architecture_are_refused(load, other, home):
    {"segformer": load_segformer, "sam": load_sam}[other]()
    with pytest.raises(ValueError, match=f"holds the weights of {other}, not of"):
        load(home / "models" / f"{other}-untrained")


@pytest.mark.parametrize("load", LOADERS)
def test_a_folder_without_weights_is_refused(load, tmp_path):
    with pytest.raises(ValueError, match="that its library can load"):
        load(tmp_path)


def test_segformers_logits_have_a_quarter_of_the_size():
    loaded = load_segformer()
    inputs = loaded.processor(IMAGE, return_tensors="pt")
    assert inputs["pixel_values"].shape == (1, 3, 128, 128)
    assert loaded.model(**inputs).logits.shape == (1, 150, 32, 32)


def test_smp_and_swin_unetr_keep_the_size():
    with torch.no_grad():
        assert load_smp_unet().model(torch.zeros(1, 3, 64, 96)).shape == (1, 5, 64, 96)
        assert load_swin_unetr().model(torch.zeros(1, 3, 64, 96)).shape == (1, 3, 64, 96)


def test_sam_gives_three_masks_of_the_images_size_that_follow_the_prompt():
    sam = load_sam()
    masks, expected = prompt_masks(sam, IMAGE, point=(10, 12))
    assert (masks.shape, masks.dtype, expected.shape) == ((3, 48, 60), bool, (3,))
    boxed, other = prompt_masks(sam, IMAGE, box=(5, 6, 40, 30))
    assert boxed.shape == (3, 48, 60)
    assert not np.array_equal(expected, other)
    again, _ = prompt_masks(sam, IMAGE, point=(10, 12))
    assert np.array_equal(again, masks)


def test_the_prompt_reaches_sam_in_its_own_frame():
    sam = load_sam()
    inputs = sam.processor(IMAGE, input_boxes=[[[15, 12, 60, 48]]], return_tensors="pt")
    np.testing.assert_allclose(inputs["input_boxes"][0, 0], np.array([15, 12, 60, 48]) * 64 / 60, atol=0.5)


@pytest.mark.parametrize(
    "prompt",
    [
        {"point": (61, 3)},
        {"point": (3, 49)},
        {"point": (-1, 3)},
        {"box": (10, 10, 80, 40)},
        {"box": (30, 10, 20, 40)},
    ],
)
def test_a_prompt_outside_the_image_is_refused(prompt):
    with pytest.raises(ValueError, match=r"is not in the image: x runs from 0 to 60, y from 0 to 48"):
        prompt_masks(load_sam(), IMAGE, **prompt)


@pytest.mark.parametrize("prompt", [{}, {"point": (1, 2), "box": (1, 2, 3, 4)}])
def test_one_kind_of_prompt_is_asked_for(prompt):
    with pytest.raises(ValueError, match="one of the two"):
        prompt_masks(load_sam(), IMAGE, **prompt)


def test_the_published_architectures_build_with_the_shapes_of_the_documents():
    import segmentation_models_pytorch as smp

    unet = smp.Unet("resnet34", encoder_weights=None, in_channels=3, classes=5).eval()
    with torch.no_grad():
        assert unet(torch.zeros(1, 3, 256, 256)).shape == (1, 5, 256, 256)
        segformer = transformers.SegformerForSemanticSegmentation(
            transformers.SegformerConfig(num_labels=150)
        ).eval()
        assert segformer(torch.zeros(1, 3, 256, 128)).logits.shape == (1, 150, 64, 32)


def test_a_missing_library_is_said_with_its_command(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "monai" else find(name))
    assert have("numpy")
    assert capsys.readouterr().out == ""
    assert not have("numpy", "monai")
    assert "this needs monai" in capsys.readouterr().out
