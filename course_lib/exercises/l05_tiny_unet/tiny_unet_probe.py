"""How the answers to tiny_unet.py are put to the test."""

import numpy as np
import torch


@torch.enable_grad()  # whatever mode the kernel is in
def probe_network(answer, images, num_classes):
    """Build the network for these images, run it, and return the facts about it that do not hang on names."""
    model = answer(images.shape[1], num_classes)
    logits = model(images)
    if logits.requires_grad:
        logits.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in model.parameters())
    model.eval()
    with torch.no_grad():
        same = torch.equal(model(images), model(images))
        set_weights(model)
        known = model(images)
        for weight in model.parameters():
            if weight.shape == (32, 16, 3, 3):  # the bottleneck's: no other weight has this shape
                weight.zero_()
        around = model(images)
    return {
        f"the shape of the logits for images of shape {tuple(images.shape)}": str(tuple(logits.shape)),
        "the shape of logits.argmax(dim=1)": str(tuple(logits.argmax(dim=1).shape)),
        "the number of weights and biases": sum(weight.numel() for weight in model.parameters()),
        "the number of weight tensors that get no gradient": without_gradient,
        "the same logits twice in eval mode": same,
        "logits that still follow the image when the bottleneck's weights are 0": bool(around.any()),
        "the middle pixel's logits for known weights (is each ReLU in its place?)": middle(known),
    }


def set_weights(model):
    """Let every layer take means: bias 0, weights 1 / inputs, but -1 / inputs for every fourth channel it gives.

    The transposed convolution has them for every eighth channel: with equal shares, a ReLU after it would make up
    for one that is missing after the bottleneck. All weights of a channel are equal, so it does not matter in which
    order the skip is joined.
    """
    for weight in model.parameters():
        weight.zero_()
        if weight.ndim == 4:
            transposed = weight.shape[2] == 2
            inputs = weight.shape[0] if transposed else weight[0].numel()
            channels = weight.transpose(0, 1) if transposed else weight
            channels += 1 / inputs
            channels[3 :: 8 if transposed else 4] *= -1


def middle(logits):
    return logits[0, ..., logits.shape[-2] // 2, logits.shape[-1] // 2].tolist()


def draw_images(rng):
    """Draw positive images of 1, 2 or 4 channels, and any number of classes but three."""
    count, channels = int(rng.integers(1, 3)), int(rng.choice([1, 2, 4]))
    height, width = (2 * int(half) for half in rng.choice([2, 3, 4, 5], 2, replace=False))
    images = rng.integers(1, 17, (count, channels, height, width)).astype(np.float32) / 16
    return torch.from_numpy(images), int(rng.choice([1, 2, 4, 5, 7]))
