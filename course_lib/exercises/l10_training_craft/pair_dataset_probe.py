"""How the answers to pair_dataset.py are put to the test."""

import numpy as np


def observe_dataset(answer, images, masks, index):
    calls = []

    def turned(image, mask):
        calls.append(1)
        if not isinstance(image, np.ndarray):
            raise TypeError("augment takes arrays and was given tensors: call it before you make tensors")
        return image[:, ::-1].copy(), mask[:, ::-1].copy()

    facts = {}
    for name, augment in (("without augment", None), ("with augment", turned)):
        dataset = answer([image.copy() for image in images], [mask.copy() for mask in masks], augment)
        facts["the number of pairs"] = len(dataset)
        image, ids = dataset[index]
        facts["what a pair holds"] = [type(image).__name__, type(ids).__name__]
        if facts["what a pair holds"] != ["Tensor", "Tensor"]:
            return facts
        facts[f"the dtypes, {name}"] = [str(image.dtype), str(ids.dtype)]
        facts[f"the shapes, {name}"] = [list(image.shape), list(ids.shape)]
        facts[f"the image, {name}"] = image.double().tolist()
        facts[f"the ids, {name}"] = ids.tolist()
    return facts | {"how often augment was called for one pair": len(calls)}


def draw_pairs(rng):
    count = int(rng.integers(2, 5))
    images, masks = [], []
    for _ in range(count):
        height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
        images.append(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))
        masks.append(rng.choice([0, 1, 2, 255], (height, width)).astype(np.uint8))
        masks[-1][0, :2] = 1, 2  # never its own mirror image
        masks[-1][0, -1] = 2
    return images, masks, int(rng.integers(count))
