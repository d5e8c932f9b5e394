"""How fast a GPU trains and predicts: the 64-1024 U-Net beside smp's Unet with a resnet34, at 256x256.

    python benchmarks/gpu.py [--batch 16] [--turns 15]

Both use the course's own loop and forward pass, with images that are on the GPU already. float32 is torch's default
there (TF32 in convolutions); mixed precision is what `course train` chooses on this GPU.
"""

import argparse
from collections.abc import Callable

import segmentation_models_pytorch as smp  # type: ignore[import-untyped]
import torch
from _common import machine, markdown_table, medians_in_turn, training_loop
from torch import nn

from course_lib.models import UNet
from course_lib.training.batches import Batch
from course_lib.training.devices import Devices, open_devices

SIZE, STEPS = 256, 10
OURS = "UNet 64-1024"
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    OURS: UNet,
    "smp Unet resnet34": lambda: smp.Unet("resnet34", encoder_weights=None, classes=3),
}


def random_batch(count: int, size: int, devices: Devices) -> Batch:
    images = torch.randn(count, 3, size, size, device=devices.device)
    targets = torch.randint(3, (count, size, size), device=devices.device)
    return images.contiguous(memory_format=torch.channels_last), targets  # (N, 3, H, W), (N, H, W)


def training(model: nn.Module, batch: Batch, devices: Devices) -> Callable[[], None]:
    """Return a job of ``STEPS`` optimiser steps."""
    loop = training_loop(model, devices)

    def job() -> None:
        loop([batch] * STEPS)
        torch.cuda.synchronize()

    return job


def predicting(model: nn.Module, batch: Batch, devices: Devices) -> Callable[[], None]:
    """Return a job of ``STEPS`` forward passes."""
    model = devices.prepare(model).eval()

    @torch.no_grad()
    def job() -> None:
        with devices.autocast():
            for _ in range(STEPS):
                model(batch[0])
        torch.cuda.synchronize()

    return job


def rows(batch: Batch, devices: Devices, turns: int) -> list[list[str]]:
    """Return a line per job and network: images/s, and the ratio to our network's."""
    lines = []
    for kind in (training, predicting):
        jobs = {name: kind(build(), batch, devices) for name, build in NETWORKS.items()}
        milliseconds = medians_in_turn(jobs, turns)
        speeds = {name: 1000 * STEPS * len(batch[0]) / ms for name, ms in milliseconds.items()}
        what = f"{kind.__name__}, {str(devices.dtype).removeprefix('torch.')}"
        lines += [
            [f"{what}: {name}", f"{speed:.0f}", f"{speed / speeds[OURS]:.2f}"]
            for name, speed in speeds.items()
        ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("Nothing measured: torch finds no CUDA GPU here.")
        return
    print(f"Batches of {options.batch} at {SIZE}x{SIZE}, {torch.cuda.get_device_name()}. {machine()}\n")
    lines = []
    for precision in ("float32", "auto"):
        with open_devices(precision) as devices:
            lines += rows(random_batch(options.batch, SIZE, devices), devices, options.turns)
    print(markdown_table(("job, precision: network", "images/s", "ratio"), lines))


if __name__ == "__main__":
    main()
