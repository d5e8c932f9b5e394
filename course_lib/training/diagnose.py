"""What is wrong with a run? The failure-modes checklist and the ten pitfalls, as rules on what the run wrote down.

Each rule looks at one line of evidence, and they are asked in the order in which causes hide one another: labels that
are read wrongly spoil everything that comes after them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from course_lib.models import MODELS
from course_lib.plots import class_columns
from course_lib.training.evidence import FILE_NAME, read_evidence
from course_lib.training.runs import Run

SHARES_APART = 0.3  # classes in the targets against those in the truth; augmentation alone moves a tenth
VOID = 0.6  # share of the pixels; rotating and shrinking make a fifth
TOGETHER = 0.95  # of image and mask in augmented pairs; rounding along the edges costs a hundredth
COUNTED = 0.95
KEPT_MB = 0.1
BLIND = 0.05  # share of the pixels
COMMON = 0.8  # share of the most common class from which on classes are out of balance
FOUND = 0.1  # of the pixels that are not of the most common class
JUMP = 4  # enlarged so many times at once, outlines are gone


@dataclass(frozen=True)
class Finding:
    """A cause that fits.

    Attributes:
        cause: its name.
        evidence: the figures that speak for it.
        remedy: what to do.
    """

    cause: str
    evidence: str
    remedy: str


@dataclass(frozen=True)
class Facts:
    """What a run wrote down.

    Attributes:
        run: its recipe and log.
        evidence: what :mod:`course_lib.training.evidence` describes.
    """

    run: Run
    evidence: dict[str, Any]

    @classmethod
    def of(cls, folder: Path | str) -> Facts:
        """Read a run's folder.

        Raises:
            FileNotFoundError: it is no run, or one that has written nothing down.
            ValueError: a file is damaged.
        """
        run = Run.open(folder)
        evidence = read_evidence(run.folder)
        if evidence is None:
            raise FileNotFoundError(
                f"{run.folder} holds no {FILE_NAME}: no epoch was finished, or an earlier release trained it. Train it "
                "again, or go on with `course train --resume`."
            )
        return cls(run, evidence)

    @property
    def stopped(self) -> dict[str, Any]:
        """What ended the training; empty where nothing did."""
        return self.evidence["stopped"] or {}

    @property
    def last(self) -> dict[str, dict[str, Any]]:
        """The entry of the last epoch; empty before the first."""
        return self.evidence["epochs"][-1] if self.evidence["epochs"] else {}


def diagnose(folder: Path | str) -> Finding | None:
    """Return the cause that fits a run, the one that hides others first; None where none fits.

    Raises:
        FileNotFoundError, ValueError: as :meth:`Facts.of` does.
    """
    return _finding(Facts.of(folder))


def _finding(facts: Facts) -> Finding | None:
    rules = (*_ALWAYS, *_AFTER_AN_EPOCH) if facts.last else _ALWAYS
    return next((finding for rule in rules if (finding := rule(facts))), None)


# --- The rules ----------------------------------------------------------------------------------------------


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
        f"It stopped with {stopped['error']}: {_short(says)} The images were {images}"
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
        f"It stopped with {_short(says)}",
        "A smaller --batch-size, a smaller --size, --precision bfloat16, or patches.",
    )


def _labels(facts: Facts) -> Finding | None:
    targets, truth = facts.last["training"]["classes"], facts.last["look"]["truth"]
    void = facts.last["training"]["void"]
    apart = sum(abs(t - v) for t, v in zip(targets, truth, strict=True)) / 2
    if apart < SHARES_APART and void < VOID:
        return None
    return Finding(
        "label format",
        f"The classes in the targets ({_percent(targets)}; void {void:.0%}) are not those in the validation masks "
        f"({_percent(truth)}).",
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
        f"The model was in training mode while it was validated. Scored as logged: mIoU {_logged(facts):.3f}; "
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
        f"The mIoU of {_logged(facts):.3f} counts {share:.0%} of the validation pixels. All pixels of a sample give "
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
    if not _is_narrow(sides):
        return None
    way = f"Sides of the maps: {_way(sides)}. Nothing leads around the narrowest ones"
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
        f"It stopped: {_short(facts.stopped['says'])}",
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


# --- What is shown ------------------------------------------------------------------------------------------


def report(folder: Path | str) -> tuple[str, bool]:
    """Return what `course diagnose` prints, and whether a cause was found.

    Raises:
        FileNotFoundError, ValueError: as :meth:`Facts.of` does.
    """
    facts = Facts.of(folder)
    finding = _finding(facts)
    if finding:
        return f"Cause: {finding.cause}\n\n{finding.evidence}\n\nWhat to do: {finding.remedy}", True
    ended = (
        f" It stopped with {facts.stopped['error']}: {_short(facts.stopped['says'])}" if facts.stopped else ""
    )
    return f"None of the checklist's causes fits.{ended}\n\n{_card(facts)}", False


def card(folder: Path | str) -> str:
    """Return the lines of evidence by which a run is judged."""
    return _card(Facts.of(folder))


def _card(facts: Facts) -> str:
    return "\n".join(f"{name:<22} {value}" for name, value in _lines(facts))


def _lines(facts: Facts) -> Iterator[tuple[str, str]]:
    classes = ", ".join(facts.run.config.classes)
    if facts.evidence["network"]:
        network = facts.evidence["network"]
        around = "yes" if network["follows_past_narrowest"] else "no"
        if not _is_narrow(network["sides"]):
            around = "not needed, no map is narrow"
        yield "sides of the maps", _way(network["sides"])
        yield (
            "a way around",
            f"{around} (do the logits follow the image when the narrowest maps are silenced?)",
        )
        yield "blind pixels", f"{network['blind']:.0%} (their logits are the same for any image)"
    if facts.evidence["pairs"] is not None:
        yield "image and mask", f"agree in {facts.evidence['pairs']:.0%} of the pixels after augmentation"
    if facts.stopped:
        sizes = {name: facts.stopped[name] for name in ("images", "logits") if facts.stopped.get(name)}
        yield "stopped", f"{facts.stopped['error']}: {_short(facts.stopped['says'])}"
        yield "sizes then", ", ".join(f"{name} {tuple(shape)}" for name, shape in sizes.items())
    if facts.last:
        yield from _lines_of_epoch(facts, classes)


def _lines_of_epoch(facts: Facts, classes: str) -> Iterator[tuple[str, str]]:
    training, validation, look = (facts.last[part] for part in ("training", "validation", "look"))
    row = facts.run.history[-1]
    ious = ", ".join(f"{name} {row[column]:.2f}" for name, column in class_columns(row).items())
    yield "loss", f"{row['train_loss']:.2f}"
    yield "logged mIoU", f"{row['val_mIoU']:.2f} ({ious})"
    yield "second look", f"mIoU {look['mIoU']:.2f} (on a sample, always computed alike)"
    yield "classes", classes
    yield "  in the targets", f"{_percent(training['classes'])}; void {training['void']:.0%}"
    yield "  in the truth", _percent(look["truth"])
    yield "  predicted", _percent(look["prediction"])
    yield "  found", _percent(look["found"])
    yield (
        "right pixels",
        f"middle {look['middle_accuracy']:.0%}, along the frame {look['frame_accuracy']:.0%}",
    )
    counted = validation["counted"] / max(1, validation["pixels"])
    yield (
        "validation",
        f"{counted:.0%} of the pixels counted, largest batch {validation['largest_batch']} images",
    )
    yield "  mode of the model", "training" if validation["training_mode"] else "evaluation"
    yield "  kept for gradients", f"{validation['kept_mb']:,.0f} MB"


def _is_narrow(sides: list[int]) -> bool:
    """Whether maps become much smaller than the image, so that places are forgotten."""
    return min(sides) <= sides[0] / 2


def _way(sides: list[int]) -> str:
    """Return sides with repetitions left out."""
    return " ".join(str(side) for n, side in enumerate(sides) if n == 0 or side != sides[n - 1])


def _percent(shares: list[float]) -> str:
    return ", ".join(f"{share:.0%}" for share in shares)


def _logged(facts: Facts) -> float:
    return facts.run.history[-1]["val_mIoU"]


def _short(text: str, at_most: int = 160) -> str:
    line = " ".join(text.split())
    line = line if len(line) <= at_most else f"{line[:at_most]} ..."
    return line if line.endswith(".") else f"{line}."
