"""How the answers to pet_dataset.py are put to the test."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import Dataset

from course_lib.checking.exercise import by_kind

_COLOURS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200], [100, 100, 100]], np.uint8)


_ROUNDING = 2  # by how much the bytes of two bilinear images may differ


def _photo(entry):
    """Return a photo of four quarters, each of one colour, and a mask of four quarters, each of one id.

    The middle of the photo is noise, which tells one way of resizing from another.
    """
    height, width, ids = entry
    quarters = 2 * (np.arange(height)[:, None] >= height // 2) + (np.arange(width) >= width // 2)  # (H, W)
    photo = _COLOURS[quarters]  # (H, W, 3)
    middle = photo[height // 4 : -height // 4, width // 4 : -width // 4]
    middle[:] = np.random.default_rng(0).integers(0, 256, middle.shape)
    # The quarters of the mask are not equal, so that a bilinear one is mixed when it is made smaller, too.
    parts = 2 * (np.arange(height)[:, None] > height // 2) + (np.arange(width) > width // 2)
    return photo, np.array(ids, np.uint8)[parts]


def _is_bilinear(image, photo, size):
    """Return whether an image is a photo (H, W, 3), resized bilinearly by Pillow or by torch."""
    pixels = torch.from_numpy(photo).permute(2, 0, 1)[None].float()
    smaller = [
        F.interpolate(pixels, size=(size, size), mode="bilinear", antialias=antialias)[0]
        for antialias in (False, True)
    ]
    by_pillow = np.array(Image.fromarray(photo).resize((size, size), Image.Resampling.BILINEAR))
    smaller.append(torch.from_numpy(by_pillow).permute(2, 0, 1))
    return any(one.shape == image.shape and bool(((image - one).abs() <= _ROUNDING).all()) for one in smaller)


def _require_methods(dataset):
    """Raise an error that names a method which is not written; torch's own Dataset has a `__getitem__` that only
    raises.
    """
    for name in ("__len__", "__getitem__"):
        method = getattr(type(dataset), name, None)
        if method is None or method is getattr(Dataset, name, None):
            raise TypeError(f"there is no `{name}`: write that method as well, beside `__init__`")


def observe_dataset(answer, entries, size, index):
    """Look at one pair of a dataset whose photos are made up, and at how often it reads one."""
    read = []

    def read_one(entry):
        read.append(entry)
        return _photo(entry)

    dataset = answer(entries, size, read_one)
    at_first = len(read)
    _require_methods(dataset)
    pair = dataset[index]
    if pair is None:
        return None
    facts = {
        "the number of pairs": len(dataset),
        "pairs that are read while the dataset is made": at_first,
        "pairs that are read for one index": len(read) - at_first,
        "what a pair holds": [type(part).__name__ for part in pair],
    }
    if facts["what a pair holds"] != ["Tensor", "Tensor"]:
        return facts
    image, ids = pair
    facts |= {
        "the dtypes": [str(part.dtype).removeprefix("torch.") for part in pair],
        "the shapes": [list(part.shape) for part in pair],
    }
    if image.ndim == 3 and ids.ndim == 2:
        corners = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
        facts |= {
            "the colours of the image's corners": [image[:, row, column].tolist() for row, column in corners],
            "the ids of the mask's corners": [ids[row, column].item() for row, column in corners],
            "ids that the mask in the file does not hold": sorted(
                set(ids.flatten().tolist()) - set(entries[index][2])
            ),
        }
        if image.shape == (3, size, size):
            photo, _ = _photo(entries[index])
            facts["the image is resized bilinearly"] = _is_bilinear(image.float(), photo, size)
    return facts


def _draw_photos(rng, kind):
    """Draw the sizes and the ids of some photos, the side to bring them to, and which one is looked at.

    Neighbouring ids differ by nine, so that a mixture shows.
    """
    count = 1 if kind == "one pair" else 3
    size = int(rng.integers(4, 7)) * 2
    entries = []
    for _ in range(count):
        height, width = (4 * int(side) for side in rng.choice([4, 5, 6, 7], 2, replace=False))
        if kind == "square":
            width = height
        entries.append((height, width, [0, 0, 9, 9] if rng.random() < 0.5 else [9, 0, 0, 9]))
    return entries, size, {"the last": count - 1, "the first": 0}.get(kind, count // 2)


draw_photos = by_kind(_draw_photos, "one pair", "the first", "the last", "square", "one of three")
