"""The loss of every pixel."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l04_per_pixel_cross_entropy.pixel_loss import pixel_loss
from course_lib.exercises.l04_per_pixel_cross_entropy.shared import (
    ONE_TWO_FIVE,
    SIZES,
    TOLERANCE,
    draw_logits,
    draw_sizes,
    everywhere,
)


def loss_map(logits, targets):
    """Return the cross-entropy of every pixel of one image.

    Args:
        logits: float tensor (C, H, W), no batch axis.
        targets: int64 tensor (H, W), ids from 0 to C-1.

    Returns:
        Float tensor (H, W). Large logits must not make it infinite.
    """
    ### BEGIN SOLUTION
    log_p = logits.log_softmax(dim=0)  # (C, H, W)
    log_p_true = log_p.gather(dim=0, index=targets.unsqueeze(0))  # (1, H, W)
    return -log_p_true.squeeze(0)  # (H, W)
    ### END SOLUTION


_KINDS = (*SIZES, "hundreds apart", "30 apart")


def _draw_map(rng, kind):
    """Draw a small map; in some the logits are so far apart that probabilities become 0."""
    classes, height, width = draw_sizes(rng, kind)
    logits = draw_logits(rng, 1, classes, height, width)[0]
    targets = torch.from_numpy(rng.integers(0, classes, (height, width)))
    if kind.endswith("apart"):
        targets[0] = logits[:, 0].argmin(dim=0)  # sure and wrong
    return logits * {"hundreds apart": 800.0, "30 apart": 20.0}.get(kind, 1.0), targets


LOSS_MAP = Exercise(
    loss_map,
    title="The loss of every pixel",
    points=2,
    minutes=8,
    source="Losses and metrics, per-pixel cross-entropy",
    draw=by_kind(_draw_map, *_KINDS),
    tolerance=TOLERANCE,
    hints=(
        "Which axis holds the classes of one pixel? There is no batch axis here.",
        "logits.log_softmax(dim=0) gives log-probabilities (C, H, W). `gather` picks one entry along an axis "
        "for every place; its index must have as many axes as the tensor.",
        "log_p.gather(dim=0, index=targets.unsqueeze(0)) is (1, H, W). Drop the first axis with squeeze(0), "
        "and put a minus sign before it.",
    ),
    why="No pixel looks at its neighbours: the loss of a map is the loss of one pixel, H times W times over.",
)

LOSS_MAP.worked(
    everywhere(ONE_TWO_FIVE, 2, 2),
    torch.tensor([[2, 1], [0, 2]]),
    gives=[[0.47000, 1.38629], [2.07944, 0.47000]],
)
LOSS_MAP.worked(
    torch.tensor([[[0.0, 1000.0, 0.0]], [[0.0, 0.0, 1000.0]]], dtype=torch.float64),
    torch.tensor([[0, 0, 0]]),
    gives=[[0.69315, 0.0, 1000.0]],
)


def _pick(log_p, targets):
    return -log_p.gather(0, targets.unsqueeze(0)).squeeze(0)


@LOSS_MAP.wrong
def softmax_over_the_rows(logits, targets):
    """You took the softmax over axis 1. In a batch (N, C, H, W) that would be the classes, but these logits
    are (C, H, W), where axis 1 is the height: use dim=0.
    """
    return _pick(logits.log_softmax(dim=1), targets)


@LOSS_MAP.wrong
def softmax_over_the_last_axis(logits, targets):
    """You took the softmax over the last axis, the width, so the pixels of a row compete with each other. The
    classes of one pixel must add up to 1: use dim=0.
    """
    return _pick(logits.log_softmax(dim=-1), targets)


@LOSS_MAP.wrong
def infinite(logits, targets):
    """Your loss is infinite where a probability is too small for a float. Do not take the logarithm of
    softmax: log_softmax does both in one step and stays finite.
    """
    return _pick(logits.softmax(dim=0).log(), targets)


@LOSS_MAP.wrong
def one_number(logits, targets):
    """You returned the mean, one number. The mean comes later; here every pixel keeps its own loss: return
    (H, W).
    """
    return loss_map(logits, targets).mean()


@LOSS_MAP.wrong
def no_minus(logits, targets):
    """Your losses are negative. The logarithm of a probability is 0 or less: put a minus sign before it."""
    return -loss_map(logits, targets)


@LOSS_MAP.wrong
def class_axis_left(logits, targets):
    """Your values are right, but one axis of length 1 is left where the classes were: drop it with
    squeeze(0), which gives (H, W).
    """
    return loss_map(logits, targets).unsqueeze(0)


@LOSS_MAP.wrong
def indexed_with_the_map(logits, targets):
    """log_p[targets] takes a whole map for every pixel, which gives (H, W, H, W). You want one value per pixel:
    gather(dim=0, index=targets.unsqueeze(0)).
    """
    return -logits.log_softmax(dim=0)[targets]


@LOSS_MAP.wrong
def index_without_class_axis(logits, targets):
    """The index of gather needs as many axes as the tensor, and targets (H, W) has one fewer than (C, H, W): give
    it targets.unsqueeze(0), which is (1, H, W).
    """
    return -logits.log_softmax(dim=0).gather(0, targets)


@LOSS_MAP.wrong
def log_forgotten(logits, targets):
    """You put a minus sign before the probability itself. The loss is minus its logarithm: log_softmax gives
    the logarithm at once.
    """
    return _pick(logits.softmax(dim=0), targets)


@LOSS_MAP.wrong
def clamped(logits, targets):
    """You kept the probabilities above a tiny number, so large losses are cut off, and sure mistakes train
    nothing. log_softmax needs no such guard: it stays finite.
    """
    return _pick(logits.softmax(dim=0).clamp(min=1e-8).log(), targets)


@LOSS_MAP.wrong
def no_softmax(logits, targets):
    """You took the target's logit itself. It becomes the logarithm of a probability by log_softmax over the
    classes, dim=0, before you gather.
    """
    return _pick(logits, targets)


@LOSS_MAP.wrong
def of_the_preferred_class(logits, targets):
    """You took the loss of the class with the highest logit. A sure mistake would then cost nothing: it is the class of
    the target whose probability counts.
    """
    return _pick(logits.log_softmax(0), logits.argmax(0))


@LOSS_MAP.wrong
def one_minus_probability(logits, targets):
    """You returned 1 - p, which is never more than 1. Cross-entropy is -log(p): a sure mistake costs far more than a
    hesitant one.
    """
    return 1 + _pick(logits.softmax(0), targets)


@LOSS_MAP.right
def map_by_torch(logits, targets):
    return F.cross_entropy(logits.unsqueeze(0), targets.unsqueeze(0), reduction="none").squeeze(0)


@LOSS_MAP.right
def map_by_loops(logits, targets):
    height, width = targets.shape
    return [
        [pixel_loss(logits[:, row, column].tolist(), int(targets[row, column])) for column in range(width)]
        for row in range(height)
    ]


@LOSS_MAP.right
def map_in_numpy(logits, targets):
    scores, ids = logits.numpy().astype(float), targets.numpy()
    rows, columns = np.indices(ids.shape)
    return np.logaddexp.reduce(scores, axis=0) - scores[ids, rows, columns]


@LOSS_MAP.right
def map_by_one_hot(logits, targets):
    is_true = F.one_hot(targets, len(logits)).permute(2, 0, 1)  # (C, H, W)
    return logits.logsumexp(dim=0) - (logits * is_true).sum(dim=0)


LOSS_MAP.equivalent(
    "map_by_loops, line 5: int(targets[row, column]) -> targets[row, column]",
    "map_in_numpy, line 3: logits.numpy().astype(float) -> logits.numpy()",
    "map_in_numpy, line 3: targets.numpy() -> targets",
    "map_in_numpy, line 4: ids -> targets",
    "map_in_numpy, line 5: ids -> targets",
    "map_in_numpy, line 5: scores -> logits",
    because="Arrays and tensors, and the numbers in them, count alike.",
)

LOSS_MAP.equivalent(
    "map_in_numpy, line 5: np.logaddexp.reduce(scores, axis=0) -> np.logaddexp.reduce(scores)",
    because="The first axis is what reduce takes by itself.",
)
