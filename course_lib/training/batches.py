"""Batches of pets: shuffled and augmented for training, in order for evaluation, divided among the processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from course_lib.data.pets import PetSubset
from course_lib.data.sizes import Size
from course_lib.data.transforms import normalize, to_tensors
from course_lib.training.devices import Devices

Augmentation = Callable[[Tensor, Tensor, Size, torch.Generator], tuple[Tensor, Tensor]]
Batch = tuple[Tensor, Tensor]  # images (N, 3, H, W) float32, normalized; targets (N, H, W) int64


class TrainingBatches:
    """Shuffled, augmented batches of one epoch after another.

    Everything random in an epoch follows from ``(seed, epoch, rank)``. A training that is resumed at an epoch
    therefore sees what an unbroken one would have seen, and no generator state needs to be kept.

    Args:
        pets: what to train on.
        batch_size: images per step, over all processes together.
        augment: the paired transform.
        devices: this process's share is every ``world_size``-th image of the shuffled order.
        seed: the run's seed.
        passes: how many times an epoch goes over the images.
        side: called for every batch; returns the size to train at now, the side of a square or height and width.

    Raises:
        ValueError: fewer images than one batch, or a batch that the processes cannot share evenly.
    """

    def __init__(
        self,
        pets: PetSubset,
        batch_size: int,
        augment: Augmentation,
        devices: Devices,
        *,
        seed: int = 0,
        passes: int = 1,
        side: Callable[[], Size],
    ) -> None:
        if batch_size % devices.world_size:
            raise ValueError(
                f"a batch of {batch_size} cannot be shared evenly by {devices.world_size} processes: "
                f"choose a multiple of {devices.world_size}."
            )
        if len(pets) < batch_size:
            raise ValueError(
                f"{len(pets)} training images are fewer than one batch of {batch_size}: "
                "give a smaller --batch-size or more images."
            )
        self.pets = pets
        self.share = batch_size // devices.world_size
        self.augment = augment
        self.devices = devices
        self.seed = seed
        self.passes = passes
        self.side = side

    def __len__(self) -> int:
        """Steps in an epoch."""
        return self.passes * (len(self.pets) // (self.share * self.devices.world_size))

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        order = self._order(number)
        generator = torch.Generator().manual_seed(self._number_for(number, self.devices.rank + 1))
        for step in range(len(self)):
            chosen = order[step * self.share : (step + 1) * self.share]
            images, masks = to_tensors(*self.pets.take(chosen))
            images, masks = images.to(self.devices.device), masks.to(self.devices.device)
            images, targets = self.augment(images, masks, self.side(), generator)
            yield normalize(images), targets  # (N, 3, H, W), (N, H, W)

    def _order(self, epoch: int) -> np.ndarray:
        """Shuffle all images, the same way in every process, and return this process's share; leftovers are dropped."""
        rng = np.random.default_rng(self._number_for(epoch, 0))
        batch = self.share * self.devices.world_size
        whole = len(self.pets) // batch * batch
        order = np.concatenate([rng.permutation(len(self.pets))[:whole] for _ in range(self.passes)])
        return order[self.devices.rank :: self.devices.world_size]

    def _number_for(self, epoch: int, stream: int) -> int:
        return int(np.random.SeedSequence([self.seed, epoch, stream]).generate_state(1)[0])


def evaluation_batches(pets: PetSubset, batch_size: int, devices: Devices) -> Iterator[Batch]:
    """Yield every image once, without augmentation; each of several processes gets its own images."""
    mine = np.arange(devices.rank, len(pets), devices.world_size)
    for start in range(0, len(mine), batch_size):
        images, masks = to_tensors(*pets.take(mine[start : start + batch_size]))
        images, masks = images.to(devices.device), masks.to(devices.device)
        yield normalize(images), masks.long()  # (N, 3, H, W), (N, H, W)
