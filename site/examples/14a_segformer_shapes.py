"""Small logits: first upsample, then argmax

SegFormer answers with a quarter of the height and width. Upsample the logits, then take the argmax: class ids
cannot be averaged, and what lies between classes 0 and 2 is not class 1. A U-Net of
segmentation-models-pytorch answers in full size.
"""

import numpy as np

small = np.zeros((1, 3, 1, 2))  # (N, C, H/4, W/4): two pixels
small[0, :, 0, 0] = [4, 0, 1]  # class 0 wins
small[0, :, 0, 1] = [1, 0, 4]  # class 2 wins


def upsample(maps, factor=4):
    """Linear along the width; along the height each pixel is repeated."""
    centres = (np.arange(maps.shape[-1] * factor) + 0.5) / factor - 0.5
    known = np.arange(maps.shape[-1])
    rows = maps.reshape(-1, maps.shape[-1])
    wide = np.array([np.interp(centres, known, row) for row in rows])
    return wide.reshape(*maps.shape[:-1], -1).repeat(factor, axis=-2)


prediction = upsample(small).argmax(axis=1)
wrong = upsample(small.argmax(axis=1).astype(float)).round().astype(int)

print("logits", small.shape, "prediction", prediction.shape)
print("upsample, then argmax", prediction[0, 0])
print("argmax, then upsample", wrong[0, 0])

full = np.zeros((1, 5, 256, 256))  # what smp.Unet(classes=5) answers
print("in full size", full.shape, "prediction", full.argmax(axis=1).shape)
