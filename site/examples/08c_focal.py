"""Your turn: focal loss

Most pixels are easy, and their many small losses drown the few hard ones. Focal loss multiplies the
cross-entropy of each pixel by `(1 - p) ** gamma`, where *p* is the probability of the true class. Fill in
that factor.
"""

from math import log


def focal_loss(chances, alpha=0.25, gamma=2.0):
    """The mean over pixels; chances are those of the true classes."""
    losses = []
    for p in chances:
        factor = (1 - p) ** gamma
        # blank: (1 - p) ** gamma
        # wrong: p**gamma | That makes hard pixels small and keeps the easy ones.
        # wrong: (1 - p) * gamma | gamma is an exponent.
        losses.append(alpha * factor * -log(p))
    return sum(losses) / len(losses)


print(f"an easy and a hard pixel {focal_loss([0.95, 0.1]):.4f}")
print(f"chances of 0.75 and 0.5  {focal_loss([0.75, 0.5]):.4f}")
print(f"alpha 1 and gamma 0      {focal_loss([0.75, 0.5], 1, 0):.4f}")
