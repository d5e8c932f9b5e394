"""The loss of Mask R-CNN's heads."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Return the losses of N RoIs.

    "class" is the mean cross-entropy of all RoIs. "box" and "mask" look only at RoIs of label above 0, and
    there only at the true class: the sum of the smooth L1 losses divided by N, and the mean binary
    cross-entropy of the pixels. Both are 0 if there is none.

    Args:
        class_logits: float (N, C).
        boxes: float (N, C, 4), a box for each class.
        masks: float (N, C, H, W), mask logits for each class.
        labels: int64 (N,), 0 for background.
        true_boxes: float (N, 4).
        true_masks: float (N, H, W), of 0.0 and 1.0.

    Returns:
        A dict of tensors, from which a network can learn: "class", "box", "mask", and their sum, "total".
    """
    ### BEGIN SOLUTION
    losses = {"class": F.cross_entropy(class_logits, labels)}
    objects = torch.nonzero(labels > 0).squeeze(1)  # (P,), the numbers of the RoIs with an object
    true_class = labels[objects]
    box, mask = boxes[objects, true_class], masks[objects, true_class]  # (P, 4), (P, H, W)
    losses["box"] = F.smooth_l1_loss(box, true_boxes[objects], reduction="sum") / len(labels)
    losses["mask"] = torch.zeros(())
    if len(objects) > 0:
        losses["mask"] = F.binary_cross_entropy_with_logits(mask, true_masks[objects])
    losses["total"] = losses["class"] + losses["box"] + losses["mask"]
    return losses
    ### END SOLUTION


_LEARNS = "a gradient flows back from the total"


@torch.enable_grad()  # whatever mode the kernel is in
def _observe_losses(answer, class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Return the losses of RoIs that a network gave, and whether it could learn from them."""
    given = (part.requires_grad_() for part in (class_logits, boxes, masks))
    losses = answer(*given, labels, true_boxes, true_masks)
    if not isinstance(losses, dict) or "total" not in losses:
        return losses
    return losses | {_LEARNS: bool(getattr(losses["total"], "requires_grad", False))}


def _halves(rng, *shape):
    return torch.from_numpy(rng.integers(-6, 7, shape).astype(np.float32)) / 2


_KINDS = (
    "usual",
    "no object",
    "only objects",
    "one RoI",
    "three RoIs",
    "square",
    "as many classes as RoIs",
    "large",
    "hundreds apart",
    "thousands apart",
)


def _draw_head_outputs(rng, kind):
    """Draw RoIs, some of them background; where logits are hundreds apart, the heads are sure and often wrong."""
    count, classes = {"one RoI": 1, "three RoIs": 3, "large": 12}.get(kind, int(rng.integers(4, 6))), 3
    classes = {"as many classes as RoIs": count, "large": 7}.get(kind, classes)
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    height, width = {"square": (3, 3), "large": (9, 8)}.get(kind, (height, width))
    labels = rng.integers(1 if kind in ("only objects", "one RoI") else 0, classes, count)
    if kind not in ("only objects", "one RoI"):
        labels[:2] = 0, rng.integers(1, classes)
    labels *= kind != "no object"
    scale = {"hundreds apart": 100.0, "thousands apart": 1000.0}.get(kind, 1.0)
    return (
        _halves(rng, count, classes) * scale,
        _halves(rng, count, classes, 4),
        _halves(rng, count, classes, height, width) * scale,
        torch.from_numpy(labels.astype(np.int64)),
        _halves(rng, count, 4),
        torch.from_numpy(rng.integers(0, 2, (count, height, width)).astype(np.float32)),
    )


TOTAL_LOSS = Exercise(
    total_loss,
    title="The loss of Mask R-CNN's heads",
    points=3,
    minutes=10,
    source="Study guide, section 7: training Mask R-CNN",
    draw=by_kind(_draw_head_outputs, *_KINDS),
    observe=_observe_losses,
    tolerance=1e-4,
    hints=(
        "Which RoIs does each of the three losses look at? And which of the C masks of such an RoI?",
        "objects = torch.nonzero(labels > 0).squeeze(1) are the RoIs with an object. masks[objects, labels[objects]] "
        "picks one mask for each.",
        "The three are F.cross_entropy(class_logits, labels), F.smooth_l1_loss(..., reduction='sum') / len(labels), "
        "and F.binary_cross_entropy_with_logits(masks[objects, labels[objects]], true_masks[objects]). The last one is "
        "0 if there are no objects.",
    ),
    why="The classifier says what it is, and the mask of that class says where. No class's mask is punished for what "
    "another class's looks like. In the paper of Mask R-CNN that gave a mask AP of 30.3, and a softmax over the "
    "classes 24.8.",
)

_LOG_2 = 0.693147
_MASKS_OF_TWO = torch.tensor([[[[9.0, 9.0]], [[0.0, 0.0]]], [[[9.0, 9.0]], [[9.0, 9.0]]]])  # (2, 2, 1, 2)

# Two RoIs, an object and background. The object's box is off by 1 in one of its numbers: 0.5, divided by 2.
TOTAL_LOSS.worked(
    torch.zeros(2, 2),
    torch.zeros(2, 2, 4),
    _MASKS_OF_TWO,
    torch.tensor([1, 0]),
    torch.tensor([[1.0, 0, 0, 0], [9.0, 9, 9, 9]]),
    torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]]),
    gives={"class": _LOG_2, "box": 0.25, "mask": _LOG_2, "total": 2 * _LOG_2 + 0.25, _LEARNS: True},
)
# The same without an object: the class is all that there is to learn.
TOTAL_LOSS.worked(
    torch.zeros(2, 2),
    torch.zeros(2, 2, 4),
    _MASKS_OF_TWO,
    torch.tensor([0, 0]),
    torch.tensor([[1.0, 0, 0, 0], [9.0, 9, 9, 9]]),
    torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]]),
    gives={"class": _LOG_2, "box": 0.0, "mask": 0.0, "total": _LOG_2, _LEARNS: True},
)


def _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, **changed):
    """Compute the losses with some of the three changed."""
    parts = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks) | changed
    parts["total"] = parts["class"] + parts["box"] + parts["mask"]
    return parts


def _objects_of(labels):
    return torch.nonzero(labels > 0).squeeze(1)


@TOTAL_LOSS.wrong
def masks_of_all_classes(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You compared every class's mask with the true one. Then the mask of cats learns to draw dogs as well. Take the
    mask of the true class only: masks[objects, labels[objects]].
    """
    at = _objects_of(labels)
    spread = true_masks[at][:, None].expand_as(masks[at])
    mask = F.binary_cross_entropy_with_logits(masks[at], spread) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


@TOTAL_LOSS.wrong
def other_classes_must_be_empty(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You taught the masks of the other classes to be empty. Then the classes compete for every pixel, although the
    classifier decides between them already. The masks of the other classes get no loss at all.
    """
    at = _objects_of(labels)
    spread = torch.zeros_like(masks[at])
    spread[torch.arange(len(at)), labels[at]] = true_masks[at]
    mask = F.binary_cross_entropy_with_logits(masks[at], spread) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


@TOTAL_LOSS.wrong
def mask_of_the_best_class(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You took the mask of the class that scores best. In training the true class counts, even where the classifier is
    wrong: take labels, and not the argmax.
    """
    at = _objects_of(labels)
    best = class_logits[at].argmax(dim=1)
    mask = F.binary_cross_entropy_with_logits(masks[at, best], true_masks[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


@TOTAL_LOSS.wrong
def softmax_over_the_classes(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You took a softmax over the classes of the mask. Each class's mask answers yes or no by itself: use the binary
    cross-entropy, with a sigmoid.
    """
    at = _objects_of(labels)
    p = masks[at].softmax(dim=1)[torch.arange(len(at)), labels[at]]
    mask = F.binary_cross_entropy(p, true_masks[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


@TOTAL_LOSS.wrong
def background_counted(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You counted the background's RoIs in the losses of box and mask. They have no object, so there is no true box and
    no true mask to compare with: look only at labels > 0.
    """
    every = torch.arange(len(labels))
    box = F.smooth_l1_loss(boxes[every, labels], true_boxes, reduction="sum") / len(labels)
    mask = F.binary_cross_entropy_with_logits(masks[every, labels], true_masks)
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, box=box, mask=mask)


@TOTAL_LOSS.wrong
def nan_without_objects(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Where no RoI has an object, your mask loss is the mean of nothing, which is nan, and one such batch ruins all
    weights. Let the loss be 0 there.
    """
    at = _objects_of(labels)
    mask = F.binary_cross_entropy_with_logits(masks[at, labels[at]], true_masks[at])
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


@TOTAL_LOSS.wrong
def squared_errors(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Your box loss is the sum of squared errors. Smooth L1 grows only in proportion to an error above 1, so that one
    wild box does not outweigh all others: F.smooth_l1_loss.
    """
    losses = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks)
    objects = torch.nonzero(labels > 0).squeeze(1)
    errors = F.mse_loss(boxes[objects, labels[objects]], true_boxes[objects], reduction="sum") / len(labels)
    return losses | {"box": errors, "total": losses["total"] - losses["box"] + errors}


@TOTAL_LOSS.wrong
def mean_over_the_boxes(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You took the mean of the box loss. Here it is the sum over the objects' four numbers, divided by the
    number of all RoIs: reduction='sum', then / len(labels).
    """
    at = _objects_of(labels)
    box = F.smooth_l1_loss(boxes[at, labels[at]], true_boxes[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, box=box)


@TOTAL_LOSS.wrong
def box_divided_by_the_objects(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You divided the sum of the box loss by the number of objects. Here it is divided by the number of all RoIs,
    background included: len(labels).
    """
    box = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks)["box"]
    box = box * len(labels) / max(len(_objects_of(labels)), 1)
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, box=box)


@TOTAL_LOSS.wrong
def sigmoid_forgotten(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """The masks are logits, and F.binary_cross_entropy takes probabilities. F.binary_cross_entropy_with_logits applies
    the sigmoid itself.
    """
    at = _objects_of(labels)
    mask = F.binary_cross_entropy(masks[at, labels[at]], true_masks[at]) if len(at) else torch.zeros(())
    return _losses(class_logits, boxes, masks, labels, true_boxes, true_masks, mask=mask)


@TOTAL_LOSS.wrong
def plain_numbers(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Your losses are plain numbers, and backward() needs a tensor that knows how it was computed.
    Leave out float(), .item() and .detach().
    """
    losses = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks)
    return {name: loss.item() for name, loss in losses.items()}


@TOTAL_LOSS.wrong
def class_loss_of_the_objects(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """You took the class loss only of the RoIs with an object. The network must learn the background as well: take all
    RoIs, F.cross_entropy(class_logits, labels).
    """
    losses = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks)
    objects = labels > 0
    losses["class"] = class_logits.sum() * 0
    if objects.any():
        losses["class"] = F.cross_entropy(class_logits[objects], labels[objects])
    losses["total"] = losses["class"] + losses["box"] + losses["mask"]
    return losses


@TOTAL_LOSS.wrong
def absolute_errors(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """Your box loss is the sum of absolute errors. Smooth L1 is half of the square where an error is below 1, so that
    small errors pull less and less: F.smooth_l1_loss.
    """
    losses = total_loss(class_logits, boxes, masks, labels, true_boxes, true_masks)
    objects = torch.nonzero(labels > 0).squeeze(1)
    errors = (boxes[objects, labels[objects]] - true_boxes[objects]).abs()
    losses["box"] = errors.sum() / len(labels)
    losses["total"] = losses["class"] + losses["box"] + losses["mask"]
    return losses


@TOTAL_LOSS.right
def losses_by_a_mask(class_logits, boxes, masks, labels, true_boxes, true_masks):
    rows = torch.arange(labels.numel())
    inside = labels > 0
    errors = F.smooth_l1_loss(boxes[rows, labels], true_boxes, reduction="none")  # (N, 4)
    box = (errors.sum(dim=1) * inside).mean()
    pixels = F.binary_cross_entropy_with_logits(masks[rows, labels], true_masks, reduction="none")
    mask = pixels[inside].mean().nan_to_num()
    per_class = F.cross_entropy(class_logits, labels)
    return {"class": per_class, "box": box, "mask": mask, "total": per_class + box + mask}


@TOTAL_LOSS.right
def losses_in_a_loop(class_logits, boxes, masks, labels, true_boxes, true_masks):
    count, per_class, box, of_masks = labels.numel(), 0.0, 0.0, []
    for i, label in enumerate(labels.tolist()):
        per_class += F.cross_entropy(class_logits[i], labels[i]) / count
        if label > 0:
            box += F.smooth_l1_loss(boxes[i, label], true_boxes[i], reduction="sum") / count
            towards_truth = torch.where(true_masks[i] > 0, masks[i, label], -masks[i, label])
            of_masks.append(-F.logsigmoid(towards_truth).mean())
    mask = sum(of_masks) / max(len(of_masks), 1)
    return {"total": per_class + box + mask, "class": per_class, "box": box, "mask": mask}


@TOTAL_LOSS.right
def losses_by_gather(class_logits, boxes, masks, labels, true_boxes, true_masks):
    keep = labels.nonzero().flatten()
    own = labels[keep][:, None, None, None].expand(-1, 1, *masks.shape[2:])
    chosen = masks[keep].gather(1, own)  # (P, 1, H, W)
    per_class = F.nll_loss(class_logits.log_softmax(dim=1), labels)
    box = (
        F.smooth_l1_loss(boxes[keep, labels[keep]], true_boxes[keep], reduction="none").sum() / labels.numel()
    )
    mask = F.binary_cross_entropy_with_logits(chosen, true_masks[keep][:, None]).nan_to_num()
    return {"class": per_class, "box": box, "mask": mask, "total": per_class + box + mask}


TOTAL_LOSS.equivalent(
    "total_loss, line 21: torch.nonzero(labels > 0).squeeze(1) -> torch.nonzero(labels > 0)",
    "total_loss, line 21: 1 -> 0",
    because="An axis of length 1 that is left changes no sum and no mean.",
)

TOTAL_LOSS.equivalent(
    *(
        f"total_loss, line 24: labels -> {other}"
        for other in ("class_logits", "boxes", "masks", "true_boxes", "true_masks")
    ),
    *(f"total_loss, line 26: objects -> {other}" for other in ("true_class", "box", "mask")),
    because="They are equally long: one for each RoI, or for each object.",
)

TOTAL_LOSS.equivalent(
    "losses_in_a_loop, line 2: mask = sum(of_masks) / max(len(of_masks), 1)"
    " -> mask = sum(of_masks) / max(len(of_masks), 1) (moved)",
    because="Computed again in each round, it has its value in the last one.",
)
