"""Focal loss."""

import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l08_losses_for_imbalance.shared import (
    BATCHES,
    ONE_OF_EACH,
    draw_batch,
    facts_of,
    log_p_true,
    loss_is,
    two_pixels,
)


def focal_loss(logits, targets, alpha=0.25, gamma=2.0):
    """Return the mean over all pixels of alpha * (1 - p)^gamma * -log p.

    p is the probability of the pixel's true class.

    Args:
        logits: float (N, C, H, W).
        targets: class ids, int64 (N, H, W).
        alpha: float.
        gamma: float.

    Returns:
        A scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)  # (N, H, W)
    p = log_p.exp()
    return (alpha * (1 - p) ** gamma * -log_p).mean()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_focal(answer, logits, targets, *alpha_and_gamma):
    return facts_of(answer(logits.clone().requires_grad_(), targets, *alpha_and_gamma))


def _draw_focal(rng, kind):
    """Draw a batch, alpha and gamma; sure pixels have no root of 1 - p, whose slope at 0 is infinite."""
    if kind == "usual alpha and gamma":
        return draw_batch(rng, kind)
    gammas = [0.0, 2.0, 3.0] if kind.endswith(("apart", "right")) else [0.5, 2.0, 3.0]
    return *draw_batch(rng, kind), float(rng.choice([0.25, 0.5, 0.75])), float(rng.choice(gammas))


FOCAL_LOSS = Exercise(
    focal_loss,
    title="Focal loss",
    points=2,
    minutes=8,
    source="Study guide, section 9: focal loss",
    draw=by_kind(_draw_focal, *BATCHES, "usual alpha and gamma"),
    observe=_watch_focal,
    tolerance=1e-6,
    hints=(
        "You need two maps (N, H, W): the logarithm of the true class's probability, and that probability.",
        'F.cross_entropy(logits, targets, reduction="none") is -log p of every pixel, and torch.exp takes '
        "it back to p.",
        "losses = F.cross_entropy(logits, targets, reduction='none'); p = torch.exp(-losses); "
        "return (alpha * (1 - p) ** gamma * losses).mean().",
    ),
    why="The factor asks how sure the network is of the true class, and not which class that is: pixels that are "
    "nearly right count for little, and the hard ones are left.",
)

# Background: p = 0.75, 0.25 * 0.25^2 * 0.287682 = 0.004495.
# Foreground: p = 0.5, 0.25 * 0.5^2 * 0.693147 = 0.043322.
# The gradient at the true class's logit is alpha * (1 - p)^2 * (2 p ln p - (1 - p)), here halved by the mean:
# 0.25 * 0.25^2 * (-0.431523 - 0.25) / 2 = -0.005324 and 0.25 * 0.5^2 * (-0.693147 - 0.5) / 2 = -0.037286.
FOCAL_LOSS.worked(
    two_pixels(0.25, 0.5),
    ONE_OF_EACH,
    0.25,
    2.0,
    gives=loss_is(0.0239085, 0.0053244, -0.0372858),
    example="focal",
)
# alpha 1 and gamma 0 give the cross-entropy back, and its gradient (p - true) / 2.
FOCAL_LOSS.worked(two_pixels(0.25, 0.5), ONE_OF_EACH, 1.0, 0.0, gives=loss_is(0.490415, 0.125, -0.25))


@FOCAL_LOSS.wrong
def easy_pixels_favoured(logits, targets, alpha=0.25, gamma=2.0):
    """Your factor is p^gamma, which is large where the network is right already. The factor is (1 - p)^gamma, which
    is large where it is wrong.
    """
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    return (alpha * p**gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def mean_first(logits, targets, alpha=0.25, gamma=2.0):
    """You took the mean of the cross-entropy first, and the factor from that. Every pixel has a factor of its
    own: pass reduction="none", and take the mean last.
    """
    loss = F.cross_entropy(logits, targets)
    return alpha * (1 - torch.exp(-loss)) ** gamma * loss


@FOCAL_LOSS.wrong
def gamma_as_a_factor(logits, targets, alpha=0.25, gamma=2.0):
    """You multiplied by gamma. It is the exponent: (1 - p) ** gamma."""
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    return (alpha * (gamma * (1 - p)) * -log_p).mean()


@FOCAL_LOSS.wrong
def alpha_by_class(logits, targets, alpha=0.25, gamma=2.0):
    """You gave class 1 alpha and the others 1 - alpha, as the paper does for two classes. Here alpha is one factor for
    all pixels, whatever their class.
    """
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    factor = torch.where(targets == 1, alpha, 1 - alpha)
    return (factor * (1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def alpha_for_the_foreground(logits, targets, alpha=0.25, gamma=2.0):
    """You gave the background 1 - alpha and the other classes alpha. Here alpha is one factor for all pixels, whatever
    their class.
    """
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    factor = torch.where(targets > 0, alpha, 1 - alpha)
    return (factor * (1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def probability_of_class_1(logits, targets, alpha=0.25, gamma=2.0):
    """Your p is the probability of class 1 in every pixel. Where another class is true, p is the probability of that
    one: pick it with the targets.
    """
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = logits.softmax(dim=1)[:, 1]
    return (alpha * (1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def sign(logits, targets, alpha=0.25, gamma=2.0):
    """Your loss is negative: the minus before the logarithm is missing. Training would make the network worse."""
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    return (alpha * (1 - p) ** gamma * log_p).mean()


@FOCAL_LOSS.wrong
def one_over_p(logits, targets, alpha=0.25, gamma=2.0):
    """Your p is above 1: exp of the cross-entropy is 1 / p, because the cross-entropy is -log p. Take exp of its
    opposite, torch.exp(-losses).
    """
    losses = F.cross_entropy(logits, targets, reduction="none")
    p = torch.exp(losses)
    return (alpha * (1 - p) ** gamma * losses).mean()


@FOCAL_LOSS.wrong
def divided_by_the_factors(logits, targets, alpha=0.25, gamma=2.0):
    """You divided by the sum of the factors, as a weighted mean does. Focal loss divides by the number of
    pixels, and so becomes small when most pixels are easy.
    """
    log_p = log_p_true(logits, targets)
    factor = (1 - log_p.exp()) ** gamma
    return (factor * -log_p).sum() / factor.sum()


@FOCAL_LOSS.wrong
def probability_of_the_winner(logits, targets, alpha=0.25, gamma=2.0):
    """Your p is that of the class that wins. A pixel that is sure and wrong would then count for nothing: p
    is the probability of the true class.
    """
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = logits.softmax(dim=1).max(dim=1).values
    return (alpha * (1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def sum_not_mean(logits, targets, alpha=0.25, gamma=2.0):
    """You summed over the pixels. Take the mean, which does not grow with the number of pixels."""
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    return (alpha * (1 - p) ** gamma * -log_p).sum()


@FOCAL_LOSS.wrong
def log_of_a_probability(logits, targets, alpha=0.25, gamma=2.0):
    """You took softmax first and the logarithm afterwards. Where the network is sure and wrong, p becomes 0 and
    its logarithm infinite: log_softmax does both in one step and stays finite.
    """
    p = logits.softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    return (alpha * (1 - p) ** gamma * -p.log()).mean()


@FOCAL_LOSS.wrong
def softmax_twice(logits, targets, alpha=0.25, gamma=2.0):
    """You applied softmax twice: log_softmax, like F.cross_entropy, takes the logits themselves."""
    log_p = logits.softmax(dim=1).log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    return (alpha * (1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def factor_without_gradient(logits, targets, alpha=0.25, gamma=2.0):
    """No gradient flows through your factor (1 - p)^gamma. It belongs to the loss: compute
    it from the logits, without detach() and no_grad().
    """
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp().detach()
    return (alpha * (1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.wrong
def no_alpha(logits, targets, alpha=0.25, gamma=2.0):
    """You left alpha out: multiply by it."""
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    return ((1 - p) ** gamma * -log_p).mean()


@FOCAL_LOSS.right
def focal_from_cross_entropy(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")  # (N, H, W)
    return (alpha * (1 - torch.exp(-losses)) ** gamma * losses).mean()


@FOCAL_LOSS.right
def focal_by_probabilities(logits, targets, alpha=0.25, gamma=2.0):
    p = logits.softmax(dim=1).gather(1, targets[:, None])
    log_p = logits.gather(1, targets[:, None]) - logits.logsumexp(dim=1, keepdim=True)
    return -alpha * ((1 - p).pow(gamma) * log_p).sum() / targets.numel()


@FOCAL_LOSS.right
def focal_by_one_hot(logits, targets, alpha=0.25, gamma=2.0):
    true = torch.eye(logits.shape[1])[targets].permute(0, 3, 1, 2)
    log_p = torch.log_softmax(logits, dim=1)
    return alpha * -((1 - log_p.exp()) ** gamma * log_p * true).sum(dim=1).mean()


FOCAL_LOSS.equivalent(
    "focal_loss, line 16: logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1) -> "
    "logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1))",
    "focal_loss, line 16: 1 -> 2",
    "focal_loss, line 16: 1 -> 0",
    because="The mean is over all pixels, whatever the axes of length 1.",
)

FOCAL_LOSS.equivalent(
    "focal_by_probabilities, line 5: targets -> p",
    "focal_by_probabilities, line 5: targets -> log_p",
    because="There is one probability for each target.",
)
