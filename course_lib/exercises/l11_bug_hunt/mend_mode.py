"""Mend run A: predict in evaluation mode."""

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def predict(model, images):
    """Return class maps, predicted in evaluation mode, without gradients.

    Leave the model in the mode in which you found it; model.training is True in training mode.

    Args:
        model: a module that maps images to logits (N, classes, H, W).
        images: float (N, C, H, W).

    Returns:
        Class ids, integers (N, H, W).
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    with torch.no_grad():
        prediction = model(images).argmax(dim=1)  # (N, H, W)
    model.train(was_training)
    return prediction
    ### END SOLUTION


def _probe_prediction(answer, images, starts_in_training):
    """Predict with a network that has batch norm and dropout, and note what became of it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm2d(images.shape[1]), nn.Dropout2d(0.5))
    with torch.no_grad():
        model[0].bias.copy_(
            0.3 * torch.arange(images.shape[1])
        )  # so the largest value is not always the largest logit
    model.train(starts_in_training)
    kept = []
    model.register_forward_hook(lambda module, inputs, logits: kept.append(logits.requires_grad))
    with torch.enable_grad():
        prediction = answer(model, images)
    mode = model.training
    changed = bool(model[0].running_mean.any())
    return {
        "the prediction": prediction,
        "the model is in training mode afterwards": mode,
        "batch norm's running means were changed": changed,
        "the logits kept their graph": any(kept),
    }


_SHAPES = {
    "two images": (2, 3, 4, 5),
    "one image": (1, 4, 3, 6),
    "three images": (3, 4, 5, 3),
    "all sizes alike": (3, 3, 3, 3),
}


def _draw_prediction(rng, kind):
    what, mode = kind.split(", ")
    shape = _SHAPES[what]
    images = rng.permutation(np.prod(shape)).reshape(shape)
    return torch.from_numpy(images.astype(np.float32) / 16), mode == "training"


MEND_MODE = Exercise(
    predict,
    id="mend-mode",
    title="Mend run A: predict in evaluation mode",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 6",
    draw=by_kind(
        _draw_prediction, *(f"{what}, {mode}" for what in _SHAPES for mode in ("training", "evaluation"))
    ),
    observe=_probe_prediction,
    fresh_cases=8,
    hints=(
        "There are three things to do: note the mode, predict in evaluation mode and without gradients, and go back.",
        "model.train(mode) takes True or False. torch.no_grad() is a context.",
        "was_training = model.training; model.eval(); ...; model.train(was_training).",
    ),
    why="Training mode and gradients are two switches: eval() turns one of them, and no_grad() the other. And a "
    "function that borrows a model gives it back as it was.",
)

MEND_MODE.worked(
    torch.tensor([[[[1.0, 2]], [[3, 0]], [[2, 1]]], [[[0.0, 5]], [[1, 4]], [[2, 3]]]]),
    True,
    gives={
        "the prediction": [[[1, 0]], [[2, 0]]],
        "the model is in training mode afterwards": True,
        "batch norm's running means were changed": False,
        "the logits kept their graph": False,
    },
)


@MEND_MODE.wrong
def as_it_is(model, images):
    """The layers were still in training mode when your model predicted: dropout deleted channels at random, and batch
    norm took its means from this batch and remembered them. Call model.eval() first, with its brackets. It reaches
    every layer, and model.training = False does not.
    """
    with torch.no_grad():
        return model(images).argmax(dim=1)


@MEND_MODE.wrong
def left_in_evaluation_mode(model, images):
    """You left the model in evaluation mode. If it was being trained, training goes on without dropout, and nobody
    notices. Note model.training first, and go back with model.train(was_training).
    """
    model.eval()
    with torch.no_grad():
        return model(images).argmax(dim=1)


@MEND_MODE.wrong
def always_back_to_training(model, images):
    """You put the model into training mode at the end, whatever it was before. A model that was meant to
    predict must stay in evaluation mode: go back to the mode that you found.
    """
    prediction = left_in_evaluation_mode(model, images)
    model.train()
    return prediction


@MEND_MODE.wrong
def eval_too_late(model, images):
    """The model is in evaluation mode only after your prediction. Call model.eval() before it."""
    prediction = as_it_is(model, images)
    model.eval()
    return prediction


@MEND_MODE.wrong
def graph_kept(model, images):
    """Your logits kept their graph. eval() does not switch gradients off: that is what
    torch.no_grad() is for.
    """
    was_training = model.training
    model.eval()
    prediction = model(images).argmax(dim=1)
    model.train(was_training)
    return prediction


@MEND_MODE.wrong
def train_for_eval(model, images):
    """Your model predicts in training mode, whatever its mode was before. model.train() switches training mode on; call
    model.eval(), or model.train(False).
    """
    was_training = model.training
    model.train()
    with torch.no_grad():
        prediction = model(images).argmax(dim=1)
    model.train(was_training)
    return prediction


@MEND_MODE.wrong
def wrong_axis(model, images):
    """You took the argmax along the last dim, the columns. The classes are dim 1 of (N, C, H, W)."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        prediction = model(images).argmax(dim=-1)
    model.train(was_training)
    return prediction


@MEND_MODE.wrong
def logits_returned(model, images):
    """You returned the logits. The class of a pixel is the index of its highest logit: argmax(dim=1)."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits = model(images)
    model.train(was_training)
    return logits


@MEND_MODE.wrong
def over_the_batch(model, images):
    """You took the argmax along dim 0, the images. The classes are dim 1 of (N, C, H, W)."""
    return logits_returned(model, images).argmax(dim=0)


@MEND_MODE.wrong
def channel_axis_kept(model, images):
    """Your class ids still have an axis of length 1 where the classes were. argmax(dim=1) takes it away, unless you
    pass keepdim=True.
    """
    return predict(model, images).unsqueeze(1)


@MEND_MODE.right
def prediction_with_finally(model, images):
    mode = model.training
    try:
        with torch.inference_mode():
            return model.eval()(images).max(dim=1).indices
    finally:
        model.train(mode)


@MEND_MODE.right
@torch.no_grad()
def prediction_decorated(model, images):
    mode = model.training
    model.train(False)
    logits = model(images)
    if mode:
        model.train()
    return torch.argmax(logits, 1)


@MEND_MODE.right
def prediction_image_by_image(model, images):
    mode = model.training
    with torch.no_grad():
        model.train(False)
        maps = [model(image[None]).argmax(dim=1) for image in images]
        model.train(mode)
    return torch.cat(maps)
