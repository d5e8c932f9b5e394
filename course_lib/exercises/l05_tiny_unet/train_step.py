"""One step of training."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l05_tiny_unet.train_step_probe import draw_cases, watch_training


def train_step(model, optimizer, images, targets):
    """Take one optimiser step on a batch, with the model in training mode.

    Args:
        model: a module that maps images to logits (N, classes, H, W).
        optimizer: the optimiser of its weights.
        images: float (N, C, H, W).
        targets: class ids, int64 (N, H, W).

    Returns:
        The loss, a float: the cross-entropy, the mean over all pixels.
    """
    ### BEGIN SOLUTION
    model.train()
    logits = model(images)  # (N, classes, H, W)
    loss = F.cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


TRAIN_STEP = Exercise(
    train_step,
    title="One step of training",
    points=3,
    minutes=8,
    source="Study guide, section 8: training pipeline; Losses and metrics: per-pixel cross-entropy",
    draw=draw_cases,
    observe=watch_training,
    tolerance=1e-5,
    hints=(
        "In words: training mode, forward, loss, clear the old gradients, backward, step, and return the loss.",
        "F.cross_entropy(logits, targets) is the loss, optimizer.zero_grad() clears, loss.backward() computes the "
        "gradients, optimizer.step() changes the weights.",
        "model.train(); loss = F.cross_entropy(model(images), targets); optimizer.zero_grad(); loss.backward(); "
        "optimizer.step(); return loss.item().",
    ),
    why="backward() finds for each weight in which direction the loss rises; step() goes a little the other way. Every "
    "training of this course is this step, repeated.",
)

# One pixel of value 1 and class 0. From weights of 0 the three classes have probability 1/3 each, so the loss is
# log 3 and the gradient (-2/3, 1/3, 1/3), for the weights and the biases alike. The logits become (4/3, -2/3, -2/3),
# so class 0 has 1 / (1 + 2 / e^2) = 0.786986, and the loss is log(1 + 2 / e^2).
TRAIN_STEP.worked(
    torch.ones(1, 1, 1, 1),
    torch.zeros(1, 1, 1, dtype=torch.int64),
    gives={
        "the model in training mode during the step": True,
        "the loss as a plain number, without a graph behind it": True,
        "the loss of the first step": 1.098612,
        "the weights after the first step": [[0.666667], [-0.333333], [-0.333333]],
        "the biases after the first step": [0.666667, -0.333333, -0.333333],
        "the loss of the second step": 0.239545,
        "the weights after the second step": [[0.879681], [-0.439840], [-0.439840]],
        "the biases after the second step": [0.879681, -0.439840, -0.439840],
    },
)


@TRAIN_STEP.wrong
def no_zero_grad(model, optimizer, images, targets):
    """You did not clear the gradients: backward() adds to what is there, so your second step took the first
    one's gradient once more. Call optimizer.zero_grad() before backward().
    """
    model.train()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


@TRAIN_STEP.wrong
def no_gradient_to_step_along(model, optimizer, images, targets):
    """The weights did not change: step() is missing, or it found no gradient. backward() computes the
    gradients and step() uses them, with no zero_grad() in between.
    """
    model.train()
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
    return loss.item()


@TRAIN_STEP.wrong
def cleared_too_late(model, optimizer, images, targets):
    """You cleared the gradients at the end. What was in them before the first step is then added to it: call
    optimizer.zero_grad() before backward(), so that it does not matter who used the model before.
    """
    model.train()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def _step_with(loss_of):
    """Make a training step of another loss."""

    def step(model, optimizer, images, targets):
        model.train()
        loss = loss_of(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


@TRAIN_STEP.wrong
def softmax_before_cross_entropy(model, optimizer, images, targets):
    """You applied softmax before the cross-entropy, which applies it once more: the gradients become small
    and training crawls. Hand it the logits.
    """
    step = _step_with(lambda logits, true: F.cross_entropy(logits.softmax(dim=1), true))
    return step(model, optimizer, images, targets)


@TRAIN_STEP.wrong
def sum_over_the_pixels(model, optimizer, images, targets):
    """You summed over the pixels, so the step grows with the size of the batch and the images. Take the mean,
    which is what F.cross_entropy does by itself.
    """
    step = _step_with(lambda logits, true: F.cross_entropy(logits, true, reduction="sum"))
    return step(model, optimizer, images, targets)


@TRAIN_STEP.wrong
def a_tensor_is_returned(model, optimizer, images, targets):
    """You returned a tensor that still holds on to its graph: a list of such losses keeps every batch in
    memory. Return loss.item(), a plain float.
    """
    model.train()
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@TRAIN_STEP.wrong
def nothing_returned(model, optimizer, images, targets):
    """Your step is right, but nothing is returned. Whoever trains wants to see the loss: return loss.item()."""
    train_step(model, optimizer, images, targets)


@TRAIN_STEP.wrong
def evaluation_mode_left_on(model, optimizer, images, targets):
    """The model was still in evaluation mode, where a prediction had left it: dropout and batch norm would
    not train. Call model.train() first.
    """
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@TRAIN_STEP.wrong
def loss_after_the_step(model, optimizer, images, targets):
    """You returned a loss that was computed after the step. The step's loss is the one that it was taken from:
    keep it, and return its .item().
    """
    train_step(model, optimizer, images, targets)
    return F.cross_entropy(model(images), targets).item()


@TRAIN_STEP.wrong
def class_map_into_the_loss(model, optimizer, images, targets):
    """You gave cross-entropy a class map. Argmax has no slope, so there is nothing to learn from: hand it the
    logits, model(images).
    """
    model.train()
    loss = F.cross_entropy(model(images).argmax(dim=1), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@TRAIN_STEP.right
def stepped_by_module(model, optimizer, images, targets):
    optimizer.zero_grad()
    loss = nn.CrossEntropyLoss()(model.train()(images), targets)
    loss.backward()
    optimizer.step()
    return loss.tolist()


@TRAIN_STEP.right
def stepped_by_hand(model, optimizer, images, targets):
    model.train(True)
    log_p = model(images).log_softmax(dim=1)  # (N, classes, H, W)
    loss = -log_p.gather(1, targets.unsqueeze(1)).mean()
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().numpy()[()]


@TRAIN_STEP.right
def stepped_over_pixels(model, optimizer, images, targets):
    model.train()
    logits = model(images).permute(0, 2, 3, 1).reshape(-1, 3)
    loss = F.cross_entropy(logits, targets.flatten())
    weights = list(model.parameters())
    gradients = torch.autograd.grad(loss, weights)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    optimizer.step()
    return loss.item()


TRAIN_STEP.equivalent(
    "train_step, line 17: optimizer -> model",
    "stepped_by_module, line 3: optimizer -> model",
    "stepped_by_hand, line 6: model -> optimizer",
    because="The optimiser holds the weights of the model, so both clear the same gradients.",
)
