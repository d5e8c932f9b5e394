"""Names that changed. Notebooks handed out earlier, progress files and submissions still use the former ones."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

MODULES = {
    "course_lib.bugs": "course_lib.bug_hunt",
    "course_lib.bugs.hunt": "course_lib.exercises.l11_bug_hunt.runs",
    "course_lib.diagnose": "course_lib.training.diagnose",
    "course_lib.doctor": "course_lib.learner.doctor",
    "course_lib.widgets": "course_lib.explorers",
}
"""Modules that lessons used to import under another name."""

EXERCISES = {
    "accumulate-gradients": "accumulated-step",
    "added-skips": "fuse-scores",
    "all-background": "all-background-scores",
    "ce-map": "loss-map",
    "ce-mean": "mean-loss",
    "ce-one-pixel": "pixel-loss",
    "ce-wiring": "prepare",
    "checkpoint-stages": "run-stages",
    "conv-parameters": "double-conv-parameters",
    "downsample-sizes": "follow-sizes",
    "fine-tune-groups": "finetune-groups",
    "focal": "focal-loss",
    "image-dataset": "pair-dataset",
    "instances-to-semantic": "semantic-map",
    "mend-blur": "see-wide",
    "mend-crops": "crop-pairs",
    "mend-edges": "full-logits",
    "mend-labels": "read-labels",
    "mend-loss": "balanced-loss",
    "mend-memory": "predict-all",
    "mend-score": "count-pixels",
    "mend-sizes": "fit",
    "mend-skips": "decode",
    "name-causes-a-e": "causes-a-to-e",
    "name-causes-f-j": "causes-f-to-j",
    "oversampling": "draw-chances",
    "paired-crop": "crop-pair",
    "pedestrians-92": "misleading-pair",
    "pixel-accuracy-ignore": "pixel-accuracy-ignoring",
    "poly-and-steps": "decayed-rate",
    "skip-concat-add": "join",
    "transposed-16": "transposed-size",
    "transposed-2x2": "transposed-convolution",
    "trimap-ids": "trimap-to-targets",
    "weighted-ce": "weighted-cross-entropy",
    "which-logits": "read-logits",
}
"""The former id of an exercise, and the one that it has now."""


def current_id(exercise_id: str) -> str:
    """Return an exercise's present id for its present or a former one; any other text is returned unchanged."""
    return EXERCISES.get(exercise_id, exercise_id)


class _FormerModules:
    """Finds a module by its former name, and returns the present module."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return spec_from_loader(name, self) if name in MODULES else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self._own_spec = import_module(MODULES[spec.name]).__spec__
        return sys.modules[MODULES[spec.name]]

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own_spec  # the import system has just put the former name there


def understand_former_modules() -> None:
    """Let ``import`` find modules by their former names too."""
    sys.meta_path.insert(0, _FormerModules())  # first: a former package has the path of the present one
