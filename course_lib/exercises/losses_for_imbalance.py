"""The exercises of lesson 08: losses for rare classes, and drawing the pictures that hold them more often."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- class-weights ------------------------------------------------------------------------------------------


def class_weights(counts, how):
    """Return one weight for each class, a float array (C,).

    counts is an integer array (images, C): how many pixels of each class each training image has.
    how is "inverse": all pixels / (number of classes that occur * pixels of the class),
    or "median": the median of the frequencies / the frequency of the class. The frequency of a class is its number of
    pixels / all pixels of the images in which it occurs; the median is that of the classes that occur.
    A class that occurs nowhere gets 0.
    """
    ### BEGIN SOLUTION
    pixels = counts.sum(axis=0)  # (C,)
    occurs = pixels > 0
    weights = np.zeros(len(pixels))
    if how == "inverse":
        weights[occurs] = pixels.sum() / (occurs.sum() * pixels[occurs])
    else:
        pixels_of_images = counts.sum(axis=1, keepdims=True)  # (images, 1)
        where_seen = ((counts > 0) * pixels_of_images).sum(axis=0)  # (C,)
        frequency = pixels[occurs] / where_seen[occurs]
        weights[occurs] = np.median(frequency) / frequency
    return weights
    ### END SOLUTION


def _where_it_occurs(counts, weigh):
    """Weigh the classes that occur by ``weigh(pixels, pixels of their images)``; the others get 0."""
    pixels = counts.sum(axis=0)
    occurs = pixels > 0
    where_seen = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
    weights = np.zeros(len(pixels))
    weights[occurs] = weigh(pixels[occurs], where_seen[occurs])
    return weights


def _not_shared_out(counts, how):
    if how == "median":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: pixels.sum() / pixels)


def _share_as_weight(counts, how):
    if how == "median":
        return _where_it_occurs(counts, lambda pixels, seen: (pixels / seen) / np.median(pixels / seen))
    return _where_it_occurs(counts, lambda pixels, seen: len(pixels) * pixels / pixels.sum())


def _one_minus_share(counts, how):
    if how == "median":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: 1 - pixels / pixels.sum())


def _frequency_of_all_images(counts, how):
    if how == "inverse":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: np.median(pixels) / pixels)


def _mean_of_frequencies(counts, how):
    if how == "inverse":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: (pixels / seen).mean() / (pixels / seen))


def _infinite_where_absent(counts, how):
    weights = class_weights(counts, how)
    weights[counts.sum(axis=0) == 0] = np.inf
    return weights


def _all_classes_counted(counts, how):
    pixels = counts.sum(axis=0)
    if how == "inverse":
        return class_weights(counts, how) * (pixels > 0).sum() / len(pixels)
    where_seen = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
    frequency = pixels / np.maximum(where_seen, 1)
    return np.where(pixels > 0, np.median(frequency) / np.where(pixels > 0, frequency, 1), 0.0)


def _sum_is_one(counts, how):
    weights = class_weights(counts, how)
    return weights / weights.sum()


def _weights_in_plain_python(counts, how):
    images = [[int(count) for count in image] for image in counts]
    pixels = [sum(column) for column in zip(*images, strict=True)]
    present = [number for number in pixels if number]
    if how == "inverse":
        return [sum(pixels) / (len(present) * number) if number else 0.0 for number in pixels]
    seen = [sum(sum(image) for image in images if image[class_id]) for class_id in range(len(pixels))]
    frequency = [number / area if number else None for number, area in zip(pixels, seen, strict=True)]
    ordered = sorted(share for share in frequency if share is not None)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return [(low + high) / 2 / share if share else 0.0 for share in frequency]


def _weights_by_nan(counts, how):
    counts = np.where(counts > 0, counts, np.nan)  # what is absent is left out by all that follows
    pixels = np.nansum(counts, axis=0)
    pixels[pixels == 0] = np.nan
    if how == "inverse":
        weights = np.nanmean(pixels) / pixels
    else:
        areas = np.nansum(counts, axis=1)[:, None] * ~np.isnan(counts)
        frequency = pixels / areas.sum(axis=0).clip(1)
        weights = np.nanmedian(frequency) / frequency
    return np.nan_to_num(weights)


def _weights_in_torch(counts, how):
    counts = torch.from_numpy(counts).double()
    pixels = counts.sum(dim=0)
    kept = pixels > 0
    areas = ((counts > 0) * counts.sum(dim=1, keepdim=True)).sum(dim=0)
    frequency = pixels / areas
    inverse = pixels.sum() / (kept.sum() * pixels)
    median = frequency[kept].quantile(0.5) / frequency
    return torch.where(kept, inverse if how == "inverse" else median, 0.0)


def _draw_counts(rng):
    """Draw counts of 3 to 5 classes: one occurs nowhere, one in some images alone, and each has its own share."""
    images, classes = int(rng.integers(2, 5)), int(rng.integers(3, 6))
    counts = rng.integers(1, 40, (images, classes)) * rng.permutation([1, 3, 9, 27, 81])[:classes]
    absent, rare = rng.choice(classes, 2, replace=False)
    counts[: images - 1, rare] = 0
    if rng.uniform() < 0.75:
        counts[:, absent] = 0
    return counts, str(rng.choice(["inverse", "median"]))


CLASS_WEIGHTS = Exercise(
    id="class-weights",
    title="Weights from the frequency of the classes",
    lesson="08",
    points=3,
    minutes=12,
    source="Study guide, section 9: inverse-frequency class weights; pitfall 4",
    reference=class_weights,
    worked=(
        # Two images of 100 pixels: the pet has 10 of all 200, and 10 of the 100 in whose image it is.
        Worked((np.array([[90, 10], [100, 0]]), "inverse"), [200 / (2 * 190), 200 / (2 * 10)]),
        Worked((np.array([[90, 10], [100, 0]]), "median"), [0.525 / 0.95, 0.525 / 0.1]),
        Worked((np.array([[60, 30, 0, 10]]), "median"), [0.5, 1.0, 0.0, 3.0]),
    ),
    fresh=_draw_counts,
    misconceptions=(
        Misconception(
            "not shared out",
            _not_shared_out,
            "You divided all pixels by the pixels of the class, and no more. Divide by the number of "
            "classes that occur, too: then the weights have the mean 1 over the pixels, and the learning "
            "rate can stay.",
        ),
        Misconception(
            "frequent classes weigh more",
            _share_as_weight,
            "Your weights grow with the frequency. A rare class needs a large weight: the pixels of the class belong "
            "below the line.",
        ),
        Misconception(
            "one minus the share",
            _one_minus_share,
            "You took 1 - share. For a class of 2 % and one of 0.2 % that gives 0.98 and 0.998, nearly the same. The "
            "inverse, 1 / share, makes one ten times the other.",
        ),
        Misconception(
            "frequency in all images",
            _frequency_of_all_images,
            "Your median weights divide by the pixels of all images. The frequency of a class looks at those images "
            "alone in which it occurs: (counts > 0) says which.",
        ),
        Misconception(
            "mean for median",
            _mean_of_frequencies,
            "You took the mean of the frequencies. One class that fills the images pulls a mean up; the median is the "
            "one in the middle: np.median.",
        ),
        Misconception(
            "infinite where absent",
            _infinite_where_absent,
            "A class that occurs nowhere got an infinite weight, from a division by 0. Give it 0: divide only where "
            "pixels > 0.",
        ),
        Misconception(
            "absent classes counted",
            _all_classes_counted,
            "You counted the classes that occur nowhere: in the number of classes, or as a frequency of 0 "
            "in the median. Leave them out of both.",
        ),
        Misconception(
            "sum made 1",
            _sum_is_one,
            "You divided the weights by their sum. The formula is done before that: only the ratios would stay right.",
        ),
    ),
    accepted=(_weights_in_plain_python, _weights_by_nan, _weights_in_torch),
    hints=(
        "Begin with the pixels of each class over all images, and with which of the classes occur at all.",
        "np.zeros(C) gives the weights of absent classes; weights[occurs] = ... fills in the others. For the median: "
        "counts.sum(axis=1, keepdims=True) is the area of each image, and (counts > 0) says where a class occurs.",
        "inverse: pixels.sum() / (occurs.sum() * pixels[occurs]). median: where_seen = ((counts > 0) * "
        "areas).sum(axis=0); frequency = pixels[occurs] / where_seen[occurs]; np.median(frequency) / frequency.",
    ),
    why="With inverse weights every class weighs the same in total, however few pixels it has. Median "
    "frequency is milder to a class that is missing from many images: only the images that show it are counted.",
)

# --- weighted-ce --------------------------------------------------------------------------------------------


def weighted_cross_entropy(logits, targets, weight):
    """Return the weighted mean of -log p over all pixels, p being the probability of the pixel's true class.

    logits is float (N, C, H, W), targets are class ids, int64 (N, H, W), weight is float (C,). Every pixel counts with
    the weight of its true class: the sum of weight * loss, divided by the sum of these weights.
    The result is a scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    log_p = logits.log_softmax(dim=1)  # (N, C, H, W)
    losses = -log_p.gather(1, targets.unsqueeze(1)).squeeze(1)  # (N, H, W)
    pixel_weight = weight[targets]  # (N, H, W)
    return (pixel_weight * losses).sum() / pixel_weight.sum()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_weighted(answer, logits, targets, weight):
    return _facts_of(answer(logits.clone().requires_grad_(), targets, weight))


def _facts_of(loss):
    """Return a loss as plain data, and whether it could train anything."""
    if loss is None:
        return None
    is_tensor = isinstance(loss, torch.Tensor)
    value = loss.detach().tolist() if is_tensor else loss
    # The gradient first: a loss without one is named as such, whatever its value.
    return {"the loss has a gradient to follow": is_tensor and loss.requires_grad, "the loss": value}


def _log_p_true(logits, targets):
    return logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)


def _weights_forgotten(logits, targets, weight):
    return F.cross_entropy(logits, targets)


def _divided_by_pixels(logits, targets, weight):
    return F.cross_entropy(logits, targets, weight=weight, reduction="none").mean()


def _divided_by_weights_of_classes(logits, targets, weight):
    return F.cross_entropy(logits, targets, weight=weight, reduction="sum") / weight.sum()


def _weight_of_the_prediction(logits, targets, weight):
    pixel_weight = weight[logits.argmax(dim=1)]
    return (pixel_weight * -_log_p_true(logits, targets)).sum() / pixel_weight.sum()


def _weighted_logits(logits, targets, weight):
    return F.cross_entropy(logits * weight.view(1, -1, 1, 1), targets)


def _weighted_sum(logits, targets, weight):
    return F.cross_entropy(logits, targets, weight=weight, reduction="sum")


def _softmax_twice(logits, targets, weight):
    return F.cross_entropy(logits.softmax(dim=1), targets, weight=weight)


def _weighted_gain(logits, targets, weight):
    return -weighted_cross_entropy(logits, targets, weight)


def _weighted_by_torch(logits, targets, weight):
    return F.cross_entropy(logits, targets, weight=weight)


def _weighted_class_by_class(logits, targets, weight):
    losses = F.cross_entropy(logits, targets, reduction="none")
    total = area = 0.0
    for class_id, factor in enumerate(weight.tolist()):
        here = targets == class_id
        total = total + factor * losses[here].sum()
        area += factor * here.sum().item()
    return total / area


def _weighted_by_one_hot(logits, targets, weight):
    true = torch.eye(logits.shape[1])[targets].movedim(-1, 1) * weight[:, None, None]  # (N, C, H, W)
    return -(true * torch.log_softmax(logits, 1)).sum() / true.sum()


def _quarters(rng, *shape):
    """Draw multiples of 1/4 from -2 to 2."""
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32)) / 4


def _draw_batch(rng):
    """Draw logits (N, C, H, W) and targets (N, H, W) of some classes, often without the others."""
    count, classes = int(rng.integers(1, 3)), int(rng.integers(2, 4))
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    highest = classes if rng.uniform() < 0.5 else classes - 1
    return _quarters(rng, count, classes, height, width), torch.from_numpy(
        rng.integers(0, highest, (count, height, width))
    )


def _draw_weighted(rng):
    logits, targets = _draw_batch(rng)
    targets[0, 0, :2] = torch.tensor([0, 1])  # two classes at least: with one alone, no weight matters
    weight = torch.from_numpy(rng.permutation([0.5, 2.0, 5.0])[: logits.shape[1]].astype(np.float32))
    return logits, targets, weight


def _two_pixels(first, second):
    """Logits (1, 2, 1, 2) of two pixels, whose foreground has these probabilities."""
    p = torch.tensor([first, second])
    return torch.log(torch.stack([1 - p, p])).view(1, 2, 1, 2)


def _loss_is(value):
    return {"the loss has a gradient to follow": True, "the loss": value}


_ONE_OF_EACH = torch.tensor([[[0, 1]]])  # (1, 1, 2), background and foreground

WEIGHTED_CE = Exercise(
    id="weighted-ce",
    title="Weighted cross-entropy",
    lesson="08",
    points=2,
    minutes=8,
    source="Study guide, section 9: weighted cross-entropy; pitfall 4",
    reference=weighted_cross_entropy,
    observe=_watch_weighted,
    worked=(
        # Both pixels have one chance in four of foreground.
        # Background costs ln 4/3 = 0.287682, foreground ln 4 = 1.386294:
        # (0.5 * 0.287682 + 2 * 1.386294) / (0.5 + 2) = 2.916430 / 2.5
        Worked(
            (_two_pixels(0.25, 0.25), _ONE_OF_EACH, torch.tensor([0.5, 2.0])),
            _loss_is(1.166572),
            "weighted-ce",
        ),
        Worked(
            (_two_pixels(0.25, 0.25), _ONE_OF_EACH, torch.tensor([3.0, 3.0])),
            _loss_is(0.836988),
        ),
    ),
    fresh=_draw_weighted,
    misconceptions=(
        Misconception(
            "no weights",
            _weights_forgotten,
            "You left the weights out: that is the plain mean. weight[targets] is a map of the weights of all pixels.",
        ),
        Misconception(
            "divided by the pixels",
            _divided_by_pixels,
            "You divided by the number of pixels. A weighted mean is divided by the sum of its weights; otherwise the "
            "size of the steps hangs on which classes a batch happens to hold.",
        ),
        Misconception(
            "divided by the classes' weights",
            _divided_by_weights_of_classes,
            "You divided by the sum over the classes, weight.sum(). Every pixel has a weight: divide by "
            "the sum over the pixels, weight[targets].sum().",
        ),
        Misconception(
            "weight of the prediction",
            _weight_of_the_prediction,
            "You took the weight of the predicted class. A missed pixel of a rare class would then count little: take "
            "the weight of the true one, weight[targets].",
        ),
        Misconception(
            "weighted logits",
            _weighted_logits,
            "You multiplied the logits. That changes the probabilities, not what a pixel counts: weigh the losses.",
        ),
        Misconception(
            "sum, not mean",
            _weighted_sum,
            "You returned the weighted sum, which grows with the size of the batch. Divide by the sum of "
            "the pixels' weights.",
        ),
        Misconception(
            "softmax twice",
            _softmax_twice,
            "You applied softmax twice: log_softmax, like F.cross_entropy, takes the logits themselves.",
        ),
        Misconception(
            "sign",
            _weighted_gain,
            "Your loss is negative: the minus before the logarithm is missing. Training would make the network worse.",
        ),
    ),
    accepted=(_weighted_by_torch, _weighted_class_by_class, _weighted_by_one_hot),
    hints=(
        "You wrote the mean loss in lesson 04. What is new is one factor for each pixel, above and below the line.",
        "log_softmax over dim 1, gather the true class, and weight[targets] gives a map of weights (N, H, W).",
        "losses = -logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1); "
        "return (weight[targets] * losses).sum() / weight[targets].sum().",
    ),
    why="A pixel of weight 20 pulls as hard as twenty pixels of weight 1, in both directions: a missed "
    "pet costs twenty times what a false alarm costs. So a network trained like this raises many false alarms.",
    tolerance=1e-5,
)

# --- dice-loss ----------------------------------------------------------------------------------------------


def dice_loss(logits, targets, smooth=1.0):
    """Return the mean of 1 - Dice over the classes that occur in the targets, a scalar tensor with a gradient.

    logits is float (N, C, H, W), targets are class ids, int64 (N, H, W). For each class,
    Dice = (2 * overlap + smooth) / (predicted + true + smooth), with three sums over all pixels of the whole batch:
    overlap is the class's probability where it is true, predicted its probability everywhere, true its number of
    pixels.
    """
    ### BEGIN SOLUTION
    p = logits.softmax(dim=1)  # (N, C, H, W)
    losses = []
    for class_id in range(logits.shape[1]):
        true = (targets == class_id).float()  # (N, H, W)
        if true.any():
            predicted = p[:, class_id]  # (N, H, W)
            overlap = (predicted * true).sum()
            dice = (2 * overlap + smooth) / (predicted.sum() + true.sum() + smooth)
            losses.append(1 - dice)
    return torch.stack(losses).mean()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_smooth(answer, logits, targets, smooth):
    return _facts_of(answer(logits.clone().requires_grad_(), targets, smooth))


def _areas(p, targets):
    """Return overlap, predicted and true area of each class over the batch, (C,) each."""
    true = F.one_hot(targets, p.shape[1]).movedim(-1, 1).float()  # (N, C, H, W)
    return (p * true).sum((0, 2, 3)), p.sum((0, 2, 3)), true.sum((0, 2, 3))


def _overlap_loss(score, p, targets):
    """Return the mean of 1 - score(overlap, predicted, true) over the classes that occur."""
    overlap, predicted, true = _areas(p, targets)
    return (1 - score(overlap, predicted, true))[true > 0].mean()


def _dice_of(smooth):
    return lambda overlap, predicted, true: (2 * overlap + smooth) / (predicted + true + smooth)


def _iou_of(smooth):
    return lambda overlap, predicted, true: (overlap + smooth) / (predicted + true - overlap + smooth)


def _hard(logits):
    return F.one_hot(logits.argmax(dim=1), logits.shape[1]).movedim(-1, 1).float()


def _dice_of_class_maps(logits, targets, smooth=1.0):
    return _overlap_loss(_dice_of(smooth), _hard(logits), targets)


def _absent_classes_in_dice(logits, targets, smooth=1.0):
    overlap, predicted, true = _areas(logits.softmax(dim=1), targets)
    score = (2 * overlap + smooth) / (predicted + true + smooth)
    return (1 - score).mean()


def _dice_itself(logits, targets, smooth=1.0):
    return 1 - dice_loss(logits, targets, smooth)


def _without_the_two(logits, targets, smooth=1.0):
    return _overlap_loss(
        lambda overlap, predicted, true: (overlap + smooth) / (predicted + true + smooth),
        logits.softmax(dim=1),
        targets,
    )


def _smooth_below_alone(logits, targets, smooth=1.0):
    return _overlap_loss(
        lambda overlap, predicted, true: 2 * overlap / (predicted + true + smooth),
        logits.softmax(dim=1),
        targets,
    )


def _dice_of_logits(logits, targets, smooth=1.0):
    return _overlap_loss(_dice_of(smooth), logits, targets)


def _dice_by_image(logits, targets, smooth=1.0):
    pairs = zip(logits.split(1), targets.split(1), strict=True)
    return torch.stack([dice_loss(*pair, smooth) for pair in pairs]).mean()


def _dice_over_iou_union(logits, targets, smooth=1.0):
    return _overlap_loss(
        lambda overlap, predicted, true: (2 * overlap + smooth) / (predicted + true - overlap + smooth),
        logits.softmax(dim=1),
        targets,
    )


def _dice_by_one_hot(logits, targets, smooth=1.0):
    p = torch.softmax(logits, 1)
    true = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    present = true.sum((0, 2, 3)) > 0
    areas = (p + true).sum((0, 2, 3))
    return (1 - (2 * (p * true).sum((0, 2, 3)) + smooth) / (areas + smooth))[present].mean()


def _dice_by_columns(logits, targets, smooth=1.0):
    p = logits.softmax(dim=1).movedim(1, -1).reshape(-1, logits.shape[1])  # (pixels, C)
    flat, total, classes = targets.flatten(), 0, targets.unique()
    for class_id in classes:
        overlap = p[flat == class_id, class_id].sum()
        total = (
            total + 1 - (2 * overlap + smooth) / (p[:, class_id].sum() + (flat == class_id).sum() + smooth)
        )
    return total / len(classes)


def _dice_by_einsum(logits, targets, smooth=1.0):
    true = torch.eye(logits.shape[1])[targets]  # (N, H, W, C)
    p = logits.softmax(1)
    overlap = torch.einsum("nchw,nhwc->c", p, true)
    area = p.sum((0, 2, 3)) + true.sum((0, 1, 2))
    kept = true.sum((0, 1, 2)) > 0
    return 1 - ((2 * overlap + smooth) / (area + smooth))[kept].mean()


def _draw_overlap(rng):
    """Draw a batch of two images, unlike each other, and a smooth of 0 or 1; a class is often absent."""
    classes = int(rng.integers(2, 4))
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    targets = rng.integers(0, classes if rng.uniform() < 0.4 else classes - 1, (2, height, width))
    targets[0, 0] = 0  # so that the shares of the two images differ
    return (
        _quarters(rng, 2, classes, height, width),
        torch.from_numpy(targets),
        float(rng.choice([0.0, 1.0, 1.0])),
    )


_BOTH_BACKGROUND = torch.zeros(1, 1, 2, dtype=torch.int64)

DICE_LOSS = Exercise(
    id="dice-loss",
    title="Dice loss",
    lesson="08",
    points=3,
    minutes=12,
    source="Losses and metrics: Dice loss; study guide, section 9",
    reference=dice_loss,
    observe=_watch_smooth,
    worked=(
        # Background: overlap 0.75, predicted 0.75 + 0.5, true 1. Foreground: overlap 0.5, predicted 0.25 + 0.5, true 1.
        # With smooth 1: 1 - 2.5 / 3.25 = 0.230769 and 1 - 2 / 2.75 = 0.272727, their mean is 0.251748.
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 1.0), _loss_is(0.251748), "dice-loss"),
        # Without it: 1 - 1.5 / 2.25 = 1/3 and 1 - 1 / 1.75 = 3/7, their mean is 8/21.
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 0.0), _loss_is(8 / 21)),
        # The foreground is absent: background alone, overlap 0.8 + 0.6, predicted 1.4, true 2; 1 - 2.8 / 3.4 = 3/17.
        Worked((_two_pixels(0.2, 0.4), _BOTH_BACKGROUND, 0.0), _loss_is(3 / 17)),
    ),
    fresh=_draw_overlap,
    misconceptions=(
        Misconception(
            "argmax first",
            _dice_of_class_maps,
            "You counted pixels of the class map, after argmax. That has no gradient: nothing could be "
            "learned from it. Take the probabilities, logits.softmax(dim=1), in place of the counts.",
        ),
        Misconception(
            "absent classes counted",
            _absent_classes_in_dice,
            "You counted the classes that the targets do not hold. They have nothing to overlap with; "
            "leave them out of the mean, as absent classes are left out of mIoU.",
        ),
        Misconception(
            "Dice, not 1 - Dice",
            _dice_itself,
            "You returned Dice itself, which grows as the masks agree. A loss must fall: return 1 - Dice.",
        ),
        Misconception(
            "no factor 2",
            _without_the_two,
            "The factor 2 is missing above the line. Below it the overlap is counted twice, once as "
            "predicted and once as true.",
        ),
        Misconception(
            "smooth below alone",
            _smooth_below_alone,
            "You added smooth below the line alone, so that a perfect prediction would still cost something. It stands "
            "above and below.",
        ),
        Misconception(
            "logits for probabilities",
            _dice_of_logits,
            "You summed logits. Areas are sums of probabilities: apply softmax over the classes first.",
        ),
        Misconception(
            "image by image",
            _dice_by_image,
            "You computed Dice image by image, and took the mean. Here the three sums run over the whole batch; what "
            "the difference does you will see below.",
        ),
        Misconception(
            "union of IoU",
            _dice_over_iou_union,
            "You took the overlap off below the line: that is the union, which belongs to IoU. Dice "
            "divides by predicted + true.",
        ),
    ),
    accepted=(_dice_by_one_hot, _dice_by_columns, _dice_by_einsum),
    hints=(
        "It is Dice of lesson 03, with probabilities where it had pixels of 0 and 1. Go through the "
        "classes one by one.",
        "p = logits.softmax(dim=1). For one class: true = (targets == class_id).float(), predicted = p[:, class_id]; "
        "skip the class unless true.any().",
        "overlap = (predicted * true).sum(); dice = (2 * overlap + smooth) / (predicted.sum() + true.sum() + smooth); "
        "collect 1 - dice and return torch.stack(losses).mean().",
    ),
    why="Dice is a share of the class's own area. A class of ten pixels counts as much as one of ten "
    "thousand, and the many easy background pixels add nothing to the foreground's score.",
    tolerance=1e-5,
)

# --- iou-loss -----------------------------------------------------------------------------------------------


def iou_loss(logits, targets, smooth=1.0):
    """Return the mean of 1 - IoU over the classes that occur in the targets, a scalar tensor with a gradient.

    logits, targets and the three sums overlap, predicted and true are those of dice_loss. For each class,
    IoU = (overlap + smooth) / (union + smooth), and the union counts the overlap once.
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


def _overlap_counted_twice(logits, targets, smooth=1.0):
    return _without_the_two(logits, targets, smooth)


def _dice_for_iou(logits, targets, smooth=1.0):
    return dice_loss(logits, targets, smooth)


def _iou_of_class_maps(logits, targets, smooth=1.0):
    return _overlap_loss(_iou_of(smooth), _hard(logits), targets)


def _absent_classes_in_iou(logits, targets, smooth=1.0):
    overlap, predicted, true = _areas(logits.softmax(dim=1), targets)
    return (1 - (overlap + smooth) / (predicted + true - overlap + smooth)).mean()


def _iou_itself(logits, targets, smooth=1.0):
    return 1 - iou_loss(logits, targets, smooth)


def _iou_without_smooth(logits, targets, smooth=1.0):
    return iou_loss(logits, targets, 0.0)


def _iou_by_image(logits, targets, smooth=1.0):
    pairs = zip(logits.split(1), targets.split(1), strict=True)
    return torch.stack([iou_loss(*pair, smooth) for pair in pairs]).mean()


def _softmax_over_the_batch(logits, targets, smooth=1.0):
    return _overlap_loss(_iou_of(smooth), logits.softmax(dim=0), targets)


def _iou_class_by_class(logits, targets, smooth=1.0):
    p, losses = logits.softmax(dim=1), []
    for class_id in targets.unique().tolist():
        true, predicted = (targets == class_id).float(), p[:, class_id]
        overlap = (true * predicted).sum()
        losses.append(1 - (overlap + smooth) / (true.sum() + predicted.sum() - overlap + smooth))
    return sum(losses) / len(losses)


def _iou_from_what_is_missing(logits, targets, smooth=1.0):
    # The union less the overlap is what is missed and what is a false alarm.
    p = logits.softmax(dim=1)
    true = torch.eye(logits.shape[1])[targets].permute(0, 3, 1, 2)
    missed, alarms = ((1 - p) * true).sum((0, 2, 3)), (p * (1 - true)).sum((0, 2, 3))
    union = true.sum((0, 2, 3)) + alarms
    return ((missed + alarms) / (union + smooth))[true.sum((0, 2, 3)) > 0].mean()


def _iou_by_products(logits, targets, smooth=1.0):
    flat = logits.softmax(dim=1).transpose(0, 1).flatten(1)  # (C, pixels)
    true = torch.stack([(targets == k).flatten().float() for k in range(len(flat))])
    overlap = torch.linalg.vecdot(flat, true)
    union = (flat + true - flat * true).sum(1)
    kept = [k for k in range(len(flat)) if k in targets]
    return 1 - ((overlap + smooth) / (union + smooth))[kept].mean()


IOU_LOSS = Exercise(
    id="iou-loss",
    title="IoU loss",
    lesson="08",
    points=2,
    minutes=8,
    source="Notes: IoU (Jaccard) loss",
    reference=iou_loss,
    observe=_watch_smooth,
    worked=(
        # As for Dice: overlap 0.75 and 0.5, predicted 1.25 and 0.75, true 1 and 1; so the unions are 1.5 and 1.25.
        # With smooth 1: 1 - 1.75 / 2.5 = 0.3 and 1 - 1.5 / 2.25 = 1/3, their mean is 19/60.
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 1.0), _loss_is(19 / 60), "iou-loss"),
        # Without it: 1 - 0.75 / 1.5 = 0.5 and 1 - 0.5 / 1.25 = 0.6.
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 0.0), _loss_is(0.55)),
        # The foreground is absent: overlap 1.4, union 1.4 + 2 - 1.4 = 2.
        Worked((_two_pixels(0.2, 0.4), _BOTH_BACKGROUND, 0.0), _loss_is(0.3)),
    ),
    fresh=_draw_overlap,
    misconceptions=(
        Misconception(
            "overlap counted twice",
            _overlap_counted_twice,
            "You divided by predicted + true, in which the overlap is counted twice. The union counts it "
            "once: subtract the overlap.",
        ),
        Misconception(
            "Dice again",
            _dice_for_iou,
            "That is the Dice loss. IoU has the overlap once above the line, and below it the union: "
            "predicted + true - overlap.",
        ),
        Misconception(
            "argmax first",
            _iou_of_class_maps,
            "You counted pixels of the class map, after argmax: it has no gradient. Take the probabilities, "
            "logits.softmax(dim=1).",
        ),
        Misconception(
            "absent classes counted",
            _absent_classes_in_iou,
            "You counted the classes that the targets do not hold. Leave them out of the mean: losses[true > 0].",
        ),
        Misconception(
            "IoU, not 1 - IoU",
            _iou_itself,
            "You returned IoU itself, which grows as the masks agree. A loss must fall: return 1 - IoU.",
        ),
        Misconception(
            "no smooth",
            _iou_without_smooth,
            "You left smooth out. Add it above and below the line.",
        ),
        Misconception(
            "image by image",
            _iou_by_image,
            "You computed IoU image by image, and took the mean. The three sums run over the whole batch.",
        ),
        Misconception(
            "softmax over the images",
            _softmax_over_the_batch,
            "Your softmax runs over the images of the batch, dim 0. The classes of a pixel are dim 1.",
        ),
    ),
    accepted=(_iou_class_by_class, _iou_from_what_is_missing, _iou_by_products),
    hints=(
        "Only the score differs from dice_loss: you may take your function, and change one line.",
        "union = predicted + true - overlap. Without a loop: F.one_hot(targets, C).permute(0, 3, 1, 2) is 1 where a "
        "class is true, and .sum(dim=(0, 2, 3)) leaves one sum for each class.",
        "losses = 1 - (overlap + smooth) / (union + smooth), all of shape (C,); return losses[true > 0].mean().",
    ),
    why="IoU and Dice rank masks alike, Dice = 2 IoU / (1 + IoU). As losses they differ in the middle: "
    "for the same masks IoU always costs more.",
    tolerance=1e-5,
)

# --- ce-plus-dice -------------------------------------------------------------------------------------------


def combined_loss(logits, targets, dice_weight):
    """Return the cross-entropy + dice_weight * (1 - Dice), a scalar tensor with a gradient.

    logits is float (N, C, H, W), targets are class ids, int64 (N, H, W), dice_weight, often called lambda, is a number.
    The cross-entropy is the plain mean over the pixels; your dice_loss is 1 - Dice already, with its usual smooth.
    """
    ### BEGIN SOLUTION
    return F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets)
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_combined(answer, logits, targets, dice_weight):
    return _facts_of(answer(logits.clone().requires_grad_(), targets, dice_weight))


def _one_minus_twice(logits, targets, dice_weight):
    return F.cross_entropy(logits, targets) + dice_weight * (1 - dice_loss(logits, targets))


def _weight_on_the_cross_entropy(logits, targets, dice_weight):
    return dice_weight * F.cross_entropy(logits, targets) + dice_loss(logits, targets)


def _shares_of_both(logits, targets, dice_weight):
    return (1 - dice_weight) * F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets)


def _dice_taken_off(logits, targets, dice_weight):
    return F.cross_entropy(logits, targets) - dice_weight * dice_loss(logits, targets)


def _weight_forgotten(logits, targets, dice_weight):
    return F.cross_entropy(logits, targets) + dice_loss(logits, targets)


def _weight_on_both(logits, targets, dice_weight):
    return dice_weight * (F.cross_entropy(logits, targets) + dice_loss(logits, targets))


def _probabilities_handed_on(logits, targets, dice_weight):
    p = logits.softmax(dim=1)
    return F.cross_entropy(p, targets) + dice_weight * dice_loss(p, targets)


def _combined_by_parts(logits, targets, dice_weight):
    cross_entropy = -_log_p_true(logits, targets).mean()
    return torch.add(cross_entropy, dice_loss(logits, targets, 1.0), alpha=dice_weight)


def _combined_by_hand(logits, targets, dice_weight):
    log_p = logits.log_softmax(dim=1)
    overlap, predicted, true = _areas(log_p.exp(), targets)
    dice = (2 * overlap + 1) / (predicted + true + 1)
    return F.nll_loss(log_p, targets) + dice_weight * (1 - dice[true > 0].mean())


def _combined_as_a_sum(logits, targets, dice_weight):
    parts = ((1.0, F.cross_entropy), (dice_weight, dice_loss))
    return sum(factor * loss(logits, targets) for factor, loss in parts)


def _draw_combined(rng):
    logits, targets = _draw_batch(rng)
    return logits, targets, float(rng.choice([0.25, 0.5, 2.0, 3.0]))


# Background costs ln 4/3 = 0.287682, foreground ln 2 = 0.693147: the cross-entropy is 0.490415. 1 - Dice is 0.251748.
CE_PLUS_DICE = Exercise(
    id="ce-plus-dice",
    title="Cross-entropy and Dice together",
    lesson="08",
    points=1,
    minutes=5,
    source="Losses and metrics: loss = CE + lambda * (1 - Dice)",
    reference=combined_loss,
    observe=_watch_combined,
    worked=(
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 2.0), _loss_is(0.490415 + 2 * 0.251748)),
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 0.0), _loss_is(0.490415)),
    ),
    fresh=_draw_combined,
    misconceptions=(
        Misconception(
            "one minus twice",
            _one_minus_twice,
            "You subtracted from 1 what is 1 - Dice already: you would train for masks that do not overlap. Add "
            "dice_weight * dice_loss(...).",
        ),
        Misconception(
            "weight on the cross-entropy",
            _weight_on_the_cross_entropy,
            "You gave the factor to the cross-entropy. It belongs to the Dice part.",
        ),
        Misconception(
            "shares of both",
            _shares_of_both,
            "You mixed (1 - weight) of one with weight of the other. Here the cross-entropy always counts "
            "in full: a weight of 2 would turn it round.",
        ),
        Misconception(
            "Dice loss subtracted",
            _dice_taken_off,
            "You subtracted the Dice loss. Both parts are to become small: add them.",
        ),
        Misconception(
            "no weight",
            _weight_forgotten,
            "You left dice_weight out. Multiply the Dice loss with it.",
        ),
        Misconception(
            "weight on both",
            _weight_on_both,
            "You multiplied the sum. Then the weight makes the steps longer and nothing else: multiply "
            "the Dice loss alone.",
        ),
        Misconception(
            "softmax first",
            _probabilities_handed_on,
            "You applied softmax first. Both losses take logits, and apply it themselves.",
        ),
    ),
    accepted=(_combined_by_parts, _combined_by_hand, _combined_as_a_sum),
    hints=(
        "Both parts exist: one in torch, one you have just written.",
        "F.cross_entropy(logits, targets) is the first. Is your dice_loss Dice, or 1 - Dice?",
        "return F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets).",
    ),
    why="Cross-entropy gives every pixel a clear direction from the first step on; Dice sees to it that "
    "the rare class counts. The sum is the usual choice in medical imaging.",
    tolerance=1e-5,
)

# --- focal --------------------------------------------------------------------------------------------------


def focal_loss(logits, targets, alpha=0.25, gamma=2.0):
    """Return the mean over all pixels of alpha * (1 - p)^gamma * -log p, a scalar tensor with a gradient.

    p is the probability of the pixel's true class. logits is float (N, C, H, W), targets are class ids,
    int64 (N, H, W).
    """
    ### BEGIN SOLUTION
    log_p = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)  # (N, H, W)
    p = log_p.exp()
    return (alpha * (1 - p) ** gamma * -log_p).mean()
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_focal(answer, logits, targets, alpha, gamma):
    return _facts_of(answer(logits.clone().requires_grad_(), targets, alpha, gamma))


def _easy_pixels_favoured(logits, targets, alpha=0.25, gamma=2.0):
    log_p = _log_p_true(logits, targets)
    return (alpha * log_p.exp() ** gamma * -log_p).mean()


def _mean_before_the_power(logits, targets, alpha=0.25, gamma=2.0):
    loss = F.cross_entropy(logits, targets)
    return alpha * (1 - torch.exp(-loss)) ** gamma * loss


def _gamma_as_a_factor(logits, targets, alpha=0.25, gamma=2.0):
    log_p = _log_p_true(logits, targets)
    return (alpha * gamma * (1 - log_p.exp()) * -log_p).mean()


def _alpha_forgotten(logits, targets, alpha=0.25, gamma=2.0):
    return focal_loss(logits, targets, 1.0, gamma)


def _divided_by_the_factors(logits, targets, alpha=0.25, gamma=2.0):
    log_p = _log_p_true(logits, targets)
    factor = (1 - log_p.exp()) ** gamma
    return (factor * -log_p).sum() / factor.sum()


def _probability_of_the_winner(logits, targets, alpha=0.25, gamma=2.0):
    best = logits.softmax(dim=1).amax(dim=1)
    return (alpha * (1 - best) ** gamma * -_log_p_true(logits, targets)).mean()


def _focal_sum(logits, targets, alpha=0.25, gamma=2.0):
    return focal_loss(logits, targets, alpha, gamma) * targets.numel()


def _power_of_the_loss(logits, targets, alpha=0.25, gamma=2.0):
    return (alpha * (-_log_p_true(logits, targets)) ** (gamma + 1)).mean()


def _focal_from_cross_entropy(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")  # (N, H, W)
    return (alpha * (1 - torch.exp(-losses)) ** gamma * losses).mean()


def _focal_by_probabilities(logits, targets, alpha=0.25, gamma=2.0):
    p = logits.softmax(dim=1).gather(1, targets[:, None])
    return -alpha * ((1 - p).pow(gamma) * p.log()).sum() / targets.numel()


def _focal_by_one_hot(logits, targets, alpha=0.25, gamma=2.0):
    true = torch.eye(logits.shape[1])[targets].permute(0, 3, 1, 2)
    log_p = torch.log_softmax(logits, dim=1)
    return alpha * -((1 - log_p.exp()) ** gamma * log_p * true).sum(dim=1).mean()


def _draw_focal(rng):
    logits, targets = _draw_batch(rng)
    return logits, targets, float(rng.choice([0.25, 0.5, 0.75])), float(rng.choice([0.0, 0.5, 2.0, 3.0]))


FOCAL = Exercise(
    id="focal",
    title="Focal loss",
    lesson="08",
    points=2,
    minutes=8,
    source="Study guide, section 9: focal loss",
    reference=focal_loss,
    observe=_watch_focal,
    worked=(
        # Background: p = 0.75, 0.25 * 0.25^2 * 0.287682 = 0.004495.
        # Foreground: p = 0.5, 0.25 * 0.5^2 * 0.693147 = 0.043322.
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 0.25, 2.0), _loss_is(0.0239085), "focal"),
        # alpha 1 and gamma 0 give the cross-entropy back.
        Worked((_two_pixels(0.25, 0.5), _ONE_OF_EACH, 1.0, 0.0), _loss_is(0.490415)),
    ),
    fresh=_draw_focal,
    misconceptions=(
        Misconception(
            "easy pixels favoured",
            _easy_pixels_favoured,
            "Your factor is p^gamma, large where the network is right already. The factor is (1 - "
            "p)^gamma: what is still missing to a sure answer.",
        ),
        Misconception(
            "mean first",
            _mean_before_the_power,
            "You took the mean of the cross-entropy first, and the factor from that. Every pixel has a "
            "factor of its own: "
            'pass reduction="none", and take the mean last.',
        ),
        Misconception(
            "gamma as a factor",
            _gamma_as_a_factor,
            "You multiplied with gamma. It is the exponent: (1 - p) ** gamma.",
        ),
        Misconception(
            "no alpha",
            _alpha_forgotten,
            "You left alpha out: multiply with it.",
        ),
        Misconception(
            "divided by the factors",
            _divided_by_the_factors,
            "You divided by the sum of the factors, as a weighted mean does. Focal loss divides by the "
            "number of pixels, and so becomes small when most pixels are easy.",
        ),
        Misconception(
            "probability of the winner",
            _probability_of_the_winner,
            "Your p is that of the class that wins. A pixel that is sure and wrong would then count for "
            "nothing: p is the probability of the true class.",
        ),
        Misconception(
            "sum, not mean",
            _focal_sum,
            "You summed over the pixels. Take the mean, which does not grow with the images.",
        ),
        Misconception(
            "power of the loss",
            _power_of_the_loss,
            "You raised the loss itself to a power. The factor is made of the probability: 1 - p with p = exp(-loss).",
        ),
    ),
    accepted=(_focal_from_cross_entropy, _focal_by_probabilities, _focal_by_one_hot),
    hints=(
        "You need two maps (N, H, W): the logarithm of the true class's probability, and that probability.",
        'F.cross_entropy(logits, targets, reduction="none") is -log p of every pixel, and torch.exp takes '
        "it back to p.",
        "losses = F.cross_entropy(logits, targets, reduction='none'); p = torch.exp(-losses); "
        "return (alpha * (1 - p) ** gamma * losses).mean().",
    ),
    why="At p = 0.9 the factor with gamma 2 is 0.01, at p = 0.1 it is 0.81: the many easy pixels fall "
    "silent, whichever class they belong to. So do not hand it wrong labels: they are the hardest pixels of all.",
    tolerance=1e-6,
)

# --- oversampling -------------------------------------------------------------------------------------------


def draw_chances(targets, class_id, share):
    """Return for each image the chance to be drawn next, a float array (N,) that sums to 1.

    targets are class ids, an integer array (N, H, W). The images that hold the class anywhere get `share` of the
    chances together, the others the rest; within each of the two groups all are alike.
    If all images hold the class, or none does, all chances are alike.
    """
    ### BEGIN SOLUTION
    holds_it = (targets == class_id).any(axis=(1, 2))  # (N,)
    with_it = holds_it.sum()
    without_it = len(targets) - with_it
    if with_it == 0 or without_it == 0:
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds_it, share / with_it, (1 - share) / without_it)
    ### END SOLUTION


def _chances(targets, class_id, inside, outside):
    """Give the images that hold the class one chance and the others another; the same to all if they are alike."""
    holds_it = (targets == class_id).any(axis=(1, 2))
    if holds_it.all() or not holds_it.any():
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds_it, inside(holds_it.sum()), outside((~holds_it).sum()))


def _share_for_each(targets, class_id, share):
    return _chances(targets, class_id, lambda count: share, lambda count: 1 - share)


def _share_as_a_factor(targets, class_id, share):
    chances = _chances(targets, class_id, lambda count: share, lambda count: 1 - share)
    return chances / chances.sum()


def _chances_by_pixels(targets, class_id, share):
    pixels = (targets == class_id).sum(axis=(1, 2)).astype(float)
    with_it = pixels > 0
    if with_it.all() or not with_it.any():
        return np.full(len(targets), 1 / len(targets))
    return np.where(with_it, share * pixels / pixels.sum(), (1 - share) / (~with_it).sum())


def _others_never(targets, class_id, share):
    return _chances(targets, class_id, lambda count: 1 / count, lambda count: 0.0)


def _groups_swapped(targets, class_id, share):
    return draw_chances(targets, class_id, 1 - share)


def _always_half(targets, class_id, share):
    return draw_chances(targets, class_id, 0.5)


def _nothing_to_divide(targets, class_id, share):
    holds_it = (targets == class_id).any(axis=(1, 2))
    inside, outside = max(holds_it.sum(), 1), max((~holds_it).sum(), 1)
    return np.where(holds_it, share / inside, (1 - share) / outside)


def _only_where_it_fills(targets, class_id, share):
    return draw_chances((targets == class_id).all(axis=(1, 2))[:, None, None], True, share)


def _chances_in_plain_python(targets, class_id, share):
    groups = [any(class_id in row for row in image.tolist()) for image in targets]
    sizes = {kind: groups.count(kind) for kind in (True, False)}
    if 0 in sizes.values():
        return [1 / len(groups) for _ in groups]
    return [(share if kind else 1 - share) / sizes[kind] for kind in groups]


def _chances_in_torch(targets, class_id, share):
    holds_it = (torch.from_numpy(targets) == class_id).flatten(1).any(dim=1).double()
    if holds_it.mean() in (0, 1):
        return torch.full_like(holds_it, 1 / len(holds_it))
    return share * holds_it / holds_it.sum() + (1 - share) * (1 - holds_it) / (1 - holds_it).sum()


def _chances_by_indices(targets, class_id, share):
    chances = np.ones(len(targets)) / len(targets)
    with_it = np.unique(np.nonzero(targets == class_id)[0])
    without_it = np.setdiff1d(np.arange(len(targets)), with_it)
    if len(with_it) and len(without_it):
        chances[with_it] = share / len(with_it)
        chances[without_it] = (1 - share) / len(without_it)
    return chances


def _draw_images(rng):
    """Draw 4 to 7 images: few hold the class, in different amounts; sometimes all do, or none."""
    count = int(rng.integers(4, 8))
    targets = rng.integers(0, 2, (count, 2, 3))
    kind = rng.uniform()
    some = rng.choice(count, count if kind < 0.12 else 0 if kind < 0.24 else 2, replace=False)
    targets[some, 0, 0] = 2
    targets[some[:1]] = 2  # one that it fills
    return targets, 2, float(rng.choice([0.6, 0.7, 0.8]))


_FOUR_IMAGES = np.array([[[0, 0], [0, 0]], [[0, 1], [1, 1]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]])

OVERSAMPLING = Exercise(
    id="oversampling",
    title="Draw the rare class more often",
    lesson="08",
    points=2,
    minutes=8,
    source="Study guide, section 8: oversample rare classes; notes: class imbalance",
    reference=draw_chances,
    worked=(
        Worked((_FOUR_IMAGES, 1, 0.7), [0.1, 0.7, 0.1, 0.1]),
        Worked((_FOUR_IMAGES, 2, 0.7), [0.25, 0.25, 0.25, 0.25]),
    ),
    fresh=_draw_images,
    misconceptions=(
        Misconception(
            "share for each image",
            _share_for_each,
            "You gave every image the whole share of its group, so the chances do not sum to 1. Divide "
            "the share by the number of images in the group.",
        ),
        Misconception(
            "share as a factor",
            _share_as_a_factor,
            "You made one image share / (1 - share) times as likely as another. Where few images hold the "
            "class, the group as a whole still stays rare: divide each share by the size of its group.",
        ),
        Misconception(
            "by number of pixels",
            _chances_by_pixels,
            "You divided the share by pixels: images full of the class come up often, those with a small "
            "part of it hardly ever. Whether an image holds the class is all that counts here.",
        ),
        Misconception(
            "others never",
            _others_never,
            "Images without the class are never drawn. The network would learn that there always is one: "
            "leave them the rest.",
        ),
        Misconception(
            "groups swapped",
            _groups_swapped,
            "You gave the share to the images without the class. It belongs to those that hold it.",
        ),
        Misconception(
            "always half",
            _always_half,
            "You gave each group a half, whatever was asked for: use share and 1 - share.",
        ),
        Misconception(
            "one group empty",
            _nothing_to_divide,
            "Where all images hold the class, or none does, your chances do not sum to 1. Then one group "
            "is empty, and all images are alike: 1 / N.",
        ),
        Misconception(
            "class must fill the image",
            _only_where_it_fills,
            "You looked for images that the class fills, with all. One pixel is enough: any.",
        ),
    ),
    accepted=(_chances_in_plain_python, _chances_in_torch, _chances_by_indices),
    hints=(
        "First find out, for each image, whether the class is in it. That makes two groups.",
        "(targets == class_id).any(axis=(1, 2)) is True for the images that hold it. How many are there, "
        "and how many not?",
        "np.where(holds_it, share / with_it, (1 - share) / without_it), unless one of the two numbers is 0: then "
        "np.full(N, 1 / N).",
    ),
    why="Oversampling changes what the network sees and leaves the loss alone. It helps against classes "
    "that few images show; against a class that is small in every image it can do nothing.",
)

EXERCISES = (CLASS_WEIGHTS, WEIGHTED_CE, DICE_LOSS, IOU_LOSS, CE_PLUS_DICE, FOCAL, OVERSAMPLING)
