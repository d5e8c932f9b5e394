"""Training mode at test time

In training mode, batch norm uses the mean and the spread of the batch at hand; in evaluation mode, those that
it has gathered. So in training mode the same pixel gets another value in other company, and a score depends
on how the images were batched.
"""

from math import sqrt

GATHERED_MEAN, GATHERED_VARIANCE = 5.0, 4.0


def batch_norm(batch, training):
    mean, variance = GATHERED_MEAN, GATHERED_VARIANCE
    if training:
        mean = sum(batch) / len(batch)
        variance = sum((value - mean) ** 2 for value in batch) / len(batch)
    return [(value - mean) / sqrt(variance + 1e-5) for value in batch]


for training in (True, False):
    dark = batch_norm([6, 2, 1], training)[0]
    bright = batch_norm([6, 9, 10], training)[0]
    mode = "training" if training else "evaluation"
    print(
        f"{mode:10}  6 among dark {dark:5.2f}, among bright {bright:5.2f}"
    )
