"""The mask head of Mask R-CNN

Each region of interest arrives as 14 × 14 features. Four 3 × 3 convolutions keep that size, a transposed 2 ×
2 convolution doubles it, and a 1 × 1 convolution gives one mask per class. The loss looks at the mask of the
true class only, so classes do not compete.
"""

from math import exp, log

CLASSES, CHANNELS = 3, 256

size = 14
for _ in range(4):
    size = size + 2 * 1 - 3 + 1  # kernel 3, padding 1
size = (size - 1) * 2 + 2  # transposed, kernel 2, stride 2
print(f"masks ({CLASSES}, {size}, {size})")

weights = 4 * (9 * CHANNELS * CHANNELS + CHANNELS)
weights += 4 * CHANNELS * CHANNELS + CHANNELS
weights += CHANNELS * CLASSES + CLASSES
print(f"weights and biases {weights:,}")

logits = [-1.0, 2.0, 5.0]  # of one pixel, for each class
true_class, in_mask = 1, 1
chance = 1 / (1 + exp(-logits[true_class]))
loss = -log(chance if in_mask else 1 - chance)
print(f"loss of the pixel {loss:.4f}, whatever the other classes say")
