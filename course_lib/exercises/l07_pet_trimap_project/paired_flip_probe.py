"""How the answers to paired_flip.py are put to the test."""

import torch

from course_lib.exercises.l07_pet_trimap_project.shared import how_many

_IN_A_LARGE_BATCH = 120  # pairs: with fewer, all or none may be mirrored by chance
_CHANNELS = torch.tensor([1000, 2000, 3000]).view(
    3, 1, 1
)  # by how much image and mask differ, in each channel


def observe_flip(answer, count, height, width, seed):
    """Flip pairs in which every pixel has a number of its own, in a batch of ``count`` and in large ones."""
    masks = torch.arange(count * height * width).view(count, height, width)
    images = masks.unsqueeze(1) + _CHANNELS.float()  # (N, 3, H, W)
    result = answer(images.clone(), masks.clone(), torch.Generator().manual_seed(seed))
    if result is None:
        return None
    flipped, targets = (torch.as_tensor(part) for part in result)
    facts = {
        "the shape of the images": list(flipped.shape),
        "the shape of the masks": list(targets.shape),
        "the dtypes": f"{flipped.dtype}, {targets.dtype}".replace("torch.", ""),
    }
    if flipped.shape == images.shape and targets.shape == masks.shape:
        times = -(-_IN_A_LARGE_BATCH // count)
        facts |= _in_large_batches(answer, images.repeat(times, 1, 1, 1), masks.repeat(times, 1, 1), seed)
    return facts


def _in_large_batches(answer, images, masks, seed):
    """Flip four batches, all drawn from one generator, and the first of them again from the same seed."""
    generator = torch.Generator().manual_seed(seed)
    given = images.clone(), masks.clone()
    flipped, targets = map(torch.as_tensor, answer(*given, generator))
    unchanged = torch.equal(given[0], images) and torch.equal(given[1], masks)
    following = [torch.as_tensor(answer(images.clone(), masks.clone(), generator)[0]) for _ in range(3)]
    again = torch.as_tensor(answer(images.clone(), masks.clone(), torch.Generator().manual_seed(seed))[0])
    mirrored = _same(flipped, images.flip(-1))
    share = torch.cat([_same(batch, images.flip(-1)) for batch in (flipped, *following)]).float().mean()
    return {
        "pairs in which image and mask no longer fit": how_many(
            (~_same(flipped, targets.unsqueeze(1) + _CHANNELS)).tolist()
        ),
        "images that are neither as before nor mirrored left to right": how_many(
            (~mirrored & ~_same(flipped, images)).tolist()
        ),
        "images that were mirrored": how_many(mirrored.tolist()),
        "masks that were mirrored": how_many(_same(targets, masks.flip(-1)).tolist()),
        "the share that was mirrored in four large batches": "about half" if 0.4 < share < 0.6 else "another",
        "the next batch gets": "the same flips" if torch.equal(flipped, following[0]) else "other flips",
        "the same seed gives": "the same flips" if torch.equal(flipped, again) else "other flips",
        "what was passed in": "unchanged" if unchanged else "changed",
    }


def _same(first, second):
    return (first == second).flatten(1).all(dim=1)  # (N,)


KINDS = (
    "usual",
    "one pair",
    "three pairs",
    "square",
    "as many pairs as rows",
    "as high and wide as there are channels",
)


def draw_flip(rng, kind):
    """Draw how many pairs there are, their height and width, and a seed."""
    height, width = (int(side) for side in rng.choice([2, 4, 5], 2, replace=False))
    height, width = {
        "square": (width, width),
        "as high and wide as there are channels": (3, 3),
    }.get(kind, (height, width))
    count = {"one pair": 1, "three pairs": 3, "as many pairs as rows": height}.get(kind, 24)
    return count, height, width, int(rng.integers(1000))
