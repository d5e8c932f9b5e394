"""A Dataset of your own images."""

import numpy as np
import torch
from torch.utils.data import Dataset

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l10_training_craft.pair_dataset_probe import draw_pairs, observe_dataset


class PairDataset(Dataset):
    """Images with their masks, ready for a DataLoader.

    dataset[index] is a pair: the image, float32 (3, H, W) from 0 to 1, and the ids, int64 (H, W).

    Args:
        images: a list of uint8 arrays (H, W, 3).
        masks: a list of uint8 arrays (H, W).
        augment: None, or a function: augment(image, mask) returns another pair of such arrays.
    """

    def __init__(self, images, masks, augment=None):
        self.images, self.masks, self.augment = images, masks, augment

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        ### BEGIN SOLUTION
        image, mask = self.images[index], self.masks[index]
        if self.augment is not None:
            image, mask = self.augment(image, mask)  # once, for both
        # copy(): torch does not take an array that was mirrored by slicing
        image = torch.from_numpy(image.copy()).permute(2, 0, 1) / 255  # (3, H, W)
        return image, torch.from_numpy(mask.copy()).long()  # (H, W)
        ### END SOLUTION


PAIR_DATASET = Exercise(
    PairDataset,
    title="A Dataset of your own images",
    points=3,
    minutes=12,
    source="Study guide, section 8: data pipeline; Lesson 33: label PNGs",
    draw=draw_pairs,
    observe=observe_dataset,
    fresh_cases=5,
    hints=(
        "Take image and mask by their index, augment the two together, and then turn each into a tensor.",
        "torch.from_numpy(image.copy()) has the shape (H, W, 3). permute(2, 0, 1) brings the channels forward, / 255 "
        "scales; the mask needs .long() and nothing else. (copy(), because torch takes no array that was mirrored by "
        "slicing.)",
        "if self.augment is not None: image, mask = self.augment(image, mask); return torch.from_numpy(image.copy())"
        ".permute(2, 0, 1) / 255, torch.from_numpy(mask.copy()).long().",
    ),
    why="A Dataset is a length and an index; a DataLoader does everything else, the shuffling and the batches. One "
    "call of augment for both is what keeps them a pair.",
)

PAIR_DATASET.worked(
    [np.array([[[255, 0, 51], [0, 255, 0]]], np.uint8)],
    [np.array([[2, 255]], np.uint8)],
    0,
    gives={
        "the number of pairs": 1,
        "what a pair holds": ["Tensor", "Tensor"],
        "the dtypes, without augment": ["torch.float32", "torch.int64"],
        "the shapes, without augment": [[3, 1, 2], [1, 2]],
        "the image, without augment": [[[1.0, 0.0]], [[0.0, 1.0]], [[0.2, 0.0]]],
        "the ids, without augment": [[2, 255]],
        "the same pair the next time, without augment": True,
        "the dtypes, with augment": ["torch.float32", "torch.int64"],
        "the shapes, with augment": [[3, 1, 2], [1, 2]],
        "the image, with augment": [[[0.0, 1.0]], [[1.0, 0.0]], [[0.0, 0.2]]],
        "the ids, with augment": [[255, 2]],
        "the same pair the next time, with augment": True,
        "how often augment was called for one pair": 1,
    },
)


def _right_pair(self, index):
    return PairDataset.__getitem__(self, index)


def _unscaled_pair(self, index):
    image, ids = _right_pair(self, index)
    return 255 * image, ids


@PAIR_DATASET.wrong
class NotScaled(PairDataset):
    """Your image still goes from 0 to 255. It should go from 0 to 1: divide it by 255."""

    __getitem__ = _unscaled_pair


def _channels_last_pair(self, index):
    image, ids = _right_pair(self, index)
    return image.permute(1, 2, 0), ids


@PAIR_DATASET.wrong
class ChannelsLast(PairDataset):
    """Your image has the channels last, (H, W, 3), as arrays of pictures have them. Networks take (3, H, W):
    permute(2, 0, 1).
    """

    __getitem__ = _channels_last_pair


def _raw(self, index):
    image, mask = self.images[index], self.masks[index]
    return self.augment(image, mask) if self.augment else (image, mask)


def _tensors(image, mask):
    return torch.from_numpy(image.copy()), torch.from_numpy(mask.copy())


def _reshaped_pair(self, index):
    image, ids = _tensors(*_raw(self, index))
    return image.reshape(3, *image.shape[:2]) / 255, ids.long()


@PAIR_DATASET.wrong
class Reshaped(PairDataset):
    """You reshaped (H, W, 3) to (3, H, W). Now the shape is right, but the numbers are in the wrong places, and the
    picture is all stripes. permute(2, 0, 1) moves the axes.
    """

    __getitem__ = _reshaped_pair


def _array_pair(self, index):
    image, ids = _right_pair(self, index)
    return image.numpy(), ids.numpy()


@PAIR_DATASET.wrong
class StillArrays(PairDataset):
    """You returned NumPy arrays. A network takes tensors: torch.from_numpy makes one of an array."""

    __getitem__ = _array_pair


def _exchanged_pair(self, index):
    image, mask = self.images[index], self.masks[index]
    if self.augment is not None:
        mask, image = self.augment(mask, image)
    image, mask = _tensors(image, mask)
    return image.permute(2, 0, 1) / 255, mask.long()


@PAIR_DATASET.wrong
class MaskFirstIntoAugment(PairDataset):
    """You gave augment the mask first. It takes augment(image, mask), in this order: it may, for instance, fill the
    image with 0 and the mask with 255.
    """

    __getitem__ = _exchanged_pair


def _scaled_mask_pair(self, index):
    image, mask = _tensors(*_raw(self, index))
    return image.permute(2, 0, 1) / 255, (mask / 255).long()


@PAIR_DATASET.wrong
class IdsDividedBy255(PairDataset):
    """You divided the mask by 255 like the image. All its ids became 0, and void became 1: leave ids as they are."""

    __getitem__ = _scaled_mask_pair


def _image_alone_pair(self, index):
    image, mask = _tensors(_raw(self, index)[0], self.masks[index])
    return image.permute(2, 0, 1) / 255, mask.long()


@PAIR_DATASET.wrong
class MaskNotAugmented(PairDataset):
    """Your image was augmented and your mask was not, so they no longer fit together. Take both from one call: image,
    mask = self.augment(image, mask).
    """

    __getitem__ = _image_alone_pair


def _twice_augmented_pair(self, index):
    image, mask = _tensors(_raw(self, index)[0], _raw(self, index)[1])
    return image.permute(2, 0, 1) / 255, mask.long()


@PAIR_DATASET.wrong
class AugmentedTwice(PairDataset):
    """You called augment once for the image and once for the mask. It draws at random: two calls are two
    different transforms. Call it once, and take both from it.
    """

    __getitem__ = _twice_augmented_pair


def _always_augmented_pair(self, index):
    image, mask = _tensors(*self.augment(self.images[index], self.masks[index]))
    return image.permute(2, 0, 1) / 255, mask.long()


@PAIR_DATASET.wrong
class NoneIsCalled(PairDataset):
    """augment may be None, and None cannot be called. Ask first: if self.augment is not None."""

    __getitem__ = _always_augmented_pair


def _overwriting_pair(self, index):
    if self.augment is not None:
        self.images[index], self.masks[index] = self.augment(self.images[index], self.masks[index])
    image, mask = _tensors(self.images[index], self.masks[index])
    return image.permute(2, 0, 1) / 255, mask.long()


@PAIR_DATASET.wrong
class OverwritesItsData(PairDataset):
    """You wrote the augmented pair back into self.images and self.masks. The originals are lost, and the next epoch
    augments what was augmented already. Give the pair names of its own: image, mask = self.augment(...).
    """

    __getitem__ = _overwriting_pair


def _mask_first_pair(self, index):
    return _right_pair(self, index)[::-1]


@PAIR_DATASET.wrong
class MaskFirst(PairDataset):
    """You returned the mask first. A pair is the image and then its mask."""

    __getitem__ = _mask_first_pair


def _float_mask_pair(self, index):
    image, ids = _right_pair(self, index)
    return image, ids.float()


@PAIR_DATASET.wrong
class IdsAsFloats(PairDataset):
    """Your ids are floats. Cross-entropy takes them as int64: .long()."""

    __getitem__ = _float_mask_pair


def _never_augmented_pair(self, index):
    image, mask = _tensors(self.images[index], self.masks[index])
    return image.permute(2, 0, 1) / 255, mask.long()


@PAIR_DATASET.wrong
class NeverAugmented(PairDataset):
    """You never called augment. If it is not None, call it with image and mask before you make tensors of them."""

    __getitem__ = _never_augmented_pair


def _bytes_mask_pair(self, index):
    image, ids = _right_pair(self, index)
    return image, ids.to(torch.uint8)


@PAIR_DATASET.wrong
class IdsAsBytes(PairDataset):
    """Your ids are still uint8, as they were in the array. Cross-entropy takes int64: .long()."""

    __getitem__ = _bytes_mask_pair


def _turned_pair(self, index):
    image, ids = _right_pair(self, index)
    return image.permute(0, 2, 1), ids


@PAIR_DATASET.wrong
class Turned(PairDataset):
    """In your image height and width are exchanged: (3, W, H). permute(2, 1, 0) or .T does that; permute(2, 0, 1)
    leaves rows before columns.
    """

    __getitem__ = _turned_pair


def _double_pair(self, index):
    image, ids = _right_pair(self, index)
    return image.double(), ids


@PAIR_DATASET.wrong
class DoubleImage(PairDataset):
    """Your image is float64, which is what NumPy makes of uint8 / 255. The weights of a network are float32, and a
    convolution refuses to mix the two: .float() makes float32 of it.
    """

    __getitem__ = _double_pair


@PAIR_DATASET.right
class InNumpy(Dataset):
    def __init__(self, images, masks, augment=None):
        self.pairs = list(zip(images, masks, strict=True))
        self.change = augment or (lambda image, mask: (image, mask))

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image, mask = self.change(*self.pairs[index])
        scaled = image.transpose(2, 0, 1) / np.float32(255)
        return torch.as_tensor(scaled), torch.as_tensor(mask.astype(np.int64))


@PAIR_DATASET.right
class NoBase:
    def __init__(self, images, masks, augment=None):
        self.images, self.masks, self.augment = images, masks, augment

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, index):
        image, mask = self.images[index], self.masks[index]
        if self.augment:
            image, mask = self.augment(image, mask)
        return torch.tensor(image).movedim(-1, 0) / 255.0, torch.tensor(mask).to(torch.int64)


@PAIR_DATASET.right
class ByTorchvision(PairDataset):
    def __getitem__(self, index):
        from torchvision.transforms.functional import to_tensor

        image, mask = _raw(self, index)
        return [to_tensor(image), torch.LongTensor(mask)]


PAIR_DATASET.equivalent(
    "PairDataset, line 24: image.copy() -> image",
    "PairDataset, line 25: mask.copy() -> mask",
    because="Only an array that was mirrored by slicing needs the copy, and a learner need not know.",
)
