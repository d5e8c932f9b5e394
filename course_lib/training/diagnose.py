"""Say what is wrong with a run: the cause that fits, the evidence for it, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course_lib.plots import class_columns
from course_lib.training.failure_modes import Finding, finding_of
from course_lib.training.recorded import Facts, is_narrow, one_line, percent, without_repetitions


def diagnose(folder: Path | str) -> Finding | None:
    """Return the cause that fits a run; None if none fits. Of several, the one that hides the others comes first.

    Raises:
        FileNotFoundError, ValueError: as :meth:`Facts.of` does.
    """
    return finding_of(Facts.of(folder))


def report(folder: Path | str) -> tuple[str, bool]:
    """Return what `course diagnose` prints, and whether a cause was found.

    Raises:
        FileNotFoundError, ValueError: as :meth:`Facts.of` does.
    """
    facts = Facts.of(folder)
    finding = finding_of(facts)
    if finding:
        return f"Cause: {finding.cause}\n\n{finding.evidence}\n\nWhat to do: {finding.remedy}", True
    ended = (
        f" It stopped with {facts.stopped['error']}: {one_line(facts.stopped['says'])}"
        if facts.stopped
        else ""
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
        around = "no: with the narrowest maps silenced, the logits are the same for any image"
        if network["follows_past_narrowest"]:
            around = "yes: with the narrowest maps silenced, the logits still follow the image"
        if not is_narrow(network["sides"]):
            around = "not needed: no map is narrow"
        yield "sides of the maps", without_repetitions(network["sides"])
        yield "a way around", around
        yield "blind pixels", f"{network['blind']:.0%} (their logits are the same for any image)"
    if facts.evidence["pairs"] is not None:
        yield "image and mask", f"agree in {facts.evidence['pairs']:.0%} of the pixels after augmentation"
    if facts.stopped:
        sizes = {name: facts.stopped[name] for name in ("images", "logits") if facts.stopped.get(name)}
        yield "stopped", f"{facts.stopped['error']}: {one_line(facts.stopped['says'])}"
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
    yield "  in the targets", f"{percent(training['classes'])}; void {training['void']:.0%}"
    yield "  in the truth", percent(look["truth"])
    yield "  predicted", percent(look["prediction"])
    yield "  found", percent(look["found"])
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
