"""SegFormer as a model of the course: sizes, gradients, pretrained encoders from a folder, no network."""

import json
import sys

import pytest
import torch
import transformers

from course_lib.cli import main
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.models import segformer, weights_at_hand
from course_lib.models.segformer import SegFormer, load_encoder


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return SegFormer(num_classes=3)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 50), (32, 100)])
def test_logits_have_the_size_of_the_image(model, height, width):
    assert model.eval()(torch.rand(1, 3, height, width)).shape == (1, 3, height, width)


def test_it_is_the_b0_of_the_paper(model):
    # Xie et al., table 1: 3.7 M parameters with 150 classes; each class less takes 256 weights and a bias.
    parameters = sum(weights.numel() for weights in model.parameters())
    assert round((parameters + 147 * 257) / 1e6, 1) == 3.8


def test_an_image_that_is_too_small_is_refused(model):
    with pytest.raises(ValueError, match=r"20 x 64 .*both sides must be at least 32: pad to 32 x 64"):
        model(torch.rand(1, 3, 20, 64))


def test_gradients_reach_every_weight(model):
    model.train()(torch.rand(2, 3, 64, 64)).square().mean().backward()
    assert [name for name, weights in model.named_parameters() if weights.grad is None] == []


def test_an_encoder_comes_from_a_folder(model, tmp_path):
    other = transformers.SegformerModel(transformers.SegformerConfig())
    other.save_pretrained(tmp_path)
    load_encoder(model, str(tmp_path))
    for name, weights in model.encoder.state_dict().items():
        assert torch.equal(weights, other.state_dict()[name]), name


def test_another_architecture_is_refused(model, tmp_path):
    config = transformers.SegformerConfig(hidden_sizes=[16, 32, 64, 96], num_attention_heads=[1, 2, 4, 6])
    transformers.SegformerModel(config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="another architecture: a SegFormer-B0"):
        load_encoder(model, str(tmp_path))


def test_an_empty_folder_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="is not a folder in which transformers saved"):
        load_encoder(model, str(tmp_path))


def test_a_hub_that_is_out_of_reach_is_one_sentence_and_untrained_weights(model, monkeypatch):
    monkeypatch.setattr(segformer, "hub_answers", lambda: False)
    weights, sentence = weights_at_hand("segformer", "imagenet")
    assert weights == "none"
    assert sentence.startswith("The hub cannot be reached: segformer starts from untrained weights instead.")
    with pytest.raises(OSError, match="the hub cannot be reached"):
        load_encoder(model, "imagenet")


def test_weights_that_a_model_does_not_have_are_refused():
    with pytest.raises(ValueError, match="no weights trained on pocket pets"):
        weights_at_hand("segformer", "pocket")
    with pytest.raises(
        ValueError,
        match="is for --model fast-unet, resnet-unet, effnet-unet or segformer, but the model is unet",
    ):
        weights_at_hand("unet", "imagenet")


@pytest.mark.slow
def test_it_is_fine_tuned_from_a_folder_by_the_course_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("course_lib.training.train.EPOCH_IMAGES", 8)
    transformers.SegformerModel(transformers.SegformerConfig()).save_pretrained(tmp_path / "mit")
    write_pocket_pets(tmp_path / "pets", trainval=16, test=2)
    command = [
        "train",
        "--data",
        str(tmp_path / "pets"),
        "--model",
        "segformer",
        "--weights",
        str(tmp_path / "mit"),
    ]
    assert (
        main([*command, "--epochs", "1", "--size", "64", "--batch-size", "4", "--out", str(tmp_path / "run")])
        == 0
    )
    assert "The report is" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 0
    assert 0 < json.loads(capsys.readouterr().out)["mIoU"] < 1


def test_without_transformers_the_message_has_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"segformer needs transformers\. .* pip install -e"):
        SegFormer()
