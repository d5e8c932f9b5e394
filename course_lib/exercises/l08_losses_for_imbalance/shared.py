"""What several exercises of lesson 08 share."""

import numpy as np
import torch
import torch.nn.functional as F


def _leaf_of(node):
    """Return the tensor that a graph begins with: the logits, or the copy of them that the answer was given."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "variable"):
            return node.variable
        waiting += [before for before, _ in getattr(node, "next_functions", ()) if before is not None]
    return None


def facts_of(loss):
    """Return a loss and its gradient at the logits as plain data: what trains the network is the gradient."""
    if loss is None:
        return None
    is_tensor = isinstance(loss, torch.Tensor)
    has_gradient = is_tensor and loss.requires_grad
    leaf = _leaf_of(loss.grad_fn) if has_gradient else None
    gradient = torch.autograd.grad(loss.sum(), leaf)[0] if leaf is not None else None
    return {
        # The gradient first: a loss without one is named as such, whatever its value.
        "the loss has a gradient to follow": has_gradient,
        "the loss": loss.detach().tolist() if is_tensor else loss,
        "its gradient at the logits": None if gradient is None else gradient.tolist(),
    }


def log_p_true(logits, targets):
    return logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)


def quarters(rng, *shape):
    """Draw multiples of 1/4 from -2 to 2."""
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32)) / 4


BATCHES = (
    "usual",
    "a class is absent",
    "one image",
    "three images",
    "square",
    "as many classes as rows",
    "as many images as classes",
    "sure and right",
    "30 apart",
    "hundreds apart",
    "thousands apart",
)
_FACTORS = {"30 apart": 7.5, "hundreds apart": 100.0, "thousands apart": 500.0}


def draw_batch(rng, kind):
    """Draw logits (N, C, H, W) and targets (N, H, W) of one of the kinds in BATCHES."""
    classes, height, width = (int(size) for size in rng.choice([2, 3, 4], 3, replace=False))
    classes = 3 if kind == "a class is absent" else classes
    height = classes if kind == "as many classes as rows" else height
    width = height if kind == "square" else width
    counts = {"one image": 1, "three images": 3, "as many images as classes": classes}
    count = counts.get(kind, 2)
    logits = quarters(rng, count, classes, height, width)
    held = classes - 1 if kind == "a class is absent" else classes
    targets = torch.from_numpy(rng.integers(0, held, (count, height, width)))
    if kind == "sure and right":
        targets[:, 1:] = 1
        logits = 200.0 * F.one_hot(targets, classes).movedim(-1, 1)
    if kind.endswith("apart"):
        targets[:, 1] = logits[:, :, 1].argmin(dim=1)  # sure and wrong
        targets %= classes - 1
        targets[0, 1, 0] = classes - 1  # the only pixel of its class, and its probability is 0
        logits[0, :, 1, 0] = torch.linspace(2, -2, classes)
    return logits * _FACTORS.get(kind, 1.0), targets


def two_pixels(first, second):
    """Logits (1, 2, 1, 2) of two pixels, whose foreground has these probabilities."""
    p = torch.tensor([first, second])
    return torch.log(torch.stack([1 - p, p])).view(1, 2, 1, 2)


def loss_is(value, first, second):
    """Return the facts about a loss of two pixels and two classes.

    Args:
        value: the loss.
        first: its gradient at the first pixel's logit for the foreground; the background's is the opposite.
        second: the same at the second pixel.
    """
    return {
        "the loss has a gradient to follow": True,
        "the loss": value,
        "its gradient at the logits": [[[[-first, -second]], [[first, second]]]],
    }


ONE_OF_EACH = torch.tensor([[[0, 1]]])  # (1, 1, 2), background and foreground


@torch.enable_grad()  # whatever mode the kernel is in
def watch_smooth(answer, logits, targets, *smooth):
    """Look at an overlap loss; without ``smooth`` it is called with two arguments."""
    return facts_of(answer(logits.clone().requires_grad_(), targets, *smooth))


def areas(p, targets):
    """Return overlap, predicted and true area of each class over the batch, (C,) each."""
    true = F.one_hot(targets, p.shape[1]).movedim(-1, 1).float()  # (N, C, H, W)
    return (p * true).sum((0, 2, 3)), p.sum((0, 2, 3)), true.sum((0, 2, 3))


def overlap_loss(score, p, targets):
    """Return the mean of 1 - score(overlap, predicted, true) over the classes that occur."""
    overlap, predicted, true = areas(p, targets)
    return (1 - score(overlap, predicted, true))[true > 0].mean()


def hard(logits):
    return F.one_hot(logits.argmax(dim=1), logits.shape[1]).movedim(-1, 1).float()


OVERLAPS = (*BATCHES, "a class is absent, not smoothed", "not smoothed", "smoothed as usual")


def draw_overlap(rng, kind):
    """Draw a batch whose images are unlike each other, and a smooth of 0 or 1, or none."""
    logits, targets = draw_batch(rng, kind.removesuffix(", not smoothed"))
    targets[0, 0] = 0  # so that the shares of the images differ
    if kind == "smoothed as usual":
        return logits, targets
    return logits, targets, 0.0 if kind.endswith("not smoothed") else 1.0


BOTH_BACKGROUND = torch.zeros(1, 1, 2, dtype=torch.int64)
