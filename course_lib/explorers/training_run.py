"""A run, epoch by epoch: its curves and its overlays together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import cycle
from pathlib import Path

import numpy as np

from course_lib.explorers.charts import DASHES, Chart, legend
from course_lib.explorers.shell import Explorer, choice, integer
from course_lib.explorers.view import View
from course_lib.plots import class_columns
from course_lib.svg import Figure, colour, figure, png, text

History = Sequence[Mapping[str, float]]

_WIDE = 600  # width of a strip of three pictures on the page
_STRIP = ("image", "truth", "prediction")
_DARK_YELLOW = "#b8a900"  # the palette's yellow cannot be seen on white
_INKS = (colour(0), colour(1), _DARK_YELLOW, colour(3), colour(6))


def compare_epochs(history: History, epoch: int) -> str:
    """Describe an epoch: its training loss, its mIoU, and how both compare with the epoch before."""
    row = history[epoch - 1]
    now = f"Epoch {epoch}: training loss {row['train_loss']:.3f}, validation mIoU {row['val_mIoU']:.3f}."
    if epoch == 1:
        return now
    before = history[epoch - 2]
    loss, score = row["train_loss"] - before["train_loss"], row["val_mIoU"] - before["val_mIoU"]
    if loss < 0 and score < 0:
        said = "The loss fell, and the validation score got worse: look at the overlays, not at the loss."
    elif loss < 0:
        said = "The loss fell, and the validation score rose with it."
    else:
        said = f"The loss rose, and the validation score {'rose' if score > 0 else 'fell'}."
    return f"{now} Since epoch {epoch - 1}: loss {loss:+.3f}, mIoU {score:+.3f}. {said}"


def best_epoch(history: History) -> int:
    """Return the epoch of the highest validation mIoU, the earliest on a tie; epochs count from 1."""
    return 1 + max(range(len(history)), key=lambda index: (history[index]["val_mIoU"], -index))


def run_view(history: History, overlays: Path, epoch: int, pet: int) -> View:
    """Draw the curves with the epoch marked, and one pet's overlays of that epoch.

    Args:
        history: one row per epoch, as `course_lib.training.runs.Run` keeps it.
        overlays: the folder with the run's overlays.
        epoch: from 1.
        pet: from 1.
    """
    best = best_epoch(history)
    said = compare_epochs(history, epoch)
    figures = (_losses(history, epoch), _scores(history, epoch), _overlay(overlays, epoch, pet))
    return View(figures, (said, f"Best epoch: {best}, mIoU {history[best - 1]['val_mIoU']:.3f}."))


def _losses(history: History, epoch: int) -> Figure:
    losses = [row["train_loss"] for row in history]
    top = max(losses)
    chart = _chart(history, 1.05 * top)
    step = next(step for step in (0.1, 0.25, 0.5, 1, 2, 5, 10, 100) if top / step < 6 or step == 100)
    ticks = np.arange(0, top, step).tolist()
    now = losses[epoch - 1]
    return figure(
        300,
        240,
        f"Training loss from {losses[0]:.3f} to {losses[-1]:.3f}; {now:.3f} at epoch {epoch} of {len(history)}.",
        chart.frame("epoch", "training loss", _epoch_ticks(len(history)), ticks),
        chart.curve(range(1, len(history) + 1), losses, "#111111"),
        chart.upright(epoch),
        chart.dot(epoch, now, "#ffffff"),
    )


def _scores(history: History, epoch: int) -> Figure:
    chart = _chart(history, 1.0)
    parts = [chart.frame("epoch", "IoU on validation", _epoch_ticks(len(history)), (0, 0.25, 0.5, 0.75, 1))]
    epochs = range(1, len(history) + 1)
    row, scores = history[epoch - 1], _score_curves(history[0])
    parts += [
        chart.curve(epochs, [row[key] for row in history], stroke, dash) for _, key, stroke, dash in scores
    ]
    parts.append(chart.upright(epoch))
    parts += [chart.dot(epoch, row[key], stroke) for _, key, stroke, _ in scores]
    names = [(name, stroke, dash) for name, _, stroke, dash in scores]
    alt = f"Validation at epoch {epoch}: " + ", ".join(f"{name} {row[key]:.3f}" for name, key, *_ in scores)
    return figure(430, max(240, 40 + 20 * len(names)), alt, *parts, legend(names, 308, 36))


def _score_curves(row: Mapping[str, float]) -> list[tuple[str, str, str, str]]:
    """Return name, column, colour and dashes of every score in a row of the log: the mean, then each class."""
    # 5 inks and 4 dashes: 20 classes before two look alike.
    looks = zip(class_columns(row).items(), cycle(_INKS), cycle(DASHES[1:]))
    return [("mIoU", "val_mIoU", "#111111", ""), *((*names, ink, dash) for names, ink, dash in looks)]


def _chart(history: History, top: float) -> Chart:
    return Chart(44, 24, 246, 170, (1, max(2, len(history))), (0, top))


def _epoch_ticks(count: int) -> list[int]:
    step = max(1, round(count / 6))
    return [1, *range(1 + step, count + 1, step)]


def _overlay(overlays: Path, epoch: int, pet: int) -> Figure:
    from course_lib.training.report import overlay_name

    path = overlays / overlay_name(epoch, pet)
    if not path.is_file():
        alt = f"This run kept no overlay of pet {pet} in epoch {epoch}."
        return figure(_WIDE, 40, alt, text(2, 24, alt))
    data, width, height = _read(path)
    # Runs of older notebooks kept the prediction only, and their pictures were square.
    shown = _STRIP if width != height else _STRIP[-1:]
    wide = _WIDE * len(shown) / len(_STRIP)
    tall = wide * height / width
    titles = [text(wide * place / len(shown) + 2, 15, title) for place, title in enumerate(shown)]
    alt = f"Pet {pet} in epoch {epoch}: {', '.join(shown)}."
    return figure(wide + 2, tall + 24, alt, *titles, png(data, 1, 22, wide, tall))


@cache
def _read(path: Path) -> tuple[bytes, int, int]:
    """Return a PNG file's bytes, its width and its height."""
    data = path.read_bytes()
    return data, int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def explore_run(folder: str | Path) -> Explorer:
    """Go through the epochs of a run: a folder with a ``log.csv`` and the ``overlays/`` that belong to it.

    Raises:
        FileNotFoundError: there is no run in the folder, or no epoch of it is finished.
    """
    from course_lib.training.report import OVERLAY_COUNT
    from course_lib.training.runs import read_log

    folder = Path(folder)
    history = read_log(folder)
    if not history:
        raise FileNotFoundError(
            f"{folder} has no log.csv with an epoch in it: give the folder of a run that finished one at least."
        )
    controls = {
        "epoch": integer("epoch", best_epoch(history), 1, len(history)),
        "pet": choice("pet", [(f"pet {number}", number) for number in range(1, OVERLAY_COUNT + 1)]),
    }
    view = partial(run_view, tuple(history), folder / "overlays")
    return Explorer(f"The run {folder.name}", view, controls)
