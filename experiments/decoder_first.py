"""Each at its best rate, the usual ways to go on from pocket weights are equally good on 24 pocket pets."""

from __future__ import annotations

from dataclasses import replace

from torch import nn
from torch.optim import Optimizer

from course_lib.training.optimizers import PretrainedWeights
from experiments.shared.data import pocket_pets, some
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe, new_optimizer, score, train
from experiments.shared.transfer import GENTLE, POCKET, encoder_of, new_model

MINUTES = 6
CHEAP = None
RATES = (0.0005, 0.002, 0.01)
ARMS = ("scratch", "at_once", "tenth", "decoder_first")


def run(setting: Setting) -> Outcome:
    """Train on 24 pocket pets, from scratch and in three ways from the pocket weights.

    These are: all at once; the encoder at a tenth of the rate; and the same, but only after the decoder. Each arm is
    trained at three rates. ``ARM.miou`` is on test pictures, at the ``ARM.rate`` that is best on validation.
    """
    outcome = Outcome("decoder_first", setting)
    pets = pocket_pets(setting, 64)
    few = replace(pets, train=some(pets.train, 24, setting.seed))
    for arm in ARMS:
        best: dict[str, float] = {"validation": -1.0}
        for rate in RATES:
            recipe = Recipe(steps=200, lr=rate, augment=GENTLE)
            model = new_model(setting, POCKET["scratch" if arm == "scratch" else "pocket"])
            curves = train(setting, model, few, recipe, _optimizer(arm, recipe, model))
            figures = {"validation": curves["miou"][-1], **score(setting, model, pets.test)}
            outcome.add(f"{arm}_{rate}", figures, curves)
            if figures["validation"] > best["validation"]:
                best = figures | {"rate": rate}
        outcome.add(arm, best)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    at_best = [figure[f"{arm}.miou"] for arm in ARMS[1:]]
    return {"the ways differ by less than .02": max(at_best) - min(at_best) < 0.02}


def _optimizer(arm: str, recipe: Recipe, model: nn.Module) -> Optimizer:
    if arm not in ("tenth", "decoder_first"):
        return new_optimizer(recipe, model)
    frozen = 0.2 if arm == "decoder_first" else 0.0
    return new_optimizer(recipe, model, PretrainedWeights(encoder_of(model), 0.1, frozen))
