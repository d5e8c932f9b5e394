"""Three ways to wire the loss wrongly

A loss per pixel wants logits of shape `(N, C, H, W)` and targets of shape `(N, H, W)` that hold whole
numbers. Here come logits with the classes last, and targets that are floats with an axis too many. All three
are mended before the loss is computed.
"""

import numpy as np

logits = np.tile([0.0, 0.6931, 1.6094], (1, 2, 2, 1))  # (N, H, W, C)
targets = np.array([[[[2.0, 0.0], [1.0, 2.0]]]])  # (N, 1, H, W)

logits = logits.transpose(0, 3, 1, 2)  # (N, C, H, W)
targets = targets.squeeze(1).astype(np.int64)  # (N, H, W)

log_chances = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
of_true_class = np.take_along_axis(log_chances, targets[:, None], axis=1)
loss = -of_true_class.mean()

print("logits ", logits.shape)
print("targets", targets.shape, targets.dtype)
print(f"loss    {loss:.5f}")
