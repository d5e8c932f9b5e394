"""Weights that a student handed in, read as numbers and nothing else, and the masks that they predict.

Run as a process of its own, ``python -m course_lib.grading.project.weights REQUEST.json``, with limits on memory
and time: a damaged or hostile file costs only that process. It gets images, and never a true mask.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.data.folder import read_image
from course_lib.masks import PET_CLASSES, write_label_png
from course_lib.models import MODELS, create_model, recognise
from course_lib.models.checkpoints import find_weights, without_first_step
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.inference import predict_mask
from course_lib.training.runs import load_checkpoint, load_weights

_MOST_HEADER = 2**22  # bytes of a safetensors file's list of tensors
_DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16} | {
    "I64": torch.int64,
    "I32": torch.int32,
}
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


def read_safetensors(path: Path) -> dict[str, Any]:
    """Read a safetensors file: the header's length, a JSON header, and bytes.

    Raises:
        ValueError: it is not a safetensors file.
    """
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(_MOST_HEADER, len(data) - 8):
        raise ValueError(f"{path.name} is not a safetensors file: its header cannot have {length:,} bytes.")
    try:
        header = json.loads(data[8 : 8 + length])
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        body = memoryview(data)[8 + length :]
        return {name: _tensor(entry, body) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path.name} is a damaged safetensors file ({error}).") from None


def _tensor(entry: Mapping[str, Any], body: memoryview) -> Tensor:
    dtype, shape = _DTYPES[entry["dtype"]], [int(side) for side in entry["shape"]]
    begin, end = (int(offset) for offset in entry["data_offsets"])
    if not 0 <= begin <= end <= len(body) or min(shape, default=0) < 0:
        raise ValueError("a tensor is outside the file")
    if end - begin != prod(shape) * dtype.itemsize:
        raise ValueError("a tensor's shape does not match its number of bytes")
    if begin == end:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(body[begin:end]), dtype=dtype).reshape(shape)


def build_model(weights: dict[str, Tensor], path: Path, config: Path | None) -> tuple[nn.Module, int | None]:
    """Return the course's model that weights belong to, and the size it was trained at, if a config states it.

    Raises:
        ValueError: the weights fit none of the course's models, or the config cannot be used.
    """
    size = None
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
        name, options, size = run.model, MODELS[run.model].options_for(run.weights), run.size
    model = create_model(name, num_classes=len(PET_CLASSES), **options)
    load_weights(model, weights, Path(path.name), name)
    return model.eval(), size


def predict(request: Mapping[str, Any]) -> None:
    """Write one label PNG for every image of the request."""
    weights = read_weights(Path(request["weights"]))
    config = Path(request["config"]) if request["config"] else None
    model, size = build_model(weights, Path(request["weights"]), config)
    devices = Devices(torch.device("cpu"), torch.float32)
    for image in map(Path, request["images"]):
        with torch.no_grad():
            mask = predict_mask(model, read_image(image), size or int(request["size"]), devices)
        write_label_png(Path(request["out"]) / f"{image.stem}.png", mask)


def _limit(memory_mb: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows lacks the module: only the caller's time limit applies there
        return
    for kind, most in ((resource.RLIMIT_AS, memory_mb * 2**20), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(kind, (most, most))
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
