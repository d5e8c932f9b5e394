"""IoU loss."""

import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l08_losses_for_imbalance.dice_loss import dice_loss
from course_lib.exercises.l08_losses_for_imbalance.shared import (
    BOTH_BACKGROUND,
    ONE_OF_EACH,
    OVERLAPS,
    areas,
    draw_overlap,
    hard,
    loss_is,
    two_pixels,
    watch_smooth,
)


def iou_loss(logits, targets, smooth=1.0):
    """Return the mean of 1 - IoU over the classes that occur in the targets.

    The three sums overlap, predicted and true are those of dice_loss. For each class, IoU = (overlap +
    smooth) / (union + smooth), and the union counts the overlap once.

    Args:
        logits: float (N, C, H, W).
        targets: class ids, int64 (N, H, W).
        smooth: float.

    Returns:
        A scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    p = logits.softmax(dim=1)  # (N, C, H, W)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)  # (N, C, H, W)
    overlap = (p * is_true).sum(dim=(0, 2, 3))  # (C,)
    true = is_true.sum(dim=(0, 2, 3))  # (C,)
    union = p.sum(dim=(0, 2, 3)) + true - overlap  # (C,)
    losses = 1 - (overlap + smooth) / (union + smooth)  # (C,)
    return losses[true > 0].mean()
    ### END SOLUTION


IOU_LOSS = Exercise(
    iou_loss,
    title="IoU loss",
    points=2,
    minutes=8,
    source="Notes: IoU (Jaccard) loss",
    draw=by_kind(draw_overlap, *OVERLAPS),
    fresh_cases=len(OVERLAPS),
    observe=watch_smooth,
    tolerance=1e-5,
    hints=(
        "Only the score differs from dice_loss. Dice counts the overlap twice above the line, and twice below it. How "
        "often does IoU count it?",
        "union = predicted + true - overlap. Without a loop: F.one_hot(targets, C).permute(0, 3, 1, 2) is 1 where a "
        "class is true, and .sum(dim=(0, 2, 3)) leaves one sum for each class.",
        "losses = 1 - (overlap + smooth) / (union + smooth), all of shape (C,); return losses[true > 0].mean().",
    ),
    why="Dice = 2 IoU / (1 + IoU), so for one class the two put any two masks in the same order. 1 - IoU and 1 - Dice "
    "are equal only where both are 0 or both are 1; in between, 1 - IoU is larger.",
)

# As for Dice: overlap 0.75 and 0.5, predicted 1.25 and 0.75, true 1 and 1; so the unions are 1.5 and 1.25.
# With smooth 1: 1 - 1.75 / 2.5 = 0.3 and 1 - 1.5 / 2.25 = 1/3, their mean is 19/60.
# Let N be what is above the line and D what is below it. For each class, the loss falls with the probability where
# the class is true by 1 / D and rises elsewhere by N / D^2; the slope of p against its logit is p (1 - p).
IOU_LOSS.worked(
    two_pixels(0.25, 0.5),
    ONE_OF_EACH,
    1.0,
    gives=loss_is(19 / 60, (1 / 2.5 + 1.5 / 2.25**2) / 2 * 3 / 16, -(1.75 / 2.5**2 + 1 / 2.25) / 2 / 4),
    example="iou-loss",
)
# Without it: 1 - 0.75 / 1.5 = 0.5 and 1 - 0.5 / 1.25 = 0.6.
IOU_LOSS.worked(
    two_pixels(0.25, 0.5),
    ONE_OF_EACH,
    0.0,
    gives=loss_is(0.55, (1 / 1.5 + 0.5 / 1.25**2) / 2 * 3 / 16, -(0.75 / 1.5**2 + 1 / 1.25) / 2 / 4),
)
# The foreground is absent: overlap 1.4, union 1.4 + 2 - 1.4 = 2.
IOU_LOSS.worked(two_pixels(0.2, 0.4), BOTH_BACKGROUND, 0.0, gives=loss_is(0.3, 0.16 / 2, 0.24 / 2))


@IOU_LOSS.wrong
def overlap_counted_twice(logits, targets, smooth=1.0):
    """You divided by predicted + true, in which the overlap is counted twice. The union counts it once:
    subtract the overlap.
    """
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def dice_again(logits, targets, smooth=1.0):
    """That is the Dice loss. IoU has the overlap once above the line, and below it the union: predicted +
    true - overlap.
    """
    return dice_loss(logits, targets, smooth)


@IOU_LOSS.wrong
def argmax_first(logits, targets, smooth=1.0):
    """You counted pixels of the class map, after argmax: it has no gradient. Take the probabilities,
    logits.softmax(dim=1).
    """
    p = hard(logits)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def absent_classes_counted(logits, targets, smooth=1.0):
    """You counted the classes that the targets do not hold. Leave them out of the mean: losses[true > 0]."""
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses.mean()


@IOU_LOSS.wrong
def iou_itself(logits, targets, smooth=1.0):
    """You returned IoU itself, which grows as the masks agree. A loss must fall: return 1 - IoU."""
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def no_smooth(logits, targets, smooth=1.0):
    """You left smooth out. Add it above and below the line."""
    return iou_loss(logits, targets, 0.0)


@IOU_LOSS.wrong
def image_by_image(logits, targets, smooth=1.0):
    """You computed IoU image by image, and took the mean. The three sums run over the whole batch."""
    pairs = zip(logits.split(1), targets.split(1), strict=True)
    return torch.stack([iou_loss(*pair, smooth) for pair in pairs]).mean()


@IOU_LOSS.wrong
def images_and_classes_in_one_list(logits, targets, smooth=1.0):
    """You computed IoU for each class of each image, and took the mean of them all. Here the three sums run over the
    whole batch, so each class has one IoU.
    """
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(2, 3))
    true = is_true.sum(dim=(2, 3))
    union = p.sum(dim=(2, 3)) + true - overlap
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def softmax_over_the_images(logits, targets, smooth=1.0):
    """Your softmax runs over the images of the batch, dim 0. The classes of a pixel are dim 1."""
    p = logits.softmax(dim=0)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def smooth_only_below(logits, targets, smooth=1.0):
    """You added smooth only below the line, so that a perfect prediction would still cost something. Add it above
    the line as well.
    """
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = 1 - overlap / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def classes_left_last(logits, targets, smooth=1.0):
    """F.one_hot puts the classes last, (N, H, W, C), and the probabilities have them second, (N, C, H, W). Bring them
    forward: permute(0, 3, 1, 2).
    """
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1])
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def recall(logits, targets, smooth=1.0):
    """You divided by the true area: that is recall, and a false alarm would cost the class nothing. Divide by the
    union.
    """
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = true
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def from_the_mean_dice(logits, targets, smooth=1.0):
    """You turned the mean Dice into an IoU. The formula IoU = Dice / (2 - Dice) holds for one class without smooth, not
    for a mean of classes: compute the IoU of each class from its areas, and take the mean then.
    """
    dice = 1 - dice_loss(logits, targets, smooth)
    return 1 - dice / (2 - dice)


@IOU_LOSS.wrong
def classes_not_told(logits, targets, smooth=1.0):
    """F.one_hot does not know how many classes there are, and takes the largest id in the targets for the last. Say it:
    F.one_hot(targets, logits.shape[1]).
    """
    p = logits.softmax(dim=1)
    is_true = F.one_hot(targets).permute(0, 3, 1, 2)
    overlap = (p * is_true).sum(dim=(0, 2, 3))
    true = is_true.sum(dim=(0, 2, 3))
    union = p.sum(dim=(0, 2, 3)) + true - overlap
    losses = 1 - (overlap + smooth) / (union + smooth)
    return losses[true > 0].mean()


@IOU_LOSS.wrong
def foreground_only(logits, targets, smooth=1.0):
    """You computed the IoU of class 1 only. Every class that occurs has one, the background too: take the mean of 1 -
    IoU over them.
    """
    overlap, predicted, true = areas(logits.softmax(dim=1), targets)
    return (1 - (overlap + smooth) / (predicted + true - overlap + smooth))[1]


@IOU_LOSS.wrong
def summed_over_the_classes(logits, targets, smooth=1.0):
    """You added up the losses of the classes. Take their mean, so that the loss does not grow with the number of
    classes.
    """
    return iou_loss(logits, targets, smooth) * len(targets.unique())


@IOU_LOSS.right
def iou_class_by_class(logits, targets, smooth=1.0):
    p, losses = logits.softmax(dim=1), []
    for class_id in targets.unique().tolist():
        true, predicted = (targets == class_id).float(), p[:, class_id]
        overlap = (true * predicted).sum()
        losses.append(1 - (overlap + smooth) / (true.sum() + predicted.sum() - overlap + smooth))
    return sum(losses) / len(losses)


@IOU_LOSS.right
def iou_from_what_is_missing(logits, targets, smooth=1.0):
    # The union less the overlap is what is missed and what is a false alarm.
    p = logits.softmax(dim=1)
    true = torch.eye(logits.shape[1])[targets].permute(0, 3, 1, 2)
    missed, alarms = ((1 - p) * true).sum((0, 2, 3)), (p * (1 - true)).sum((0, 2, 3))
    true = true.sum((0, 2, 3))
    return ((missed + alarms) / (true + alarms + smooth))[true > 0].mean()


@IOU_LOSS.right
def iou_by_products(logits, targets, smooth=1.0):
    flat = logits.softmax(dim=1).transpose(0, 1).flatten(1)  # (C, pixels)
    true = torch.stack([(targets == k).flatten().float() for k in range(len(flat))])
    overlap = torch.linalg.vecdot(flat, true)
    union = (flat + true - flat * true).sum(1)
    kept = [k for k in range(len(flat)) if k in targets]
    return 1 - ((overlap + smooth) / (union + smooth))[kept].mean()


IOU_LOSS.equivalent(
    "iou_loss, line 18: (0, 2, 3) -> (3, 2, 0)",
    "iou_loss, line 19: (0, 2, 3) -> (3, 2, 0)",
    "iou_loss, line 20: (0, 2, 3) -> (3, 2, 0)",
    "iou_from_what_is_missing, line 6: (0, 2, 3) -> (3, 2, 0)",
    "iou_from_what_is_missing, line 7: (0, 2, 3) -> (3, 2, 0)",
    because="The axes are summed over in either order.",
)

IOU_LOSS.equivalent(
    "iou_loss, line 17: logits -> p",
    "iou_from_what_is_missing, line 5: logits -> p",
    "iou_by_products, line 7: flat -> true",
    "iou_by_products, line 7: flat -> overlap",
    "iou_by_products, line 7: flat -> union",
    because="Only the number of classes is asked for.",
)

IOU_LOSS.equivalent(
    "iou_class_by_class, line 5: ((targets == class_id).float(), p[:, class_id]) -> "
    "(p[:, class_id], (targets == class_id).float())",
    "iou_by_products, line 5: torch.linalg.vecdot(flat, true) -> torch.linalg.vecdot(true, flat)",
    "iou_by_products, line 3: logits.softmax(dim=1).transpose(0, 1) -> logits.softmax(dim=1).transpose(1, 0)",
    because="Overlap and union count both areas alike, and swapping two axes is the same in either order.",
)

IOU_LOSS.equivalent(
    "iou_class_by_class, line 5: (targets == class_id).float() -> (targets == class_id).int()",
    "iou_class_by_class, line 5: (targets == class_id).float() -> targets == class_id",
    because="True and False count as 1 and 0.",
)
