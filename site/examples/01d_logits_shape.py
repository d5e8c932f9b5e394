"""What the axes of logits are

A batch of logits has four axes: images, classes, rows, columns. Argmax over the classes leaves one class for
every pixel. Try `axis=0` as well: what would the numbers in that map mean?
"""

import numpy as np

random = np.random.default_rng(0)
logits = random.normal(size=(4, 3, 128, 128))  # (N, C, H, W)
prediction = logits.argmax(axis=1)  # (N, H, W)

print("logits    ", logits.shape)
print("prediction", prediction.shape)
print("classes   ", np.unique(prediction))
