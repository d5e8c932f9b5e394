"""Weights for rare classes

Two pixels with the same logits, one of each class. The network believes in class 0; with a weight of 2 a
mistake on class 1 counts four times as much as one on class 0. The mean divides by the sum of the weights,
not by the number of pixels.
"""

from math import exp, log

logits = [-0.2877, -1.3863]  # probabilities of about 0.75 and 0.25
targets = [0, 1]
class_weights = [0.5, 2.0]

total = sum(exp(logit) for logit in logits)
losses = [-log(exp(logits[target]) / total) for target in targets]
weights = [class_weights[target] for target in targets]

plain = sum(losses) / len(losses)
weighted = sum(w * loss for w, loss in zip(weights, losses)) / sum(weights)
print(f"plain    {plain:.4f}")
print(f"weighted {weighted:.4f}")
