"""How the answers to aspp.py are put to the test."""

import numpy as np
import torch
from torch import nn


@torch.enable_grad()  # whatever mode the kernel is in
def probe_aspp(answer, features, out_channels, rates):
    """Build the module, run it, and find out from where the middle of its output is reached."""
    model = answer(features.shape[1], out_channels, rates)
    seen, lists = (
        set(model.modules()),
        [each for each in vars(model).values() if isinstance(each, list | tuple)],
    )
    unseen = sum(isinstance(layer, nn.Module) and layer not in seen for each in lists for layer in each)
    output = model(features)
    if output.requires_grad:
        output.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in model.parameters())
    let_it_take_means(model)
    image = features.clone().requires_grad_()
    middle = model(image)[0, :, features.shape[2] // 2, features.shape[3] // 2]
    (gradient,) = torch.autograd.grad(middle[0], image)
    column = gradient[0, 0, :, features.shape[3] // 2]
    nearer = torch.nonzero(column > gradient.min() * 1.001 + 1e-9).flatten() - features.shape[2] // 2
    return {
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": unseen,
        f"the shape of the output for features of shape {tuple(features.shape)}": str(tuple(output.shape)),
        "the number of weights and biases": sum(weight.numel() for weight in model.parameters()),
        "the number of weight tensors that get no gradient": without_gradient,
        "how many rows away from the middle it looks": nearer.tolist(),
        "every pixel of the first image reaches its middle (by the mean)": bool((gradient[0] > 0).all()),
        "the middle's output for known weights": middle.tolist(),
    }


def let_it_take_means(model):
    """Let every layer take means: bias 0, weights 1 / inputs, and -1 / inputs for every second channel it gives."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
            if weight.ndim > 1:  # a 1x1 convolution may be an nn.Linear
                weight += 1 / weight[0].numel()
                weight[1::2] *= -1


def draw_features(rng):
    """Draw positive features, larger than twice the largest rate, and rates that all differ."""
    rates = sorted(int(rate) for rate in rng.choice([1, 2, 3, 4], int(rng.integers(2, 4)), replace=False))
    rates = rates if max(rates) > 1 else [2, 3]
    count, channels = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    height, width = (int(side) for side in rng.choice([9, 10, 11, 12], 2, replace=False))
    features = rng.integers(1, 17, (count, channels, height, width)).astype(np.float32) / 16
    return torch.from_numpy(features), int(rng.choice([2, 3, 4])), rates
