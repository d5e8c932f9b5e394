"""From a recipe to a finished run: data, model, loop, files, report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from tqdm.auto import tqdm

from course_lib.data.labels import check_classes
from course_lib.data.pets import load_pets, train_validation_split
from course_lib.data.sizes import Size
from course_lib.losses import LOSSES
from course_lib.metrics import ConfusionMatrix
from course_lib.models import MODELS
from course_lib.plots import class_columns
from course_lib.training.baselines import score_baselines
from course_lib.training.batches import Batch, TrainingBatches, evaluation_batches
from course_lib.training.budget import Pace
from course_lib.training.devices import Devices, unwrap
from course_lib.training.evidence import Evidence
from course_lib.training.inference import EVALUATION_BATCH, score_split
from course_lib.training.loop import fit
from course_lib.training.optimizers import PretrainedWeights, build_optimizer
from course_lib.training.parts import Parts
from course_lib.training.report import save_overlays, write_report
from course_lib.training.runs import Run, iou_columns, load_weights
from course_lib.training.schedules import SCHEDULES, growing_size
from course_lib.training.tally import scores_as_json

EPOCH_IMAGES = 1000
"""An epoch goes over a small set several times, about this many images in all, so that validating costs little."""

_BAR = "{desc} |{bar}| {percentage:3.0f}% [{elapsed}<{remaining}]"

REPORT_SECONDS = 5
"""Seconds that a time budget reserves for the last scores, the curves and the report."""


def train(
    run: Run, folder: Path, devices: Devices, started: float | None = None, parts: Parts | None = None
) -> None:
    """Train a run to its end, from the start or from the last whole epoch, and write its report if that is wanted.

    Args:
        run: from :meth:`Run.create` or :meth:`Run.open`.
        folder: the data folder that ``run.config.data`` means.
        devices: where to compute.
        started: the reading of ``parts.clock`` that a time budget counts from; now by default.
        parts: the parts of the training; by default the usual ones.

    Raises:
        ValueError, OSError: data, recipe or checkpoint cannot be used; the message says which and why.
        FloatingPointError: training diverged.
    """
    parts = parts or Parts()
    started = parts.clock() if started is None else started
    training = _Training(run, folder, devices, started, parts)
    training.resume()
    training.run_epochs()
    if parts.report:
        training.finish()


class _Training:
    """The parts of one training: data, model, optimiser, pace."""

    def __init__(self, run: Run, folder: Path, devices: Devices, started: float, parts: Parts) -> None:
        config = run.config
        self.run, self.devices, self.started, self.parts = run, devices, started, parts
        check_classes(folder, config.classes)
        self.canvas = config.canvas
        trainval = load_pets(folder, "trainval", self.canvas, progress=devices.is_main and parts.bar)
        self.training, self.validation = parts.split(trainval)
        torch.manual_seed(config.seed)
        model = self._new_model()
        pretrained = MODELS[config.model].pretrained
        if pretrained and config.weights != "none" and not run.history:  # a resumed run has its own weights
            pretrained.load(model, config.weights)
        self.model = devices.prepare(model)
        self.optimizer = build_optimizer(
            config.optimizer,
            unwrap(self.model),
            config.base_lr,
            config.weight_decay,
            pretrained=self._pretrained_weights(),
        )
        self.plateau = ReduceLROnPlateau(self.optimizer, mode="max", patience=5, factor=0.5)
        self.scaler = devices.scaler()
        self.batches = TrainingBatches(
            self.training,
            config.batch_size,
            parts.augment,
            devices,
            seed=config.seed,
            passes=max(1, round((parts.epoch_images or EPOCH_IMAGES) / len(self.training))),
            side=self._size,
        )
        self.epochs_done = 0
        self.pace = self._new_pace()

    def resume(self) -> None:
        """Go back to the end of the last whole epoch, if there is one."""
        state = self.run.load_last()
        if state is None:
            return
        if self.devices.is_main:
            self.run.write_log()  # the run may have been killed between last.pt and the log
        source = self.run.folder / "last.pt"
        load_weights(unwrap(self.model), state["model"], source, self.run.config.model)
        try:
            self.optimizer.load_state_dict(state["optimizer"])
            self.plateau.load_state_dict(state["plateau"])
            self.scaler.load_state_dict(state["scaler"])
        except (KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{source} holds the state of another optimiser than {self.run.config.optimizer} ({error}): was "
                "config.json changed, or the file copied from another run?"
            ) from error
        self.epochs_done = state["epoch"]
        self.started -= state["elapsed"]
        self.pace = self._new_pace(state["steps_done"])

    def run_epochs(self) -> None:
        """Train until the pace is over, with a bar in a terminal or a notebook."""
        config, model = self.run.config, unwrap(self.model)
        self.evidence = Evidence(self.run.folder, self.devices, len(config.classes), self.epochs_done)
        usual = self.parts.loss or LOSSES[config.loss]
        watching = self.evidence.watching(model, self.parts, usual, self.canvas.size)
        with self._bar() as bar, watching as (loss, evaluate):
            fit(
                self.model,
                lambda epoch: self._epoch_with_bar(epoch, bar),
                lambda: evaluation_batches(self.validation, EVALUATION_BATCH, self.devices),
                loss,
                self.optimizer,
                self.pace,
                self.devices,
                num_classes=len(config.classes),
                after_epoch=self._after_epoch,
                first_epoch=self.epochs_done + 1,
                scaler=self.scaler,
                evaluate=evaluate,
            )

    def finish(self) -> None:
        """Score the best weights with mirrored averaging, score the baselines, write the report."""
        if self.devices.world_size > 1:
            torch.distributed.barrier()
        best = self.run.load_best_model(self._new_model()).to(self.devices.device)
        num_classes = len(self.run.config.classes)
        fitted, full = score_split(best, self.validation, self.canvas, self.devices, num_classes)
        if self.devices.is_main:
            baselines = score_baselines(self.training, self.validation, self.run.config.classes)
            config, images = self.run.config, len(self.validation)
            rows = {"this run": fitted.as_json(images, config.size, config.classes)}
            for name, matrix in baselines.items():
                rows[name] = scores_as_json(matrix, images, config.size, config.classes)
            if self.parts.split is train_validation_split:  # another split may have changed the pictures
                rows["this run"]["full_size"] = full.as_json(images, "full", config.classes)
            self.run.save_validation_scores(rows)
            write_report(self.run)

    def _after_epoch(self, epoch: int, figures: dict[str, float], matrix: ConfusionMatrix) -> None:
        """Record the epoch; the best weights first, so that a kill in between loses nothing."""
        mean_iou = float(matrix.mean_iou())
        if self.run.config.schedule == "plateau":
            self._lower_rate_on_plateau(mean_iou)
        if not self.devices.is_main:
            return
        best = self.run.best_epoch
        ious = dict(zip(iou_columns(self.run.config.classes), map(float, matrix.iou()), strict=True))
        self.run.history.append({"epoch": epoch, "val_mIoU": mean_iou, **ious, **figures})
        if best is None or mean_iou > best["val_mIoU"]:
            self.run.save_best(unwrap(self.model))
        save_overlays(self.run, epoch, unwrap(self.model), self.validation, self.devices, self.parts.draw)
        self.evidence.end_epoch(unwrap(self.model), self.validation)
        self.run.save_last(self._state(epoch))
        tqdm.write(_epoch_line(self.run.history[-1]))

    def _new_model(self) -> nn.Module:
        if self.parts.model is not None:
            return self.parts.model()
        return self.run.config.new_model()

    def _pretrained_weights(self) -> PretrainedWeights:
        known = MODELS[self.run.config.model].pretrained
        if known is None or self.run.config.weights == "none":
            return PretrainedWeights()
        part = unwrap(self.model).get_submodule(known.part)
        return PretrainedWeights(list(part.parameters()), known.rate_share, known.frozen_at_first)

    def _state(self, epoch: int) -> dict[str, Any]:
        return {
            "epoch": epoch,
            "steps_done": self.pace.steps_done,
            "elapsed": self.pace.elapsed,
            "model": unwrap(self.model).state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "plateau": self.plateau.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def _new_pace(self, steps_done: int = 0) -> Pace:
        config = self.run.config
        schedule = SCHEDULES[config.schedule]
        kept: dict[str, Any] = {"steps_done": steps_done, "started": self.started, "clock": self.parts.clock}
        if config.epochs is not None:
            return Pace(schedule, self.devices, steps=config.epochs * len(self.batches), **kept)
        assert config.minutes is not None
        seconds = max(60 * config.minutes - REPORT_SECONDS, 30 * config.minutes)
        return Pace(schedule, self.devices, seconds=seconds, **kept)

    def _size(self) -> Size:
        height, width = self.canvas.shape
        if not self.run.config.grow:
            return height, width
        return growing_size(self.pace.progress, height), growing_size(self.pace.progress, width)

    def _lower_rate_on_plateau(self, mean_iou: float) -> None:
        first = self.optimizer.param_groups[0]
        before = first["lr"]
        self.plateau.step(mean_iou)
        for group in self.optimizer.param_groups:  # the rate of a pretrained encoder may still be 0
            group["base_lr"] *= first["lr"] / before

    def _bar(self) -> tqdm:
        shown = self.devices.is_main and self.parts.bar
        return tqdm(
            total=1.0, bar_format=_BAR, disable=None if shown else True
        )  # None: shown only in a terminal or a notebook

    def _epoch_with_bar(self, epoch: int, bar: tqdm) -> Iterator[Batch]:
        bar.set_description(f"epoch {epoch}")
        for batch in self.batches.epoch(epoch):
            yield batch
            bar.update(self.pace.progress - bar.n)


def _epoch_line(row: dict[str, float]) -> str:
    classes = "  ".join(f"{name} {row[column]:.3f}" for name, column in class_columns(row).items())
    return (
        f"epoch {row['epoch']:3.0f}  loss {row['train_loss']:.3f}  validation mIoU {row['val_mIoU']:.3f}  "
        f"({classes})  {row['seconds']:.0f} s"
    )
