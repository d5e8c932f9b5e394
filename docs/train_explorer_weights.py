"""Train the small U-Net that ships with the explorers, and store its predictions for a few pets that it has never seen.

    OMP_NUM_THREADS=1 python docs/train_explorer_weights.py [--keep-weights]

Draws pocket pets if there are none, trains for some three minutes on one core, and writes `unet.npz` and `pets.npz`
into course_lib/explorers/weights. During training each skip is left out now and then: the network learns to work
without it, so that switching a skip off in the explorer shows what the skip contributes, and not only that something
is missing.
"""

import argparse

import numpy as np
import torch

from course_lib.data.pets import PetSubset, load_pets
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.transforms import Augment, normalize, to_tensors
from course_lib.explorers.examples import WEIGHTS_FOLDER
from course_lib.explorers.unet import SIDE, WIDTHS, small_network, without_skips
from course_lib.files import atomic_path
from course_lib.losses import LOSSES
from course_lib.metrics import ConfusionMatrix
from course_lib.models import UNet
from course_lib.paths import data_home
from course_lib.training.batches import TrainingBatches, evaluation_batches
from course_lib.training.budget import Pace
from course_lib.training.devices import Devices
from course_lib.training.loop import evaluate, train_epoch
from course_lib.training.optimizers import build_optimizer
from course_lib.training.schedules import warmup_cosine

SHARE_WITHOUT = 0.3  # of the batches, for each skip
SHOWN = (24, 66, 81, 84)  # of the test split: a cat and three dogs on which the skips matter
EVERY_SKIP = (0, 1, 2)
CPU = Devices(torch.device("cpu"), torch.float32)


def train(pets: PetSubset, steps: int) -> UNet:
    """Train on all of ``pets``, with skips left out at random."""
    torch.manual_seed(0)
    model = UNet(widths=WIDTHS).to(memory_format=torch.channels_last)
    choice = np.random.default_rng(0)
    optimizer = build_optimizer("muon", model, lr=0.02, weight_decay=0.1)
    pace = Pace(warmup_cosine, CPU, steps=steps)
    batches = TrainingBatches(pets, 16, Augment(), CPU, passes=1, side=lambda: SIDE)
    epoch = 1
    while not pace.over:
        for batch in batches.epoch(epoch):
            left_out = [number for number in range(len(model.ups)) if choice.random() < SHARE_WITHOUT]
            with without_skips(model, left_out):
                loss = train_epoch(model, [batch], LOSSES["ce+dice"], optimizer, pace, CPU)
            if pace.over:
                break
        epoch += 1
        if epoch % 10 == 0:
            print(f"epoch {epoch}, step {pace.steps_done} of {steps}, loss {loss:.3f}", flush=True)
    return model.eval()


def score(model: UNet, pets: PetSubset) -> list[float]:
    """Return mIoU on the test split with all skips and with none; also print it for the cases in between."""
    found = []
    for left_out in ((), (2,), (1, 2), EVERY_SKIP):
        with without_skips(model, left_out):
            matrix: ConfusionMatrix = evaluate(model, evaluation_batches(pets, 16, CPU), 3, CPU)
        print(f"skips left out {left_out}: IoU {matrix.iou().round(3)}, mIoU {matrix.mean_iou():.3f}")
        found.append(matrix.mean_iou())
    return [found[0], found[-1]]


def save_weights(model: UNet) -> None:
    """Write the weights at half precision, as plain arrays."""
    weights = {
        name: tensor.numpy().astype(np.float16)
        for name, tensor in model.state_dict().items()
        if tensor.is_floating_point()
    }
    save("unet.npz", weights)


def save_examples(model: UNet, pets: PetSubset) -> None:
    """Write some pets, the logits of the network as it was saved, and its test scores."""
    images, masks = pets.take(np.array(SHOWN))
    tensors, _ = to_tensors(images, masks)
    with torch.no_grad():
        logits = model(normalize(tensors)).numpy()  # (N, 3, H, W)
    coarse = (np.round(logits * 8) / 8).astype(np.float16)  # to compress well
    save(
        "pets.npz", {"images": images, "masks": masks, "logits": coarse, "miou": np.array(score(model, pets))}
    )


def save(name: str, arrays: dict[str, np.ndarray]) -> None:
    """Write a file of arrays beside the explorers."""
    with atomic_path(WEIGHTS_FOLDER / name) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)
    print(f"{name}: {(WEIGHTS_FOLDER / name).stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Train, unless the weights are to be kept, and write both files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--keep-weights", action="store_true", help="write only the examples again")
    arguments = parser.parse_args()
    folder = write_pocket_pets(data_home() / "pocket", progress=True)
    trainval, test = (load_pets(folder, split, SIDE) for split in ("trainval", "test"))
    if not arguments.keep_weights:
        save_weights(train(trainval.subset(np.arange(len(trainval))), arguments.steps))
    save_examples(small_network(), test.subset(np.arange(len(test))))


if __name__ == "__main__":
    main()
