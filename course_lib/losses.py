"""Losses of semantic segmentation, one function each.

All take logits, float (N, C, H, W), and targets, integer class ids (N, H, W), int64 or smaller. Pixels whose target is
``ignore_index`` count for nothing; a batch in which all are ignored costs 0, with a gradient of 0. The result is a
float32 scalar (float64 for float64 logits), also under autocast: half precision is too coarse for these sums.

Errors common to all of them:
    TypeError: logits are not floats, or targets are not integers.
    ValueError: shapes or devices do not match, a target is not a class id, or the loss is NaN or infinite.

To find the last two, every call reads one number back. On a GPU that waits for the batch, as logging the loss does; in
exchange a bad id is named, where torch's own cross-entropy would take the whole CUDA process down.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_lib.masks import IGNORE_INDEX, check_label_map

_EPS = 1e-12  # keeps a quotient or a power away from 0/0; too small to show in any loss


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | Sequence[float] | None = None,
    ignore_index: int = IGNORE_INDEX,
) -> Tensor:
    """Mean over the pixels of -log softmax(logits)[target]; torch's ``cross_entropy`` computes the same.

    With ``weight``, one factor per class (C,), it is the weighted mean: divided by the weights of the pixels, not by
    their number. Source: worked examples ce-one-pixel and weighted-ce.
    """
    log_p, true, counted = _prepare(logits, targets, ignore_index)
    return _checked(_cross_entropy(log_p, true, counted, weight), logits, targets, ignore_index)


def dice_loss(
    logits: Tensor, targets: Tensor, *, smooth: float = 1.0, ignore_index: int = IGNORE_INDEX
) -> Tensor:
    """1 - soft Dice, (2 I + smooth) / (P + T + smooth), averaged over the classes.

    For each class, I, P and T are sums over the whole batch: of the softmax probability where the class is true, of
    the probability everywhere, and of the true pixels. Classes without a true pixel in the batch are left out of the
    mean, as absent classes are left out of mIoU. smp's ``DiceLoss`` counts those as 0, and its ``smooth`` is half of
    this one, which follows the study guide; apart from that the two agree.
    Source: Milletari et al. 2016 (V-Net); worked example dice-loss.
    """
    log_p, true, counted = _prepare(logits, targets, ignore_index)
    return _checked(_dice_loss(log_p, true, counted, smooth), logits, targets, ignore_index)


def iou_loss(
    logits: Tensor, targets: Tensor, *, smooth: float = 1.0, ignore_index: int = IGNORE_INDEX
) -> Tensor:
    """1 - soft IoU, (I + smooth) / (P + T - I + smooth), with sums and mean as in ``dice_loss``.

    Source: Rahman & Wang 2016; worked example iou-loss.
    """
    log_p, true, counted = _prepare(logits, targets, ignore_index)
    intersection, predicted, truth = _soft_areas(log_p, true, counted)
    score = (intersection + smooth) / (predicted + truth - intersection + smooth).clamp_min(_EPS)
    return _checked(_mean_over_present(1 - score, truth), logits, targets, ignore_index)


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
    ignore_index: int = IGNORE_INDEX,
) -> Tensor:
    """Mean over the pixels of alpha * (1 - p)^gamma * -log p, p the probability of the target's class.

    alpha scales all classes alike; alpha 1 and gamma 0 give ``cross_entropy``. Source: study guide, section 9, after
    Lin et al. 2017, who weigh two classes with alpha and 1 - alpha; worked example focal.
    """
    if gamma < 0:
        raise ValueError(f"gamma is {gamma}, which would favour the easy pixels: pass 0 or more, 2 is usual")
    log_p, true, counted = _prepare(logits, targets, ignore_index)
    log_p_true = _log_p_true(log_p, true, counted)
    miss = (1 - log_p_true.exp()).clamp_min(_EPS)  # at 0, a power below 1 would have no gradient
    focal = alpha * miss**gamma * -log_p_true  # (N, H, W)
    loss = (focal * counted).sum() / counted.sum().clamp_min(1)
    return _checked(loss, logits, targets, ignore_index)


def combined(
    logits: Tensor,
    targets: Tensor,
    *,
    dice_weight: float = 0.5,
    weight: Tensor | Sequence[float] | None = None,
    ignore_index: int = IGNORE_INDEX,
) -> Tensor:
    """``cross_entropy`` + dice_weight * ``dice_loss``, for the price of one softmax.

    Source: CE + λ (1 - Dice), the losses-and-metrics notes.
    """
    log_p, true, counted = _prepare(logits, targets, ignore_index)
    loss = _cross_entropy(log_p, true, counted, weight) + dice_weight * _dice_loss(log_p, true, counted, 1.0)
    return _checked(loss, logits, targets, ignore_index)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "ce+dice": combined,
    "ce": cross_entropy,
    "dice": dice_loss,
    "iou": iou_loss,
    "focal": focal_loss,
}
"""What ``course train --loss`` knows by name."""


def _prepare(logits: Tensor, targets: Tensor, ignore_index: int) -> tuple[Tensor, Tensor, Tensor]:
    """Check the shapes; return what the losses share.

    Returns:
        log_p (N, C, H, W): log-probabilities.
        true (N, H, W): the targets, any class where they hold none.
        counted (N, H, W): factor of each pixel: 1, or 0 if ignored, or NaN if its target is not a class id. NaN makes
            the loss NaN, so that looking at the loss finds such ids without another pass or wait for the GPU.
    """
    _check(logits, targets)
    log_p = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(dim=1)
    targets = targets.long()
    true = targets.clamp(0, logits.shape[1] - 1)
    ignored = targets == ignore_index
    counted = torch.ones_like(log_p[:, 0]).masked_fill(true != targets, torch.nan).masked_fill(ignored, 0)
    return log_p, true, counted


def _log_p_true(log_p: Tensor, true: Tensor, counted: Tensor) -> Tensor:
    """Return the log-probability of each pixel's true class (N, H, W), 0 where it is ignored."""
    return log_p.gather(1, true.unsqueeze(1)).squeeze(1).masked_fill(counted == 0, 0)


def _cross_entropy(
    log_p: Tensor, true: Tensor, counted: Tensor, weight: Tensor | Sequence[float] | None
) -> Tensor:
    if weight is not None:
        class_weight = torch.as_tensor(weight, dtype=log_p.dtype, device=log_p.device)
        if class_weight.shape != log_p.shape[1:2]:
            raise ValueError(
                f"weight has shape {tuple(class_weight.shape)} for {log_p.shape[1]} classes: pass one number per class"
            )
        counted = counted * class_weight[true]
    return -(_log_p_true(log_p, true, counted) * counted).sum() / counted.sum().clamp_min(_EPS)


def _dice_loss(log_p: Tensor, true: Tensor, counted: Tensor, smooth: float) -> Tensor:
    intersection, predicted, truth = _soft_areas(log_p, true, counted)
    score = (2 * intersection + smooth) / (predicted + truth + smooth).clamp_min(_EPS)
    return _mean_over_present(1 - score, truth)


def _soft_areas(log_p: Tensor, true: Tensor, counted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the soft intersection, the predicted and the true area of each class over the batch, (C,) each.

    This does not use one_hot, which takes eight bytes per class and pixel, or index_add, whose order of summation,
    and so its result, changes from run to run on a GPU.
    """
    classes = torch.arange(log_p.shape[1], device=log_p.device).view(-1, 1, 1)
    counted = counted.unsqueeze(1)  # (N, 1, H, W)
    is_true = (true.unsqueeze(1) == classes).to(log_p.dtype) * counted  # (N, C, H, W)
    p = log_p.exp()  # (N, C, H, W)
    intersection, predicted, truth = (area.sum(dim=(0, 2, 3)) for area in (p * is_true, p * counted, is_true))
    return intersection, predicted, truth


def _mean_over_present(loss: Tensor, truth: Tensor) -> Tensor:
    """Average (C,) over the classes that have true pixels; 0 if none has."""
    present = truth != 0  # true for NaN too, which must reach the result
    return (loss * present).sum() / present.sum().clamp_min(1)


def _check(logits: Tensor, targets: Tensor) -> None:
    """Raise, without reading a value, unless logits are (N, C, H, W) floats and targets (N, H, W) integers."""
    for name, tensor in (("logits", logits), ("targets", targets)):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{name} are a {type(tensor).__name__}: pass a tensor, e.g. torch.as_tensor({name})"
            )
    if not logits.is_floating_point():
        raise TypeError(f"logits are {logits.dtype}: pass the network's output as it is, before any argmax")
    if targets.is_floating_point() or targets.is_complex():
        raise TypeError(
            f"targets are {targets.dtype}, but a class is an id, not a number on a scale: read masks without "
            "scaling them to 0..1, and convert ids with targets.long()"
        )
    if logits.ndim != 4 or logits.numel() == 0:
        raise ValueError(
            f"logits have shape {tuple(logits.shape)}, expected (N, C, H, W) with at least one pixel: give a single "
            "image a batch axis with logits.unsqueeze(0), and leave out empty batches"
        )
    if logits.shape[1] == 1:
        raise ValueError(
            f"logits of shape {tuple(logits.shape)} have one class, whose softmax is always 1: give the network two "
            "outputs, background and foreground"
        )
    if targets.shape != (logits.shape[0], *logits.shape[2:]):
        raise ValueError(
            f"logits have shape {tuple(logits.shape)} and targets {tuple(targets.shape)}, expected (N, C, H, W) and "
            f"(N, H, W): {_advice(logits, targets)}"
        )
    if logits.device != targets.device:
        raise ValueError(
            f"logits are on {logits.device}, targets on {targets.device}: targets.to(logits.device)"
        )


def _advice(logits: Tensor, targets: Tensor) -> str:
    """Say how two shapes that do not match probably arose, and give the call that fixes it."""
    n, c, h, w = logits.shape
    if targets.shape == (n, 1, h, w):
        return "drop the channel axis with targets.squeeze(1)"
    if targets.shape == (n, c, h, w):
        return "turn one-hot targets into ids with targets.argmax(dim=1)"
    if targets.shape == (n, c, h):
        return "logits look like (N, H, W, C), so reorder them with logits.permute(0, 3, 1, 2)"
    if targets.ndim == 3 and targets.shape[0] == n:
        return "bring logits to the size of the masks with F.interpolate(logits, targets.shape[1:], mode='bilinear')"
    return "pass one mask (H, W) for each image"


def _checked(loss: Tensor, logits: Tensor, targets: Tensor, ignore_index: int) -> Tensor:
    """Return a finite loss; explain any other."""
    if not loss.isfinite():
        check_label_map(targets, logits.shape[1], ignore_index, "the target")
        strange = logits.numel() - int(logits.isfinite().sum())
        raise ValueError(
            f"the loss is {loss.item()}, and {strange} of {logits.numel()} logits are NaN or infinite: look for a "
            "learning rate that is too high, gradients that need clipping, NaN in the images or in the weights"
        )
    return loss
