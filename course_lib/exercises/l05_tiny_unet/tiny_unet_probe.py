"""How the answers to tiny_unet.py are put to the test."""

import numpy as np
import torch

from course_lib.checking.exercise import by_kind
from course_lib.exercises.known_weights import middle, set_known_weights


@torch.enable_grad()  # whatever mode the kernel is in
def probe_network(answer, images, num_classes):
    """Build the network for these images, run it, and return the facts about it that do not hang on names."""
    model = answer(images.shape[1], num_classes)
    logits = model(images)
    if logits is None:
        return None
    if logits.requires_grad:
        logits.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in model.parameters())
    model.eval()
    with torch.no_grad():
        same = torch.equal(model(images), model(images))
    facts = {
        "the same logits twice in eval mode, as with layers that are made in __init__": same,
        f"the shape of the logits for images of shape {tuple(images.shape)}": str(tuple(logits.shape)),
        "the shape of logits.argmax(dim=1)": str(tuple(logits.argmax(dim=1).shape)),
        "the number of weights and biases": count_parameters(model),
        "the number of weights and biases of TinyUNet()": count_parameters(answer()),
        "the number of weight tensors that get no gradient": without_gradient,
    }
    names = (
        "the decoder gets the detail: it tells columns apart that are equal after pooling",
        "the middle pixel's logits for known weights",
    )
    if not same:
        return facts | dict.fromkeys(names, "not looked at, because two calls differ")
    with torch.no_grad():
        set_known_weights(model, 1 / 128)
        known = middle(model(images))
        return facts | dict(zip(names, (tells_columns_apart(model, images.shape[1]), known), strict=True))


def count_parameters(model):
    return sum(weight.numel() for weight in model.parameters())


def tells_columns_apart(model, channels):
    """Show stripes one pixel wide, then the same stripes moved by one pixel.

    After pooling the two are equal, away from the edges. Only what goes around the pooling tells them apart.
    """
    stripes = (torch.arange(32) % 2).float().expand(1, channels, 32, 32)
    logits, of_moved = model(stripes), model(1 - stripes)
    return not torch.allclose(*(torch.tensor(middle(each)) for each in (logits, of_moved)), atol=1e-6)


def logits_of_ones(channels):
    """Return the middle pixel's logits of three classes for an image of ones, worked out by hand.

    Every weight is 1/128, and of four biases the first is -4, the others are 1.
    """
    detail = channels * 9 / 128 + 1  # in 12 of the encoder's 16 channels, 0 in the others
    context = 12 * 9 / 128 * detail + 1  # in 24 of the bottleneck's 32 channels, 0 in the others
    up = (
        24 / 128 * context
    )  # one weight of the 2 x 2 reaches each pixel; then the bias: -4 in 4 channels, 1 in 12
    decoded = 9 / 128 * (16 * up - 4 * 4 + 12 + 12 * detail) + 1  # in 12 of the decoder's 16 channels
    logit = 12 / 128 * decoded
    return [logit - 4, logit + 1, logit + 1]


def _draw_images(rng, kind):
    """Draw positive images of 1, 2 or 4 channels, and any number of classes but three."""
    count = {"one image": 1, "three images": 3}.get(kind, 2)
    channels = 1 if kind == "one channel" else int(rng.choice([2, 4]))
    height, width = (2 * int(half) for half in rng.choice([2, 3, 4, 5], 2, replace=False))
    height, width = {"square": (width, width), "2 x 2 pixels": (2, 2)}.get(kind, (height, width))
    images = rng.integers(1, 17, (count, channels, height, width)).astype(np.float32) / 16
    classes = {"one class": 1, "as many classes as channels": channels}.get(
        kind, int(rng.choice([2, 4, 5, 7]))
    )
    return torch.from_numpy(images), classes


draw_cases = by_kind(
    _draw_images,
    "one image",
    "three images",
    "square",
    "2 x 2 pixels",
    "one channel",
    "one class",
    "as many classes as channels",
)
