"""MuonAdamW is torch's Muon on flattened kernels and torch's AdamW on the rest."""

import copy

import pytest
import torch
from torch import nn

from course_lib.training.optimizers import MuonAdamW, build_optimizer


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.Conv2d(16, 2, 1))


def step(model, optimizer):
    images = torch.linspace(-1, 1, 2 * 3 * 8 * 8).view(2, 3, 8, 8)
    optimizer.zero_grad()
    model(images).square().mean().backward()
    optimizer.step()


def test_kernels_move_as_torchs_muon_moves_matrices(model):
    matrix = nn.Parameter(model[0].weight.detach().flatten(1).clone())
    optimizer = build_optimizer("muon", model, lr=0.02, weight_decay=0.1)
    reference = torch.optim.Muon([matrix], lr=0.02, weight_decay=0.1)
    for _ in range(3):
        step(model, optimizer)
        matrix.grad = model[0].weight.grad.flatten(1)
        reference.step()
    torch.testing.assert_close(model[0].weight.flatten(1), matrix)


def test_memory_format_changes_nothing_that_matters(model):
    other = copy.deepcopy(model).to(memory_format=torch.channels_last)
    for network in (model, other):
        optimizer = build_optimizer("muon", network, lr=0.02, weight_decay=0.1)
        step(network, optimizer)
    # Newton-Schulz runs in bfloat16, whose sums depend on the order a little.
    torch.testing.assert_close(model[0].weight, other[0].weight.contiguous(), atol=2e-3, rtol=0)


def test_the_output_layer_is_left_to_adamw(model):
    optimizer = MuonAdamW(model, lr=0.02, weight_decay=0.1)
    assert [id(p) for p in optimizer.param_groups[0]["params"]] == [id(model[0].weight)]
    assert id(model[2].weight) in {id(p) for p in optimizer.param_groups[1]["params"]}


def test_a_loaded_state_goes_on_as_if_unbroken(model):
    optimizer = build_optimizer("muon", model, lr=0.02, weight_decay=0.1)
    step(model, optimizer)
    twin = copy.deepcopy(model)
    twin_optimizer = build_optimizer("muon", twin, lr=0.5, weight_decay=0.1)
    twin_optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for group in twin_optimizer.param_groups:
        group["lr"] = group["base_lr"]
    step(model, optimizer)
    step(twin, twin_optimizer)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["muon", "adamw", "adam", "sgd"])
def test_every_optimizer_lowers_the_loss_and_knows_its_base_rate(model, name):
    optimizer = build_optimizer(name, model, lr=0.01, weight_decay=0.01)
    images = torch.linspace(-1, 1, 2 * 3 * 8 * 8).view(2, 3, 8, 8)
    before = model(images).square().mean().item()
    for _ in range(10):
        step(model, optimizer)
    assert model(images).square().mean().item() < before
    assert optimizer.param_groups[0]["base_lr"] == 0.01


def test_an_unknown_name_is_refused(model):
    with pytest.raises(ValueError, match="unknown optimizer 'rmsprop': choose one of muon, adamw"):
        build_optimizer("rmsprop", model, 0.1, 0.0)
