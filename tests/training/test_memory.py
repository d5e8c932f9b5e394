"""Peak memory, counted tensor by tensor."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from course_lib.training.memory import peak_memory

MIB = 2**20


def stages():
    torch.manual_seed(0)
    return [
        nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        for _ in range(6)
    ]


def step(count=4, run=lambda stage, x: stage(x), half=False):
    blocks, images = stages(), torch.zeros(count, 4, 32, 32)

    def compute():
        features = images
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            for block in blocks:
                features = run(block, features)
        features.float().mean().backward()

    return peak_memory(compute)


def test_what_is_held_at_one_time_counts():
    one = torch.zeros(MIB // 4)

    def chain():
        x = one
        for _ in range(5):
            x = x + 1

    def hoard():
        return [one + number for number in range(5)]

    assert peak_memory(chain) == 2 * MIB
    assert peak_memory(hoard) == 5 * MIB


def test_views_and_changes_in_place_take_nothing():
    one = torch.zeros(MIB // 4)
    assert peak_memory(lambda: one.view(2, -1).t().add_(1)) == 0


def test_a_step_says_the_same_twice_and_grows_with_the_batch():
    assert step() == step()
    assert 1.9 < step(count=8) / step(count=4) < 2.1


def test_checkpoints_and_half_precision_take_less():
    whole = step()
    assert step(run=lambda stage, x: checkpoint(stage, x, use_reentrant=False)) < 0.75 * whole
    assert step(half=True) < 0.75 * whole
