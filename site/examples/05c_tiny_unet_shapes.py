"""A tiny U-Net in NumPy

PyTorch does not run in a page, but a forward pass is only arithmetic. This is a U-Net with one pooling and
random weights: down to half the size, up again, joined with what it saw at full size, and a 1 × 1 convolution
that gives each pixel its logits.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

random = np.random.default_rng(0)
parameters = 0


def weights(*shape):
    """Random weights; they are counted, with a bias per output channel."""
    global parameters
    parameters += np.prod(shape) + shape[0]
    return random.normal(scale=0.1, size=shape)


def convolution(
    features, kernel
):  # (C, H, W), (out, C, k, k) -> (out, H, W)
    margin = kernel.shape[-1] // 2
    padded = np.pad(features, ((0, 0), (margin, margin), (margin, margin)))
    windows = sliding_window_view(padded, kernel.shape[-2:], axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)


def pooling(features):  # each 2 x 2 pixels become their maximum
    channels, height, width = features.shape
    blocks = features.reshape(channels, height // 2, 2, width // 2, 2)
    return blocks.max(axis=(2, 4))


def transposed(features, kernel):  # each pixel becomes 2 x 2 pixels
    _, height, width = features.shape
    stamped = np.einsum("chw,ocij->ohiwj", features, kernel)
    return stamped.reshape(len(kernel), 2 * height, 2 * width)


def relu(features):
    return np.maximum(features, 0)


image = random.normal(size=(3, 64, 64))

skip = relu(convolution(image, weights(16, 3, 3, 3)))  # (16, 64, 64)
deep = relu(
    convolution(pooling(skip), weights(32, 16, 3, 3))
)  # (32, 32, 32)
up = transposed(deep, weights(16, 32, 2, 2))  # (16, 64, 64)
joined = np.concatenate([up, skip])  # (32, 64, 64)
decoded = relu(convolution(joined, weights(16, 32, 3, 3)))  # (16, 64, 64)
logits = convolution(decoded, weights(3, 16, 1, 1))[None]  # (1, 3, 64, 64)
prediction = logits.argmax(axis=1)  # (1, 64, 64)

print("logits    ", logits.shape)
print("prediction", prediction.shape)
print("parameters", parameters)
