"""How the answers to pair_dataset.py are put to the test."""

import numpy as np
import torch

from course_lib.checking.exercise import by_kind


def observe_dataset(answer, images, masks, index):
    calls = []

    def turned(image, mask):
        calls.append(1)
        if not isinstance(image, np.ndarray):
            raise TypeError("augment takes arrays and was given tensors: call it before you make tensors")
        if image.ndim < mask.ndim:
            raise ValueError(
                "augment takes the image first and was given the mask first: augment(image, mask)"
            )
        return image[:, ::-1].copy(), mask[:, ::-1].copy()

    facts = {}
    for name, augment in (("without augment", None), ("with augment", turned)):
        dataset = answer([image.copy() for image in images], [mask.copy() for mask in masks], augment)
        facts["the number of pairs"] = len(dataset)
        pair = dataset[index]
        if isinstance(pair, dict):
            raise TypeError("got a dict, expected a pair of tensors: end with return image, ids")
        image, ids = pair
        facts["what a pair holds"] = [type(image).__name__, type(ids).__name__]
        if facts["what a pair holds"] != ["Tensor", "Tensor"]:
            what = " and ".join(facts["what a pair holds"])
            raise TypeError(f"got {what}, expected two tensors: torch.from_numpy makes one of an array")
        facts[f"the dtypes, {name}"] = [str(image.dtype), str(ids.dtype)]
        facts[f"the shapes, {name}"] = [list(image.shape), list(ids.shape)]
        facts[f"the image, {name}"] = image.double().tolist()
        facts[f"the ids, {name}"] = ids.tolist()
        called = len(calls)
        again = dataset[index]
        facts[f"the same pair the next time, {name}"] = bool(
            torch.equal(image, again[0]) and torch.equal(ids, again[1])
        )
    return facts | {"how often augment was called for one pair": called}


def _draw_pairs(rng, kind):
    """Draw a list of pairs, and which one is looked at: its mask is never its own mirror image."""
    count = 1 if kind == "one pair" else 3
    index = {"one pair": 0, "the first": 0, "the last": 2}.get(kind, 1)
    images, masks = [], []
    for place in range(count):
        height, width = (int(side) for side in rng.choice([2, 4, 5], 2, replace=False))
        if place == index and kind in ("square", "as many rows as channels"):
            height, width = (4, 4) if kind == "square" else (3, 5)
        images.append(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))
        masks.append(rng.choice([0, 1, 2, 255], (height, width)).astype(np.uint8))
        masks[-1][0, [0, -1]] = 1, 255
    return images, masks, index


draw_pairs = by_kind(_draw_pairs, "one pair", "the first", "the last", "square", "as many rows as channels")
