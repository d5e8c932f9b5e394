"""Find the trained weights of a published model: in a folder, in the cache, or on the hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_lib.foundation.hub import hub_answers

Load = Callable[..., tuple[Any, Any]]
"""Takes a folder or a name, and ``local_files_only``; returns a model and its processor, which may be None."""


def open_trained(name: str, source: str | Path, load: Load) -> tuple[Any, Any]:
    """Load a trained model and its processor from a folder, the cache or the hub, in this order.

    Args:
        name: the architecture, as ``model_type`` in the folder's config.json has it.
        source: a folder, or a name on the hub.
        load: loads both.

    Raises:
        ValueError: the folder holds something else, or there are no weights; the message says where they were sought.
    """
    if Path(source).is_dir():
        return _from_folder(name, Path(source), load)
    try:
        return load(source, local_files_only=True)
    except (OSError, ValueError):
        pass  # not in the cache
    if not hub_answers():
        raise _not_at_hand(name, source, "the hub cannot be reached")
    try:
        return load(source)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise _not_at_hand(name, source, f"the hub did not give it ({reason})") from error


def _not_at_hand(name: str, source: str | Path, why: str) -> ValueError:
    return ValueError(
        f"no weights of {name} are at hand: {source} is not a folder here, it is not in this machine's cache, and {why}"
        ". Save them where there is a network, by model.save_pretrained and processor.save_pretrained, and give that "
        "folder with --weights."
    )


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
