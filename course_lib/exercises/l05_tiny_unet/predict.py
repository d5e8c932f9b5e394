"""From a model to class maps."""

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l05_tiny_unet.shared import as_list


def predict(model, images):
    """Return the class map of each image. Put the model in evaluation mode first, and record no gradients.

    Args:
        model: a module that maps images to logits (N, classes, H, W).
        images: float (N, C, H, W).

    Returns:
        Class ids, integers (N, H, W).
    """
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        logits = model(images)  # (N, classes, H, W)
    return logits.argmax(dim=1)  # (N, H, W)
    ### END SOLUTION


class _Witness(nn.Module):
    """Turns the sign of the images, but not in training mode, and remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.calls = []

    def forward(self, images):
        self.calls.append((self.training, torch.is_grad_enabled()))
        return images * (self.scale if self.training else -self.scale)


@torch.enable_grad()  # restores the mode afterwards, too
def _watch_prediction(answer, logits):
    model = _Witness()
    prediction = answer(model, -logits)
    training, recording = model.calls[-1] if model.calls else (None, None)
    return {
        "the class map": as_list(prediction),
        "the model in evaluation mode while it predicts": training is False,
        "gradients recorded while it predicts": recording,
        "gradients recorded again afterwards": torch.is_grad_enabled(),
    }


_KINDS = (
    "usual",
    "one image",
    "three images",
    "square",
    "as many classes as rows",
    "as many images as classes",
    "large",
    "hundreds apart",
)


def _draw_logits(rng, kind):
    """Draw logits, often negative and never equal; N, classes, H and W all differ, but for the kinds that say so."""
    count, classes, height, width = (int(side) for side in rng.permutation([2, 3, 4, 5]))
    shape = {
        "one image": (1, classes, height, width),
        "three images": (3, classes, height, width),
        "large": (count, classes, 9, 12),
        "square": (count, classes, width, width),
        "as many classes as rows": (count, classes, classes, width),
        "as many images as classes": (classes, classes, height, width),
    }.get(kind, (count, classes, height, width))
    count, classes, height, width = shape
    steps = np.tile(np.arange(-12.0, 5.0), (count, height, width, 1))  # quarters
    logits = rng.permuted(steps, axis=-1)[..., :classes] / 4  # (N, H, W, classes), no tie at any pixel
    scale = 400 if kind == "hundreds apart" else 1
    return (torch.from_numpy(logits).float().movedim(-1, 1).contiguous() * scale,)


PREDICT = Exercise(
    predict,
    title="From a model to class maps",
    points=2,
    minutes=6,
    source="Lesson 33, section 3: argmax of the logits; study guide, pitfall 6",
    draw=by_kind(_draw_logits, *_KINDS),
    observe=_watch_prediction,
    hints=(
        "Three things: tell the model that it is not being trained, call it without recording gradients, take the best "
        "class of each pixel.",
        "model.eval() is the first, `with torch.no_grad():` the second. Which dim of (N, classes, H, W) holds the "
        "classes?",
        "model.eval(), then inside `with torch.no_grad():` logits = model(images), then return logits.argmax(dim=1).",
    ),
    why="The head gives each pixel one logit per class; the best of them is the prediction. eval() makes it "
    "repeatable, no_grad() makes it cheap.",
)

_DOG = torch.tensor(  # background, person, dog: (1, 3, 2, 2)
    [[[[0.6, 0.1], [0.2, 0.7]], [[0.3, 0.8], [0.2, 0.2]], [[0.1, 0.1], [0.6, 0.1]]]]
)

PREDICT.worked(
    _DOG,
    gives={
        "the class map": [[[0, 1], [2, 0]]],
        "the model in evaluation mode while it predicts": True,
        "gradients recorded while it predicts": False,
        "gradients recorded again afterwards": True,
    },
)

_TWO = torch.tensor([[[[-3.0, 5.0]], [[-2.0, 4.0]]], [[[2.0, 0.0]], [[1.0, 2.0]]]])  # (2, 2, 1, 2)

PREDICT.worked(
    _TWO,
    gives={
        "the class map": [[[1, 0]], [[0, 1]]],
        "the model in evaluation mode while it predicts": True,
        "gradients recorded while it predicts": False,
        "gradients recorded again afterwards": True,
    },
)


@PREDICT.wrong
def argmax_over_the_batch(model, images):
    """You took the argmax over dim 0: that asks which image scores best, not which class. Classes are dim 1
    of (N, classes, H, W).
    """
    return raw_logits(model, images).argmax(dim=0)


@PREDICT.wrong
def argmax_over_the_columns(model, images):
    """You took the argmax over the last dim: that asks which column scores best. Classes come last in NumPy
    score maps, but are dim 1 of (N, classes, H, W).
    """
    return raw_logits(model, images).argmax(dim=-1)


@PREDICT.wrong
def training_mode_left_on(model, images):
    """The model was in training mode. Dropout and batch norm behave differently there, so the prediction
    would depend on chance and on the other images: call model.eval() first.
    """
    with torch.no_grad():
        return model(images).argmax(dim=1)


@PREDICT.wrong
def gradients_recorded(model, images):
    """Your class map is right, but gradients were recorded while you predicted, which keeps every layer's
    output in memory. Call the model inside `with torch.no_grad():`.
    """
    model.eval()
    return model(images).argmax(dim=1)


@PREDICT.wrong
def best_score_not_best_class(model, images):
    """You returned the highest score of each pixel. The class map holds the index of that score, which is
    the class: use argmax, not max.
    """
    return raw_logits(model, images).max(dim=1).values


@PREDICT.wrong
def channel_kept(model, images):
    """Your class map is (N, 1, H, W). Targets and scores expect (N, H, W): take the argmax without keepdim."""
    return raw_logits(model, images).argmax(dim=1, keepdim=True)


@PREDICT.wrong
def raw_logits(model, images):
    """You returned the logits, one score for each class. Take their argmax over dim 1 to get one class for
    each pixel.
    """
    model.eval()
    with torch.no_grad():
        return model(images)


@PREDICT.wrong
def probabilities(model, images):
    """You returned probabilities, one for each class. Take the argmax over dim 1 to get one class for each pixel; it is
    the same without the softmax.
    """
    return raw_logits(model, images).softmax(dim=1)


@PREDICT.wrong
def compared_with_a_half(model, images):
    """You compared each logit with a fixed number, which gives a yes or no for every class. The classes compete, and
    the highest logit wins, however high it is: argmax over dim 1.
    """
    return (raw_logits(model, images) > 0.5).long()


@PREDICT.wrong
def class_map_of_floats(model, images):
    """Your classes are right, but they are floats. A class id is a name and no quantity: leave them as argmax gives
    them, int64.
    """
    return predict(model, images).float()


@PREDICT.wrong
def only_first_image(model, images):
    """You returned the first image's class map only. A batch goes in and a batch comes out: drop the [0]."""
    return predict(model, images)[0]


@PREDICT.right
@torch.no_grad()
def predicted_by_decorator(model, images):
    return model.eval()(images).softmax(dim=1).argmax(1)


@PREDICT.right
def predicted_in_inference_mode(model, images):
    model.train(False)
    with torch.inference_mode():
        return model(images).max(dim=1).indices


@PREDICT.right
def predicted_in_numpy(model, images):
    model.eval()
    with torch.no_grad():
        return np.argmax(model(images), axis=1)
