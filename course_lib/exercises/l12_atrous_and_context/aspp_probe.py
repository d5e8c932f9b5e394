"""How the answers to aspp.py are put to the test."""

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import by_kind
from course_lib.exercises.known_weights import set_known_weights

# A 3x3 kernel over three channels of at most 1 then stays below the 4 that a bias may take off.
_WEIGHT = 1 / 8


@torch.enable_grad()  # whatever mode the kernel is in
def probe_aspp(answer, features, out_channels, rates):
    """Build the module, run it, and find out from where the middle of its output is reached."""
    model = answer(features.shape[1], out_channels, rates)
    seen = set(model.modules())
    lists = [each for each in vars(model).values() if isinstance(each, list | tuple)]
    unseen = sum(isinstance(layer, nn.Module) and layer not in seen for each in lists for layer in each)
    if unseen:  # they keep their random weights, so nothing else that is measured would mean anything
        raise TypeError(
            f"{unseen} layers are in a plain list, where torch does not see them: use nn.ModuleList"
        )
    output = model(features)
    if output.requires_grad:
        output.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in model.parameters())
    with torch.no_grad():
        set_known_weights(model, _WEIGHT)
    image = features.clone().requires_grad_()
    middle = model(image)[0, :, features.shape[2] // 2, features.shape[3] // 2]
    # The first number is negative, so a last ReLU would hide it: take the second.
    (gradient,) = torch.autograd.grad(middle[1], image)
    column = gradient[0, 0, :, features.shape[3] // 2]
    nearer = torch.nonzero(column > gradient.min() * 1.001 + 1e-9).flatten() - features.shape[2] // 2
    return {
        f"the shape of the output for features of shape {tuple(features.shape)}": str(tuple(output.shape)),
        "the number of weights and biases, where each convolution has a bias": sum(
            weight.numel() for weight in model.parameters()
        ),
        "the number of weight tensors that get no gradient": without_gradient,
        "how many rows away from the middle it looks": nearer.tolist(),
        "every pixel of the first image reaches the middle of its output (by the mean)": bool(
            (gradient[0] > 0).all()
        ),
        "the middle's output for known weights": middle.tolist(),
    }


_SHAPES = {  # of the features, how many channels come out, and the rates
    "one image of one channel": ((1, 1, 9, 11), 8, [1, 2]),
    "two images, three rates": ((2, 3, 11, 10), 4, [1, 2, 4]),
    "a square image, one rate": ((1, 2, 9, 9), 4, [3]),
    "the largest rate first": ((2, 2, 9, 12), 8, [4, 2]),
}


def _draw_features(rng, kind):
    """Draw positive features, larger than twice the largest rate.

    The channels that come out are a multiple of 4: so layers that are made in one piece get the same known biases.
    """
    shape, out_channels, rates = _SHAPES[kind]
    return torch.from_numpy(rng.integers(1, 17, shape).astype(np.float32) / 16), out_channels, rates


draw_features = by_kind(_draw_features, *_SHAPES)
