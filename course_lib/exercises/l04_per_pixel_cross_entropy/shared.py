"""What several exercises of lesson 04 share."""

import numpy as np
import torch

# Logits whose exponentials are 1, 2 and 5: the probabilities are 1/8, 2/8 and 5/8, and every loss can be
# worked out on paper: ln 8 = 2.07944, ln 4 = 1.38629, ln 1.6 = 0.47000.
ONE_TWO_FIVE = [0.0, 0.6931, 1.6094]
TOLERANCE = 1e-4  # lets answers in float32 pass


def everywhere(logits, height, width):
    """Return a map that has the same logits at every pixel, (C, H, W)."""
    return torch.tensor(logits, dtype=torch.float64).view(-1, 1, 1).repeat(1, height, width)


def draw_logits(rng, count, classes, height, width):
    """Draw logits (N, C, H, W): multiples of 1/4 from -3 to 3, all different at a pixel, so that nothing ties."""
    steps = np.tile(np.arange(-12, 13), (count, height, width, 1))
    chosen = rng.permuted(steps, axis=-1)[..., :classes] / 4  # (N, H, W, C)
    return torch.from_numpy(chosen).float().permute(0, 3, 1, 2).contiguous()


PIXELS = (
    "small",
    "equal",
    "high",
    "low",
    "far apart",
    "the first far above",
    "the last far above",
    "near and far",
    "two classes",
)


def draw_pixel(rng, kind):
    """Draw the logits of one pixel, of one of the kinds in PIXELS: small ones, or hundreds up, down or apart."""
    count = 2 if kind == "two classes" else int(rng.integers(3, 6))
    logits = rng.choice(np.arange(-16, 17), size=count, replace=False) / 4
    if kind == "equal":
        logits[:] = logits[0]
    if kind == "far apart":
        logits = rng.permutation([1000.0, -1000.0, *logits[2:]])
    if kind.endswith("far above"):
        logits[0 if kind.startswith("the first") else -1] = 1000.0
    if kind == "near and far":  # 30 apart, where adding 1e-8 to a probability shows
        logits = rng.permutation([30.0, *logits[1:] / 4])
    return [float(z) for z in logits + {"high": 1000, "low": -1000}.get(kind, 0)]


SIZES = ("usual", "one pixel", "square", "as many classes as rows", "as many classes as columns", "large")


def draw_sizes(rng, kind):
    """Draw classes, height and width, all different but for the kinds in SIZES."""
    classes, height, width = (int(size) for size in rng.choice([2, 3, 4, 5], 3, replace=False))
    return {
        "one pixel": (classes, 1, 1),
        "square": (classes, height, height),
        "as many classes as rows": (classes, classes, width),
        "as many classes as columns": (classes, height, classes),
        "large": (classes, 9, 11),
    }.get(kind, (classes, height, width))
