"""Dice loss and IoU loss

Both scores become losses if probabilities take the place of pixels that are in or out: a product for the
intersection, sums for the sizes. *Smooth* keeps the ratio defined where a class is absent. Often such a loss
is added to cross-entropy, with a weight λ.
"""

from math import log

SMOOTH, LAMBDA = 1.0, 0.5
chances = [[0.75, 0.5], [0.25, 0.5]]  # chances[class][pixel]
truth = [[1, 0], [0, 1]]  # one-hot: first pixel class 0, second class 1

dice, iou = [], []
for p, t in zip(chances, truth):
    overlap = sum(a * b for a, b in zip(p, t))
    sizes = sum(p) + sum(t)
    dice.append((2 * overlap + SMOOTH) / (sizes + SMOOTH))
    iou.append((overlap + SMOOTH) / (sizes - overlap + SMOOTH))

dice_loss = 1 - sum(dice) / len(dice)
iou_loss = 1 - sum(iou) / len(iou)
cross_entropy = -(log(chances[0][0]) + log(chances[1][1])) / 2
print(f"Dice loss {dice_loss:.4f}")
print(f"IoU loss  {iou_loss:.4f}")
total = cross_entropy + LAMBDA * dice_loss
print(f"cross-entropy + {LAMBDA} · Dice loss = {total:.4f}")
