"""How much memory training on all real pets takes: 3680 images of 256x256, mapped from disk.

    python benchmarks/memory.py [--images 3680] [--size 256] [--steps 36]

Random bytes replace the pets, 965 MB in a temporary folder. Only anonymous memory counts (RssAnon): the system takes
back pages mapped from a file (RssFile) when it needs them. It is sampled all the time, because the activations of a
step are gone when the step has ended.
"""

import argparse
import sys
import tempfile
import threading
from itertools import islice
from pathlib import Path

import numpy as np
from _common import machine, markdown_table, training_loop

from course_lib.data.pets import Pets
from course_lib.data.transforms import Augment
from course_lib.models import create_model
from course_lib.paths import data_home
from course_lib.training.batches import TrainingBatches
from course_lib.training.devices import open_devices

TARGET_MB = 1500
BATCH = 16
STATUS = Path("/proc/self/status")
COUNTS = "RssAnon" if STATUS.exists() else "ru_maxrss"


class Peak(threading.Thread):
    """Samples the memory that counts until it is stopped, and keeps the maximum."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes = memory_mb(COUNTS)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Sample memory, in the thread."""
        while not self.stopping.wait(0.005):
            self.megabytes = max(self.megabytes, memory_mb(COUNTS))

    def stop(self) -> float:
        """End the thread and return the maximum."""
        self.stopping.set()
        self.join()
        return self.megabytes


def memory_mb(field: str) -> float:
    """Return a field of Linux's /proc/self/status, or ru_maxrss (peak, mapped files included), in MB."""
    if field != "ru_maxrss":
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) * 1024 / 1e6
    import resource  # Windows does not have it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def write_random(path: Path, shape: tuple[int, ...], high: int) -> None:
    """Write uint8 below ``high`` as a .npy file, image by image: through a map, it would count in VmHWM."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for _ in range(shape[0]):
            file.write(rng.integers(high, size=shape[1:], dtype=np.uint8).tobytes())


def train_steps(folder: Path, images: int, size: int, steps: int) -> None:
    """Train fast-unet on random positions of a mapped set."""
    write_random(folder / "images.npy", (images, size, size, 3), high=256)
    write_random(folder / "masks.npy", (images, size, size), high=3)
    mapped = [np.load(folder / name, mmap_mode="r") for name in ("images.npy", "masks.npy")]
    pets = Pets(mapped[0], mapped[1], entries=()).subset(np.arange(images))
    with open_devices() as devices:
        batches = TrainingBatches(pets, BATCH, Augment(), devices, side=lambda: size)
        training_loop(create_model("fast-unet"), devices)(islice(batches.epoch(1), steps))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=3680)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=36)
    options = parser.parse_args(arguments)
    print(f"{options.steps} steps, {options.images} images of {options.size}x{options.size}. {machine()}\n")
    cache = data_home() / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    peak = Peak()
    peak.start()
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as temporary:
        train_steps(Path(temporary), options.images, options.size, options.steps)
        figures = {f"{COUNTS}, peak": peak.stop()}
        if STATUS.exists():
            figures |= {field: memory_mb(field) for field in ("RssFile", "VmHWM")}
    print(markdown_table(("memory", "MB"), [[name, f"{mb:.0f}"] for name, mb in figures.items()]))
    verdict = "met" if peak.megabytes <= TARGET_MB else "missed"
    print(f"\nThe target is {TARGET_MB} MB of {COUNTS}: {verdict}.")


if __name__ == "__main__":
    main()
