"""Mend run D: predict in batches, and keep nothing."""

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def predict_all(model, images, batch_size):
    """Return the class maps of images, in their order.

    Hand the model batch_size images at a time, at the end those that remain, and keep nothing for gradients.
    Leave the model as it is.

    Args:
        model: a module that maps images to logits; it is in evaluation mode already, and is trained further later.
        images: float (N, C, H, W).
        batch_size: int.

    Returns:
        Class ids, integers (N, H, W).
    """
    ### BEGIN SOLUTION
    predictions = []
    with torch.no_grad():
        for batch in images.split(batch_size):
            predictions.append(model(batch).argmax(dim=1))
    return torch.cat(predictions)  # (N, H, W)
    ### END SOLUTION


def _probe_memory(answer, images, batch_size):
    """Predict with a network that notes what it is given, and look at what became of it."""
    sizes, kept, modes = [], [], []

    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, batch):
            logits = self.scale * batch
            sizes.append(len(batch))
            kept.append(logits.requires_grad)
            modes.append(self.training)
            return logits

    model = Noting().eval()
    with torch.enable_grad():
        prediction = answer(model, images, batch_size)
    return {
        "the sizes of the batches": sizes,
        "logits that kept their graph": sum(kept),
        "batches predicted in training mode": sum(modes),
        "the model is in training mode afterwards": model.training,
        "the model's weights can still be trained afterwards": model.scale.requires_grad,
        "the shape": list(getattr(prediction, "shape", ())),
        "the prediction": prediction.detach() if isinstance(prediction, torch.Tensor) else prediction,
    }


_BATCHES = {  # how many images, how many at a time, and their height and width
    "a smaller batch at the end": (8, 3, 2, 3),
    "one image at the end": (5, 2, 3, 2),
    "whole batches": (6, 3, 4, 2),
    "fewer than a batch": (2, 5, 2, 4),
    "one image": (1, 3, 3, 1),
    "one at a time": (3, 1, 1, 4),
    "all sizes alike": (3, 3, 3, 3),
    "twenty images": (20, 7, 1, 2),
}


def _draw_memory(rng, kind):
    count, batch_size, height, width = _BATCHES[kind]
    images = rng.permutation(count * 3 * height * width).reshape(count, 3, height, width)
    return torch.from_numpy(images.astype(np.float32)), batch_size


PREDICT_ALL = Exercise(
    predict_all,
    title="Mend run D: predict in batches, and keep nothing",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 7",
    draw=by_kind(_draw_memory, *_BATCHES),
    observe=_probe_memory,
    fresh_cases=8,
    hints=(
        "There are two things to save: hand over fewer images at a time, and keep no graph for gradients.",
        "images.split(batch_size) gives the batches, the last one as small as it is.",
        "with torch.no_grad(): for batch in images.split(batch_size): "
        "predictions.append(model(batch).argmax(dim=1)).",
    ),
    why="Memory grows with the number of images in a batch, and with what is kept for backward(). Predicting needs "
    "neither all images at once nor anything for backward().",
)

PREDICT_ALL.worked(
    torch.tensor([[[[0.0]], [[1]]], [[[1.0]], [[0]]], [[[2.0]], [[3]]]]),
    2,
    gives={
        "the sizes of the batches": [2, 1],
        "logits that kept their graph": 0,
        "batches predicted in training mode": 0,
        "the model is in training mode afterwards": False,
        "the model's weights can still be trained afterwards": True,
        "the shape": [3, 1, 1],
        "the prediction": [[[1]], [[0]], [[1]]],
    },
)


@PREDICT_ALL.wrong
def all_at_once(model, images, batch_size):
    """You handed the model all images at once. Then the memory has to hold what a layer computes for all of them: split
    them into batches.
    """
    with torch.no_grad():
        return model(images).argmax(dim=1)


@PREDICT_ALL.wrong
def graphs_kept(model, images, batch_size):
    """The logits of your batches keep their graphs, which hold all that backward() would need. Put the loop under
    torch.no_grad().
    """
    return torch.cat([model(batch).argmax(dim=1) for batch in images.split(batch_size)])


@PREDICT_ALL.wrong
def all_at_once_with_graph(model, images, batch_size):
    """You handed over all images at once and kept everything for a backward() that never comes, as run D did. Split
    them into batches, under torch.no_grad().
    """
    return model(images).argmax(dim=1)


@PREDICT_ALL.wrong
def only_whole_batches(model, images, batch_size):
    """You left out the images that do not fill a batch. The last batch may be smaller."""
    predictions = []
    with torch.no_grad():
        for number in range(len(images) // batch_size):
            batch = images[number * batch_size : (number + 1) * batch_size]
            predictions.append(model(batch).argmax(dim=1))
    return torch.cat(predictions)


@PREDICT_ALL.wrong
def one_by_one(model, images, batch_size):
    """You handed over one image at a time. That saves memory, but takes longer: hand over batch_size of them."""
    with torch.no_grad():
        return torch.cat([model(image[None]).argmax(dim=1) for image in images])


@PREDICT_ALL.wrong
def so_many_batches(model, images, batch_size):
    """You made about batch_size batches, as chunk does. split makes batches of batch_size images."""
    with torch.no_grad():
        return torch.cat([model(batch).argmax(dim=1) for batch in images.chunk(batch_size)])


@PREDICT_ALL.wrong
def logits(model, images, batch_size):
    """You returned logits. Take the argmax of each batch: class ids need a fraction of the memory."""
    with torch.no_grad():
        return torch.cat([model(batch) for batch in images.split(batch_size)])


@PREDICT_ALL.wrong
def only_last_batch(model, images, batch_size):
    """You returned only the last batch. Collect the predictions of all of them, and join them with
    torch.cat.
    """
    with torch.no_grad():
        batches = [model(batch).argmax(dim=1) for batch in images.split(batch_size)]
    return batches[-1]


@PREDICT_ALL.wrong
def not_joined(model, images, batch_size):
    """You returned a list of batches. Join them into one tensor (N, H, W): torch.cat."""
    with torch.no_grad():
        return [model(batch).argmax(dim=1) for batch in images.split(batch_size)]


@PREDICT_ALL.wrong
def stacked(model, images, batch_size):
    """You joined the batches with torch.stack, which puts them side by side along a new axis and wants them all of one
    size. torch.cat joins them along the images, and the last one may be smaller.
    """
    predictions = []
    with torch.no_grad():
        for batch in images.split(batch_size):
            predictions.append(model(batch).argmax(dim=1))
    return torch.stack(predictions)


@PREDICT_ALL.wrong
def batches_that_overlap(model, images, batch_size):
    """Your batches begin one image apart, so they overlap and images are predicted several times. From one batch to
    the next it is batch_size images: range(0, len(images), batch_size).
    """
    with torch.no_grad():
        starts = range(len(images))
        return torch.cat([model(images[start : start + batch_size]).argmax(dim=1) for start in starts])


@PREDICT_ALL.wrong
def left_in_training_mode(model, images, batch_size):
    """Your prediction is right, but the model came in evaluation mode and is in training mode afterwards. Whoever
    predicts with it next has the bug of run A: leave the mode as it is.
    """
    model.eval()
    with torch.no_grad():
        prediction = torch.cat([model(batch).argmax(dim=1) for batch in images.split(batch_size)])
    model.train()
    return prediction


@PREDICT_ALL.wrong
def in_training_mode(model, images, batch_size):
    """You put the model into training mode, so dropout and batch norm go on as in training. That was the bug of run A.
    The model comes in evaluation mode: leave it so.
    """
    model.train()
    with torch.no_grad():
        return torch.cat([model(batch).argmax(dim=1) for batch in images.split(batch_size)])


@PREDICT_ALL.wrong
def frozen_for_ever(model, images, batch_size):
    """You set requires_grad of the weights to False, and it stays False, so the next epoch's backward() would fail.
    Leave the weights as they are, and put the loop under torch.no_grad(), which ends with its block.
    """
    for weight in model.parameters():
        weight.requires_grad = False
    return torch.cat([model(batch).argmax(dim=1) for batch in images.split(batch_size)])


@PREDICT_ALL.right
@torch.inference_mode()
def predicted_by_slices(model, images, batch_size):
    starts = range(0, images.shape[0], batch_size)
    return torch.cat([torch.argmax(model(images[start : start + batch_size]), 1) for start in starts])


@PREDICT_ALL.right
def predicted_into(model, images, batch_size):
    prediction = torch.empty(len(images), *images.shape[2:], dtype=torch.int64)
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            part = slice(start, start + batch_size)
            prediction[part] = model(images[part]).max(dim=1).indices
    return prediction


@PREDICT_ALL.right
@torch.no_grad()
def predicted_recursively(model, images, batch_size):
    first = model(images[:batch_size]).argmax(dim=1)
    if len(images) <= batch_size:
        return first
    return torch.cat([first, predicted_recursively(model, images[batch_size:], batch_size)])


PREDICT_ALL.equivalent(
    "predicted_into, line 5: images -> prediction",
    because="There are as many class maps as images.",
)
