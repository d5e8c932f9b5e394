"""The two losses that lesson 08 defines itself: what they return, and that the experiments use the same."""

import ast
from itertools import pairwise, product
from pathlib import Path

import pytest
import torch

from experiments import imbalance

LESSON = Path(__file__).resolve().parents[2] / "solutions" / "08_losses_for_imbalance.py"


def from_lesson(name):
    """Return a function that is defined in the lesson."""
    tree = ast.parse(LESSON.read_text(encoding="utf-8"))
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    names = {"torch": torch}
    exec(compile(ast.Module([function], []), LESSON.name, "exec"), names)
    return names[name]


lovasz_loss, tversky_loss = from_lesson("lovasz_loss"), from_lesson("tversky_loss")


def lost_iou(wrong, true):
    """1 - IoU if these pixels are wrong and all others right: each leaves the overlap or joins the union."""
    return wrong.sum() / (wrong | true).sum()


def by_definition(p, true):
    """The Lovász extension as an integral: the mean of 1 - IoU over all levels above which an error counts as one."""
    errors = (true.float() - p).abs()
    levels = torch.cat(
        [torch.zeros(1), errors.unique()]
    )  # between two neighbours the wrong pixels stay the same
    return sum((high - low) * lost_iou(errors > low, true) for low, high in pairwise(levels))


@pytest.mark.parametrize("ids", list(product((0, 1), repeat=4)))
def test_for_masks_of_0_and_1_lovasz_is_1_minus_iou(ids):
    true = torch.tensor([1.0, 1.0, 0.0, 0.0])
    mask = torch.tensor(ids, dtype=torch.float32)
    both, either = (mask * true).sum(), torch.maximum(mask, true).sum()
    torch.testing.assert_close(lovasz_loss(mask, true), 1 - both / either)


@pytest.mark.parametrize("seed", range(5))
def test_between_0_and_1_lovasz_is_the_integral_over_all_levels(seed):
    chance = torch.Generator().manual_seed(seed)
    p, true = torch.rand(9, generator=chance), torch.arange(9) < 4
    torch.testing.assert_close(lovasz_loss(p, true.float()), by_definition(p, true))


def test_the_slope_of_lovasz_asks_for_more_of_the_pet_and_less_of_the_rest():
    p = torch.tensor([0.8, 0.4, 0.3, 0.6], requires_grad=True)
    lovasz_loss(p, torch.tensor([1.0, 1.0, 0.0, 0.0])).backward()
    assert (p.grad.sign() == torch.tensor([-1.0, -1.0, 1.0, 1.0])).all()


def test_tversky_by_hand():
    p, true = (
        torch.tensor([0.75, 0.5, 0.25]),
        torch.tensor([1.0, 1.0, 0.0]),
    )  # found 1.25, missed 0.75, alarms 0.25
    assert tversky_loss(p, true, 1.0, 1.0).item() == pytest.approx(1 - 1.25 / 2.25)
    assert tversky_loss(p, true, 0.7, 0.3).item() == pytest.approx(1 - 1.25 / (1.25 + 0.525 + 0.075))


def test_the_experiment_measured_the_losses_of_the_lesson():
    chance = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 2, 3, 4, generator=chance)
    targets = (torch.rand(2, 3, 4, generator=chance) < 0.4).long()
    p, true = logits.softmax(dim=1)[:, 1].flatten(), targets.flatten().float()
    torch.testing.assert_close(imbalance.lovasz_loss(logits, targets), lovasz_loss(p, true))
    torch.testing.assert_close(
        imbalance.tversky_loss(logits, targets, smooth=0.0), tversky_loss(p, true, 0.7, 0.3)
    )
