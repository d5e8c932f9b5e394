"""A large batch in parts."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def accumulated_step(model, optimizer, images, targets, size):
    """Take one step of training on a batch that is too large for the memory, size images at a time.

    The weights must move as if the whole batch had gone through at once, with the mean cross-entropy of all
    its pixels. Call backward() for each part, so that only its gradients are kept for the next. When the
    function is called, the weights may still hold gradients of the step before.

    Args:
        model: a module that maps images to logits (N, classes, H, W).
        optimizer: the optimiser of its weights.
        images: float (N, C, H, W).
        targets: ids, int64 (N, H, W), none of them void.
        size: int, the images of a part; the last part may be smaller.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    for start in range(0, len(images), size):
        part, ids = images[start : start + size], targets[start : start + size]
        loss = F.cross_entropy(model(part), ids)
        share = len(part) / len(images)
        (share * loss).backward()  # gradients add up until the next zero_grad
    optimizer.step()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_accumulation(answer, images, targets, size):
    """Take a step from weights of 0, with plain gradient descent of rate 1, and note what went through the model."""
    model = nn.Conv2d(images.shape[1], 3, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    parts, passes, steps = [], [], []

    def note(module, inputs, logits):
        parts.append(len(inputs[0]))
        passes.append("forward")
        if logits.requires_grad:
            logits.register_hook(lambda gradient: passes.append("backward"))

    model.register_forward_hook(note)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    before = optimizer.step
    optimizer.step = lambda *args: (steps.append(1), before(*args))[1]
    model(images).sum().backward()  # an old gradient, which must not count
    parts.clear()
    passes.clear()
    answer(model, optimizer, images, targets, size)
    return {
        "the sizes of the parts that went through the model": parts,
        "the passes in their order": passes,
        "how often the weights moved": len(steps),
        "the weights after the step": model.weight.flatten(1).tolist(),
        "the biases after the step": model.bias.tolist(),
    }


_BATCHES = {  # how many images, and how many of them in a part
    "a smaller part at the end": (5, 2),
    "a single image at the end": (7, 3),
    "whole parts": (6, 3),
    "one part": (3, 3),
    "fewer than a part": (2, 5),
    "one by one": (3, 1),
    "one image": (1, 2),
}


def _draw_large_batch(rng, kind):
    count, size = _BATCHES[kind]
    height, width = (int(side) for side in rng.choice([1, 2, 3, 4], 2, replace=False))
    images = torch.from_numpy(rng.integers(-8, 9, (count, 2, height, width)).astype(np.float32)) / 4
    return images + 0.125, torch.from_numpy(rng.integers(0, 3, (count, height, width))), size


ACCUMULATED_STEP = Exercise(
    accumulated_step,
    title="A large batch in parts",
    points=2,
    minutes=10,
    source="Study guide, section 8: batch size; section 16: out of memory",
    draw=by_kind(_draw_large_batch, *_BATCHES),
    observe=_watch_accumulation,
    tolerance=1e-5,
    fresh_cases=7,
    hints=(
        "backward() adds to the gradients that are there. Usually that is a trap; here it does the work.",
        "The mean over all pixels is the sum of the parts' means, each weighted with its share of the images.",
        "Call optimizer.zero_grad() first; for every part, (len(part) / len(images) * F.cross_entropy(model(part), "
        "ids)).backward(); and optimizer.step() after the loop.",
    ),
    why="The gradient of a sum is the sum of the gradients, so a batch may be added up in parts. That takes the memory "
    "of a small batch and makes the step of a large one. Only batch norm sees the difference, because it averages over "
    "the part.",
)

# Three images of one pixel each, of value 1, classes 0, 0 and 1. From weights of 0 every class has probability 1/3, so
# the mean gradient is (1/3 - 2/3, 1/3 - 1/3, 1/3), and a step at rate 1 gives its negative.
ACCUMULATED_STEP.worked(
    torch.ones(3, 1, 1, 1),
    torch.tensor([0, 0, 1]).view(3, 1, 1),
    2,
    gives={
        "the sizes of the parts that went through the model": [2, 1],
        "the passes in their order": ["forward", "backward", "forward", "backward"],
        "how often the weights moved": 1,
        "the weights after the step": [[1 / 3], [0.0], [-1 / 3]],
        "the biases after the step": [1 / 3, 0.0, -1 / 3],
    },
)


def _accumulation_that(weigh=lambda part, whole: len(part) / len(whole), zero="once", step="once"):
    def accumulate(model, optimizer, images, targets, size):
        if zero == "once":
            optimizer.zero_grad()
        for start in range(0, len(images), size):
            if zero == "always":
                optimizer.zero_grad()
            part, ids = images[start : start + size], targets[start : start + size]
            (weigh(part, images) * F.cross_entropy(model(part), ids)).backward()
            if step == "always":
                optimizer.step()
        if step == "once":
            optimizer.step()

    return accumulate


@ACCUMULATED_STEP.wrong
def not_weighed(model, optimizer, images, targets, size):
    """You added up the parts' mean losses, so four parts, for instance, make a step four times too large. Weight each
    with its share of the batch, len(part) / len(images).
    """
    optimizer.zero_grad()
    for start in range(0, len(images), size):
        part, ids = images[start : start + size], targets[start : start + size]
        loss = F.cross_entropy(model(part), ids)
        loss.backward()
    optimizer.step()


@ACCUMULATED_STEP.wrong
def divided_by_the_number_of_parts(model, optimizer, images, targets, size):
    """You gave every part the same weight. The last part may be smaller, and its pixels then count for more than the
    others. Weight each part with len(part) / len(images).
    """
    parts = -(-len(images) // size)
    return _accumulation_that(lambda part, whole: 1 / parts)(model, optimizer, images, targets, size)


@ACCUMULATED_STEP.wrong
def zeroed_every_time(model, optimizer, images, targets, size):
    """Only your last part counts, because the gradients are cleared before every part. Clear them once, before the
    loop.
    """
    return _accumulation_that(zero="always")(model, optimizer, images, targets, size)


@ACCUMULATED_STEP.wrong
def never_zeroed(model, optimizer, images, targets, size):
    """You did not clear the gradients, so those of the step before were added in. Call optimizer.zero_grad() first."""
    for start in range(0, len(images), size):
        part, ids = images[start : start + size], targets[start : start + size]
        loss = F.cross_entropy(model(part), ids)
        share = len(part) / len(images)
        (share * loss).backward()
    optimizer.step()


@ACCUMULATED_STEP.wrong
def a_step_for_every_part(model, optimizer, images, targets, size):
    """You take a step after every part, which is training with small batches. Take one step, after the loop."""
    return _accumulation_that(lambda part, whole: 1, "always", "always")(
        model, optimizer, images, targets, size
    )


@ACCUMULATED_STEP.wrong
def a_weighed_step_for_every_part(model, optimizer, images, targets, size):
    """You clear the gradients and step for every part, so each part is a small step of its own. Both belong outside the
    loop: zero_grad before it, step after it.
    """
    return _accumulation_that(zero="always", step="always")(model, optimizer, images, targets, size)


@ACCUMULATED_STEP.wrong
def all_at_once(model, optimizer, images, targets, size):
    """The whole batch went through the model at once, and the memory cannot hold that. Go through it size images at a
    time.
    """
    return accumulated_step(model, optimizer, images, targets, len(images))


@ACCUMULATED_STEP.wrong
def last_part_dropped(model, optimizer, images, targets, size):
    """You left out the images that do not fill a part. Take range(0, len(images), size), and let the last
    part be smaller.
    """
    optimizer.zero_grad()
    for number in range(len(images) // size):
        part = slice(number * size, (number + 1) * size)
        (F.cross_entropy(model(images[part]), targets[part]) * size / len(images)).backward()
    optimizer.step()


@ACCUMULATED_STEP.wrong
def one_backward_pass(model, optimizer, images, targets, size):
    """You called backward() only once, after the last part. Until then all that every part computed is kept, and the
    memory has to hold the whole batch after all. Call backward() for each part, in the loop.
    """
    optimizer.zero_grad()
    loss = 0.0
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        loss = loss + len(part) / len(images) * F.cross_entropy(model(part), ids)
    loss.backward()
    optimizer.step()


@ACCUMULATED_STEP.wrong
def no_step(model, optimizer, images, targets, size):
    """The weights did not move. Gradients only say which way to go; optimizer.step() moves the weights. Call it once,
    after the loop.
    """
    return _accumulation_that(step="never")(model, optimizer, images, targets, size)


@ACCUMULATED_STEP.wrong
def no_backward(model, optimizer, images, targets, size):
    """The weights did not move, because they have no gradients: it is backward() that computes them. Call it for the
    loss of each part.
    """
    optimizer.zero_grad()
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        _ = len(part) / len(images) * F.cross_entropy(model(part), ids)
    optimizer.step()


@ACCUMULATED_STEP.wrong
def summed_over_the_pixels(model, optimizer, images, targets, size):
    """You summed the loss over the pixels and divided by the number of images, so the step is as many times too large
    as an image has pixels. Divide by targets.numel(), or take the mean.
    """
    pixels = targets[0].numel()
    rule = _accumulation_that(lambda part, whole: pixels * len(part) / len(whole))
    return rule(model, optimizer, images, targets, size)


@ACCUMULATED_STEP.wrong
def weighed_with_size(model, optimizer, images, targets, size):
    """You weighted every part with size / len(images). The last part may be smaller: take its own length, len(part)."""
    return _accumulation_that(lambda part, whole: size / len(whole))(model, optimizer, images, targets, size)


@ACCUMULATED_STEP.right
def accumulated_by_split(model, optimizer, images, targets, size):
    model.zero_grad()
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        loss = F.cross_entropy(model(part), ids, reduction="sum") / targets.numel()
        loss.backward()
    optimizer.step()


@ACCUMULATED_STEP.right
def accumulated_by_hand(model, optimizer, images, targets, size):
    weights = list(model.parameters())
    for weight in weights:
        weight.grad = torch.zeros_like(weight)
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        loss = nn.CrossEntropyLoss()(model(part), ids)
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad += gradient * len(part) / len(images)
    optimizer.step()


@ACCUMULATED_STEP.right
def accumulated_dividing_last(model, optimizer, images, targets, size):
    optimizer.zero_grad()
    count = 0
    for part, ids in zip(torch.split(images, size), torch.split(targets, size), strict=True):
        (F.cross_entropy(model(part), ids) * len(part)).backward()
        count += len(part)
    for weight in model.parameters():
        weight.grad /= count
    optimizer.step()


ACCUMULATED_STEP.equivalent(
    "accumulated_step, line 16: optimizer -> model",
    "accumulated_by_split, line 3: model -> optimizer",
    "accumulated_dividing_last, line 3: optimizer -> model",
    because="The optimiser has all of the model's weights, so either may clear the gradients.",
)
ACCUMULATED_STEP.equivalent(
    "accumulated_step, line 17: images -> targets",
    "accumulated_step, line 20: part -> ids",
    "accumulated_step, line 20: images -> targets",
    "accumulated_by_hand, line 9: part -> ids",
    "accumulated_by_hand, line 9: images -> targets",
    "accumulated_dividing_last, line 6: part -> ids",
    "accumulated_dividing_last, line 7: part -> ids",
    because="There are as many targets as images.",
)
