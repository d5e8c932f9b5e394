"""A run's report for readers: ``report.md`` with the table, the baselines, the curves and the overlays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from course_lib import plots
from course_lib.data.pets import PetSubset
from course_lib.data.sizes import size_name
from course_lib.data.transforms import normalize, to_tensors
from course_lib.files import atomic_path, write_text
from course_lib.masks import PET_CLASSES
from course_lib.training.devices import Devices
from course_lib.training.inference import predict_probabilities
from course_lib.training.runs import Run

OVERLAY_COUNT = 4
_COLOUR_NAMES = ("orange", "blue", "yellow", "green", "amber", "sky blue", "pink", "black")
_BOUNDARY_WORDS = (
    "Boundary IoU compares bands of 2 % of the image's diagonal along the outlines; boundary F tolerates .75 % of it. "
    "HD95 is how far apart the outlines are nearly everywhere, ASSD how far on average. Images in which only the "
    'prediction or only the truth has the class have no distance; "without distance" counts them.'
)


def save_overlays(
    run: Run,
    epoch: int,
    model: nn.Module,
    validation: PetSubset,
    devices: Devices,
    draw: plots.Drawing = plots.triptych,
) -> None:
    """Write image, truth and prediction of a few validation pets, the same ones every epoch."""
    model.eval()
    positions = overlay_positions(validation)
    images, masks = validation.take(positions)  # (B, H, W, 3), (B, H, W)
    tensors, _ = to_tensors(images, masks)
    probabilities = predict_probabilities(model, normalize(tensors.to(devices.device)), devices)
    predictions = probabilities.argmax(dim=1).to(torch.uint8).cpu().numpy()  # (B, H, W)
    for number, triple in enumerate(zip(images, masks, predictions, strict=True), start=1):
        with atomic_path(run.folder / "overlays" / overlay_name(epoch, number)) as temporary:
            Image.fromarray(draw(*triple)).save(temporary)


def overlay_positions(validation: PetSubset) -> np.ndarray:
    """Choose the pets to show, spread evenly over the set and so over the breeds."""
    count = min(OVERLAY_COUNT, len(validation))
    return np.linspace(0, len(validation) - 1, count).round().astype(np.int64)


def overlay_name(epoch: int, number: int) -> str:
    """Return the file name of one overlay."""
    return f"epoch-{epoch:03d}-{number}.png"


def write_report(run: Run) -> None:
    """Write ``report.md`` and ``curves.png`` from what the run's folder holds.

    Raises:
        FileNotFoundError: the run has no scores yet, because it did not reach its end.
    """
    best = run.best_epoch
    scores = run.validation_scores()
    if best is None or scores is None:
        raise FileNotFoundError(
            f"{run.folder} has no scores yet: let the training finish (--resume continues it)."
        )
    with atomic_path(run.folder / "curves.png") as temporary:
        plots.run_curves(run.history).savefig(temporary, dpi=110)
    write_text(run.folder / "report.md", "\n\n".join(_sections(run, scores, int(best["epoch"]))) + "\n")


def _sections(run: Run, scores: Mapping[str, Mapping[str, Any]], best_epoch: int) -> Iterator[str]:
    config = run.config
    seconds = sum(row["seconds"] for row in run.history)
    yield f"# Run `{run.folder.name}`"
    yield (
        f"`{config.model}` on `{config.data}` at {size_name(config.size)} ({config.fit}): {len(run.history)} epochs, "
        f"{seconds / 60:.1f} minutes of training. Best on validation: epoch {best_epoch}."
    )
    yield "## Validation"
    yield _table(_named_by_size(scores), config.classes)
    images = next(iter(scores.values()))["images"]
    yield (
        f"IoU pooled over the pixels of all {images} validation images. The run's own line averages the "
        "prediction with that of the mirrored image; the log's does not."
    )
    own = next(iter(scores.values()))
    yield from _boundary_paragraphs(own)
    if "boundary" in own:
        yield _BOUNDARY_WORDS
    yield "## Test"
    yield from _test_paragraphs(run)
    yield "## Curves"
    yield "![Training loss falling on the left; IoU of each class on validation on the right](curves.png)"
    yield "## Overlays"
    yield "Image, true mask, predicted mask: " + _legend(config.classes) + "."
    yield from _overlay_lines(run, best_epoch)


def _named_by_size(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Give the scores at training size and at full size a row each, whose name says which."""
    rows: dict[str, Mapping[str, Any]] = {}
    for name, row in scores.items():
        sizes = [row, row["full_size"]] if "full_size" in row else [row]
        rows |= {f"{name}, at {size_name(scored['size'])}": scored for scored in sizes}
    return rows


def _table(scores: Mapping[str, Mapping[str, Any]], classes: Sequence[str]) -> str:
    columns = ("mIoU", *classes, "pixel accuracy")
    lines = ["| | " + " | ".join(columns) + " |", "|---" + "|---:" * len(columns) + "|"]
    for name, row in scores.items():
        values = [row["mIoU"], *(row["iou"][class_name] for class_name in classes), row["pixel_accuracy"]]
        lines.append(f"| {name} | " + " | ".join(_figure(v, ".3f") for v in values) + " |")
    return "\n".join(lines)


def _boundary_paragraphs(scores: Mapping[str, Any]) -> Iterator[str]:
    """Show how well outlines agree, class by class, at both sizes; a run of an earlier version has no such scores."""
    boundary = scores.get("boundary")
    if boundary is None:
        return
    yield f"Boundaries, measured at {size_name(boundary['size'])}; HD95 and ASSD in pixels of that size:"
    header = "| | boundary IoU | boundary F | HD95 | ASSD | without distance |"
    rows = [("mean", boundary["mean"]), *boundary["classes"].items()]
    yield "\n".join([header, "|---" + "|---:" * 5 + "|", *(_boundary_line(*row) for row in rows)])
    yield from _boundary_paragraphs(scores.get("full_size", {}))


def _boundary_line(name: str, row: Mapping[str, Any]) -> str:
    shares = [_figure(row[key], ".3f") for key in ("iou", "f")]
    pixels = [_figure(row[key], ".1f") for key in ("hd95", "assd")]
    return f"| {' | '.join([name, *shares, *pixels, str(row.get('unmatched', ''))])} |"


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _test_paragraphs(run: Run) -> Iterator[str]:
    openings = run.test_openings()
    if not openings:
        yield (
            "Not opened yet. Choose on validation first; then, once: "
            f"`course evaluate {run.folder.as_posix()} --split test`."
        )
        return
    yield _table(
        _named_by_size({f"{row['data']}, opened {row['when']}": row for row in openings}), run.config.classes
    )
    yield from _boundary_paragraphs(openings[-1])
    if len(openings) > 1:
        yield (
            f"Opened {len(openings)} times: whatever was chosen after the first opening was chosen on test. "
            "Boundaries are of the last opening."
        )


def _legend(classes: Sequence[str]) -> str:
    named = zip_longest(classes, _COLOUR_NAMES[: len(classes)], fillvalue="in the palette's next colour")
    void = ", void grey" if tuple(classes) != PET_CLASSES else ""
    return ", ".join(f"{name} {colour}" for name, colour in named) + void


def _overlay_lines(run: Run, epoch: int) -> Iterator[str]:
    for number in range(1, OVERLAY_COUNT + 1):
        name = overlay_name(epoch, number)
        if (run.folder / "overlays" / name).is_file():
            yield f"![Validation pet {number}: image, true mask, predicted mask](overlays/{name})"
