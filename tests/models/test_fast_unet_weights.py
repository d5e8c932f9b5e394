"""Weights that fast-unet starts from: those trained on pocket pets, and those in a file."""

import pytest
import torch

from course_lib.cli import main
from course_lib.models import create_model, weights_at_hand
from course_lib.models.fast_unet import POCKET_WEIGHTS, load_weights
from course_lib.models.stored import load_small


def test_pocket_weights_are_those_of_the_usual_network():
    model = create_model("fast-unet")
    load_weights(model, "pocket")
    stored = load_small(POCKET_WEIGHTS)
    assert model.state_dict().keys() == stored.keys()
    torch.testing.assert_close(model.unet.head.weight, stored["unet.head.weight"])
    assert POCKET_WEIGHTS.stat().st_size < 4_000_000


def test_another_number_of_classes_keeps_its_random_head():
    torch.manual_seed(0)
    model = create_model("fast-unet", num_classes=11)
    before = model.unet.head.weight.clone()
    load_weights(model, "pocket")
    torch.testing.assert_close(model.unet.head.weight, before)
    torch.testing.assert_close(model.unet.stem[0].weight, load_small(POCKET_WEIGHTS)["unet.stem.0.weight"])


def test_weights_come_from_a_file_as_well(tmp_path):
    torch.manual_seed(0)
    state = create_model("fast-unet").state_dict()
    torch.save(state, tmp_path / "w.pt")
    model = create_model("fast-unet")
    load_weights(model, str(tmp_path / "w.pt"))
    torch.testing.assert_close(model.state_dict(), state)


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save(create_model("tiny-unet").state_dict(), tmp_path / "tiny.pt")
    with pytest.raises(ValueError, match=r"tiny\.pt holds the weights of another model"):
        load_weights(create_model("fast-unet"), str(tmp_path / "tiny.pt"))


def test_it_has_no_imagenet_weights():
    with pytest.raises(ValueError, match="give --model effnet-unet, or --weights pocket"):
        weights_at_hand("fast-unet", "imagenet")


@pytest.mark.slow
def test_it_trains_from_them_and_resumes(tmp_path, pocket_folder):
    run = str(tmp_path / "run")
    command = ["train", "--data", str(pocket_folder), "--weights", "pocket", "--size", "64"]
    assert main([*command, "--epochs", "1", "--out", run]) == 0
    assert main(["train", "--resume", "--out", run]) == 0
