"""Weights in a small file."""

import torch

from course_lib.models import create_model
from course_lib.models.stored import load_small, save_small


def test_a_kernel_moves_by_half_a_step_of_its_channel(tmp_path):
    kernel = torch.tensor([[127.0, 1.4, -0.6], [0.0127, 0.0, -0.0001]]).view(2, 3, 1, 1)
    save_small(tmp_path / "w.npz", {"k": kernel})
    expected = torch.tensor([[127.0, 1.0, -1.0], [0.0127, 0.0, -0.0001]]).view(2, 3, 1, 1)
    torch.testing.assert_close(load_small(tmp_path / "w.npz")["k"], expected)


def test_channels_of_zeros_and_whole_numbers_stay(tmp_path):
    weights = {"zero": torch.zeros(2, 1, 3, 3), "count": torch.tensor(7), "bias": torch.tensor([0.5, -2.0])}
    save_small(tmp_path / "w.npz", weights)
    restored = load_small(tmp_path / "w.npz")
    assert restored.keys() == weights.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(restored[name], tensor)
        assert restored[name].dtype == tensor.dtype


def test_a_network_comes_back_nearly_the_same_in_a_quarter_of_the_room(tmp_path):
    torch.manual_seed(0)
    model = create_model("fast-unet", widths=(16, 32, 64)).eval()
    save_small(tmp_path / "w.npz", model.state_dict())
    numbers = sum(tensor.numel() for tensor in model.state_dict().values())
    assert (tmp_path / "w.npz").stat().st_size < 1.2 * numbers
    images = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        before = model(images)
        model.load_state_dict(load_small(tmp_path / "w.npz"))
        torch.testing.assert_close(model(images), before, rtol=0, atol=0.05 * before.abs().max().item())
