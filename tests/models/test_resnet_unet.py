"""The U-Net with torchvision's encoder: its sizes, its weights, and what happens without a network."""

from dataclasses import replace

import pytest
import torch
import torchvision

from course_lib.cli import main
from course_lib.models import MODELS, create_model, resnet_unet
from course_lib.models.resnet_unet import (
    POCKET_WEIGHTS,
    ResNetEncoder,
    load_encoder,
    weights_at_hand,
    width_for,
)
from course_lib.training.budget import Pace
from course_lib.training.optimizers import PretrainedWeights, build_optimizer
from course_lib.training.schedules import constant


def no_network(*args, **options):
    raise OSError("Name or service not known")


def narrow():
    return create_model("resnet-unet", num_classes=4, width=width_for("pocket"))


def test_logits_are_as_large_as_the_image():
    model = narrow().eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 3, 64, 96)).shape == (2, 4, 64, 96)
    with pytest.raises(ValueError, match="multiples of 32"):
        model(torch.zeros(1, 3, 48, 64))


def test_the_encoder_is_torchvisions():
    theirs = torchvision.models.resnet18().eval()
    ours = ResNetEncoder().eval()
    state = {name: value for name, value in theirs.state_dict().items() if not name.startswith("fc.")}
    ours.load_state_dict(state)
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = theirs.fc(ours(images)[-1].mean(dim=(2, 3)))
        torch.testing.assert_close(theirs(images), expected)


def test_a_file_of_resnet18_is_loaded_without_its_classifier(tmp_path):
    state = torchvision.models.resnet18().state_dict()
    torch.save(state, tmp_path / "r18.pt")
    model = create_model("resnet-unet")
    load_encoder(model, str(tmp_path / "r18.pt"))
    torch.testing.assert_close(model.encoder.conv1.weight, state["conv1.weight"])


def test_weights_of_another_architecture_are_refused(tmp_path):
    torch.save(torchvision.models.resnet50().state_dict(), tmp_path / "r50.pt")
    with pytest.raises(ValueError, match=r"another architecture: layer1\.0\.conv1\.weight is"):
        load_encoder(create_model("resnet-unet"), str(tmp_path / "r50.pt"))
    torch.save(narrow(), tmp_path / "model.pt")
    with pytest.raises(ValueError, match="holds no weights that can be read"):
        load_encoder(narrow(), str(tmp_path / "model.pt"))
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ValueError, match=r"list\.pt holds no weights: save model\.state_dict"):
        load_encoder(narrow(), str(tmp_path / "list.pt"))
    with pytest.raises(FileNotFoundError, match="give one of the words"):
        load_encoder(narrow(), str(tmp_path / "absent.pt"))


def test_the_pocket_weights_are_small_and_fit():
    assert POCKET_WEIGHTS.stat().st_size < 1_000_000
    model, before = narrow(), narrow().encoder.conv1.weight.clone()
    load_encoder(model, "pocket")
    assert not torch.equal(model.encoder.conv1.weight, before)
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())


def test_without_a_network_one_sentence_and_the_pocket_weights(monkeypatch):
    monkeypatch.setattr(resnet_unet.ResNet18_Weights, "get_state_dict", no_network)
    weights, sentence = weights_at_hand("imagenet")
    assert weights == "pocket"
    assert sentence.startswith("The ImageNet weights cannot be fetched (Name or service not known):")
    assert weights_at_hand("none") == ("none", "")


def test_weights_of_another_model_are_refused(capsys):
    assert main(["train", "--epochs", "1", "--weights", "imagenet", "--model", "unet"]) == 2
    assert "is for --model fast-unet, resnet-unet, effnet-unet or segformer" in capsys.readouterr().err


@pytest.mark.slow
def test_training_says_what_it_starts_from_and_goes_on_without_asking_again(
    pocket_folder, tmp_path, course_home, monkeypatch, capsys
):
    monkeypatch.setattr("course_lib.training.train.EPOCH_IMAGES", 8)
    monkeypatch.setattr(resnet_unet.ResNet18_Weights, "get_state_dict", no_network)
    out = ["--out", str(tmp_path / "run")]
    train = ["train", "--data", str(pocket_folder), "--model", "resnet-unet", "--weights", "imagenet"]
    assert main([*train, "--epochs", "1", "--size", "32", "--batch-size", "4", *out]) == 0
    assert capsys.readouterr().err.count("cannot be fetched") == 1
    without = replace(MODELS["resnet-unet"], pretrained=replace(resnet_unet.PRETRAINED, load=no_network))
    monkeypatch.setitem(MODELS, "resnet-unet", without)  # a run that goes on loads none
    assert main(["train", "--resume", *out]) == 0
    assert '"weights": "pocket"' in (tmp_path / "run" / "config.json").read_text()
    assert main(["evaluate", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize("name", ["muon", "adamw", "adam", "sgd"])
def test_the_encoder_is_frozen_first_and_then_learns_at_a_tenth(name, monkeypatch):
    from course_lib.training.devices import Devices

    model = create_model("resnet-unet", width=8)
    encoder = list(model.encoder.parameters())
    optimizer = build_optimizer(name, model, lr=0.01, weight_decay=0.1, pretrained=PretrainedWeights(encoder))
    known = {id(weight) for weight in encoder}
    groups = [({id(w) for w in group["params"]} <= known, group) for group in optimizer.param_groups]
    assert sum(len(group["params"]) for _, group in groups) == len(list(model.parameters()))
    pace = Pace(constant, Devices(torch.device("cpu"), torch.float32), steps=10)
    before = [weight.clone() for weight in encoder]
    model(torch.randn(2, 3, 64, 64)).mean().backward()
    pace.set_learning_rate(optimizer)
    optimizer.step()
    assert all(torch.equal(weight, old) for weight, old in zip(encoder, before, strict=True))
    pace.progress = PretrainedWeights().frozen_at_first
    pace.set_learning_rate(optimizer)
    assert all(group["lr"] == group["base_lr"] > 0 for _, group in groups)
    assert max(g["lr"] for old, g in groups if old) == pytest.approx(
        max(g["lr"] for old, g in groups if not old) / 10
    )
    optimizer.step()
    assert not all(torch.equal(weight, old) for weight, old in zip(encoder, before, strict=True))


def test_an_encoder_is_read_from_wrapped_models_and_checkpoints(tmp_path):
    state = torchvision.models.resnet18().state_dict()
    for prefix in ("module.", "backbone.", "_orig_mod.backbone."):
        torch.save(
            {"state_dict": {prefix + name: tensor for name, tensor in state.items()}}, tmp_path / "r18.pt"
        )
        model = create_model("resnet-unet")
        load_encoder(model, str(tmp_path / "r18.pt"))
        torch.testing.assert_close(model.encoder.conv1.weight, state["conv1.weight"])
