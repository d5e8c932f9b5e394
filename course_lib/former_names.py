"""Names that changed: notebooks that were handed out before still use the former ones."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

MODULES = {
    "course_lib.bugs": "course_lib.bug_hunt",
    "course_lib.bugs.hunt": "course_lib.exercises.bug_hunt_runs",
    "course_lib.diagnose": "course_lib.training.diagnose",
    "course_lib.doctor": "course_lib.learner.doctor",
    "course_lib.widgets": "course_lib.explorers",
}
"""Modules that lessons imported under another name."""


class _FormerModules:
    """Finds a module by its former name, and gives the one that it is now."""

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
