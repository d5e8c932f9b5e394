"""Where training runs, and in which precision: one CPU, one GPU, or several processes under ``torchrun``."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Devices:
    """One process's view of the machine.

    Attributes:
        device: what this process computes on.
        dtype: what the forward pass computes in; weights stay float32.
        rank: this process's number; 0 writes files.
        world_size: how many processes train together.
    """

    device: torch.device
    dtype: torch.dtype
    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and prints."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[object]:
        """Compute convolutions in ``dtype`` inside the block."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def scaler(self) -> torch.amp.GradScaler:
        """Scale losses so that float16 gradients do not vanish; does nothing in any other precision."""
        return torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)

    def prepare(self, model: nn.Module) -> nn.Module:
        """Move a model to the device, in the memory format that suits convolutions; processes average its gradients."""
        model = model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.world_size == 1:
            return model
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        return nn.parallel.DistributedDataParallel(model)

    def sum(self, values: Tensor) -> Tensor:
        """Sum a tensor over all processes."""
        values = values.to(self.device)
        if self.world_size > 1:
            dist.all_reduce(values)
        return values

    def share_buffers(self, model: nn.Module) -> None:
        """Copy the main process's running statistics to all, so that all evaluate the weights that it saves."""
        if self.world_size > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, src=0)

    def from_main(self, value: float) -> float:
        """Return the main process's value, so that every process decides the same."""
        if self.world_size == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, src=0)
        return shared.item()


@contextmanager
def open_devices(precision: str = "auto") -> Iterator[Devices]:
    """Find the device, and join the other processes when ``torchrun`` started this one.

    Raises:
        ValueError: the precision is unknown or this device does not have it.
    """
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    device = _pick_device()
    dtype = _pick_dtype(precision, device)
    if world_size == 1:
        yield Devices(device, dtype)
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Devices(device, dtype, dist.get_rank(), world_size)
    finally:
        dist.destroy_process_group()
        gc.collect()  # a wrapped model in a cycle would keep gloo's threads running, which may abort Python as it ends


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside torch's wrapper for several processes."""
    return model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model


def _pick_device() -> torch.device:
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        return device
    return torch.device("mps") if torch.backends.mps.is_available() else torch.device("cpu")


def _pick_dtype(precision: str, device: torch.device) -> torch.dtype:
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision {precision!r}: choose one of {', '.join(PRECISIONS)}.")
    if precision == "auto":
        return _fast_dtype(device)
    if precision == "float16" and device.type != "cuda":
        raise ValueError(
            f"float16 training needs a CUDA GPU and this is {device.type}: use bfloat16 or auto."
        )
    return getattr(torch, precision)


def _fast_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.bfloat16 if device.type == "cpu" and cpu_has_bfloat16() else torch.float32


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; emulated, it would be slower than float32."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and any(
        probe() for probe in (torch.cpu._is_avx512_bf16_supported, torch.cpu._is_amx_tile_supported)
    )
