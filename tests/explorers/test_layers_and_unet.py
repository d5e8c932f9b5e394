"""What the explorers of layers and of the U-Net compute, beside torch and the library's own."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib import metrics
from course_lib.explorers import layers, unet
from course_lib.explorers.examples import WEIGHTS_FOLDER, example_pets, shipped_scores
from course_lib.explorers.layers import CONVOLUTION, POOLING, TRANSPOSED
from course_lib.models import UNet

# --- Convolution -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ((CONVOLUTION, 5, 3, 2, 1), 3),
        ((CONVOLUTION, 32, 3, 1, 1), 32),
        ((POOLING, 32, 2, 2, 0), 16),
        ((TRANSPOSED, 2, 3, 2, 0), 5),
        ((TRANSPOSED, 16, 3, 2, 1, 1), 32),
    ],
)
def test_sizes_of_the_worked_examples(arguments, size):
    assert layers.output_size(*arguments) == size


def test_stamps_of_a_2_x_2_input_overlap_in_a_cross():
    assert layers.stamps(2, kernel=3, stride=2, padding=0).tolist() == [
        [1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1],
        [2, 2, 4, 2, 2],
        [1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1],
    ]
    assert layers.stamps(2, kernel=3, stride=2, padding=0, count=1).sum() == 9


def test_inner_overlaps_are_even_where_the_stride_divides_the_kernel():
    found = {
        (kernel, stride): layers.inner_overlaps(kernel, stride)
        for kernel, stride in product((1, 2, 3, 4), (1, 2))
    }
    assert found[3, 2] == (1, 2)
    assert found[2, 2] == (1,)
    assert found[4, 2] == (2,)
    assert found[3, 1] == (3,)
    assert found[1, 2] == (0, 1)


STATES = list(product((2, 5, 8), (1, 2, 3, 5), (1, 2, 4), (0, 1, 2), (0, 1, 3)))


def torch_layer(mode, size, kernel, stride, padding, output_padding):
    grid = torch.from_numpy(layers.example_input(size)).double()[None, None]
    if mode == CONVOLUTION:
        weights = torch.from_numpy(layers.example_kernel(kernel)).double()[None, None]
        return F.conv2d(grid, weights, stride=stride, padding=padding)
    if mode == POOLING:
        return F.max_pool2d(grid, kernel, stride, padding)
    ones = torch.ones(1, 1, kernel, kernel, dtype=torch.float64)
    return F.conv_transpose2d(torch.ones_like(grid), ones, None, stride, padding, output_padding)


@pytest.mark.parametrize("mode", [CONVOLUTION, POOLING, TRANSPOSED])
def test_layers_are_torchs_and_what_torch_refuses_is_explained(mode):
    refused = 0
    for state in STATES:
        state = state if mode == TRANSPOSED else (*state[:4], 0)
        try:
            expected = torch_layer(mode, *state)[0, 0].numpy()
        except RuntimeError:
            refused += 1
            assert layers.problem(mode, *state), (mode, state)
            continue
        assert not layers.problem(mode, *state), (mode, state)
        assert layers.output_size(mode, *state) == len(expected)
        found = layers.stamps(*state) if mode == TRANSPOSED else layers.layer(mode, *state[:4])[1]
        assert np.array_equal(found, expected), (mode, state)
    assert refused


# --- U-Net -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "padding"), [*zip(unet.NETWORKS, ("same", "valid", "same"), strict=True)])
def test_the_stages_are_those_of_the_network(name, padding):
    network = unet.NETWORKS[name]
    seen = []
    with torch.device("meta"):
        model = UNet(widths=network.widths, padding=padding)
        for part in (model.stem, *model.downs, *model.ups, model.head):
            part.register_forward_hook(lambda _, __, out: seen.append((out.shape[1], out.shape[2])))
        model(torch.zeros(1, 3, network.side, network.side))
    assert [(stage.channels, stage.side) for stage in unet.stages(network)[1:]] == seen


def test_the_worked_shapes():
    study_guide, paper, _ = (unet.stages(network) for network in unet.NETWORKS.values())
    assert (study_guide[5].channels, study_guide[5].side) == (1024, 16)
    assert [stage.side for stage in paper] == [572, 568, 280, 136, 64, 28, 52, 100, 196, 388, 388]


def test_a_skip_is_switched_off_only_inside_the_block():
    model, images = unet.small_network(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = model(images)
        for number in range(3):
            with unet.without_skips(model, [number]):
                assert not torch.equal(model(images), before)
        with unet.without_skips(model, []):
            assert torch.equal(model(images), before)
        assert torch.equal(model(images), before)


def test_the_weights_that_ship_predict_the_logits_that_ship():
    for number, pet in enumerate(example_pets()):
        assert (
            np.mean(unet.predict(number, ()) == pet.logits.argmax(axis=0)) > 0.99
        )  # the logits were rounded


def test_the_shipped_network_is_good_and_worse_without_skips():
    with_all, with_none = shipped_scores()
    assert with_all > 0.6
    assert with_all - with_none > 0.05
    for number, pet in enumerate(example_pets()):
        scores = [metrics.mean_iou(unet.predict(number, off), pet.truth, 3) for off in ((), (0, 1, 2))]
        assert scores[0] > 0.7
        assert scores[0] - scores[1] > 0.05


def test_what_ships_is_small_and_holds_no_code():
    files = list(WEIGHTS_FOLDER.glob("*"))
    assert {file.suffix for file in files} == {".npz"}
    assert sum(file.stat().st_size for file in files) < 300_000
    for file in files:
        with np.load(file, allow_pickle=False) as arrays:
            assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
