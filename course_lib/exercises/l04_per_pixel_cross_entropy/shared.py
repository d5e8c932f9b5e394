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


def draw_pixel(rng):
    """Two to five logits: small ones, all moved up or down by 1000, or a thousand apart."""
    count = int(rng.integers(2, 6))
    kind = rng.choice(["small", "equal", "high", "low", "apart"], p=[0.3, 0.05, 0.3, 0.15, 0.2])
    logits = rng.choice(np.arange(-16, 17), size=count, replace=False) / 4
    if kind == "equal":
        logits[:] = logits[0]
    elif kind == "apart":
        logits = rng.permutation([1000.0, -1000.0, *logits][:count])
    return [float(z) for z in logits + {"high": 1000, "low": -1000}.get(str(kind), 0)]
