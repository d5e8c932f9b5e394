"""Weights as people keep them are read as what they are; what differs is named."""

import pytest
import torch
from torch import nn

from course_lib.models import create_model
from course_lib.models.checkpoints import CONTAINERS, find_weights, load_state


@pytest.fixture
def model():
    torch.manual_seed(0)
    return create_model("fast-unet", widths=(8, 8, 8))


def fresh():
    torch.manual_seed(1)
    return create_model("fast-unet", widths=(8, 8, 8))


def assert_loads(checkpoint, model, tolerance=0.0):
    other = fresh()
    load_state(other, find_weights(checkpoint))
    for name, tensor in model.state_dict().items():
        loaded = other.state_dict()[name]
        assert loaded.dtype == tensor.dtype
        torch.testing.assert_close(loaded, tensor, rtol=tolerance, atol=tolerance)


def renamed(model, prefix):
    return {prefix + name: tensor for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize(
    "prefix", ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "net."]
)
def test_prefixes_of_wrappers_are_dropped(model, prefix):
    assert_loads(renamed(model, prefix), model)


def test_wrappers_themselves_save_what_is_read(model):
    assert_loads(nn.DataParallel(model).state_dict(), model)
    assert_loads(torch.compile(model).state_dict(), model)
    inner = fresh()
    inner.load_state_dict(model.state_dict())
    inner.unet = nn.DataParallel(inner.unet)
    assert_loads(inner.state_dict(), model)


@pytest.mark.parametrize("key", CONTAINERS)
def test_a_state_dict_inside_a_dict_is_found(model, key):
    assert_loads({key: renamed(model, "module."), "epoch": 3, "optimizer": {"lr": 1.0}}, model)
    assert_loads({"model": {key: model.state_dict()}}, model)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float16, 1e-3), (torch.bfloat16, 1e-2), (torch.float64, 0)]
)
def test_other_precisions_become_the_models_own(model, dtype, tolerance):
    state = {name: t.to(dtype) if t.is_floating_point() else t for name, t in model.state_dict().items()}
    assert_loads(state, model, tolerance)


@pytest.mark.parametrize(
    "checkpoint", [{}, [1], None, {"epoch": 3}, {"model": {"a": 1}}, {1: torch.zeros(1)}]
)
def test_what_holds_no_weights_is_refused(checkpoint):
    with pytest.raises(ValueError, match=r"holds .*save model\.state_dict\(\)"):
        find_weights(checkpoint)


def test_what_differs_is_named(model):
    state = model.state_dict()
    first = next(iter(state))
    without = {name: tensor for name, tensor in state.items() if name != first}
    with pytest.raises(ValueError, match=f"another model: it lacks {first} "):
        load_state(fresh(), without)
    with pytest.raises(ValueError, match=r"it has in addition extra\.a and 1 more"):
        load_state(fresh(), state | {"extra.a": torch.zeros(1), "extra.b": torch.zeros(1)})
    with pytest.raises(ValueError, match=rf"its {first} is \(2,\), expected "):
        load_state(fresh(), state | {first: torch.zeros(2)})
    with pytest.raises(ValueError, match=f"values in {first} that are not finite"):
        load_state(fresh(), state | {first: torch.full_like(state[first], torch.inf)})
    with pytest.raises(ValueError, match="twice"):
        find_weights(state | {f"module.{first}": state[first]})
