"""The loop: it learns, it clips, it stops in time, it names a diverged loss."""

import pytest
import torch
from torch import nn

from course_lib.losses import cross_entropy
from course_lib.training.budget import Pace
from course_lib.training.devices import Devices, open_devices
from course_lib.training.loop import evaluate, fit, train_epoch
from course_lib.training.optimizers import build_optimizer
from course_lib.training.schedules import constant, poly

CPU = Devices(torch.device("cpu"), torch.float32)


@pytest.fixture
def batch():
    """Return images whose brightness says the class, and the classes."""
    targets = torch.randint(0, 3, (4, 16, 16), generator=torch.Generator().manual_seed(0))
    return (targets.float() - 1).unsqueeze(1).repeat(1, 3, 1, 1), targets


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 16, 1), nn.ReLU(), nn.Conv2d(16, 3, 1))


def test_an_epoch_learns_an_easy_batch(model, batch):
    optimizer = build_optimizer("adamw", model, lr=0.05, weight_decay=0)
    pace = Pace(constant, CPU, steps=100)
    first = train_epoch(model, [batch], cross_entropy, optimizer, pace, CPU)
    for _ in range(60):
        last = train_epoch(model, [batch], cross_entropy, optimizer, pace, CPU)
    assert last < 0.2 * first
    assert evaluate(model, [batch], 3, CPU).mean_iou() > 0.95


def test_the_mean_loss_is_the_mean_over_steps(batch):
    frozen = nn.Conv2d(3, 3, 1)
    optimizer = build_optimizer("sgd", frozen, lr=1e-12, weight_decay=0)
    images, targets = batch
    loss = train_epoch(
        frozen,
        [(images, targets), (2 * images, targets)],
        cross_entropy,
        optimizer,
        Pace(constant, CPU, steps=9),
        CPU,
    )
    expected = [cross_entropy(frozen(scale * images), targets).item() for scale in (1, 2)]
    assert loss == pytest.approx(sum(expected) / 2, rel=1e-5)


def test_an_epoch_ends_in_the_middle_when_the_pace_is_over(model, batch):
    optimizer = build_optimizer("adamw", model, lr=0.05, weight_decay=0)
    pace = Pace(constant, CPU, steps=3)
    train_epoch(model, [batch] * 10, cross_entropy, optimizer, pace, CPU)
    assert pace.steps_done == 3
    assert pace.over


def test_the_schedule_sets_the_rate_of_each_step(model, batch):
    optimizer = build_optimizer("adamw", model, lr=0.5, weight_decay=0)
    pace = Pace(lambda progress: poly(progress, power=1), CPU, steps=4)
    train_epoch(model, [batch] * 3, cross_entropy, optimizer, pace, CPU)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.5 * (1 - 2 / 4))


def test_training_and_evaluation_modes(batch):
    class Spy(nn.Conv2d):
        modes: list[bool] = []  # noqa: RUF012

        def forward(self, images):
            self.modes.append(self.training)
            return super().forward(images)

    spy = Spy(3, 3, 1)
    optimizer = build_optimizer("adamw", spy, lr=0.01, weight_decay=0)
    train_epoch(spy, [batch], cross_entropy, optimizer, Pace(constant, CPU, steps=9), CPU)
    evaluate(spy, [batch], 3, CPU)
    assert spy.modes == [True, False]


def test_a_diverged_loss_is_named(model, batch):
    optimizer = build_optimizer("sgd", model, lr=0.01, weight_decay=0)
    with pytest.raises(FloatingPointError, match="training loss became nan within 1 steps: try a lower"):
        train_epoch(
            model,
            [batch],
            lambda logits, targets: logits.sum() * torch.nan,
            optimizer,
            Pace(constant, CPU, steps=9),
            CPU,
        )


def test_fit_validates_after_every_epoch(model, batch):
    optimizer = build_optimizer("adamw", model, lr=0.05, weight_decay=0)
    seen = []
    fit(
        model, lambda epoch: [batch] * 2, lambda: [batch], cross_entropy, optimizer, Pace(constant, CPU, steps=6), CPU,
        num_classes=3, after_epoch=lambda epoch, figures, matrix: seen.append((epoch, matrix.counts.sum())),
    )  # fmt: skip
    assert seen == [(1, 4 * 256), (2, 4 * 256), (3, 4 * 256)]


def test_seconds_end_a_training_too():
    pace = Pace(constant, CPU, seconds=0.01, started=0.0)
    assert pace.over


def test_a_pace_needs_exactly_one_end():
    with pytest.raises(ValueError, match="give one of the two"):
        Pace(constant, CPU)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_precision_changes_the_forward_pass_only(model, batch, dtype):
    devices = Devices(torch.device("cpu"), dtype)
    seen = []

    def loss_function(logits, targets):
        seen.append(logits.dtype)
        return cross_entropy(logits, targets)

    optimizer = build_optimizer("adamw", model, lr=0.01, weight_decay=0)
    train_epoch(model, [batch], loss_function, optimizer, Pace(constant, devices, steps=9), devices)
    assert seen == [dtype]
    assert model[0].weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("precision", "message"),
    [
        ("half", "unknown precision 'half': choose one of auto"),
        ("float16", "float16 training needs a CUDA GPU"),
    ],
)
def test_a_precision_that_is_not_there_is_refused(precision, message, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=message), open_devices(precision):
        pass
