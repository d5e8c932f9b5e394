"""The loss of one pixel, computed from its logits; and a map of the loss over an image, highest at the border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.explorers.charts import Chart, heat, heat_legend
from course_lib.explorers.examples import KEY, choose_pet, class_picture, example_pets
from course_lib.explorers.shell import Explorer, choice, number
from course_lib.explorers.view import View
from course_lib.masks import PET_CLASSES
from course_lib.svg import CORNER, PICTURE, Figure, bars, colour, figure, picture, text

ONE_PIXEL, MAP = "one pixel", "an image"
_HOTTEST = 4.0  # losses from here on have the map's last colour
_BORDER = 2


@dataclass(frozen=True)
class PixelLoss:
    """Softmax of one pixel's logits (C,), and the loss of its true class."""

    probabilities: NDArray[np.float64]
    loss: float


def softmax(logits: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Turn logits into probabilities along an axis."""
    logits = np.asarray(logits, dtype=np.float64)
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def pixel_loss(logits: ArrayLike, target: int) -> PixelLoss:
    """Compute the cross-entropy of one pixel with the course's own loss."""
    import torch

    from course_lib.losses import cross_entropy

    pixel = torch.as_tensor(np.asarray(logits, dtype=np.float64)).view(1, -1, 1, 1)  # (N, C, H, W)
    loss = cross_entropy(pixel, torch.tensor([[[target]]]))
    return PixelLoss(softmax(logits), loss.item())


def loss_map(logits: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
    """Return the loss of every pixel (H, W); their mean is ``course_lib.losses.cross_entropy``."""
    import torch

    batch = torch.as_tensor(np.asarray(logits, dtype=np.float64)).unsqueeze(0)  # (1, C, H, W)
    true = torch.as_tensor(np.asarray(targets, dtype=np.int64)).unsqueeze(0)  # (1, H, W)
    losses: NDArray[np.float64] = torch.nn.functional.cross_entropy(batch, true, reduction="none")[0].numpy()
    return losses


def cross_entropy_view(
    mode: str,
    pet_logit: float,
    background_logit: float,
    border_logit: float,
    target: int,
    pet: int,
    sharpness: float,
) -> View:
    """Draw one of the two pictures."""
    if mode == MAP:
        return _view_of_map(pet, sharpness)
    return _view_of_pixel((pet_logit, background_logit, border_logit), target)


def _view_of_pixel(logits: tuple[float, ...], target: int) -> View:
    found = pixel_loss(logits, target)
    p = found.probabilities
    values = [(name, p[class_id], colour(class_id)) for class_id, name in enumerate(PET_CLASSES)]
    alt = "Softmax: " + ", ".join(f"{name} {value:.3f}" for name, value, _ in values)
    marker = text(342, 43 + 30 * target, "true")
    softmax_bars = figure(
        380, 124, alt, text(3, 15, "softmax of the logits"), bars(values, 3, 28, 186), marker
    )
    true = PET_CLASSES[target]
    powers = " + ".join(f"e^{logit:g}" for logit in logits)
    return View(
        (softmax_bars, _curve(p[target], found.loss)),
        (
            f"Probability of the true class, {true}: e^{logits[target]:g} / ({powers}) = {p[target]:.3f}",
            f"Loss = -log({p[target]:.3f}) = {found.loss:.3f}",
        ),
    )


def _curve(probability: float, loss: float) -> Figure:
    chart = Chart(40, 24, 240, 160, (0, 1), (0, 5))
    p = np.linspace(0.005, 1, 80)
    parts = [
        chart.frame("probability of the true class", "loss", (0, 0.25, 0.5, 0.75, 1), (0, 1, 2, 3, 4, 5)),
        chart.curve(p, -np.log(p), colour(1)),
        chart.dot(probability, loss, colour(0)),
    ]
    return figure(300, 226, f"The loss over the probability of the true class: {loss:.3f} here.", *parts)


def _view_of_map(number: int, sharpness: float) -> View:
    pet = example_pets()[number]
    losses = loss_map(pet.logits * sharpness, pet.truth)
    border = pet.truth == _BORDER
    prediction = pet.logits.argmax(axis=0).astype(np.uint8)
    shares = 100 * border.mean(), 100 * losses[border].sum() / losses.sum()
    on_border, elsewhere = losses[border].mean(), losses[~border].mean()
    pictures = (
        picture("image", "A pet.", pet.image),
        class_picture("truth", pet.image, pet.truth),
        class_picture("prediction", pet.image, prediction),
        _heat_map(
            losses,
            f"Loss of every pixel: {on_border:.2f} on the border, {elsewhere:.2f} elsewhere, on average.",
        ),
    )
    return View(
        pictures,
        (
            f"Mean loss {losses.mean():.3f}: on the border {on_border:.3f}, elsewhere {elsewhere:.3f}.",
            f"The border is {shares[0]:.0f} % of the pixels and {shares[1]:.0f} % of the loss.",
            "Larger logits keep every prediction, but make what is wrong cost more.",
            KEY,
        ),
    )


def _heat_map(losses: NDArray[np.float64], alt: str) -> Figure:
    below = heat_legend(CORNER[0], PICTURE + 28, PICTURE, "0", f"{_HOTTEST:g} or more")
    return picture("loss of every pixel", alt, heat(losses / _HOTTEST), below, below=38)


def explore_cross_entropy() -> Explorer:
    """Move one pixel's logits and see its softmax and loss; then see the loss in a whole image."""
    logits: dict[str, Any] = {
        f"{name}_logit": number(f"logit of {name}", value, -6, 6, 0.1)
        for name, value in zip(PET_CLASSES, (2.0, 0.5, 1.0), strict=True)
    }
    classes = [(name, class_id) for class_id, name in enumerate(PET_CLASSES)]
    controls = {
        **logits,
        "target": choice("true class", classes),
        "pet": choose_pet(),
        "sharpness": number("logits times", 1.0, 0.2, 4.0, 0.1),
    }
    return Explorer(
        "Cross-entropy of a pixel",
        cross_entropy_view,
        controls,
        {ONE_PIXEL: [*logits, "target"], MAP: ["pet", "sharpness"]},
    )
