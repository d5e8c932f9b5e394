"""A Dataset that reads files."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import Dataset

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l07_pet_trimap_project.pet_dataset_probe import draw_photos, observe_dataset
from course_lib.exercises.l07_pet_trimap_project.resize_mask import resize_mask


class PetDataset(Dataset):
    """Photos with their masks, each read when it is asked for, and brought to one size.

    dataset[index] is a pair: the image, resized bilinearly, uint8 (3, size, size), and ids, int64 (size, size).

    Args:
        entries: a list that says where each pair is.
        size: int, the side of the square images.
        read: a function: read(entry) returns a photo, uint8 array (H, W, 3), and its mask, uint8 array (H, W).
    """

    def __init__(self, entries, size, read):
        super().__init__()
        ### BEGIN SOLUTION
        self.entries, self.size, self.read = entries, size, read

    def __len__(self):
        """Return the number of pairs."""
        return len(self.entries)

    def __getitem__(self, index):
        """Return the pair with this index."""
        image, mask = self.read(self.entries[index])  # (H, W, 3), (H, W)
        small = Image.fromarray(image).resize((self.size, self.size), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1)  # (3, size, size)
        return pixels, torch.from_numpy(resize_mask(mask, self.size)).long()  # (size, size)
        ### END SOLUTION


PET_DATASET = Exercise(
    PetDataset,
    title="A Dataset that reads files",
    points=2,
    minutes=10,
    source="Study guide, section 11: PyTorch Dataset",
    draw=draw_photos,
    observe=observe_dataset,
    fresh_cases=5,
    deadline=10,
    hints=(
        "`__init__` keeps what it is given and reads nothing. `__len__` is one line. All the work is in `__getitem__`.",
        "image, mask = self.read(self.entries[index]). PIL resizes the image, Image.fromarray(image).resize((size, "
        "size), Image.Resampling.BILINEAR), and your resize_mask the mask.",
        "return torch.from_numpy(np.array(small)).permute(2, 0, 1), torch.from_numpy(resize_mask(mask, "
        "self.size)).long()",
    ),
    why="A Dataset is a length and an index. Since each pair is read when it is asked for, a million photos take no "
    "more memory than one batch, and the DataLoader can let several processes read ahead.",
)

_FACTS = {
    "the number of pairs": 2,
    "pairs that are read while the dataset is made": 0,
    "pairs that are read for one index": 1,
    "what a pair holds": ["Tensor", "Tensor"],
    "the dtypes": ["uint8", "int64"],
    "the shapes": [[3, 8, 8], [8, 8]],
    "the colours of the image's corners": [[200, 0, 0], [0, 200, 0], [0, 0, 200], [100, 100, 100]],
    "the ids of the mask's corners": [0, 2, 1, 2],
    "ids that the mask in the file does not hold": [],
    "the image is resized bilinearly": True,
}
PET_DATASET.worked([(16, 24, [0, 2, 1, 2]), (24, 16, [1, 1, 0, 2])], 8, 0, gives=_FACTS)


@PET_DATASET.wrong
class ReadsAllAtOnce(PetDataset):
    """You read all pairs when the dataset is made, so all of them must fit into memory. Keep the entries, and read one
    pair in `__getitem__`.
    """

    def __init__(self, entries, size, read):
        pairs = [read(entry) for entry in entries]
        super().__init__(list(range(len(pairs))), size, pairs.__getitem__)


@PET_DATASET.wrong
class ReadsTwice(PetDataset):
    """You read the pair twice, once for the image and once for the mask. Reading is the slow part: read once, and keep
    both.
    """

    def __getitem__(self, index):
        self.read(self.entries[index])
        return super().__getitem__(index)


@PET_DATASET.wrong
class ChannelsLast(PetDataset):
    """Your image has the shape (size, size, 3). torch expects the channels first: permute(2, 0, 1)."""

    def __getitem__(self, index):
        pixels, ids = super().__getitem__(index)
        return pixels.permute(1, 2, 0), ids


@PET_DATASET.wrong
class Transposed(PetDataset):
    """Rows and columns have changed places in your image, so it lies on its side and no longer fits its mask. The order
    is (3, H, W): permute(2, 0, 1).
    """

    def __getitem__(self, index):
        pixels, ids = super().__getitem__(index)
        return pixels.permute(0, 2, 1), ids


@PET_DATASET.wrong
class BilinearMask(PetDataset):
    """Your mask holds ids that the file does not hold: it was resized like a photo, and ids were mixed. Use
    resize_mask, which copies the nearest id.
    """

    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        shape = (self.size, self.size)
        small = Image.fromarray(mask).resize(shape, Image.Resampling.BILINEAR)
        pixels = np.array(Image.fromarray(image).resize(shape, Image.Resampling.BILINEAR))
        return torch.from_numpy(pixels).permute(2, 0, 1), torch.from_numpy(np.array(small)).long()


@PET_DATASET.wrong
class NotBilinearImage(PetDataset):
    """Your image is resized, but not bilinearly. The nearest neighbour is for masks; and where no method is named,
    Pillow's resize takes another one, bicubic: name Image.Resampling.BILINEAR.
    """

    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        small = np.array(Image.fromarray(image).resize((self.size, self.size), Image.Resampling.NEAREST))
        ids = torch.from_numpy(resize_mask(mask, self.size)).long()
        return torch.from_numpy(small).permute(2, 0, 1), ids


@PET_DATASET.wrong
class NotResized(PetDataset):
    """Your pairs keep the size of their photos. A batch is one tensor, so all images in it must have one size."""

    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        return torch.from_numpy(image).permute(2, 0, 1), torch.from_numpy(mask).long()


@PET_DATASET.wrong
class ByteIds(PetDataset):
    """Your ids are uint8, and the cross-entropy takes int64: .long()."""

    def __getitem__(self, index):
        pixels, ids = super().__getitem__(index)
        return pixels, ids.to(torch.uint8)


@PET_DATASET.wrong
class Scaled(PetDataset):
    """You scaled the pixels to 0..1. This dataset hands out bytes as they are, which take a quarter of the
    memory; `normalize` scales the whole batch later.
    """

    def __getitem__(self, index):
        pixels, ids = super().__getitem__(index)
        return pixels / 255, ids


@PET_DATASET.wrong
class Reshaped(PetDataset):
    """Your image has the right shape and wrong pixels: reshape keeps the numbers in their old order. To move the
    channels to the front, use permute(2, 0, 1).
    """

    def __getitem__(self, index):
        pixels, ids = super().__getitem__(index)
        return pixels.permute(1, 2, 0).reshape(pixels.shape), ids


@PET_DATASET.right
class ByTorch(PetDataset):
    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        pixels = torch.as_tensor(image).permute(2, 0, 1)[None].float()
        small = F.interpolate(pixels, size=(self.size, self.size), mode="bilinear", antialias=True)
        ids = F.interpolate(torch.as_tensor(mask)[None, None].float(), size=self.size, mode="nearest-exact")
        return small[0].round().to(torch.uint8), ids[0, 0].long()


@PET_DATASET.right
class ByPillow(PetDataset):
    def __getitem__(self, index):
        photo, mask = map(Image.fromarray, self.read(self.entries[index]))
        pixels = np.asarray(photo.resize((self.size, self.size), Image.Resampling.BILINEAR))
        ids = np.asarray(mask.resize((self.size, self.size), Image.Resampling.NEAREST), dtype=np.int64)
        return torch.tensor(pixels.transpose(2, 0, 1)), torch.tensor(ids)


@PET_DATASET.right
class WithoutBase:
    def __init__(self, entries, size, read):
        self.entries, self.size, self.read = list(entries), size, read

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, place):
        image, mask = self.read(self.entries[place])
        image = np.array(Image.fromarray(image).resize((self.size, self.size), Image.BILINEAR))
        return torch.from_numpy(np.moveaxis(image, -1, 0)), torch.from_numpy(
            resize_mask(mask, self.size).astype(np.int64)
        )


PET_DATASET.equivalent(
    "PetDataset, line 12: super().__init__() -> nothing",
    "PetDataset, line 13: super().__init__() -> super()",
    because="torch's Dataset has nothing to set up.",
)
PET_DATASET.equivalent(
    "ByTorch, line 5: torch.as_tensor(image).permute(2, 0, 1)[None].float() -> "
    "torch.as_tensor(image).permute(2, 0, 1)[None]",
    "ByTorch, line 6: F.interpolate(pixels, size=(self.size, self.size), mode='bilinear', antialias=True) -> "
    "F.interpolate(pixels, size=(self.size, self.size), mode='bilinear')",
    "ByTorch, line 6: True -> False",
    "ByTorch, line 8: small[0].round() -> small[0]",
    because="Bilinear is bilinear, with antialiasing or without it, rounded or cut off.",
)
PET_DATASET.equivalent(
    "ByTorch, line 7: F.interpolate(torch.as_tensor(mask)[None, None].float(), size=self.size, mode='nearest-exact') "
    "-> F.interpolate(torch.as_tensor(mask)[None, None].float(), size=self.size)",
    "ByTorch, line 7: torch.as_tensor(mask)[None, None].float() -> torch.as_tensor(mask)[None, None]",
    because="Both kinds of nearest neighbour copy ids, and bytes may be copied as well as floats.",
)
PET_DATASET.equivalent("ByTorch, line 8: 0 -> -1", because="The batch and its channel have one entry each.")
