"""The cross-entropy of one pixel, then of four

Softmax turns the logits of a pixel into probabilities. The loss of the pixel is minus the logarithm of the
probability of its true class; the loss of an image is the mean over its pixels. Pixels that nobody labelled,
here 255, are left out.
"""

from math import exp, log

IGNORED = 255


def pixel_loss(logits, target):
    total = sum(exp(logit) for logit in logits)
    return -log(exp(logits[target]) / total)


logits = [0.0, 0.6931, 1.6094]  # probabilities of about 1/8, 2/8 and 5/8
loss = pixel_loss(logits, 2)
print(f"one pixel {loss:.4f}")

targets = [2, 0, 1, IGNORED]  # four pixels with the same logits
counted = [target for target in targets if target != IGNORED]
losses = [pixel_loss(logits, target) for target in counted]
print("pixels   ", *(f"{one:.4f}" for one in losses))
print(f"mean      {sum(losses) / len(losses):.4f}")
