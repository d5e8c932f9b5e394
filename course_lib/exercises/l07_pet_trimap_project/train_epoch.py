"""One epoch of training."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib import losses
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l07_pet_trimap_project.train_epoch_probe import (
    KINDS,
    draw_train_epoch,
    observe_train_epoch,
)
from course_lib.masks import IGNORE_INDEX


def train_epoch(model, batches, optimizer):
    """Train for one epoch: one step of the optimizer per batch.

    Args:
        model: a module that maps images to logits (B, classes, H, W).
        batches: gives (images, targets): float (B, 3, H, W) and int64 (B, H, W); the last batch may be
            smaller.
        optimizer: the optimiser of its weights.

    Returns:
        The mean loss over the images, a float. The loss of a batch is the cross-entropy, which leaves out
        pixels of IGNORE_INDEX; weight it by the number of images in the batch.
    """
    ### BEGIN SOLUTION
    model.train()
    total, seen = 0.0, 0
    for images, targets in batches:  # (B, 3, H, W), (B, H, W)
        logits = model(images)  # (B, C, H, W)
        loss = F.cross_entropy(logits, targets, ignore_index=IGNORE_INDEX)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
        seen += len(images)
    return total / seen
    ### END SOLUTION


TRAIN_EPOCH = Exercise(
    train_epoch,
    title="One epoch of training",
    points=3,
    minutes=15,
    source="Study guide, implementation guide: training loop",
    draw=by_kind(draw_train_epoch, *KINDS),
    observe=observe_train_epoch,
    tolerance=1e-4,
    deadline=30.0,  # the first step of any optimizer takes torch seconds, to import what it needs
    hints=(
        "Five things happen to each batch, in this order: logits, loss, gradients to zero, gradients, step. "
        "One thing happens before the first batch: the mode.",
        "loss.item() is the mean over the batch's pixels. To get the mean over the images, add loss.item() * "
        "len(images) to a total, and count the images.",
        "model.train(); in the loop: loss = F.cross_entropy(model(images), targets, "
        "ignore_index=IGNORE_INDEX), optimizer.zero_grad(), loss.backward(), optimizer.step(), add up; after "
        "it: return total / seen.",
    ),
    why="Gradients add up until they are set to zero, so each step must start from none; and a batch that "
    "holds fewer images must weigh less in a mean over images.",
)

# Brightness 0 costs ln 2; brightness ln 3 with target 1 has probability 1/4, so it costs ln 4.
TRAIN_EPOCH.worked(
    [[[[0.0]], [[0.0]]], [[[math.log(3)]]]],
    [[[[0]], [[1]]], [[[1]]]],
    0.0,
    gives={
        "forward passes in training mode": "all",
        "the mean loss": 0.9241962,  # (ln 2 + ln 2 + ln 4) / 3
        "the weights after the epoch": [1.0, 0.0],
        "the biases after the epoch": [0.0, 0.0],
        "the loss that you return still needs a gradient": False,
    },
)
# Two batches of one pixel that counts: the gradient is (-0.5, 0.5), then (-0.2689, 0.2689).
TRAIN_EPOCH.worked(
    [[[[0.0, 0.0]]], [[[0.0, 0.0]]]],
    [[[[0, 255]]], [[[0, 255]]]],
    1.0,
    gives={
        "forward passes in training mode": "all",
        "the mean loss": 0.5032044,  # (0.6931 + 0.3133) / 2
        "the weights after the epoch": [1.0, 0.0],
        "the biases after the epoch": [0.7689414, -0.7689414],
        "the loss that you return still needs a gradient": False,
    },
)


def _epoch_that(mode=True, zero_grad=True, step=True, ignore_index=IGNORE_INDEX, result=None):
    """A train_epoch that does one thing otherwise; ``result`` takes the losses and the sizes of the batches."""

    def train_epoch(model, batches, optimizer):
        model.train(mode)
        kept, sizes = [], []
        for images, targets in batches:
            logits = model(images)
            loss = F.cross_entropy(logits, targets, ignore_index=ignore_index)
            if zero_grad:
                optimizer.zero_grad()
            loss.backward()
            if step:
                optimizer.step()
            kept.append(loss)
            sizes.append(len(images))
        return (result or _image_mean)(kept, sizes)

    return train_epoch


def _image_mean(kept, sizes):
    return sum(loss.item() * size for loss, size in zip(kept, sizes, strict=True)) / sum(sizes)


TRAIN_EPOCH.wrong(
    _epoch_that(zero_grad=False),
    name="no_zero_grad",
    sentence="Your weights drift: without optimizer.zero_grad() every batch adds its gradients to those of all "
    "batches before. Set them to zero once per batch, before backward().",
)
TRAIN_EPOCH.wrong(
    _epoch_that(mode=False),
    name="evaluation_mode",
    sentence="The network was in evaluation mode while it trained: batch norm then uses old statistics, and "
    "dropout does nothing. Begin with model.train().",
)


TRAIN_EPOCH.wrong(
    _epoch_that(result=lambda kept, sizes: sum(loss.item() for loss in kept) / len(kept)),
    name="mean_over_batches",
    sentence="You divided by the number of batches. A last batch of one image then counts as much as one of "
    "sixteen: weight each loss with len(images), and divide by the number of images.",
)


TRAIN_EPOCH.wrong(
    _epoch_that(result=lambda kept, sizes: sum(loss.item() for loss in kept)),
    name="summed",
    sentence="You returned the sum of the losses. It grows with the number of batches, so no two runs can be "
    "compared: divide by the number of images.",
)


TRAIN_EPOCH.wrong(
    _epoch_that(result=lambda kept, sizes: sum(loss.item() for loss in kept) / sum(sizes)),
    name="not_weighted",
    sentence="You divided by the number of images, but added each batch's loss only once. It is a mean over its "
    "images: multiply it by len(images) before you add it.",
)
TRAIN_EPOCH.wrong(
    _epoch_that(step=False),
    name="no_step",
    sentence="The weights did not change. backward() only works out the gradients; optimizer.step() "
    "uses them, and it must come after backward() and before the next zero_grad().",
)


TRAIN_EPOCH.wrong(
    _epoch_that(result=lambda kept, sizes: _image_mean(kept, sizes) * sum(sizes) / len(kept)),
    name="weighted_but_divided_by_batches",
    sentence="You weighted each loss with len(images), but divided by the number of batches. Divide by the number "
    "of images.",
)
TRAIN_EPOCH.wrong(
    _epoch_that(ignore_index=-100),
    name="void_not_left_out",
    sentence="You did not tell the cross-entropy which pixels to leave out, so it takes 255 for a class: pass "
    "ignore_index=IGNORE_INDEX.",
)


@TRAIN_EPOCH.wrong
def weighted_by_labelled_pixels(model, batches, optimizer):
    """You weighted each batch's loss with its number of labelled pixels. That is the mean over the pixels. Here the
    mean over the images is asked for, so the weight of a batch is len(images).
    """
    model.train()
    total, seen = 0.0, 0
    for images, targets in batches:
        loss = F.cross_entropy(model(images), targets, ignore_index=IGNORE_INDEX)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        labelled = (targets != IGNORE_INDEX).sum().item()
        total += loss.item() * labelled
        seen += labelled
    return total / seen


@TRAIN_EPOCH.wrong
def zero_grad_before_the_loop(model, batches, optimizer):
    """You set the gradients to zero once, before the loop. From the second batch on, each adds its gradients to those
    of all batches before: zero_grad belongs in the loop.
    """
    optimizer.zero_grad()
    return _epoch_that(zero_grad=False)(model, batches, optimizer)


TRAIN_EPOCH.wrong(
    _epoch_that(result=lambda kept, sizes: kept[-1].item()),
    name="loss_of_the_last_batch",
    sentence="You returned the loss of the last batch. It says little about the epoch: add up the losses of all "
    "batches, each times len(images), and divide by the number of images.",
)


@TRAIN_EPOCH.wrong
def void_counts_as_zero(model, batches, optimizer):
    """You gave void a loss of 0 and took the mean over all pixels, so much void makes the loss and its gradients small.
    Divide by the number of labelled pixels, as ignore_index=IGNORE_INDEX does by itself.
    """
    model.train()
    total, seen = 0.0, 0
    for images, targets in batches:
        labelled = targets != IGNORE_INDEX
        losses = F.cross_entropy(model(images), targets * labelled, reduction="none")
        loss = (losses * labelled).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
        seen += len(images)
    return total / seen


@TRAIN_EPOCH.wrong
def one_step_at_the_end(model, batches, optimizer):
    """You made one step for the whole epoch. Make one per batch: zero_grad, backward and step belong in the loop."""
    model.train()
    optimizer.zero_grad()
    kept, sizes = [], []
    for images, targets in batches:
        loss = F.cross_entropy(model(images), targets, ignore_index=IGNORE_INDEX)
        loss.backward()
        kept.append(loss)
        sizes.append(len(images))
    optimizer.step()
    return _image_mean(kept, sizes)


def _mean_with_graph(kept, sizes):
    return sum(loss * size for loss, size in zip(kept, sizes, strict=True)) / sum(sizes)


TRAIN_EPOCH.wrong(
    _epoch_that(result=_mean_with_graph),
    name="graph_kept",
    sentence="You added up the loss tensors themselves. Each holds on to all that its batch computed, so "
    "memory grows with every batch: add up loss.item().",
)


@TRAIN_EPOCH.right
def train_with_criterion(model, batches, optimizer):
    model.train()
    criterion = nn.CrossEntropyLoss(ignore_index=IGNORE_INDEX)
    weighted = []
    for images, targets in batches:
        optimizer.zero_grad()
        loss = criterion(model(images), targets)
        loss.backward()
        optimizer.step()
        weighted += [loss.detach()] * len(images)
    return torch.stack(weighted).mean()


@TRAIN_EPOCH.right
def train_by_library_loss(model, batches, optimizer):
    model.train()
    average, seen = 0.0, 0
    for images, targets in batches:
        loss = losses.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += len(images)
        average += (loss.item() - average) * len(images) / seen
    return average


@TRAIN_EPOCH.right
def train_with_numpy_mean(model, batches, optimizer):
    model.train(True)
    values, sizes = [], []
    for images, targets in batches:
        model.zero_grad()
        loss = F.nll_loss(model(images).log_softmax(dim=1), targets, ignore_index=255)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
        sizes.append(len(targets))
    return np.average(values, weights=sizes)


TRAIN_EPOCH.equivalent(
    "train_epoch, line 16: (0.0, 0) -> (0, 0.0)",
    "train_by_library_loss, line 4: (0.0, 0) -> (0, 0.0)",
    because="0 and 0.0 are the same number.",
)

TRAIN_EPOCH.equivalent(
    "train_epoch, line 23: images -> targets",
    "train_epoch, line 23: images -> logits",
    "train_epoch, line 24: images -> targets",
    "train_epoch, line 24: images -> logits",
    "train_with_criterion, line 11: images -> targets",
    "train_by_library_loss, line 10: images -> targets",
    "train_by_library_loss, line 11: images -> targets",
    "train_with_numpy_mean, line 11: targets -> images",
    because="A batch has as many targets, and maps of logits, as images.",
)

TRAIN_EPOCH.equivalent(
    "train_epoch, line 20: optimizer -> model",
    "train_with_criterion, line 7: optimizer -> model",
    "train_by_library_loss, line 7: optimizer -> model",
    "train_with_numpy_mean, line 6: model -> optimizer",
    because="The optimiser has all weights of the model.",
)

TRAIN_EPOCH.equivalent(
    "train_by_library_loss, line 4: 0.0 -> 1.0",
    because="The loss of the first batch takes the place of the average so far.",
)
