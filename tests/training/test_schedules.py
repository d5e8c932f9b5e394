"""Schedules against torch's own, step by step; sizes that grow."""

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, MultiStepLR, PolynomialLR, SequentialLR

from course_lib.training.schedules import growing_size, poly, steps, warmup_cosine

EPOCHS = 50


def rates(build, count):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = build(optimizer)
    seen = []
    for _ in range(count):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


@pytest.mark.parametrize(
    ("ours", "theirs", "count"),
    [
        pytest.param(
            lambda progress: poly(progress, power=0.9), lambda o: PolynomialLR(o, EPOCHS, power=0.9), EPOCHS,
            id="lr-schedules-poly",
        ),
        pytest.param(
            lambda progress: steps(progress, (0.3, 0.6, 0.9), gamma=0.1),
            lambda o: MultiStepLR(o, [30, 60, 90], 0.1), 100,
            id="lr-schedules-steps-30-60-90",
        ),
        pytest.param(
            lambda progress: warmup_cosine(progress, warmup=0.1),
            lambda o: SequentialLR(o, [LinearLR(o, 1e-9, 1.0, 5), CosineAnnealingLR(o, 45)], milestones=[5]), EPOCHS,
            id="lr-schedules-warmup-5-cosine-50",
        ),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:The epoch parameter in:UserWarning")
def test_agrees_with_torch(ours, theirs, count):
    expected = rates(theirs, count)
    assert [ours(epoch / count) for epoch in range(count)] == pytest.approx(expected, abs=1e-8)


def test_cosine_starts_at_nothing_peaks_after_warmup_and_ends_at_nothing():
    assert warmup_cosine(0.0) == 0
    assert warmup_cosine(0.05) == 1
    assert warmup_cosine(1.0) == pytest.approx(0)


@pytest.mark.parametrize(
    ("progress", "size", "expected"),
    [
        (0, 128, 64),
        (0.35, 128, 96),
        (0.65, 128, 128),
        (1, 128, 128),
        (0, 256, 128),
        (0, 32, 32),
        (0.4, 64, 64),
    ],
)
def test_images_grow_with_progress(progress, size, expected):
    assert growing_size(progress, size) == expected


@pytest.mark.parametrize("size", [48, 100, 572])
def test_the_last_size_is_the_one_asked_for(size):
    assert growing_size(0.9, size) == size
