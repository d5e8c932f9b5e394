"""Mend run F: let every class count alike."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def balanced_loss(logits, targets):
    """Return the cross-entropy in which every class counts alike.

    Take the mean loss over the pixels of each class that occurs in targets; the result is the mean of these
    means.

    Args:
        logits: float (N, C, H, W).
        targets: int64 (N, H, W) with ids 0..C-1, and 255 for void, which counts for nothing.

    Returns:
        A tensor without dimensions, from which backward() can go back to the logits.
    """
    ### BEGIN SOLUTION
    losses = F.cross_entropy(logits, targets, ignore_index=255, reduction="none")  # (N, H, W)
    present = [class_id for class_id in targets.unique() if class_id != 255]
    return torch.stack([losses[targets == class_id].mean() for class_id in present]).mean()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_loss(answer, logits, targets):
    """Look at a loss, and at whether it could train a network."""
    loss = answer(logits.requires_grad_(), targets)
    if loss is None:
        return None
    return {
        # First: a loss without a gradient is named as such, whatever its value.
        "the loss has a gradient to follow": getattr(loss, "requires_grad", False),
        "the loss": loss.detach().tolist() if isinstance(loss, torch.Tensor) else loss,
    }


def _loss_is(value):
    return {"the loss has a gradient to follow": True, "the loss": value}


_SHAPES = {  # of the logits
    "usual": (2, 4, 3, 5),
    "one image": (1, 3, 5, 4),
    "three images": (3, 3, 4, 5),
    "all sizes alike": (3, 3, 3, 3),
    "no void": (2, 3, 2, 5),
    "a class is absent": (1, 5, 4, 3),
    "one class": (2, 3, 3, 4),
    "sure": (1, 3, 4, 5),
    "surer than exp can say": (2, 4, 3, 2),
}
_SCALES = {"sure": 200, "surer than exp can say": 1000}


def _draw_imbalanced(rng, kind):
    """Draw logits, and targets that are mostly class 1; class 2 has one pixel, and those beyond have two."""
    count, classes, height, width = _SHAPES[kind]
    logits = rng.normal(0, 2, (count, classes, height, width))
    if kind in _SCALES:
        logits = _SCALES[kind] * rng.integers(-1, 2, logits.shape)
    targets = np.ones((count, height, width), np.int64)
    if kind != "one class":
        rare = [0, 0, 0, 2, *(class_id for class_id in range(3, classes) for _ in range(2))]
        targets.flat[rng.permutation(targets.size - 1)[: len(rare)]] = rare
    if kind == "a class is absent":
        targets[targets == int(rng.choice([0, 2, 3]))] = 1
    if kind != "no void":
        targets.flat[-1] = 255
    return torch.from_numpy(logits.astype(np.float32)), torch.from_numpy(targets)


BALANCED_LOSS = Exercise(
    balanced_loss,
    title="Mend run F: let every class count alike",
    points=2,
    minutes=7,
    source="Study guide, section 16, pitfall 4; Lesson 33, common errors",
    draw=by_kind(_draw_imbalanced, *_SHAPES),
    observe=_watch_loss,
    fresh_cases=18,
    tolerance=1e-5,
    hints=(
        'F.cross_entropy(..., ignore_index=255, reduction="none") gives the loss of each pixel.',
        "losses[targets == class_id].mean() is the mean over one class. Which class ids occur? "
        "targets.unique() knows.",
        "Collect the means of the classes present, all but 255, in a list: torch.stack(means).mean().",
    ),
    why="This is weighted cross-entropy, with the inverse of each class's frequency in the batch as its weight. To say "
    "background everywhere now costs as much as to say pet everywhere.",
)

_CERTAIN = torch.tensor([[[[0.0, 0.0, 0.0]], [[0.0, 0.0, float(np.log(3))]]]])  # (1, 2, 1, 3)

# Class 0 has one pixel with p = 1/4, class 1 two with p = 1/2: (log 4 + log 2) / 2 = 1.5 log 2.
BALANCED_LOSS.worked(_CERTAIN, torch.tensor([[[1, 1, 0]]]), gives=_loss_is(1.0397207708399179))
# (log 2 + log 4/3) / 2
BALANCED_LOSS.worked(_CERTAIN, torch.tensor([[[1, 255, 1]]]), gives=_loss_is(0.4904146265058631))


@BALANCED_LOSS.wrong
def every_pixel_alike(logits, targets):
    """You took the mean over all pixels. Then the class with most of the pixels decides, which is the background in run
    F. Take the mean for each class first, and then the mean of these.
    """
    return F.cross_entropy(logits, targets, ignore_index=255)


def _pixel_losses(logits, targets):
    return F.cross_entropy(logits, targets, ignore_index=255, reduction="none")


def _class_means(logits, targets):
    losses = _pixel_losses(logits, targets)
    return [losses[targets == c].mean() for c in range(logits.shape[1]) if (targets == c).any()]


@BALANCED_LOSS.wrong
def sum_of_the_means(logits, targets):
    """You added up the means of the classes. Divide by the number of classes that occur; otherwise the loss is larger
    in a batch with more classes.
    """
    return torch.stack(_class_means(logits, targets)).sum()


@BALANCED_LOSS.wrong
def over_all_classes(logits, targets):
    """You divided by the number of all classes. Divide by the number of those that occur in targets."""
    return torch.stack(_class_means(logits, targets)).sum() / logits.shape[1]


@BALANCED_LOSS.wrong
def weighted_by_frequency(logits, targets):
    """You weighted each class by its frequency, so the frequent ones count even more than before. The inverse of the
    frequency makes all of them count alike.
    """
    counts = torch.bincount(targets[targets != 255], minlength=logits.shape[1]).float()
    return F.cross_entropy(logits, targets, weight=counts / counts.sum(), ignore_index=255)


@BALANCED_LOSS.wrong
def void_as_a_class(logits, targets):
    """You counted void as one more class, with a loss of 0. targets.unique(), for instance, holds 255 as well: leave it
    out.
    """
    losses = _pixel_losses(logits, targets)
    return torch.stack([losses[targets == class_id].mean() for class_id in targets.unique()]).mean()


@BALANCED_LOSS.wrong
def absent_classes(logits, targets):
    """A class that does not occur in targets has no pixels, and the mean of nothing is nan. Take only the
    classes that occur.
    """
    losses = _pixel_losses(logits, targets)
    return torch.stack([losses[targets == class_id].mean() for class_id in range(logits.shape[1])]).mean()


@BALANCED_LOSS.wrong
def gradient_lost(logits, targets):
    """Your value has no gradient: torch.tensor(...), .item() and NumPy make new numbers that no longer
    know where they come from, and backward() needs to know. Join the means with torch.stack(...), and take the mean
    of that.
    """
    return torch.tensor([mean.item() for mean in _class_means(logits, targets)]).mean()


@BALANCED_LOSS.wrong
def sums_of_pixels(logits, targets):
    """You added up the losses of each class's pixels instead of taking their mean, so the frequent class still counts
    most.
    """
    losses = _pixel_losses(logits, targets)
    sums = [losses[targets == c].sum() for c in range(logits.shape[1]) if (targets == c).any()]
    return torch.stack(sums).mean()


@BALANCED_LOSS.wrong
def divided_by_the_pixels(logits, targets):
    """You divided the sum of the classes' means by the number of pixels. Divide it by the number of classes that occur;
    with weights, that is the sum of all pixels' weights.
    """
    counts = torch.bincount(targets[targets != 255], minlength=logits.shape[1])
    weight = torch.where(counts > 0, 1 / counts.clamp_min(1), 0.0)
    return F.cross_entropy(logits, targets, weight=weight, ignore_index=255, reduction="sum") / counts.sum()


@BALANCED_LOSS.wrong
def logarithm_of_the_mean(logits, targets):
    """You took the logarithm of a class's mean probability. Take the logarithm for each pixel first, and then the mean:
    move .mean() to the outside. Otherwise a few good pixels hide a bad one.
    """
    p = logits.softmax(dim=1)
    present = [c for c in range(logits.shape[1]) if (targets == c).any()]
    return torch.stack([-torch.log(p[:, c][targets == c].mean()) for c in present]).mean()


@BALANCED_LOSS.wrong
def logarithm_of_softmax(logits, targets):
    """Where the network is very sure, softmax rounds the other classes to 0, and the logarithm of 0 is minus infinity.
    logits.log_softmax(dim=1) computes the two in one step and never rounds to 0; F.cross_entropy does so, too.
    """
    p = logits.softmax(dim=1)
    present = [c for c in range(logits.shape[1]) if (targets == c).any()]
    return torch.stack([-torch.log(p[:, c][targets == c]).mean() for c in present]).mean()


@BALANCED_LOSS.right
def balanced_by_weights(logits, targets):
    counts = torch.bincount(targets[targets != 255], minlength=logits.shape[1])
    return F.cross_entropy(logits, targets, weight=1 / counts, ignore_index=255)


@BALANCED_LOSS.right
def balanced_by_loop(logits, targets):
    log_p = logits.log_softmax(dim=1)
    total, classes = 0.0, 0
    for c in range(logits.shape[1]):
        where = targets == c
        if where.any():
            total, classes = total - log_p[:, c][where].mean(), classes + 1
    return total / classes


@BALANCED_LOSS.right
def balanced_class_by_class(logits, targets):
    kept = targets.unique()
    kept = kept[kept != 255]
    only = [F.cross_entropy(logits, torch.where(targets == c, c, 255), ignore_index=255) for c in kept]
    return sum(only) / len(kept)


BALANCED_LOSS.equivalent(
    "balanced_by_loop, line 4: (0.0, 0) -> (0, 0.0)",
    "balanced_by_loop, line 5: logits -> log_p",
    because="A sum may start from 0 or 0.0, and there are as many logarithms as logits.",
)

BALANCED_LOSS.equivalent(
    "balanced_class_by_class, line 5: c -> targets",
    "balanced_class_by_class, line 6: kept -> only",
    because="Where targets are c, both are the same number; and there is one loss for each class that is kept.",
)

BALANCED_LOSS.equivalent(
    "balanced_by_weights, line 4: 1 -> 2",
    because="A weighted mean is divided by the sum of the weights, so twice the weights give the same.",
)
