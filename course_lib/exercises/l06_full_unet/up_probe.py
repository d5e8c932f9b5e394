"""How the answers to up.py are put to the test."""

import torch

from course_lib.checking.exercise import by_kind
from course_lib.exercises.l06_full_unet.shared import (
    attempt,
    bends_inside,
    built,
    count_idle,
    count_weights,
    is_normalised,
    is_vector,
    kernels_of,
    least,
)


def observe_up(answer, in_channels, out_channels):
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        stage = built(answer, in_channels, out_channels)
        features, skip = torch.randn(3, in_channels, 3, 5), torch.randn(3, out_channels, 6, 10)
        output, went = attempt(stage, features, skip)
        called = f"features {tuple(features.shape)} and skip {tuple(skip.shape)}"
        facts = {f"forward on {called}": went}
        if output is None:
            return facts if went else None
        facts |= {
            f"the shape for {called}": tuple(output.shape),
            "the number of weights in its kernels": count_weights(stage),
            "the least value that comes out": least(output),
            "parameters that no gradient reaches": count_idle(stage, output),
            "batch norm right after each 3x3 convolution (doubled kernels change nothing in training)": (
                is_normalised(stage, features, skip)
            ),
        }
        with torch.no_grad():
            stage.eval()
            output = stage(features, skip)
            strong = 10 * features, 10 * skip  # enough to outdo the biases
            return facts | {
                "there is a ReLU between the convolutions": bends_inside(
                    stage, strong, tuple(-each.flip(0) for each in strong)
                ),
                "the features matter": not torch.equal(stage(-features, skip), output),
                "the skip matters": not torch.equal(stage(features, -skip), output),
                _NO_RELU_THERE: _negative_features_matter(stage.train(), features, skip),
                "the mean of what comes out in training if batch norm adds 10": _mean_of_shifted(
                    stage, features, skip
                ),
            }


_NO_RELU_THERE = "negative values of the transposed convolution still matter (no ReLU after it)"


def _negative_features_matter(stage, features, skip):
    """Return whether the features matter where the transposed convolution makes negative values of all of them.

    In training mode: there, batch norm keeps the ReLUs of the double convolution from giving nothing but 0.
    """
    for kernel in kernels_of(stage):
        if kernel.shape[2:] != (3, 3):  # 2x2, or nn.Linear that gives four pixels
            kernel.copy_(-kernel.abs())
    strong = 10 + features.abs()  # enough to outdo the biases
    return not torch.equal(stage(strong, skip), stage(strong.flip(-1), skip))


def _mean_of_shifted(stage, features, skip):
    """Return the mean of the output where every shift of batch norm, 0 at first, is so large that no ReLU cuts."""
    for vector in filter(is_vector, stage.parameters()):
        if not vector.any():
            vector.fill_(10.0)
    return round(stage(features, skip).mean().item(), 2)


def _draw_stage(rng, kind):
    out_channels = int(rng.integers(3, 7))
    in_channels = {"twice as wide": 2 * out_channels, "as wide": out_channels}
    return in_channels.get(kind, 2 * out_channels + 1), out_channels


draw_cases = by_kind(_draw_stage, "twice as wide", "as wide", "wider")
