"""Losses against hand-computed values, plain-Python oracles, torch, smp and scikit-learn."""

import math
from collections.abc import Callable

import pytest
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision import tv_tensors

from course_lib.losses import (
    combined,
    cross_entropy,
    dice_loss,
    focal_loss,
    iou_loss,
)
from course_lib.metrics import mean_dice, mean_iou

Loss = Callable[..., Tensor]
LOSSES = [cross_entropy, dice_loss, iou_loss, focal_loss, combined]
every_loss = pytest.mark.parametrize("loss", LOSSES)


def batch(
    shape: tuple[int, int, int, int] = (2, 3, 6, 5), void: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Return random logits and targets; the first `void` rows of every mask are ignored."""
    generator = torch.Generator().manual_seed(0)
    n, c, h, w = shape
    logits = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    targets = torch.randint(0, c, (n, h, w), generator=generator)
    targets[:, :void] = 255
    return logits, targets


# --- worked examples ---


def test_logits_shape() -> None:
    """Logits (4, 3, 128, 128): 3 is the number of classes, so ids 0..2 are targets and 3 is not."""
    logits = torch.zeros(4, 3, 128, 128)
    targets = torch.full((4, 128, 128), 2)
    assert cross_entropy(logits, targets).item() == pytest.approx(math.log(3))
    with pytest.raises(ValueError, match=r"the target holds 3, but the ids of 3 classes are 0\.\.2"):
        cross_entropy(logits, targets + 1)


def test_ce_one_pixel() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0]).view(1, 3, 1, 1)
    for y, z in enumerate([2.0, 1.0, 0.0]):
        by_hand = -math.log(math.exp(z) / (math.exp(2) + math.exp(1) + math.exp(0)))
        assert cross_entropy(logits, torch.tensor([[[y]]])).item() == pytest.approx(by_hand)


@pytest.mark.parametrize("void", [0, 2])
def test_ce_one_pixel_after_the_other_is_what_torch_computes(void: int) -> None:
    logits, targets = batch(void=void)
    ours = cross_entropy(logits, targets)
    assert ours.item() == pytest.approx(F.cross_entropy(logits, targets, ignore_index=255).item())
    in_total = ours * (targets != 255).sum()
    assert in_total.item() == pytest.approx(
        F.cross_entropy(logits, targets, ignore_index=255, reduction="sum").item()
    )
    (our_gradient,) = torch.autograd.grad(ours, logits)
    (their_gradient,) = torch.autograd.grad(F.cross_entropy(logits, targets, ignore_index=255), logits)
    torch.testing.assert_close(our_gradient, their_gradient)


WIRING_BUGS = [
    pytest.param(
        lambda logits, targets: (logits, targets.unsqueeze(1)),
        r"\(2, 3, 6, 5\) and targets \(2, 1, 6, 5\), .*targets\.squeeze\(1\)",
        id="ce-wiring-bugs: target (N, 1, H, W)",
    ),
    pytest.param(
        lambda logits, targets: (logits, targets.float()),
        r"targets are torch\.float32, .*targets\.long\(\)",
        id="ce-wiring-bugs: float target",
    ),
    pytest.param(
        lambda logits, targets: (logits.permute(0, 2, 3, 1), targets),
        r"logits have shape \(2, 6, 5, 3\) .*look like \(N, H, W, C\), .*logits\.permute\(0, 3, 1, 2\)",
        id="ce-wiring-bugs: logits (N, H, W, C)",
    ),
    pytest.param(
        lambda logits, targets: (logits, F.one_hot(targets).permute(0, 3, 1, 2)),
        r"one-hot targets into ids with targets\.argmax\(dim=1\)",
        id="one-hot target",
    ),
    pytest.param(
        lambda logits, targets: (logits[:, :, ::2, ::2], targets),
        r"\(2, 3, 3, 3\) and targets \(2, 6, 5\), .*F\.interpolate\(logits, targets\.shape\[1:\]",
        id="sizes differ",
    ),
    pytest.param(
        lambda logits, targets: (logits, targets[:1]), r"pass one mask \(H, W\) for each image", id="one mask"
    ),
    pytest.param(
        lambda logits, targets: (logits[0], targets[0]),
        r"logits have shape \(3, 6, 5\), .*logits\.unsqueeze\(0\)",
        id="no batch axis",
    ),
    pytest.param(
        lambda logits, targets: (logits[:0], targets[:0]),
        r"logits have shape \(0, 3, 6, 5\), .*leave out empty batches",
        id="empty batch",
    ),
    pytest.param(
        lambda logits, targets: (logits[:, :1], targets),
        r"one class, whose softmax is always 1",
        id="one channel",
    ),
    pytest.param(
        lambda logits, targets: (logits.argmax(dim=1), targets),
        r"logits are torch\.int64: pass the network's output as it is",
        id="prediction for logits",
    ),
    pytest.param(
        lambda logits, targets: (logits, targets.numpy()),
        r"targets are a ndarray: pass a tensor",
        id="NumPy targets",
    ),
    pytest.param(
        lambda logits, targets: (logits, targets.to("meta")),
        r"logits are on cpu, targets on meta: targets\.to\(logits\.device\)",
        id="devices differ",
    ),
]


@every_loss
@pytest.mark.parametrize(("break_it", "message"), WIRING_BUGS)
def test_wiring_bugs_are_named(loss: Loss, break_it: Callable[..., tuple], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        loss(*break_it(*batch()))


def test_dice_loss_by_hand() -> None:
    """dice-loss: two pixels, both of class 0, predicted with probability 0.8 and 0.6; smooth = 1."""
    p = torch.tensor([[0.8, 0.6], [0.2, 0.4]]).view(1, 2, 1, 2)
    targets = torch.zeros(1, 1, 2, dtype=torch.int64)
    assert dice_loss(p.log(), targets).item() == pytest.approx(1 - (2 * 1.4 + 1) / (1.4 + 2 + 1))
    assert dice_loss(p.log(), targets, smooth=0).item() == pytest.approx(1 - 2 * 1.4 / (1.4 + 2))
    in_sum = cross_entropy(p.log(), targets) + 0.7 * dice_loss(p.log(), targets)
    assert combined(p.log(), targets, dice_weight=0.7).item() == pytest.approx(in_sum.item())


def test_iou_loss_by_hand() -> None:
    """iou-loss: the same two pixels."""
    p = torch.tensor([[0.8, 0.6], [0.2, 0.4]]).view(1, 2, 1, 2)
    targets = torch.zeros(1, 1, 2, dtype=torch.int64)
    assert iou_loss(p.log(), targets).item() == pytest.approx(1 - (1.4 + 1) / (1.4 + 2 - 1.4 + 1))


def test_focal_by_hand() -> None:
    """focal: alpha 0.25 and gamma 2 by default; gamma 0 and alpha 1 give cross-entropy back."""
    p = torch.tensor([[0.8], [0.2]]).view(1, 2, 1, 1)
    target = torch.zeros(1, 1, 1, dtype=torch.int64)
    assert focal_loss(p.log(), target).item() == pytest.approx(0.25 * 0.2**2 * -math.log(0.8))
    logits, targets = batch(void=1)
    expected = cross_entropy(logits, targets).item()
    assert focal_loss(logits, targets, alpha=1, gamma=0).item() == pytest.approx(expected)


def test_weighted_ce() -> None:
    """Worked example weighted-ce: rare classes weigh more, and torch computes the same."""
    logits, targets = batch(void=1)
    weight = 1 / torch.bincount(targets[targets != 255], minlength=3)
    ours = cross_entropy(logits, targets, weight=weight)
    theirs = F.cross_entropy(logits, targets, weight=weight, ignore_index=255)
    assert ours.item() == pytest.approx(theirs.item())
    assert combined(logits, targets, weight=weight, dice_weight=0).item() == pytest.approx(theirs.item())
    assert cross_entropy(logits, targets, weight=weight.tolist()).item() == pytest.approx(theirs.item())
    (our_gradient,) = torch.autograd.grad(ours, logits)
    (their_gradient,) = torch.autograd.grad(theirs, logits)
    torch.testing.assert_close(our_gradient, their_gradient)


# --- against oracles and other libraries ---


def softmax(z: list[float]) -> list[float]:
    powers = [math.exp(value - max(z)) for value in z]
    return [power / sum(powers) for power in powers]


@st.composite
def small_batches(draw: st.DrawFn) -> tuple[list[list[float]], list[int], tuple[int, int, int, int]]:
    """Draw the class scores of each pixel, its target, and the shape of the logits."""
    n, c, h, w = (draw(st.integers(low, high)) for low, high in [(1, 2), (2, 4), (1, 2), (1, 3)])
    pixels = n * h * w
    score = st.floats(-6, 6, allow_subnormal=False)
    scores = draw(st.lists(st.lists(score, min_size=c, max_size=c), min_size=pixels, max_size=pixels))
    ids = st.sampled_from([*range(c), 255])
    return scores, draw(st.lists(ids, min_size=pixels, max_size=pixels)), (n, c, h, w)


@settings(max_examples=60)
@given(small_batches())
def test_every_loss_agrees_with_a_sum_over_pixels(
    case: tuple[list[list[float]], list[int], tuple[int, int, int, int]],
) -> None:
    scores, ids, (n, c, h, w) = case
    logits = torch.tensor(scores, dtype=torch.float64).view(n, h, w, c).permute(0, 3, 1, 2)
    targets = torch.tensor(ids).view(n, h, w)

    kept = [(softmax(z), y) for z, y in zip(scores, ids, strict=True) if y != 255]
    ce = focal = 0.0
    for p, y in kept:
        ce -= math.log(p[y]) / len(kept)
        focal -= 0.25 * (1 - p[y]) ** 2 * math.log(p[y]) / len(kept)
    dices, ious = [], []
    for k in {y for _, y in kept}:
        intersection = sum(p[k] for p, y in kept if y == k)
        areas = sum(p[k] for p, _ in kept) + sum(y == k for _, y in kept)
        dices.append(1 - (2 * intersection + 1) / (areas + 1))
        ious.append(1 - (intersection + 1) / (areas - intersection + 1))
    dice = sum(dices) / max(len(dices), 1)
    iou = sum(ious) / max(len(ious), 1)

    assert cross_entropy(logits, targets).item() == pytest.approx(ce)
    assert focal_loss(logits, targets).item() == pytest.approx(focal)
    assert dice_loss(logits, targets).item() == pytest.approx(dice)
    assert iou_loss(logits, targets).item() == pytest.approx(iou)
    assert combined(logits, targets).item() == pytest.approx(ce + 0.5 * dice)


@pytest.mark.parametrize("void", [0, 2])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(dice_loss, smp.losses.DiceLoss), (iou_loss, smp.losses.JaccardLoss)]
)
def test_agrees_with_smp(ours: Loss, theirs: type, void: int) -> None:
    logits, targets = batch(void=void)
    expected = theirs("multiclass", ignore_index=255)(logits, targets)
    assert ours(logits, targets, smooth=0).item() == pytest.approx(expected.item())


def test_a_class_absent_from_the_batch_is_left_out_of_the_mean() -> None:
    logits, targets = batch()
    targets[targets == 1] = 0
    smp_counts_it_as_0 = smp.losses.DiceLoss("multiclass")(logits, targets)
    assert dice_loss(logits, targets, smooth=0).item() == pytest.approx(smp_counts_it_as_0.item() * 3 / 2)


@pytest.mark.parametrize(("loss", "score"), [(dice_loss, mean_dice), (iou_loss, mean_iou)])
def test_sure_predictions_cost_what_the_score_lacks(loss: Loss, score: Callable[..., float]) -> None:
    generator = torch.Generator().manual_seed(1)
    prediction, targets = torch.randint(0, 3, (2, 4, 7, 7), generator=generator)
    logits = 200.0 * F.one_hot(prediction, 3).permute(0, 3, 1, 2)
    expected = 1 - score(prediction, targets, num_classes=3)
    assert loss(logits, targets, smooth=0).item() == pytest.approx(expected)


@every_loss
def test_the_better_prediction_costs_less(loss: Loss) -> None:
    _, targets = batch()
    one_hot = F.one_hot(targets, 3).permute(0, 3, 1, 2)
    costs = [loss(certainty * one_hot.float(), targets).item() for certainty in (-2, 0, 2, 30)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(0, abs=1e-6)


# --- gradients, precision, ignored pixels ---


@every_loss
def test_gradients_are_those_of_the_formula(loss: Loss) -> None:
    logits, targets = batch((2, 3, 2, 2), void=1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), logits)


@every_loss
def test_ignored_pixels_change_nothing(loss: Loss) -> None:
    logits, targets = batch(void=2)
    cost = loss(logits, targets)
    cost.backward()
    assert (logits.grad[:, :, :2] == 0).all()
    assert (logits.grad[:, :, 2:] != 0).any()
    cropped = loss(logits[:, :, 2:], targets[:, 2:])
    assert cost.item() == pytest.approx(cropped.item())
    assert loss(logits, targets.clamp(max=200), ignore_index=200).item() == pytest.approx(cropped.item())
    assert loss(logits, targets.where(targets != 255, -1), ignore_index=-1).item() == pytest.approx(
        cropped.item()
    )


@every_loss
def test_ignoring_one_of_the_classes(loss: Loss) -> None:
    logits, targets = batch()
    expected = loss(logits, targets.where(targets != 1, 255))
    assert loss(logits, targets, ignore_index=1).item() == pytest.approx(expected.item())


@every_loss
def test_a_batch_of_void_costs_nothing_and_has_a_gradient(loss: Loss) -> None:
    logits, targets = batch()
    cost = loss(logits, torch.full_like(targets, 255))
    assert cost.item() == 0
    cost.backward()
    assert (logits.grad == 0).all()


@every_loss
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(loss: Loss, dtype: torch.dtype) -> None:
    logits, targets = batch((2, 3, 40, 40))
    rounded = logits.detach().to(dtype).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        cost = loss(rounded, targets)
    assert cost.dtype == torch.float32
    assert cost.item() == pytest.approx(loss(rounded.detach().float(), targets).item())
    cost.backward()
    assert rounded.grad.dtype == dtype
    assert rounded.grad.isfinite().all()


@every_loss
def test_memory_format_and_target_type_do_not_matter(loss: Loss) -> None:
    logits, targets = batch()
    expected = loss(logits, targets).item()
    assert loss(logits.contiguous(memory_format=torch.channels_last), targets).item() == pytest.approx(
        expected
    )
    for same in (targets.byte(), targets.int(), tv_tensors.Mask(targets), targets.mT.contiguous().mT):
        assert loss(logits, same).item() == pytest.approx(expected)
    two_classes = loss(logits[:, :2], (targets == 1).long()).item()
    assert loss(logits[:, :2], targets == 1).item() == pytest.approx(two_classes)


@every_loss
def test_huge_logits_stay_finite(loss: Loss) -> None:
    logits, targets = batch()
    logits = (1e4 * logits.detach()).requires_grad_()
    cost = loss(logits, targets)
    cost.backward()
    assert cost.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2])
def test_focal_loss_has_a_gradient_where_the_prediction_is_perfect(gamma: float) -> None:
    _, targets = batch()
    logits = (500.0 * F.one_hot(targets, 3).permute(0, 3, 1, 2)).requires_grad_()
    focal_loss(logits, targets, gamma=gamma).backward()
    assert logits.grad.isfinite().all()


# --- values that no loss can be computed from ---


@every_loss
@pytest.mark.parametrize(
    ("wrong_id", "options", "message"),
    [
        pytest.param(
            3, {}, r"the target holds 3, but the ids of 3 classes are 0\.\.2 \(255 is ign", id="id = C"
        ),
        pytest.param(-1, {}, r"the target holds -1, ", id="negative id"),
        pytest.param(255, {"ignore_index": -100}, r"holds 255, .*\(-100 is ignored\)", id="255, not ignored"),
    ],
)
def test_ids_out_of_range_are_named(loss: Loss, wrong_id: int, options: dict[str, int], message: str) -> None:
    logits, targets = batch()
    targets[1, 2, 3] = wrong_id
    with pytest.raises(ValueError, match=message):
        loss(logits, targets, **options)


@every_loss
def test_a_black_and_white_mask_is_recognised(loss: Loss) -> None:
    logits, targets = batch()
    with pytest.raises(ValueError, match=r"holds 255, .*black and white mask .*\(mask == 255\)"):
        loss(logits, (targets == 1) * 255, ignore_index=-100)


@every_loss
@pytest.mark.parametrize("strange", [math.nan, math.inf])
def test_a_network_that_diverged_is_named(loss: Loss, strange: float) -> None:
    logits, targets = batch()
    logits = logits.detach().clone()
    logits[0, 1, 2, 3] = strange
    with pytest.raises(
        ValueError, match=r"the loss is nan, and 1 of 180 logits are NaN or infinite: .*learning rate"
    ):
        loss(logits, targets)


def test_minus_infinity_rules_a_class_out() -> None:
    logits, targets = batch(void=1)
    targets[targets == 2] = 0
    logits = logits.detach().clone()
    logits[:, 2] = -math.inf
    for loss in LOSSES:
        assert loss(logits, targets).item() == pytest.approx(loss(logits[:, :2], targets).item())


def test_options_that_make_no_sense() -> None:
    logits, targets = batch()
    with pytest.raises(ValueError, match=r"weight has shape \(2,\) for 3 classes: pass one number per class"):
        cross_entropy(logits, targets, weight=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"gamma is -1, which would favour the easy pixels"):
        focal_loss(logits, targets, gamma=-1)
