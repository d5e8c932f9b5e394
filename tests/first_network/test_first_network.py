"""The network of lesson 00: the same as torch's, and about real photos."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from course_lib.data.photos import open_photo
from course_lib.data.transforms import normalize
from course_lib.first_network import PETS_WEIGHTS, SIDE, FirstNetwork
from course_lib.models.fast_unet import FastUNet, options_of
from course_lib.models.stored import load_small, save_small


def torchs(path):
    weights = load_small(path)
    model = FastUNet(**options_of(weights))
    model.load_state_dict(weights)
    return model.eval()


@pytest.mark.parametrize("size", [(32, 64), (96, 32)])
@pytest.mark.parametrize("widths", [(8, 16), (4, 8, 12, 6)])
def test_its_logits_are_those_of_torch(tmp_path, size, widths):
    torch.manual_seed(0)
    model = FastUNet(widths=widths)
    with torch.no_grad():
        model(torch.randn(4, 3, *size))  # the averages of batch norm are no longer 0 and 1
    save_small(tmp_path / "w.npz", model.state_dict())
    images = torch.randn(1, 3, *size)
    with torch.no_grad():
        expected = torchs(tmp_path / "w.npz")(images)[0].numpy()
    np.testing.assert_allclose(
        FirstNetwork(tmp_path / "w.npz").logits(images[0].numpy()), expected, atol=1e-4
    )


def test_a_photo_is_prepared_as_in_training():
    photo = open_photo("chelsea")
    image = torch.from_numpy(np.array(photo.resize((SIDE, SIDE), 2))).permute(2, 0, 1)[None]
    with torch.no_grad():
        expected = torchs(PETS_WEIGHTS)(normalize(image.float()))[0].numpy()
    np.testing.assert_allclose(FirstNetwork().scores(photo), expected, atol=1e-3)


def test_it_finds_the_cat():
    """Of two points in the middle of the cat and two beside it."""
    prediction = FirstNetwork().scores(open_photo("chelsea")).argmax(axis=0)
    pet, background = 0, 1
    assert prediction[80, 70] == prediction[130, 60] == pet
    assert prediction[10, 2] == prediction[60, 155] == background


def test_its_numbers_are_counted():
    model = torchs(PETS_WEIGHTS)
    assert FirstNetwork().parameters == sum(parameter.numel() for parameter in model.parameters())


def test_no_photo_of_that_name():
    with pytest.raises(ValueError, match="There is no photo 'dog': the photos are chelsea, coffee"):
        open_photo("dog")


def test_neither_network_nor_photos_load_torch():
    code = "import sys, course_lib.first_network, course_lib.data.photos; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
