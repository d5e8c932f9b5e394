"""Mend three wiring bugs."""

import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l04_per_pixel_cross_entropy.shared import (
    ONE_TWO_FIVE,
    TOLERANCE,
    draw_logits,
    everywhere,
)


def prepare(logits, targets, num_classes):
    """Return logits and targets as cross-entropy wants them.

    Args:
        logits: float tensor (N, C, H, W) or (N, H, W, C). If axis 1 has num_classes entries, the logits are
            (N, C, H, W) already.
        targets: tensor (N, H, W) or (N, 1, H, W) of whole numbers, of any dtype, floats among them.
        num_classes: C, an int. N, H and W may be 1.

    Returns:
        (logits, targets): float (N, C, H, W) and int64 (N, H, W).
    """
    ### BEGIN SOLUTION
    if logits.shape[1] != num_classes:
        logits = logits.permute(0, 3, 1, 2)  # (N, H, W, C) to (N, C, H, W)
    if targets.ndim == 4:
        targets = targets.squeeze(1)  # (N, 1, H, W) to (N, H, W)
    return logits, targets.long()
    ### END SOLUTION


def _observe_wiring(answer, logits, targets, num_classes):
    """Observe shapes and dtype of what came back, and the loss that torch makes of it."""
    pair = answer(logits, targets, num_classes)
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(map(torch.is_tensor, pair)):
        return {"returned": f"a {type(pair).__name__}"}
    ready, ids = pair
    try:
        loss = F.cross_entropy(ready, ids).item()
    except (RuntimeError, IndexError, ValueError) as error:
        loss = f"none, torch raises {type(error).__name__}"
    return {
        "returned": "a pair of tensors",
        "shape of the logits": str(tuple(ready.shape)),
        "shape of the targets": str(tuple(ids.shape)),
        "dtype of the targets": str(ids.dtype).removeprefix("torch."),
        "loss": loss,
    }


_LOGITS = ("in order", "classes last", "in order, as many columns as classes", "in order, one row")

_TARGETS = {"plain": (3, torch.int64), "one channel": (4, torch.int64), "bytes": (3, torch.uint8)}
_TARGETS |= {"floats": (3, torch.float32), "one channel of floats": (4, torch.float32)}

_KINDS = tuple(f"{logits}; {targets}" for logits in _LOGITS for targets in _TARGETS)


def _draw_wiring(rng, kind):
    """Draw a pair with any of the three bugs, or none; W may be C as well, so that the end misleads."""
    order, _, form = kind.partition("; ")
    count, classes = 2 if order in ("classes last", "in order, one row") else 1, int(rng.integers(2, 5))
    height = int(rng.choice([h for h in range(2, 6) if h != classes]))
    width = classes if order == _LOGITS[2] else int(rng.integers(2, 6))
    height = 1 if order == _LOGITS[3] else height
    logits = draw_logits(rng, count, classes, height, width)
    targets = torch.from_numpy(rng.integers(0, classes, (count, height, width)))
    axes, dtype = _TARGETS[form]
    return (
        logits.permute(0, 2, 3, 1).contiguous() if order == "classes last" else logits,
        (targets.unsqueeze(1) if axes == 4 else targets).to(dtype),
        classes,
    )


PREPARE = Exercise(
    prepare,
    title="Mend three wiring bugs",
    points=3,
    minutes=10,
    source="Losses and metrics, common bugs of cross-entropy",
    draw=by_kind(_draw_wiring, *_KINDS),
    observe=_observe_wiring,
    tolerance=TOLERANCE,
    fresh_cases=20,
    hints=(
        "Three questions, one after the other: are the classes at axis 1? Do the targets have four axes? Which "
        "dtype do they have?",
        "permute(...) takes the old axes in their new order. From (N, H, W, C), where is C, and where "
        "should it go? squeeze(1) drops axis 1 and no other.",
        "if logits.shape[1] != num_classes: logits = logits.permute(0, 3, 1, 2). "
        "if targets.ndim == 4: targets = targets.squeeze(1). Return logits, targets.long().",
    ),
    why="permute moves axes and keeps each pixel's logits together; squeeze(1) names its axis, so a batch of one "
    "survives; long() makes int64.",
)


def _seen_wiring(logits_shape, targets_shape, loss):
    return {
        "returned": "a pair of tensors",
        "shape of the logits": str(logits_shape),
        "shape of the targets": str(targets_shape),
        "dtype of the targets": "int64",
        "loss": loss,
    }


PREPARE.worked(
    everywhere(ONE_TWO_FIVE, 2, 2)[None].permute(0, 2, 3, 1).contiguous(),
    torch.tensor([[[[2.0, 0.0], [1.0, 2.0]]]]),
    3,
    gives=_seen_wiring((1, 3, 2, 2), (1, 2, 2), 1.10144),
    example="ce-wiring-bugs",
)
PREPARE.worked(
    torch.zeros(2, 2, 1, 2),
    torch.tensor([[[0, 1]], [[1, 1]]]),
    2,
    gives=_seen_wiring((2, 2, 1, 2), (2, 1, 2), 0.69315),
)


@PREPARE.wrong
def reshape(logits, targets, num_classes):
    """Your shapes are right and your loss is wrong: reshape deals the same numbers out in the old order, so a
    pixel gets logits of other pixels. To move an axis use permute(0, 3, 1, 2).
    """
    if logits.shape[1] != num_classes:
        count, height, width, _ = logits.shape
        logits = logits.reshape(count, num_classes, height, width)
    return prepare(logits, targets, num_classes)


@PREPARE.wrong
def two_axes_swapped(logits, targets, num_classes):
    """You swapped axis 1 with axis 3, so the image lies on its side: (N, C, W, H). Move the last axis to
    place 1 and keep the others in order: permute(0, 3, 1, 2).
    """
    if logits.shape[1] != num_classes:
        logits = logits.transpose(1, 3)
    return prepare(logits, targets, num_classes)


@PREPARE.wrong
def squeezed_everywhere(logits, targets, num_classes):
    """squeeze() drops every axis of length 1, the batch of a single image too. Say which one: squeeze(1), and
    only if there are four axes.
    """
    logits, _ = prepare(logits, targets, num_classes)
    return logits, targets.squeeze().long()


@PREPARE.wrong
def dtype_kept(logits, targets, num_classes):
    """You left the targets' dtype as it was. Cross-entropy takes class ids as int64: targets.long()."""
    logits, ids = prepare(logits, targets, num_classes)
    return logits, ids.to(targets.dtype)


@PREPARE.wrong
def mended_without_asking(logits, targets, num_classes):
    """You mended every pair, and broke those that were in order. Permute only if axis 1 of the logits does
    not have num_classes entries, and squeeze only if the targets have four axes.
    """
    return logits.permute(0, 3, 1, 2), targets.squeeze(1).long()


@PREPARE.wrong
def axis_of_one_channel_kept(logits, targets, num_classes):
    """Your targets still have the channel axis, (N, 1, H, W). There is one id per pixel and no channel: drop it
    with squeeze(1) where there are four axes.
    """
    logits, _ = prepare(logits, targets, num_classes)
    return logits, targets.long()


@PREPARE.wrong
def looked_at_the_last_axis(logits, targets, num_classes):
    """You decided by the last axis. An image whose width happens to be the number of classes is then turned
    over: look at axis 1, which must have num_classes entries.
    """
    _, targets = prepare(logits, targets, num_classes)
    return (logits.permute(0, 3, 1, 2) if logits.shape[-1] == num_classes else logits), targets


@PREPARE.wrong
def softmax_on_the_way(logits, targets, num_classes):
    """You took a softmax on the way. Cross-entropy has its own inside, and two of them flatten the loss: hand
    over raw logits.
    """
    logits, targets = prepare(logits, targets, num_classes)
    return logits.softmax(dim=1), targets


@PREPARE.wrong
def another_integer_dtype(logits, targets, num_classes):
    """You converted the targets to int32. Cross-entropy takes no other whole numbers than int64: targets.long()."""
    logits, ids = prepare(logits, targets, num_classes)
    return logits, ids.int()


@PREPARE.wrong
def asked_for_an_axis_of_length_one(logits, targets, num_classes):
    """You drop axis 1 of the targets if its length is 1. An image may be one row high, and then axis 1 of
    (N, H, W) has the length 1, too: ask for the number of axes, targets.ndim == 4.
    """
    logits, _ = prepare(logits, targets, num_classes)
    return logits, (targets.squeeze(1) if targets.shape[1] == 1 else targets).long()


@PREPARE.wrong
def subtracted_one(logits, targets, num_classes):
    """You subtracted 1 from the ids. That was for the trimaps, whose files count from 1; these targets are class ids
    already, from 0 to num_classes - 1.
    """
    logits, ids = prepare(logits, targets, num_classes)
    return logits, ids - 1


@PREPARE.wrong
def pair_turned_round(logits, targets, num_classes):
    """You returned the two in the other order. The callers take the logits first: return logits, targets."""
    logits, targets = prepare(logits, targets, num_classes)
    return targets, logits


@PREPARE.right
def by_movedim(logits, targets, num_classes):
    in_order = logits.shape[1] == num_classes
    plain = targets[:, 0] if targets.dim() == 4 else targets
    return (logits if in_order else logits.movedim(-1, 1)), plain.to(torch.int64)


@PREPARE.right
def by_transposes(logits, targets, num_classes):
    if logits.shape[1] != num_classes:
        logits = logits.transpose(2, 3).transpose(1, 2)  # (N, H, C, W), then (N, C, H, W)
    return [logits.contiguous(), targets.reshape(len(targets), *targets.shape[-2:]).long()]


@PREPARE.right
def by_einsum(logits, targets, num_classes):
    if logits.size(1) != num_classes:
        logits = torch.einsum("nhwc->nchw", logits)
    if targets.dim() > 3:
        targets = targets.amax(dim=1)
    return logits, targets.type(torch.LongTensor)


PREPARE.equivalent(
    "by_movedim, line 4: 0 -> -1",
    because="There is a single channel.",
)

PREPARE.equivalent(
    "by_transposes, line 5: logits.contiguous() -> logits",
    because="A tensor need not be contiguous.",
)

PREPARE.equivalent(
    "by_transposes, line 5: targets -> logits",
    because="Logits and targets have the same N, H and W.",
)

PREPARE.equivalent(
    "by_transposes, line 4: logits.transpose(2, 3) -> logits.transpose(3, 2)",
    "by_transposes, line 4: logits.transpose(2, 3).transpose(1, 2) -> logits.transpose(2, 3).transpose(2, 1)",
    because="Swapping two axes is the same in either order.",
)
