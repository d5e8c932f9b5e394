"""Weights that show what a network computes, however it is built."""


def set_known_weights(model, weight):
    """Set every weight to one positive number, and every bias to 1, but each fourth one, from the first on, to -4.

    No weight needs to know its axes, so a 1x1 convolution may be an nn.Linear, and a layer may be made of several.
    The features are positive, and those with a bias of -4 negative: a ReLU that is missing, or too many, shows.

    Args:
        model: a module whose features are then at most a few units large.
        weight: a float, such as 1 / (the inputs of a typical layer).
    """
    for parameter in model.parameters():
        if max(parameter.shape, default=1) == parameter.numel():  # a bias, whatever axes of length 1 it has
            parameter.fill_(1.0).view(-1)[::4] = -4.0
        else:
            parameter.fill_(weight)


def middle(logits):
    """Return the values of the first image's middle pixel, one per channel."""
    return logits[0, ..., logits.shape[-2] // 2, logits.shape[-1] // 2].tolist()
