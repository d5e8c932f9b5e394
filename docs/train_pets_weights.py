"""Train the network that lesson 00 runs: a fast-unet on the real pets, starting from the pocket weights.

    OMP_NUM_THREADS=1 python docs/train_pets_weights.py FOLDER

FOLDER holds oxford-iiit-pet, as torchvision downloads it. Training takes some 25 minutes on one core, and
`course_lib/first_network.npz` (3 MB) is replaced. The weights derive from the Oxford-IIIT Pet
data set (Parkhi et al. 2012, CC BY-SA 4.0); no picture of it is in them.
"""

import argparse
import tempfile
from pathlib import Path

from course_lib.first_network import PETS_WEIGHTS, SIDE
from course_lib.models.stored import save_small
from course_lib.training.config import TrainConfig
from course_lib.training.devices import open_devices
from course_lib.training.runs import Run
from course_lib.training.train import train

EPOCHS = 150


def main(pets: Path, epochs: int) -> None:
    """Train, and replace the weights of lesson 00."""
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(data=pets.as_posix(), weights="pocket", size=SIDE, epochs=epochs)
        run = Run.create(Path(folder) / "run", config)
        with open_devices() as devices:
            train(run, pets, devices)
        save_small(PETS_WEIGHTS, run.load_best_model().state_dict())
    print(f"{PETS_WEIGHTS} holds {PETS_WEIGHTS.stat().st_size / 1e6:.1f} MB.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pets", type=Path, metavar="FOLDER", help="the folder that holds oxford-iiit-pet")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    main(options.pets, options.epochs)
