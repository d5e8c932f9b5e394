"""Raw logits for the loss, probabilities for people."""

import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l04_per_pixel_cross_entropy.shared import (
    ONE_TWO_FIVE,
    SIZES,
    TOLERANCE,
    draw_logits,
    draw_sizes,
    everywhere,
)


def read_logits(logits, targets):
    """Return what a step of training reports.

    Args:
        logits: float tensor (N, C, H, W), as the network gives them.
        targets: int64 tensor (N, H, W).

    Returns:
        A dict: "loss", the mean cross-entropy; "prediction", int64 (N, H, W), each pixel's class;
        "confidence", float (N, H, W), the probability of the class predicted there.
    """
    ### BEGIN SOLUTION
    loss = F.cross_entropy(logits, targets)  # takes raw logits: the softmax is inside
    prediction = logits.argmax(dim=1)  # (N, H, W)
    confidence = logits.softmax(dim=1).amax(dim=1)  # (N, H, W)
    return {"loss": loss, "prediction": prediction, "confidence": confidence}
    ### END SOLUTION


_KINDS = (*SIZES, "one image", "sure", "hundreds apart")


def _draw_step(rng, kind):
    classes, height, width = draw_sizes(rng, kind)
    count = 1 if kind in ("one image", "one pixel") else int(rng.integers(2, 4))
    logits = draw_logits(rng, count, classes, height, width)
    targets = torch.from_numpy(rng.integers(0, classes, (count, height, width)))
    return logits * {"sure": 4.0, "hundreds apart": 800.0}.get(kind, 1.0), targets


READ_LOGITS = Exercise(
    read_logits,
    title="Raw logits for the loss, probabilities for people",
    points=2,
    minutes=5,
    source="Losses and metrics, per-pixel cross-entropy",
    draw=by_kind(_draw_step, *_KINDS),
    tolerance=TOLERANCE,
    hints=(
        "Which of the three needs probabilities? Only one does.",
        "F.cross_entropy and argmax both work on raw logits. For the confidence take softmax(dim=1), then the "
        "highest along axis 1.",
        "loss = F.cross_entropy(logits, targets); prediction = logits.argmax(dim=1); confidence = "
        'logits.softmax(dim=1).amax(dim=1); return them as {"loss": loss, ...}.',
    ),
    why="cross_entropy takes raw logits because it can then compute log and softmax in one stable step. Softmax "
    "keeps the order of the classes, so argmax needs none.",
)

READ_LOGITS.worked(
    everywhere(ONE_TWO_FIVE, 1, 2)[None],
    torch.tensor([[[2, 0]]]),
    gives={"loss": 1.27472, "prediction": [[[2, 2]]], "confidence": [[[0.625, 0.625]]]},
)
READ_LOGITS.worked(
    torch.tensor([[[[40.0]], [[-40.0]]]]),
    torch.tensor([[[1]]]),
    gives={"loss": 80.0, "prediction": [[[0]]], "confidence": [[[1.0]]]},
)


@READ_LOGITS.wrong
def softmax_before_the_loss(logits, targets):
    """You gave cross_entropy probabilities. It takes a softmax itself, and the softmax of probabilities is
    nearly flat, so the loss stays high and the gradient small: hand over the raw logits.
    """
    return read_logits(logits, targets) | {"loss": F.cross_entropy(logits.softmax(dim=1), targets)}


@READ_LOGITS.wrong
def sigmoid_before_the_loss(logits, targets):
    """You took a sigmoid before cross_entropy. It expects raw logits and has its softmax inside: hand over
    the logits as they are.
    """
    return read_logits(logits, targets) | {"loss": F.cross_entropy(logits.sigmoid(), targets)}


@READ_LOGITS.wrong
def nll_loss_of_logits(logits, targets):
    """You gave nll_loss raw logits. It only picks the target's entry and turns its sign; it wants
    log-probabilities. Use F.cross_entropy, which does both.
    """
    return read_logits(logits, targets) | {"loss": F.nll_loss(logits, targets)}


@READ_LOGITS.wrong
def nll_loss_of_probabilities(logits, targets):
    """You gave nll_loss probabilities, and it takes no logarithm in spite of its name. Use F.cross_entropy on
    the raw logits.
    """
    return read_logits(logits, targets) | {"loss": F.nll_loss(logits.softmax(dim=1), targets)}


@READ_LOGITS.wrong
def highest_logit_as_confidence(logits, targets):
    """Your confidence is a logit. A logit can be negative or larger than 1, so people cannot read it: take
    the softmax over axis 1, then the highest.
    """
    return read_logits(logits, targets) | {"confidence": logits.amax(dim=1)}


@READ_LOGITS.wrong
def sigmoid_as_confidence(logits, targets):
    """Your confidence is a sigmoid, which looks at one logit alone. The classes exclude each other: take the
    softmax over axis 1, then the highest.
    """
    return read_logits(logits, targets) | {"confidence": logits.sigmoid().amax(dim=1)}


@READ_LOGITS.wrong
def probability_of_the_target(logits, targets):
    """Your confidence is the probability of the true class. Confidence is what the model gives to its own
    choice, and it needs no target: the highest probability.
    """
    probability = logits.softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    return read_logits(logits, targets) | {"confidence": probability}


@READ_LOGITS.wrong
def last_axis(logits, targets):
    """You looked for the highest along the last axis, the width. The classes are axis 1: use dim=1."""
    return read_logits(logits, targets) | {
        "prediction": logits.argmax(dim=-1),
        "confidence": logits.softmax(dim=-1).amax(dim=-1),
    }


@READ_LOGITS.wrong
def pair_of_max_as_confidence(logits, targets):
    """max(dim=1) returns a pair: the highest values, and where they are. The confidence is the first of the
    two: .max(dim=1).values, or .amax(dim=1).
    """
    return read_logits(logits, targets) | {"confidence": tuple(logits.softmax(dim=1).max(dim=1))}


@READ_LOGITS.wrong
def log_probability_as_confidence(logits, targets):
    """Your confidence is the logarithm of a probability, 0 or less. People want the probability: take
    softmax, or .exp() of the log_softmax.
    """
    return read_logits(logits, targets) | {"confidence": logits.log_softmax(dim=1).amax(dim=1)}


@READ_LOGITS.wrong
def three_values(logits, targets):
    """You returned three values side by side. They are asked for by name: return a dict with the keys "loss",
    "prediction" and "confidence".
    """
    report = read_logits(logits, targets)
    return report["loss"], report["prediction"], report["confidence"]


@READ_LOGITS.wrong
def right_or_wrong_as_confidence(logits, targets):
    """Your confidence says whether the prediction is right. Confidence is what the model gives to its own choice, and
    it needs no target: the highest probability.
    """
    values = read_logits(logits, targets)
    return {**values, "confidence": (values["prediction"] == targets).float()}


@READ_LOGITS.right
def read_by_probabilities(logits, targets):
    confidence, prediction = logits.softmax(dim=1).max(dim=1)
    criterion = torch.nn.CrossEntropyLoss()
    return {"loss": criterion(logits, targets).item(), "prediction": prediction, "confidence": confidence}


@READ_LOGITS.right
def read_by_log_softmax(logits, targets):
    log_p = logits.log_softmax(dim=1)  # a second log_softmax changes nothing, unlike a second softmax
    highest = log_p.max(dim=1)
    return {
        "loss": F.cross_entropy(log_p, targets),
        "prediction": highest.indices,
        "confidence": highest.values.exp(),
    }


@READ_LOGITS.right
def read_by_nll(logits, targets):
    report = {"loss": F.nll_loss(F.log_softmax(logits, dim=1), targets)}
    report["prediction"] = logits.numpy().argmax(axis=1)
    report["confidence"] = (logits.amax(dim=1) - logits.logsumexp(dim=1)).exp().numpy()
    return report


READ_LOGITS.equivalent(
    "read_by_nll, line 4: logits.numpy() -> logits",
    "read_by_nll, line 5: (logits.amax(dim=1) - logits.logsumexp(dim=1)).exp().numpy()"
    " -> (logits.amax(dim=1) - logits.logsumexp(dim=1)).exp()",
    "read_by_probabilities, line 5: criterion(logits, targets).item() -> criterion(logits, targets)",
    because="A tensor of one number counts as this number, and a tensor as an array.",
)

READ_LOGITS.equivalent(
    "read_by_log_softmax, line 6: log_p -> logits",
    because="A second log_softmax changes nothing.",
)

READ_LOGITS.equivalent(
    "read_by_nll, line 3: F.log_softmax(logits, dim=1) -> F.log_softmax(logits)",
    because="For four axes, 1 is what log_softmax takes by itself.",
)
