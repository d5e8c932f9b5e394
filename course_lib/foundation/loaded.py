"""Find a large model: in a folder, in the cache, on the hub, or as a small one with untrained weights."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from course_lib.foundation.hub import COMMAND, hub_answers
from course_lib.paths import data_home

Load = Callable[..., tuple[Any, Any]]


@dataclass(frozen=True)
class Loaded:
    """A model, its processor and its origin.

    Attributes:
        model: the model, in evaluation mode.
        processor: makes the model's inputs from an image; None if the library has none.
        trained: whether the weights are trained; False for a small random model.
        note: one sentence that says where the model comes from.
    """

    model: Any
    processor: Any
    trained: bool
    note: str


def have(*packages: str) -> bool:
    """Return whether packages are installed; if one is not, print the command that installs them all."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(f"Left out: this needs {' and '.join(missing)}. In the course's folder: {COMMAND}")
    return not missing


def open_model(
    name: str, source: str | Path, download: bool, load: Load, save_small: Callable[[Path], None]
) -> Loaded:
    """Load from a folder, the cache or the hub, or build a small model, in this order."""
    if source and Path(source).is_dir():
        return _ready(_from_folder(name, Path(source), load), True, f"Loaded from {source}.")
    pair, where = _by_name(source, download, load) if source else (None, "no weights were given")
    if pair:
        return _ready(pair, True, where)
    folder = _untrained(name, save_small)
    return _ready(
        _from_folder(name, folder, load),
        False,
        f"A small {name} with untrained weights, because {where}: its shapes mean something, its masks do not.",
    )


def open_trained(name: str, source: str | Path, load: Load) -> tuple[Any, Any]:
    """Load a trained model and its processor from a folder, the cache or the hub, in this order.

    Raises:
        ValueError: there are no trained weights; the message says where they were looked for.
    """
    if Path(source).is_dir():
        return _from_folder(name, Path(source), load)
    pair, where = _by_name(source, True, load)
    if pair is None:
        raise ValueError(
            f"no weights of {name} are at hand: {source} is not a folder here, it is not in this machine's cache, and "
            f"{where}. Save them where there is a network, by model.save_pretrained and processor.save_pretrained, and "
            "give that folder with --weights."
        )
    return pair


def _by_name(source: str | Path, download: bool, load: Load) -> tuple[tuple[Any, Any] | None, str]:
    """Return the model that the cache or the hub has under a name, and its origin; or None, and why."""
    try:
        return load(source, local_files_only=True), f"{source}, from this machine's cache."
    except (OSError, ValueError):
        if not download:
            return None, f"{source} is not on this machine"
    if not hub_answers():
        return None, "the hub cannot be reached"
    try:
        return load(source), f"{source}, downloaded."
    except (OSError, ValueError) as error:
        return None, f"the hub did not give {source} ({' '.join(str(error).split())[:120]})"


def _untrained(name: str, save_small: Callable[[Path], None]) -> Path:
    """Return the folder of a small model, saved on first use."""
    folder = data_home() / "models" / f"{name}-untrained"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as scratch, torch.random.fork_rng():
            torch.manual_seed(0)
            unfinished = Path(scratch) / "model"
            unfinished.mkdir()
            save_small(unfinished)
            unfinished.rename(folder)
    return folder


def _ready(pair: tuple[Any, Any], trained: bool, note: str) -> Loaded:
    return Loaded(pair[0].eval(), pair[1], trained, note)


def _from_folder(name: str, folder: Path, load: Load) -> tuple[Any, Any]:
    """Load from a folder that the library saved, which must hold this architecture."""
    config = folder / "config.json"
    kind = json.loads(config.read_text("utf-8")).get("model_type", name) if config.is_file() else name
    if kind.removesuffix("_video") != name:  # SAM 2 and 3 share their weights with the models for videos
        raise ValueError(f"{folder} holds the weights of {kind}, not of {name}: give the folder of a {name}.")
    try:
        return load(folder)
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{folder} holds no {name} that its library can load ({reason}).") from error
