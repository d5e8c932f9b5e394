"""Train the narrow ResNet encoder that replaces ImageNet's if there is no network.

    OMP_NUM_THREADS=1 python docs/train_resnet_weights.py

It draws 1,500 pocket pets that are in no other set, trains for some ten minutes on one core, and writes
`resnet_pocket.npz` into course_lib/models/weights. Two tasks at once: to name the breed, as ImageNet's encoders name
what is in a picture, and to segment. The decoder and the classifier are thrown away.
"""

import argparse
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.data.pets import PetSubset, load_pets
from course_lib.data.pocket_pets import BREEDS, write_pocket_pets
from course_lib.data.transforms import Augment, normalize, to_tensors
from course_lib.files import atomic_path
from course_lib.losses import combined
from course_lib.models.resnet_unet import POCKET_WEIGHTS, POCKET_WIDTH, ResNetUNet
from course_lib.training.optimizers import build_optimizer
from course_lib.training.schedules import warmup_cosine

SIDE = 64
BATCH = 16
SEED = 1_000_003


class Both(nn.Module):
    """The U-Net, and a classifier on the features at the bottom of its encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = ResNetUNet(width=POCKET_WIDTH)
        self.classifier = nn.Linear(8 * POCKET_WIDTH, len(BREEDS))
        self.unet.encoder.register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, inputs: object, features: list[torch.Tensor]) -> None:
        self.bottom = features[-1]  # (N, 8 * width, H/32, W/32)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (N, 3, H, W) of the masks and (N, breeds) of the breeds."""
        masks = self.unet(images)
        return masks, self.classifier(self.bottom.mean(dim=(2, 3)))


def train(pets: PetSubset, steps: int) -> Both:
    """Train on all of ``pets``."""
    torch.manual_seed(0)
    chance, order = torch.Generator().manual_seed(0), np.random.default_rng(0)
    breeds = torch.tensor([entry.breed_id - 1 for entry in pets.entries])
    augment, model = Augment(), Both().to(memory_format=torch.channels_last)
    optimizer = build_optimizer("muon", model, lr=0.02, weight_decay=0.1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = group["base_lr"] * warmup_cosine(step / steps)
        chosen = order.integers(0, len(pets), BATCH)
        images, targets = augment(*to_tensors(*pets.take(chosen)), SIDE, chance)
        masks, names = model(normalize(images))
        loss = combined(masks, targets) + F.cross_entropy(names, breeds[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0:
            right = (names.argmax(dim=1) == breeds[chosen]).float().mean()
            print(f"step {step + 1} of {steps}: loss {loss:.2f}, breeds right {right:.2f}", flush=True)
    return model.eval()


def main() -> None:
    """Draw, train, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--images", type=int, default=1500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = write_pocket_pets(folder, trainval=options.images, test=0, seed=SEED, progress=True)
        pets = load_pets(root, "trainval", SIDE + SIDE // 4, cache=root / "cache")
        model = train(pets.subset(np.arange(len(pets))), options.steps)
    # Half precision is precise enough to start from, and half the size.
    state = {
        name: tensor.numpy().astype("float16" if tensor.is_floating_point() else "int64")
        for name, tensor in model.unet.encoder.state_dict().items()
    }
    POCKET_WEIGHTS.parent.mkdir(exist_ok=True)
    with atomic_path(POCKET_WEIGHTS) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **state)
    print(f"{POCKET_WEIGHTS.name}: {POCKET_WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
