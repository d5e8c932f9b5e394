"""Weights that a student handed in, read as numbers and nothing else, and the masks that they predict.

Run as a process of its own, ``python -m course_lib.grading.project.weights REQUEST.json``, with limits on memory
and time: a damaged or hostile file costs only that process. It gets images, and never a true mask.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from course_lib.data.fitting import Canvas
from course_lib.data.folder import read_image
from course_lib.masks import PET_CLASSES, write_label_png
from course_lib.models import MODELS, create_model, recognise
from course_lib.models.checkpoints import find_weights, without_first_step
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.inference import predict_mask
from course_lib.training.runs import load_checkpoint, load_weights

_MOST_HEADER = 2**22  # bytes of a safetensors file's list of tensors
MOST_NUMBERS = 2**28
"""Weights of more numbers than this are not graded: nine times the largest model of the course."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read named tensors from a ``.safetensors`` file or from torch's own format, without running pickled code.

    The names are those of the model without torch's wrappers, such as DataParallel.

    Raises:
        ValueError: the file is damaged, or holds something other than named tensors.
    """
    state = read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    try:
        return find_weights(state)
    except ValueError as error:
        raise ValueError(f"{path.name} {error}") from None


def _read_torch(path: Path) -> dict[str, Any]:
    try:
        return load_checkpoint(path)
    except ValueError:
        raise
    except Exception as error:  # torch's reader may raise anything on hostile bytes
        raise ValueError(f"{path.name} is damaged ({type(error).__name__}: {error}).") from None


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file: a JSON header and numbers. Nothing in it is run.

    Raises:
        ValueError: it is not a safetensors file, or it is damaged.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(_MOST_HEADER, path.stat().st_size - 8):
        raise ValueError(f"{path.name} is not a safetensors file: its header cannot have {length:,} bytes.")
    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path.name} is a damaged safetensors file ({error}).") from None


def build_model(
    weights: dict[str, Tensor], path: Path, config: Path | None
) -> tuple[nn.Module, Canvas | None]:
    """Return the course's model that weights belong to, and the canvas it was trained on, if a config states it.

    Raises:
        ValueError: the weights fit none of the course's models, or the config cannot be used.
    """
    canvas = None
    if config is None:
        numbers = sum(tensor.numel() for tensor in weights.values())
        if numbers > MOST_NUMBERS:
            raise ValueError(f"the weights are {numbers:,} numbers: more than is graded ({MOST_NUMBERS:,}).")
        classes = len(PET_CLASSES)
        found = recognise(weights, classes) or recognise(without_first_step(weights), classes)
        if found is None:
            raise ValueError(
                "the weights belong to none of the course's models: hand in predictions instead."
            )
        name, options = found
    else:
        run = TrainConfig.from_json(json.loads(config.read_text(encoding="utf-8")))
        name, options, canvas = run.model, MODELS[run.model].options_for(run.weights), run.canvas
    model = create_model(name, num_classes=len(PET_CLASSES), **options)
    load_weights(model, weights, Path(path.name), name)
    return model.eval(), canvas


def predict(request: Mapping[str, Any]) -> None:
    """Write one label PNG for every image of the request."""
    weights = read_weights(Path(request["weights"]))
    config = Path(request["config"]) if request["config"] else None
    model, canvas = build_model(weights, Path(request["weights"]), config)
    devices = Devices(torch.device("cpu"), torch.float32)
    for image in map(Path, request["images"]):
        with torch.no_grad():
            mask = predict_mask(model, read_image(image), canvas or int(request["size"]), devices)
        write_label_png(Path(request["out"]) / f"{image.stem}.png", mask)


def _limit(memory_mb: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows lacks the module: only the caller's time limit applies there
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))  # at the first, SIGXCPU
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Answer one request; the last line of standard error says what went wrong."""
    request = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    _limit(int(request["memory_mb"]), int(request["seconds"]))
    torch.set_num_threads(1)
    try:
        predict(request)
    except MemoryError:
        print("the weights take more memory than is allowed", file=sys.stderr)
        return 1
    except (ValueError, TypeError, OSError, RuntimeError, KeyError, RecursionError) as error:
        print(" ".join(str(error).split())[:500], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
