"""Much of what the remedies for rare classes are credited with is a choice of threshold.

Plain cross-entropy with more steps ranks the pixels well and still calls none a pet at one half; a threshold that is
chosen on validation shows it. Oversampling together with Dice is what finds pets at one half for every seed.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import losses
from experiments.shared import imbalance as rare
from experiments.shared.setting import Figures, Outcome, Setting

MINUTES = 4
CHEAP = None
STEPS = (80, 400)


def run(setting: Setting) -> Outcome:
    """Train lesson 08's network with each remedy for 80 and for 400 steps.

    An arm's ``iou``, ``precision`` and ``recall`` are at one half, as argmax decides; ``iou_chosen`` is at the
    ``threshold`` that is best on validation. All are on test pictures.
    """
    outcome = Outcome("imbalance", setting)
    training, validation, test = (
        rare.draw_rare(setting, count, seed) for count, seed in ((256, 0), (96, 2), (96, 1))
    )
    usual, pets = torch.ones(len(training[0])), rare.chances_of_pets(training[1])
    for name, (loss, oversampled) in remedies(training[1]).items():
        for steps in STEPS:
            network = rare.train(setting, loss, training, steps, pets if oversampled else usual)
            chosen = rare.iou_curve(rare.probability_of_pet(network, validation[0]), validation[1])
            threshold = float(rare.THRESHOLDS[int(np.argmax(chosen))])
            probability = rare.probability_of_pet(network, test[0])
            figures = rare.scores_at(probability, test[1], 0.5) | {
                "iou_chosen": rare.scores_at(probability, test[1], threshold)["iou"],
                "threshold": threshold,
            }
            outcome.add(f"{name}_{steps}", figures, {"iou_curve": rare.iou_curve(probability, test[1])})
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "more steps teach cross-entropy": figure["ce_400.iou_chosen"] > figure["ce_80.iou_chosen"] + 0.05,
        "a chosen threshold shows what argmax hides": (
            figure["ce_400.iou_chosen"] > figure["ce_400.iou"] + 0.05
        ),
        "flooding by weights is largely a threshold": (
            figure["inverse_80.iou_chosen"] > figure["inverse_80.iou"] + 0.05
        ),
        "oversampling with Dice finds pets at one half": figure["oversampled_dice_80.iou"] > 0.15,
    }


def remedies(targets: Tensor) -> dict[str, tuple[rare.LossOfBatch, bool]]:
    """Return each remedy's loss, and whether pictures with a pet are drawn more often."""
    inverse, median = _class_weights(targets)
    return {
        "ce": (F.cross_entropy, False),
        "inverse": (lambda logits, true: F.cross_entropy(logits, true, weight=inverse), False),
        "median": (lambda logits, true: F.cross_entropy(logits, true, weight=median), False),
        "dice": (losses.dice_loss, False),
        "iou": (losses.iou_loss, False),
        "ce_2dice": (lambda logits, true: losses.combined(logits, true, dice_weight=2.0), False),
        "focal": (lambda logits, true: losses.focal_loss(logits, true, alpha=1.0), False),
        "tversky": (tversky_loss, False),
        "lovasz": (lovasz_loss, False),
        "oversampled": (F.cross_entropy, True),
        "oversampled_dice": (lambda logits, true: losses.combined(logits, true, dice_weight=1.0), True),
    }


def _class_weights(targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights (2,) by inverse frequency, and by median frequency among the pictures that show a class."""
    counts = torch.stack([(targets == number).flatten(1).sum(dim=1) for number in (0, 1)], dim=1).double()
    frequency = counts.sum(dim=0) / targets.numel()
    pixels = targets[0].numel()
    shown = counts.sum(dim=0) / ((counts > 0).sum(dim=0).clamp_min(1) * pixels)
    return (1 / (2 * frequency.clamp_min(1e-6))).float(), (shown.mean() / shown.clamp_min(1e-6)).float()


def tversky_loss(logits: Tensor, targets: Tensor, missed: float = 0.7, smooth: float = 1.0) -> Tensor:
    """1 - Tversky index of the pet, in which a missed pixel counts ``missed`` and a false alarm the rest.

    Source: Salehi et al. 2017.
    """
    p, true = logits.softmax(dim=1)[:, 1], (targets == 1).float()
    both = (p * true).sum()
    errors = missed * ((1 - p) * true).sum() + (1 - missed) * (p * (1 - true)).sum()
    return 1 - (both + smooth) / (both + errors + smooth)


def lovasz_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Lovász-softmax of the pet over the batch: a convex surrogate of 1 - IoU (Berman et al. 2018)."""
    p, true = logits.softmax(dim=1)[:, 1].flatten(), (targets == 1).flatten().float()
    errors, order = (true - p).abs().sort(descending=True)
    true = true[order]
    intersection, union = true.sum() - true.cumsum(0), true.sum() + (1 - true).cumsum(0)
    lost = 1 - intersection / union  # 1 - IoU if the first k pixels are wrong
    return (errors * torch.diff(lost, prepend=lost.new_zeros(1))).sum()
