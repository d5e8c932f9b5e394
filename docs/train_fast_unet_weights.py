"""Train the weights that `--model fast-unet --weights pocket` starts from.

    OMP_NUM_THREADS=1 python docs/train_fast_unet_weights.py

It draws 6,000 pocket pets that are in no other set, trains on them for some 25 minutes on one core, and writes
`fast_unet_pocket.npz` (3 MB) into course_lib/models/weights.
"""

import argparse
import tempfile
from pathlib import Path

from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.models.fast_unet import POCKET_WEIGHTS
from course_lib.models.stored import save_small
from course_lib.training.config import TrainConfig
from course_lib.training.devices import open_devices
from course_lib.training.parts import Parts
from course_lib.training.runs import Run
from course_lib.training.train import train

SEED = 1_000_003
EPOCHS = 12
EPOCH_IMAGES = 4_800


def main(pets: int, epochs: int) -> None:
    """Draw, train, and replace the weights in course_lib/models/weights."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = write_pocket_pets(Path(folder) / "pets", trainval=pets, test=0, seed=SEED, progress=True)
        run = Run.create(Path(folder) / "run", TrainConfig(data=drawn.as_posix(), epochs=epochs))
        with open_devices() as devices:
            train(run, drawn, devices, parts=Parts(epoch_images=EPOCH_IMAGES))
        save_small(POCKET_WEIGHTS, run.load_best_model().state_dict())
    print(f"{POCKET_WEIGHTS} holds {POCKET_WEIGHTS.stat().st_size / 1e6:.1f} MB.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pets", type=int, default=6_000)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    main(options.pets, options.epochs)
