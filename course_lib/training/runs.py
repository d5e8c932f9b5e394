"""A run is a folder: what was asked for, what happened, the best and the last weights.

Everything in it is replaced as a whole, so that a run killed at any moment can be opened and resumed.

    config.json   the recipe
    last.pt       everything needed to continue after the last whole epoch; the log is made from it
    best.pt       the weights of the best epoch on validation
    log.csv       one line per epoch
    overlays/     a few validation images, epoch by epoch
    evidence.json what `course diagnose` reads; see course_lib/training/evidence.py
    validation.json  scores of the best weights and of the baselines
    report.md     the table, the curves, the overlays
    test.json     when the test set was opened, and what it said
"""

from __future__ import annotations

import csv
import io
import json
import pickle
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_lib.files import atomic_path, write_text
from course_lib.models.checkpoints import find_weights, load_state
from course_lib.plots import IOU_COLUMN
from course_lib.training.config import TrainConfig


def iou_columns(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the log's columns for the IoU of each class."""
    return tuple(IOU_COLUMN + name for name in classes)


def log_columns(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all the log's columns, in order."""
    return ("epoch", "train_loss", "val_mIoU", *iou_columns(classes), "lr", "seconds")


_NEEDED_TO_CONTINUE = ("model", "optimizer", "plateau", "scaler", "epoch", "steps_done", "elapsed", "history")


class Run:
    """One training, as a folder.

    Use :meth:`create` for a new one and :meth:`open` for one that exists.
    """

    def __init__(self, folder: Path, config: TrainConfig) -> None:
        self.folder = folder
        self.config = config
        self.history: list[dict[str, float]] = []

    @classmethod
    def create(cls, folder: Path | str, config: TrainConfig) -> Run:
        """Start a run; one that never finished an epoch is replaced, because there is nothing to lose.

        Raises:
            FileExistsError: the folder already holds a run.
        """
        folder = Path(folder)
        if (folder / "last.pt").exists():
            raise FileExistsError(
                f"{folder} already holds a run: continue it with --resume, or choose another folder with --out."
            )
        run = cls(folder, config)
        write_text(folder / "config.json", json.dumps(config.to_json(), indent=2) + "\n")
        return run

    @classmethod
    def open(cls, folder: Path | str) -> Run:
        """Open a run that exists.

        Raises:
            FileNotFoundError: there is no run in the folder.
            ValueError: its config.json cannot be understood.
        """
        path = Path(folder) / "config.json"
        if not is_run(folder):
            raise FileNotFoundError(
                f"{folder} is not a run: it has no config.json. `course train --out {folder}` makes one."
            )
        try:
            config = TrainConfig.from_json(_read_json(path))
        except (ValueError, TypeError) as error:
            named = str(error) if str(error).startswith(str(path)) else f"{path} cannot be used: {error}"
            raise ValueError(named) from error
        run = cls(path.parent, config)
        run.history = read_log(run.folder)
        return run

    @property
    def best_epoch(self) -> dict[str, float] | None:
        """The log line with the highest validation mIoU, the earliest on a tie; None before the first epoch."""
        return max(self.history, key=lambda row: row["val_mIoU"], default=None)

    def save_best(self, model: nn.Module) -> None:
        """Keep these weights as the best so far."""
        self._save("best.pt", {"model": model.state_dict()})

    def save_last(self, state: dict[str, Any]) -> None:
        """Keep what is needed to continue, then bring the log up to date."""
        self._save("last.pt", state | {"history": self.history})
        self.write_log()

    def load_last(self) -> dict[str, Any] | None:
        """Load what :meth:`save_last` kept, and the log that belongs to it; None if no epoch was finished.

        Raises:
            ValueError: the file is damaged or holds something other than plain tensors and numbers.
        """
        path = self.folder / "last.pt"
        if not path.is_file():
            return None
        state = load_checkpoint(path)
        missing = [key for key in _NEEDED_TO_CONTINUE if key not in state]
        if missing:
            raise ValueError(
                f"{path} holds no {' and no '.join(missing)}, so training cannot continue: the file must be one "
                "that training wrote, not only weights. Train again, or restore the file."
            )
        self.history = state["history"]
        return state

    def load_best_model(self, model: nn.Module | None = None) -> nn.Module:
        """Return a model with the best weights, ready to predict; by default a new model of the recipe.

        Raises:
            FileNotFoundError: no epoch was finished yet, or the file was lost.
            ValueError: the file is damaged, or its weights belong to another model.
        """
        path = self.folder / "best.pt"
        if not path.is_file():
            remedy = (
                "it was lost after training, so restore the file, or train another run"
                if (self.folder / "last.pt").is_file()
                else "train at least one epoch (--resume continues)"
            )
            raise FileNotFoundError(f"{self.folder} holds no best.pt: {remedy}.")
        if model is None:
            model = self.config.new_model()
        load_weights(model, load_checkpoint(path), path, self.config.model)
        return model.to(memory_format=torch.channels_last).eval()

    def save_validation_scores(self, scores: dict[str, dict[str, Any]]) -> None:
        """Keep the best weights' scores, and the baselines', by name."""
        write_text(self.folder / "validation.json", json.dumps(scores, indent=2) + "\n")

    def validation_scores(self) -> dict[str, dict[str, Any]] | None:
        """Return what :meth:`save_validation_scores` kept; None before training ends."""
        path = self.folder / "validation.json"
        again = f"delete it, and `course train --out {self.folder} --resume` writes it again."
        return _read_json(path, again) if path.is_file() else None

    def test_openings(self) -> list[dict[str, Any]]:
        """Return when the test set was opened, oldest first, with its scores."""
        path = self.folder / "test.json"
        return _read_json(path) if path.is_file() else []

    def remember_test(self, scores: dict[str, Any], data: str) -> None:
        """Record that the test set was opened."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        openings = [*self.test_openings(), {"when": when, "data": data, **scores}]
        write_text(self.folder / "test.json", json.dumps(openings, indent=2) + "\n")

    def _save(self, name: str, state: dict[str, Any]) -> None:
        # Through memory: on a full disk, torch's own writer fails with an assertion that does not say so.
        packed = io.BytesIO()
        torch.save(state, packed)
        with atomic_path(self.folder / name) as temporary:
            temporary.write_bytes(packed.getbuffer())

    def write_log(self) -> None:
        """Write the history as ``log.csv``."""
        text = io.StringIO()
        columns = log_columns(self.config.classes)
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: f"{row[key]:.6g}" for key in columns} for row in self.history)
        write_text(self.folder / "log.csv", text.getvalue())


def read_log(folder: Path) -> list[dict[str, float]]:
    """Return the lines of a run's ``log.csv``, one per finished epoch; none if there is no log.

    Raises:
        ValueError: the file is damaged.
    """
    path = folder / "log.csv"
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    except (ValueError, TypeError) as error:  # float(None) where a line is too short
        raise ValueError(
            f"{path} is damaged ({error}): delete it, and `course train --out {folder} --resume` writes it again."
        ) from error


def _read_json(path: Path, remedy: str = "restore the file, or train another run with another --out.") -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): {remedy}") from error


def is_run(folder: Path | str) -> bool:
    """Whether a folder holds a run."""
    return (Path(folder) / "config.json").is_file()


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint without running anything that it might contain.

    Raises:
        ValueError: it is damaged, or holds code.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} was refused: it holds more than tensors and numbers, and such a file can run code when it is "
            "opened. Save model.state_dict(), not the model, by torch.save, and hand that in."
        ) from error
    except Exception as error:  # bytes that are not a checkpoint make the unpickler raise nearly anything
        found = _first_sentence(error) if path.stat().st_size else "it has zero bytes"
        raise ValueError(f"{path} is damaged ({found}): delete it and train again.") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} holds a {type(state).__name__}, not a checkpoint of this course.")
    return state


def load_weights(model: nn.Module, weights: dict[str, Any], source: Path, name: str) -> None:
    """Copy weights, a state dict or a checkpoint that holds one, into a model.

    Raises:
        ValueError: they belong to another architecture than the one called ``name``, or are not weights.
    """
    try:
        load_state(model, find_weights(weights))
    except ValueError as error:
        raise ValueError(
            f"{source} {error} It was read as weights of {name}: was config.json changed, or the file copied from "
            "another run?"
        ) from error


def _first_sentence(error: BaseException) -> str:
    """Return what an error says first: torch goes on with guesses about the cause."""
    return str(error).splitlines()[0].split(". ")[0] if str(error) else type(error).__name__
