"""What several exercises of lesson 08 share."""

import numpy as np
import torch
import torch.nn.functional as F


def facts_of(loss):
    """Return a loss as plain data, and whether it could train anything."""
    if loss is None:
        return None
    is_tensor = isinstance(loss, torch.Tensor)
    value = loss.detach().tolist() if is_tensor else loss
    # The gradient first: a loss without one is named as such, whatever its value.
    return {"the loss has a gradient to follow": is_tensor and loss.requires_grad, "the loss": value}


def log_p_true(logits, targets):
    return logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)


def quarters(rng, *shape):
    """Draw multiples of 1/4 from -2 to 2."""
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32)) / 4


def draw_batch(rng):
    """Draw logits (N, C, H, W) and targets (N, H, W) of some classes, often without the others."""
    count, classes = int(rng.integers(1, 3)), int(rng.integers(2, 4))
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    highest = classes if rng.uniform() < 0.5 else classes - 1
    return quarters(rng, count, classes, height, width), torch.from_numpy(
        rng.integers(0, highest, (count, height, width))
    )


def two_pixels(first, second):
    """Logits (1, 2, 1, 2) of two pixels, whose foreground has these probabilities."""
    p = torch.tensor([first, second])
    return torch.log(torch.stack([1 - p, p])).view(1, 2, 1, 2)


def loss_is(value):
    return {"the loss has a gradient to follow": True, "the loss": value}


ONE_OF_EACH = torch.tensor([[[0, 1]]])  # (1, 1, 2), background and foreground


@torch.enable_grad()  # whatever mode the kernel is in
def watch_smooth(answer, logits, targets, smooth):
    return facts_of(answer(logits.clone().requires_grad_(), targets, smooth))


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


def draw_overlap(rng):
    """Draw a batch of two images, unlike each other, and a smooth of 0 or 1; a class is often absent."""
    classes = int(rng.integers(2, 4))
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    targets = rng.integers(0, classes if rng.uniform() < 0.4 else classes - 1, (2, height, width))
    targets[0, 0] = 0  # so that the shares of the two images differ
    return (
        quarters(rng, 2, classes, height, width),
        torch.from_numpy(targets),
        float(rng.choice([0.0, 1.0, 1.0])),
    )


BOTH_BACKGROUND = torch.zeros(1, 1, 2, dtype=torch.int64)
