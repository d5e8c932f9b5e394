"""The failure-modes checklist and the ten pitfalls, as rules on what a run recorded.

Each rule looks at one line of evidence. A cause that hides others is checked before them: labels that are read wrongly
spoil everything that follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from course_lib.models import MODELS
from course_lib.training.recorded import Facts, is_narrow, one_line, percent, without_repetitions

SHARES_APART = (
    0.3  # difference of class shares between targets and truth; augmentation by itself changes a tenth
)
VOID = 0.6  # share of the pixels with a label that augmenting takes it from; rotating and shrinking do from a fifth
TOGETHER = 0.95  # agreement of image and mask in augmented pairs; rounding along the edges costs a hundredth
COUNTED = 0.95
KEPT_MB = 0.1
BLIND = 0.05  # share of the pixels
COMMON = 0.8  # from this share of the most common class on, classes are out of balance
FOUND = 0.1  # share of the pixels outside the most common class
JUMP = 4  # an enlargement by this factor in one step loses the outlines


@dataclass(frozen=True)
class Finding:
    """A cause that fits.

    Attributes:
        cause: its name.
        evidence: the figures that point to it.
        remedy: what to do.
    """

    cause: str
    evidence: str
    remedy: str


def finding_of(facts: Facts) -> Finding | None:
    """Return the first finding of the rules; None if no rule fits."""
    rules = (*_ALWAYS, *_AFTER_AN_EPOCH) if facts.last else _ALWAYS
    return next((finding for rule in rules if (finding := rule(facts))), None)


def _sizes(facts: Facts) -> Finding | None:
    stopped = facts.stopped
    says = str(stopped.get("says", ""))
    logits, targets = stopped.get("logits") or [], stopped.get("targets") or []
    unequal = bool(logits) and bool(targets) and logits[-2:] != targets[-2:]
    if not unequal and not re.search(
        r"sizes? of tensor|tensor sizes|must match|multiples? of", says, re.IGNORECASE
    ):
        return None
    images = " x ".join(map(str, stopped.get("images", ())))
    return Finding(
        "size mismatch",
        f"It stopped with {stopped['error']}: {one_line(says)} The images were {images}"
        + (f", the logits {' x '.join(map(str, logits))}." if logits else "."),
        "Print the shape after each layer, find the first that is off, and pad there; or choose a size that every "
        "pooling can halve.",
    )


def _out_of_memory(facts: Facts) -> Finding | None:
    says = f"{facts.stopped.get('error', '')} {facts.stopped.get('says', '')}"
    if not re.search(r"memory", says, re.IGNORECASE):
        return None
    return Finding(
        "memory",
        f"It stopped with {one_line(says)}",
        "A smaller --batch-size, a smaller --size, --precision bfloat16, or patches.",
    )


def _labels(facts: Facts) -> Finding | None:
    targets, truth = facts.last["training"]["classes"], facts.last["look"]["truth"]
    void, void_before = facts.last["training"]["void"], facts.last["look"].get("void", 0.0)
    lost = 1 - (1 - void) / max(1 - void_before, 1e-6)
    apart = sum(abs(t - v) for t, v in zip(targets, truth, strict=True)) / 2
    if apart < SHARES_APART and lost < VOID:
        return None
    return Finding(
        "label format",
        f"The classes in the targets ({percent(targets)}; void {void:.0%}) are not those in the validation masks "
        f"({percent(truth)}).",
        "Look at what the loss is given: torch.unique(targets). Ids are 0 to C-1 and 255 for void, int64, (N, H, W); "
        "masks are neither scaled like images nor one-hot.",
    )


def _probabilities(facts: Facts) -> Finding | None:
    training = facts.last["training"]
    if training["add_up_to_1"] < 1 or training["lowest_logit"] < 0:
        return None
    return Finding(
        "value range of the loss",
        f"The logits lie between {training['lowest_logit']:.2f} and {training['highest_logit']:.2f} and add up to 1 "
        "in every pixel: they are probabilities.",
        "Take the softmax out of the network: cross-entropy takes logits and applies it itself.",
    )


def _pairs(facts: Facts) -> Finding | None:
    together = facts.evidence["pairs"]
    if together is None or together >= TOGETHER:
        return None
    return Finding(
        "augmentation mismatch",
        f"Augmented together with a picture of itself, a mask agrees with it in {together:.0%} of the pixels.",
        "Draw the place, the angle and the flip once, and use them for image and mask. Look at augmented pairs.",
    )


def _mode(facts: Facts) -> Finding | None:
    if not facts.last["validation"]["training_mode"]:
        return None
    return Finding(
        "evaluation mode",
        f"The model was in training mode while it was validated. Scored as logged: mIoU {facts.logged_iou:.3f}; "
        f"in evaluation mode, on a sample: {facts.last['look']['mIoU']:.3f}.",
        "Call model.eval() before you predict, and model.train() before you go on training.",
    )


def _graphs(facts: Facts) -> Finding | None:
    validation = facts.last["validation"]
    if validation["kept_mb"] < KEPT_MB:
        return None
    return Finding(
        "memory",
        f"Validating kept {validation['kept_mb']:,.0f} MB for gradients that nobody takes; the largest batch had "
        f"{validation['largest_batch']} images.",
        "Predict under torch.no_grad(), in batches.",
    )


def _subset(facts: Facts) -> Finding | None:
    validation = facts.last["validation"]
    share = validation["counted"] / max(1, validation["pixels"])
    if share >= COUNTED:
        return None
    return Finding(
        "metric on a subset",
        f"The mIoU of {facts.logged_iou:.3f} counts {share:.0%} of the validation pixels. All pixels of a sample give "
        f"{facts.last['look']['mIoU']:.3f}.",
        "Count every pixel that has a true class, and look at the overlays.",
    )


def _colours(facts: Facts) -> Finding | None:
    alike = facts.evidence["drawing"]
    if alike is None or alike > 0.99:
        return None
    return Finding(
        "colour map",
        f"Where truth and prediction are equal, the overlays draw them alike in {alike:.0%} of the pixels.",
        "Draw both by the same palette, indexed by class id.",
    )


def _frame(facts: Facts) -> Finding | None:
    network, look = facts.evidence["network"], facts.last["look"]
    if not network or network["blind"] < BLIND:
        return None
    return Finding(
        "boundary pixels",
        f"In {network['blind']:.0%} of the pixels the logits are the same whatever the image shows. Along the frame "
        f"{look['frame_accuracy']:.0%} of the pixels are right, in the middle {look['middle_accuracy']:.0%}.",
        "Pad inside the network, or widen the images by mirroring before unpadded convolutions. Never fill up logits.",
    )


def _imbalance(facts: Facts) -> Finding | None:
    truth, prediction = facts.last["look"]["truth"], facts.last["look"]["prediction"]
    common = max(range(len(truth)), key=truth.__getitem__)
    name = facts.run.config.classes[common]
    rest = [class_id for class_id in range(len(truth)) if class_id != common and truth[class_id]]
    found = sum(truth[class_id] * facts.last["look"]["found"][class_id] for class_id in rest)
    if truth[common] < COMMON or found >= FOUND * sum(truth[class_id] for class_id in rest):
        return None
    return Finding(
        "class imbalance",
        f"{truth[common]:.1%} of the true pixels are {name}, and {prediction[common]:.1%} of the predicted ones. Of "
        f"the rest, {found / (1 - truth[common]):.0%} is found.",
        "Weight the classes, add Dice to the loss (--loss ce+dice), or show rare classes more often; report the IoU of "
        "each class.",
    )


def _detail(facts: Facts) -> Finding | None:
    network = facts.evidence["network"]
    if not MODELS[facts.run.config.model].has_skips or not network or network["follows_past_narrowest"]:
        return None
    sides = network["sides"]
    if not is_narrow(sides):
        return None
    way = f"Sides of the maps: {without_repetitions(sides)}. Nothing leads around the narrowest ones"
    if max(after / before for before, after in pairwise(sides)) >= JUMP:
        return Finding(
            "oversmoothing",
            f"{way}, and these are enlarged {sides[-1] // min(sides)} times in one go.",
            "Keep the size and widen the view by dilation, or come back step by step with a decoder and skips.",
        )
    return Finding(
        "no skip connections",
        f"{way}: what the poolings forgot, the decoder never sees.",
        "Join the encoder's features of the same size in every stage of the decoder.",
    )


def _diverged(facts: Facts) -> Finding | None:
    if facts.stopped.get("error") != "FloatingPointError":
        return None
    return Finding(
        "value range of the loss",
        f"It stopped: {one_line(facts.stopped['says'])}",
        "Look for impossible values in images and masks; else lower the learning rate, --lr.",
    )


Rule = Callable[[Facts], Finding | None]
_ALWAYS: tuple[Rule, ...] = (_out_of_memory, _sizes, _diverged)
_AFTER_AN_EPOCH: tuple[Rule, ...] = (
    _labels,
    _probabilities,
    _pairs,
    _mode,
    _graphs,
    _subset,
    _colours,
    _frame,
    _imbalance,
    _detail,
)
