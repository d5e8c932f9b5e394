"""Models by name."""

import json

import pytest
import torch

from course_lib.models import MODELS, create_model, recognise, weights_at_hand
from course_lib.models.tiny_unet import TinyUNet
from course_lib.models.unet import UNet


@pytest.mark.parametrize(("name", "architecture"), [("tiny-unet", TinyUNet), ("unet", UNet)])
def test_a_name_gives_its_architecture(name, architecture):
    with torch.device("meta"):
        assert type(create_model(name)) is architecture


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_takes_other_channels_classes_and_shapes(name):
    with torch.device("meta"):
        model = create_model(name, num_classes=5, in_channels=2)
        assert model(torch.empty(2, 2, 64, 96)).shape == (2, 5, 64, 96)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_checks_its_images(name):
    with torch.device("meta"):
        model = create_model(name)
        with pytest.raises(ValueError, match="unsqueeze"):
            model(torch.empty(3, 64, 64))
        with pytest.raises(TypeError, match="images is a list"):
            model([[0.0]])
        with pytest.raises(TypeError, match="uint8"):
            model(torch.empty(1, 3, 64, 64, dtype=torch.uint8))


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, {}) for name in sorted(MODELS)]
    + [
        ("unet", {"widths": (4, 8, 12)}),
        ("fast-unet", {"widths": (4, 8)}),
        ("resnet-unet", {"width": 8}),
    ],
)
def test_every_model_is_recognised_by_its_weights(name, options):
    with torch.device("meta"):
        weights = create_model(name, num_classes=5, **options).state_dict()
    found, read = recognise(weights, num_classes=5)
    assert found == name
    with torch.device("meta"):
        assert str(create_model(found, num_classes=5, **read)) == str(
            create_model(name, num_classes=5, **options)
        )


def test_weights_of_no_model_are_not_recognised():
    with torch.device("meta"):
        weights = create_model("tiny-unet").state_dict()
    assert recognise(weights, num_classes=5) is None
    assert recognise({"stem.0.weight": torch.zeros(2)}) is None
    assert recognise({name: tensor for name, tensor in weights.items() if name != "head.bias"}) is None


@pytest.mark.parametrize("name", sorted(MODELS))
def test_only_models_with_pretrained_weights_have_a_part_to_load_them_into(name):
    with torch.device("meta"):
        model = create_model(name)
    if MODELS[name].pretrained:
        assert isinstance(model.get_submodule(MODELS[name].pretrained.part), torch.nn.Module)
    else:
        with pytest.raises(ValueError, match=rf"is for --model .*, but the model is {name}: choose one"):
            weights_at_hand(name, "imagenet")


def test_options_reach_the_model_as_json_gives_them():
    options = json.loads('{"widths": [2, 4], "up": "bilinear", "skip": "add"}')
    model = create_model("unet", num_classes=4, **options)
    assert model(torch.rand(1, 3, 4, 6)).shape == (1, 4, 4, 6)


@pytest.mark.parametrize("name", ["u-net", "UNet", "tiny_unet"])
def test_an_unknown_name_is_answered_with_the_nearest_and_all_known(name):
    with pytest.raises(ValueError, match=rf"no model is called '{name}': did you mean .*unet'.*") as error:
        create_model(name)
    assert all(known in str(error.value) for known in MODELS)


def test_a_name_near_to_none_is_answered_with_all_known():
    with pytest.raises(
        ValueError, match=r"no model is called 'mask-rcnn': The known models are .*tiny-unet, unet\."
    ):
        create_model("mask-rcnn")
