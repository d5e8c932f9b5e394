"""The exercises of lesson 10: what makes a training hold, fit into memory, and start from what others learnt."""

import math
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential
from torch.utils.data import Dataset

from course_lib.checking.exercise import Exercise, Misconception, Worked
from course_lib.masks import IGNORE_INDEX

# --- paired-crop --------------------------------------------------------------------------------------------


def crop_pair(image, mask, top, left, size):
    """Return (image, mask), both cut to size x size pixels, starting at row top and column left.

    image: uint8 array (H, W, 3). mask: ids, uint8 array (H, W). The window begins inside the image, and may reach
    beyond its lower and right edge: there the image gets 0, black, and the mask gets 255, void. Both stay uint8.
    """
    ### BEGIN SOLUTION
    part = image[top : top + size, left : left + size]  # (up to size, up to size, 3)
    ids = mask[top : top + size, left : left + size]
    below, beside = size - part.shape[0], size - part.shape[1]
    part = np.pad(part, ((0, below), (0, beside), (0, 0)), constant_values=0)
    ids = np.pad(ids, ((0, below), (0, beside)), constant_values=255)
    return part, ids
    ### END SOLUTION


def _observe_crop(answer, image, mask, top, left, size):
    result = answer(image.copy(), mask.copy(), top, left, size)
    if result is None:
        return None
    part, ids = (np.asarray(array) for array in result)
    return {
        "the dtypes of image and mask": f"{part.dtype}, {ids.dtype}",
        "the image": part.tolist(),
        "the mask": ids.tolist(),
    }


def _draw_crop(rng):
    height, width = (int(side) for side in rng.choice([3, 4, 5, 6], 2, replace=False))
    image = rng.integers(1, 256, (height, width, 3)).astype(np.uint8)
    mask = rng.integers(0, 3, (height, width)).astype(np.uint8)
    top, left = (int(place) for place in rng.choice([1, 2], 2, replace=False))
    return image, mask, top, left, int(rng.integers(2, 7))


def _crop_filled_with(fill):
    def crop(image, mask, top, left, size):
        part, ids = crop_pair(image, mask, top, left, size)
        ids[mask.shape[0] - top :], ids[:, mask.shape[1] - left :] = fill, fill
        return part, ids

    return crop


def _void_as_zero(image, mask, top, left, size):
    return _crop_filled_with(0)(image, mask, top, left, size)


def _void_as_edge(image, mask, top, left, size):
    part, ids = image[top : top + size, left : left + size], mask[top : top + size, left : left + size]
    below, beside = size - ids.shape[0], size - ids.shape[1]
    return (
        np.pad(part, ((0, below), (0, beside), (0, 0)), mode="edge"),
        np.pad(ids, ((0, below), (0, beside)), mode="edge"),
    )


def _not_filled(image, mask, top, left, size):
    return image[top : top + size, left : left + size], mask[top : top + size, left : left + size]


def _mask_from_corner(image, mask, top, left, size):
    return crop_pair(image, mask, top, left, size)[0], crop_pair(image, mask, 0, 0, size)[1]


def _image_white(image, mask, top, left, size):
    part, ids = crop_pair(image, mask, top, left, size)
    part[mask.shape[0] - top :], part[:, mask.shape[1] - left :] = 255, 255
    return part, ids


def _rows_for_columns(image, mask, top, left, size):
    return crop_pair(image, mask, left, top, size)


def _moved_inside(image, mask, top, left, size):
    top, left = max(0, min(top, mask.shape[0] - size)), max(0, min(left, mask.shape[1] - size))
    return crop_pair(image, mask, top, left, size)


def _crop_by_canvas(image, mask, top, left, size):
    part, ids = np.zeros((size, size, 3), np.uint8), np.full((size, size), IGNORE_INDEX, np.uint8)
    rows, columns = min(size, image.shape[0] - top), min(size, image.shape[1] - left)
    part[:rows, :columns] = image[top : top + rows, left : left + columns]
    ids[:rows, :columns] = mask[top : top + rows, left : left + columns]
    return [part, ids]


def _crop_padding_first(image, mask, top, left, size):
    image = np.pad(image, ((0, size), (0, size), (0, 0)))
    mask = np.pad(mask, ((0, size), (0, size)), constant_values=IGNORE_INDEX)
    window = np.s_[top : top + size, left : left + size]
    return image[window], mask[window]


def _crop_in_torch(image, mask, top, left, size):
    both = (
        torch.cat([torch.from_numpy(image), torch.from_numpy(mask)[..., None]], dim=2).permute(2, 0, 1).int()
        + 1
    )
    both = F.pad(both, (0, size, 0, size))[:, top : top + size, left : left + size] - 1
    part = both[:3].clamp(min=0).permute(1, 2, 0)
    return part.to(torch.uint8).numpy(), both[3].remainder(256).to(torch.uint8).numpy()


_ROW = np.array(
    [[[10, 10, 10], [20, 20, 20], [30, 30, 30]], [[40, 40, 40], [50, 50, 50], [60, 60, 60]]], np.uint8
)
_IDS = np.array([[0, 1, 2], [1, 2, 0]], np.uint8)

PAIRED_CROP = Exercise(
    id="paired-crop",
    title="Cut a patch out of image and mask",
    lesson="10",
    points=2,
    minutes=8,
    source="Study guide, section 8: data augmentation; section 16: out of memory, crop images into patches",
    reference=crop_pair,
    observe=_observe_crop,
    worked=(
        Worked(
            (_ROW, _IDS, 0, 1, 2),
            {
                "the dtypes of image and mask": "uint8, uint8",
                "the image": [[[20] * 3, [30] * 3], [[50] * 3, [60] * 3]],
                "the mask": [[1, 2], [2, 0]],
            },
        ),
        Worked(
            (_ROW, _IDS, 1, 2, 2),
            {
                "the dtypes of image and mask": "uint8, uint8",
                "the image": [[[60] * 3, [0] * 3], [[0] * 3, [0] * 3]],
                "the mask": [[0, 255], [255, 255]],
            },
        ),
    ),
    fresh=_draw_crop,
    misconceptions=(
        Misconception(
            "mask filled with 0",
            _void_as_zero,
            "Beyond the edge your mask says 0, and 0 is a class: the network would learn that black is a pet. Fill the "
            "mask with 255, void, which the loss leaves out.",
        ),
        Misconception(
            "edge repeated",
            _void_as_edge,
            "You repeated the last row and column. What lies beyond the edge is not known: fill the image with 0 and "
            "the mask with 255.",
        ),
        Misconception(
            "not filled",
            _not_filled,
            "Your patch is smaller where the window reaches beyond the edge, because slicing stops there. Patches of "
            "different sizes make no batch: fill up to size x size.",
        ),
        Misconception(
            "mask from the corner",
            _mask_from_corner,
            "Your image comes from the window, your mask from the upper left corner. Use the same top and "
            "left for both.",
        ),
        Misconception(
            "image filled with white",
            _image_white,
            "Beyond the edge your image is 255. 255 is the void id of the mask; the image gets 0, black.",
        ),
        Misconception(
            "rows for columns",
            _rows_for_columns,
            "You took top for the columns and left for the rows. Rows come first: array[top : top + size, "
            "left : left + "
            "size].",
        ),
        Misconception(
            "window moved inside",
            _moved_inside,
            "You moved the window back so that it fits into the image. It should stay where it is, and be filled up "
            "beyond the edge.",
        ),
    ),
    accepted=(_crop_by_canvas, _crop_padding_first, _crop_in_torch),
    hints=(
        "One slice does for both arrays. What happens to a slice that reaches beyond the end?",
        "After slicing, size - part.shape[0] rows are missing below. np.pad(..., constant_values=...) adds "
        "them; an image "
        "has a third axis, which gets (0, 0).",
        "np.pad(part, ((0, below), (0, beside), (0, 0))) for the image, and np.pad(ids, ((0, below), (0, beside)), "
        "constant_values=255) for the mask.",
    ),
    why="The same window for both keeps every pixel with its own id, and void keeps the loss from learning what nobody "
    "labelled.",
)

# --- warmup-cosine ------------------------------------------------------------------------------------------


def warmup_cosine(epoch, base, warmup, epochs):
    """Return the learning rate at an epoch, a float; epoch may be a fraction, such as 2.5.

    From 0 to warmup the rate rises in a straight line from 0 to base. From warmup to epochs it falls from base to 0
    along half a cosine: base * (1 + cos(pi * share)) / 2, where share goes from 0 to 1. warmup may be 0.
    """
    ### BEGIN SOLUTION
    if epoch < warmup:
        return base * epoch / warmup
    share = (epoch - warmup) / (epochs - warmup)
    return base * (1 + math.cos(math.pi * share)) / 2
    ### END SOLUTION


def _cosine_over_all(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * epoch / epochs)) / 2


def _cosine_from_warmup_by_all(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * (epoch - warmup) / epochs)) / 2


def _without_warmup(epoch, base, warmup, epochs):
    return base * (1 + math.cos(math.pi * max(0.0, epoch - warmup) / (epochs - warmup))) / 2


def _full_cosine(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(2 * math.pi * (epoch - warmup) / (epochs - warmup))) / 2


def _not_halved(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * epoch / warmup
    return base * math.cos(math.pi * (epoch - warmup) / (epochs - warmup))


def _straight_fall(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 - (epoch - warmup) / (epochs - warmup))


def _in_degrees(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(180 * (epoch - warmup) / (epochs - warmup))) / 2


def _warmup_from_one(epoch, base, warmup, epochs):
    if epoch < warmup:
        return base * (epoch + 1) / warmup
    return warmup_cosine(epoch, base, warmup, epochs)


def _cosine_in_numpy(epoch, base, warmup, epochs):
    rising = epoch / max(warmup, 1e-12)
    falling = np.cos(np.pi / 2 * np.clip((epoch - warmup) / (epochs - warmup), 0, 1)) ** 2
    return base * min(rising, falling) if epoch < warmup else base * falling


def _cosine_by_library(epoch, base, warmup, epochs):
    from course_lib.training.schedules import warmup_cosine as by_progress

    return base * by_progress(epoch / epochs, warmup / epochs)


def _cosine_by_sine(epoch, base, warmup, epochs):
    if warmup and epoch <= warmup:
        return base / warmup * epoch
    return base * (
        1 - torch.tensor(math.pi / 2 * (epoch - warmup) / (epochs - warmup)).double().sin().item() ** 2
    )


def _draw_epoch(rng):
    epochs = int(rng.integers(8, 60))
    warmup = int(rng.choice([0, 1, 3, 5]))
    kind = rng.integers(4)
    epoch = [
        warmup / 2,
        float(warmup),
        float(epochs),
        warmup + (epochs - warmup) * float(rng.uniform(0.05, 0.95)),
    ][kind]
    return float(epoch), float(rng.choice([0.1, 0.02, 0.001])), warmup, epochs


WARMUP_COSINE = Exercise(
    id="warmup-cosine",
    title="Warm up, then a cosine",
    lesson="10",
    points=2,
    minutes=8,
    source="Study guide, section 8: learning rate schedules",
    reference=warmup_cosine,
    worked=(
        Worked((2.5, 0.1, 5, 50), 0.05, "lr-schedules"),  # halfway up
        Worked((27.5, 0.1, 5, 50), 0.05),  # halfway down: cos(pi / 2) = 0
        Worked((20, 0.1, 5, 50), 0.075),  # a third of the way down: cos(pi / 3) = 0.5
        Worked((50, 0.1, 5, 50), 0.0),
    ),
    fresh=_draw_epoch,
    misconceptions=(
        Misconception(
            "cosine from epoch 0",
            _cosine_over_all,
            "Your cosine runs from epoch 0, so the rate jumps down where warm-up ends. It begins at warmup: share = "
            "(epoch - warmup) / (epochs - warmup).",
        ),
        Misconception(
            "divided by all epochs",
            _cosine_from_warmup_by_all,
            "You divided by epochs, so the rate is not yet 0 at the end. The fall takes epochs - warmup epochs.",
        ),
        Misconception(
            "no warm-up",
            _without_warmup,
            "You start at the full rate. From epoch 0 to warmup the rate rises from 0: base * epoch / warmup.",
        ),
        Misconception(
            "a whole cosine",
            _full_cosine,
            "Your rate falls and rises again: 2 * pi is a whole wave. Half of one, up to pi, goes from 1 to -1.",
        ),
        Misconception(
            "not halved",
            _not_halved,
            "Your rate becomes negative: a cosine goes from 1 to -1. Add 1, and halve it.",
        ),
        Misconception(
            "straight fall",
            _straight_fall,
            "Your rate falls in a straight line. The cosine falls slowly at first and at last: base * (1 + cos(pi * "
            "share)) / 2.",
        ),
        Misconception(
            "degrees",
            _in_degrees,
            "You gave the cosine degrees. math.cos takes radians: half a turn is math.pi, not 180.",
        ),
        Misconception(
            "warm-up from 1",
            _warmup_from_one,
            "You count the epochs of the warm-up from 1, so it ends too high and too soon. At epoch 0 the rate is 0: "
            "base * epoch / warmup.",
        ),
    ),
    accepted=(_cosine_in_numpy, _cosine_by_library, _cosine_by_sine),
    hints=(
        "Two cases: epoch < warmup, and the rest. Work out for the rest which share of the fall is done.",
        "Rising: base * epoch / warmup. Falling: share = (epoch - warmup) / (epochs - warmup).",
        "return base * (1 + math.cos(math.pi * share)) / 2 for the second case.",
    ),
    why="While the weights are still chance, gradients are large and point anywhere: small steps first. In "
    "the end small "
    "steps again, to settle.",
    tolerance=1e-7,
)

# --- poly-and-steps -----------------------------------------------------------------------------------------


def decayed_rate(schedule, epoch, base, epochs):
    """Return the learning rate at an epoch, a float.

    schedule "poly": base * (1 - epoch / epochs) to the power of 0.9.
    schedule "steps": base, and a tenth of what it was from epoch 30 on, again from 60 on, again from 90 on.
    """
    ### BEGIN SOLUTION
    if schedule == "poly":
        return base * (1 - epoch / epochs) ** 0.9
    rate = base
    for milestone in (30, 60, 90):
        if epoch >= milestone:
            rate = rate * 0.1
    return rate
    ### END SOLUTION


def _steps_by(rule):
    def decayed(schedule, epoch, base, epochs):
        return rule(epoch, base) if schedule == "steps" else decayed_rate(schedule, epoch, base, epochs)

    return decayed


def _poly_by(rule):
    def decayed(schedule, epoch, base, epochs):
        return (
            rule(epoch / epochs, base) if schedule == "poly" else decayed_rate(schedule, epoch, base, epochs)
        )

    return decayed


def _after_the_milestone(schedule, epoch, base, epochs):
    rule = _steps_by(lambda at, rate: rate * 0.1 ** sum(at > milestone for milestone in (30, 60, 90)))
    return rule(schedule, epoch, base, epochs)


def _one_step_alone(schedule, epoch, base, epochs):
    return _steps_by(lambda at, rate: rate * 0.1 if at >= 30 else rate)(schedule, epoch, base, epochs)


def _less_a_tenth(schedule, epoch, base, epochs):
    rule = _steps_by(lambda at, rate: rate * 0.9 ** sum(at >= milestone for milestone in (30, 60, 90)))
    return rule(schedule, epoch, base, epochs)


def _linear_poly(schedule, epoch, base, epochs):
    return _poly_by(lambda share, rate: rate * (1 - share))(schedule, epoch, base, epochs)


def _power_of_share(schedule, epoch, base, epochs):
    return _poly_by(lambda share, rate: rate * (1 - share**0.9))(schedule, epoch, base, epochs)


def _power_of_all(schedule, epoch, base, epochs):
    return _poly_by(lambda share, rate: (rate * (1 - share)) ** 0.9)(schedule, epoch, base, epochs)


def _times_power(schedule, epoch, base, epochs):
    return _poly_by(lambda share, rate: rate * (1 - share) * 0.9)(schedule, epoch, base, epochs)


def _decayed_by_library(schedule, epoch, base, epochs):
    from course_lib.training import schedules

    if schedule == "poly":
        return base * schedules.poly(epoch / epochs)
    return base * schedules.steps(epoch, milestones=(30, 60, 90))


def _decayed_by_power(schedule, epoch, base, epochs):
    if schedule == "steps":
        return base * 10.0 ** -min(epoch // 30, 3)
    return base * math.pow((epochs - epoch) / epochs, 0.9)


def _decayed_by_torch(schedule, epoch, base, epochs):
    if schedule == "poly":
        return float(np.power(1 - epoch / epochs, 0.9)) * base
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60, 90], gamma=0.1)
    for _ in range(epoch):
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]


def _draw_decay(rng):
    epoch = int(rng.choice([29, 30, 60, 90, 30, 60, 75, int(rng.integers(0, 100))]))
    return (
        str(rng.choice(["poly", "steps"])),
        epoch,
        float(rng.choice([0.1, 0.01, 1.0])),
        int(rng.choice([100, 120])),
    )


POLY_AND_STEPS = Exercise(
    id="poly-and-steps",
    title="Poly and steps",
    lesson="10",
    points=1,
    minutes=6,
    source="Study guide, section 8: learning rate schedules",
    reference=decayed_rate,
    worked=(
        Worked(("poly", 50, 0.1, 100), 0.0535887),  # 0.1 * 0.5 ** 0.9
        Worked(("poly", 0, 0.1, 100), 0.1),
        Worked(("steps", 29, 0.1, 100), 0.1),
        Worked(("steps", 30, 0.1, 100), 0.01),
        Worked(("steps", 95, 0.1, 100), 0.0001),
    ),
    fresh=_draw_decay,
    misconceptions=(
        Misconception(
            "after the milestone",
            _after_the_milestone,
            "Your rate falls one epoch late: epoch 30 is the first with the smaller rate, so compare with >=.",
        ),
        Misconception(
            "one step alone",
            _one_step_alone,
            "You take one step and stay there. There are three milestones, and each makes a tenth of what "
            "the rate was: "
            "after 60 it is a hundredth.",
        ),
        Misconception(
            "a tenth less",
            _less_a_tenth,
            "You took a tenth away at every milestone. The rate becomes a tenth: multiply by 0.1.",
        ),
        Misconception(
            "no power",
            _linear_poly,
            "You left the power out, so your rate falls in a straight line. Raise 1 - epoch / epochs to the "
            "power of 0.9.",
        ),
        Misconception(
            "power of the share done",
            _power_of_share,
            "You raised epoch / epochs to the power. It is the share that is left, 1 - epoch / epochs, that is raised.",
        ),
        Misconception(
            "power of the rate too",
            _power_of_all,
            "You raised base to the power as well. Only the bracket is raised: base * (1 - epoch / epochs) ** 0.9.",
        ),
        Misconception(
            "times the power",
            _times_power,
            "You multiplied by 0.9. A power is written with two asterisks: (1 - epoch / epochs) ** 0.9.",
        ),
    ),
    accepted=(_decayed_by_library, _decayed_by_power, _decayed_by_torch),
    hints=(
        "Two schedules, two formulas: the first is one line, the second a loop over (30, 60, 90).",
        "How many milestones has the epoch reached? For each of them the rate is multiplied by 0.1.",
        'if schedule == "poly": return base * (1 - epoch / epochs) ** 0.9; else start with rate = base, and multiply '
        "by 0.1 for every milestone with epoch >= milestone.",
    ),
    why="Poly falls a little with every epoch and reaches 0 at the end; steps learn fast for long, and then slower for "
    "long. Both came before the cosine, and papers that use them say so in these words.",
    tolerance=1e-7,
    fresh_cases=24,
)

# --- accumulate-gradients -----------------------------------------------------------------------------------


def accumulated_step(model, optimizer, images, targets, size):
    """Take one step of training on a batch that is too large for the memory, size images at a time.

    images: float (N, C, H, W). targets: ids (N, H, W), none of them void. The last part may be smaller. The weights
    must move as if the whole batch had gone through at once, with the mean cross-entropy of all its pixels. Nothing
    of a part may be kept for the next but the gradients.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    for start in range(0, len(images), size):
        part, ids = images[start : start + size], targets[start : start + size]
        loss = F.cross_entropy(model(part), ids)
        share = len(part) / len(images)
        (share * loss).backward()  # gradients add up until the next zero_grad
    optimizer.step()
    ### END SOLUTION


def _watch_accumulation(answer, images, targets, size):
    model = nn.Conv2d(images.shape[1], 3, 1, bias=False)
    nn.init.zeros_(model.weight)
    parts, passes, steps = [], [], []

    def note(module, inputs, logits):
        parts.append(len(inputs[0]))
        passes.append("forward")
        if logits.requires_grad:
            logits.register_hook(lambda gradient: passes.append("backward"))

    model.register_forward_hook(note)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    before = optimizer.step
    optimizer.step = lambda *args: (steps.append(1), before(*args))[1]
    model(images).sum().backward()  # an old gradient, which must not count
    parts.clear()
    passes.clear()
    answer(model, optimizer, images, targets, size)
    return {
        "the sizes of the parts that went through the model": parts,
        "the passes in their order": passes,
        "how often the weights moved": len(steps),
        "the weights after the step": model.weight.flatten(1).tolist(),
    }


def _accumulation_that(weigh=lambda part, whole: len(part) / len(whole), zero="once", step="once"):
    def accumulate(model, optimizer, images, targets, size):
        if zero == "once":
            optimizer.zero_grad()
        for start in range(0, len(images), size):
            if zero == "always":
                optimizer.zero_grad()
            part, ids = images[start : start + size], targets[start : start + size]
            (weigh(part, images) * F.cross_entropy(model(part), ids)).backward()
            if step == "always":
                optimizer.step()
        if step == "once":
            optimizer.step()

    return accumulate


def _not_weighed(model, optimizer, images, targets, size):
    return _accumulation_that(lambda part, whole: 1)(model, optimizer, images, targets, size)


def _by_number_of_parts(model, optimizer, images, targets, size):
    parts = -(-len(images) // size)
    return _accumulation_that(lambda part, whole: 1 / parts)(model, optimizer, images, targets, size)


def _zeroed_every_time(model, optimizer, images, targets, size):
    return _accumulation_that(zero="always")(model, optimizer, images, targets, size)


def _never_zeroed(model, optimizer, images, targets, size):
    return _accumulation_that(zero="never")(model, optimizer, images, targets, size)


def _step_every_time(model, optimizer, images, targets, size):
    return _accumulation_that(lambda part, whole: 1, "always", "always")(
        model, optimizer, images, targets, size
    )


def _all_at_once(model, optimizer, images, targets, size):
    return accumulated_step(model, optimizer, images, targets, len(images))


def _last_part_dropped(model, optimizer, images, targets, size):
    whole = max(size, len(images) // size * size)
    return accumulated_step(model, optimizer, images[:whole], targets[:whole], size)


def _one_backward_pass(model, optimizer, images, targets, size):
    optimizer.zero_grad()
    loss = 0.0
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        loss = loss + len(part) / len(images) * F.cross_entropy(model(part), ids)
    loss.backward()
    optimizer.step()


def _accumulated_by_split(model, optimizer, images, targets, size):
    model.zero_grad()
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        loss = F.cross_entropy(model(part), ids, reduction="sum") / targets.numel()
        loss.backward()
    optimizer.step()


def _accumulated_by_hand(model, optimizer, images, targets, size):
    sums = [torch.zeros_like(weight) for weight in model.parameters()]
    for part, ids in zip(images.split(size), targets.split(size), strict=True):
        loss = nn.CrossEntropyLoss()(model(part), ids)
        for total, gradient in zip(sums, torch.autograd.grad(loss, list(model.parameters())), strict=True):
            total += gradient * len(part) / len(images)
    for weight, total in zip(model.parameters(), sums, strict=True):
        weight.grad = total
    optimizer.step()


def _accumulated_zeroing_last(model, optimizer, images, targets, size):
    optimizer.zero_grad(set_to_none=False)
    count = 0
    for part, ids in zip(torch.split(images, size), torch.split(targets, size), strict=True):
        (F.cross_entropy(model(part), ids) * len(part)).backward()
        count += len(part)
    for weight in model.parameters():
        weight.grad /= count
    optimizer.step()


def _draw_large_batch(rng):
    size = int(rng.integers(2, 4))
    count = 2 * size + int(rng.integers(1, size))  # two parts and a smaller one
    images = torch.from_numpy(rng.integers(-8, 9, (count, 2, 2, 2)).astype(np.float32)) / 4
    return images + 0.125, torch.from_numpy(rng.integers(0, 3, (count, 2, 2))), size


# Three images of one pixel each, of value 1, classes 0, 0 and 1. From weights of 0 every class has probability 1/3, so
# the mean gradient is (1/3 - 2/3, 1/3 - 1/3, 1/3), and a step at rate 1 gives its negative.
ACCUMULATE = Exercise(
    id="accumulate-gradients",
    title="A large batch in parts",
    lesson="10",
    points=2,
    minutes=10,
    source="Study guide, section 8: batch size; section 16: out of memory",
    reference=accumulated_step,
    observe=_watch_accumulation,
    worked=(
        Worked(
            (torch.ones(3, 1, 1, 1), torch.tensor([0, 0, 1]).view(3, 1, 1), 2),
            {
                "the sizes of the parts that went through the model": [2, 1],
                "the passes in their order": ["forward", "backward", "forward", "backward"],
                "how often the weights moved": 1,
                "the weights after the step": [[1 / 3], [0.0], [-1 / 3]],
            },
        ),
    ),
    fresh=_draw_large_batch,
    misconceptions=(
        Misconception(
            "not weighed",
            _not_weighed,
            "You added the parts' mean losses up: four parts make a step four times too large. Weigh each "
            "with its share "
            "of the batch, len(part) / len(images).",
        ),
        Misconception(
            "divided by the number of parts",
            _by_number_of_parts,
            "You divided by the number of parts. The last part is smaller, and its pixels now count for more than the "
            "others'. Weigh with len(part) / len(images).",
        ),
        Misconception(
            "zeroed every time",
            _zeroed_every_time,
            "You clear the gradients before every part, so only the last part counts. Clear them once, "
            "before the loop.",
        ),
        Misconception(
            "never zeroed",
            _never_zeroed,
            "You did not clear the gradients: what the step before had left was added in. optimizer.zero_grad() comes "
            "first.",
        ),
        Misconception(
            "a step for every part",
            _step_every_time,
            "You step after every part: that is training with small batches. Step once, after the loop.",
        ),
        Misconception(
            "all at once",
            _all_at_once,
            "The whole batch went through the model at once, and that is what the memory does not hold. Go through it "
            "size images at a time.",
        ),
        Misconception(
            "last part dropped",
            _last_part_dropped,
            "You left out the images that do not fill a part. Take range(0, len(images), size), and let the "
            "last part be "
            "smaller.",
        ),
        Misconception(
            "one backward pass",
            _one_backward_pass,
            "You added the losses up and called backward() once, at the end. Until then all that every part computed "
            "is kept, and the memory holds the whole batch after all. Call backward() for each part, in the loop.",
        ),
    ),
    accepted=(_accumulated_by_split, _accumulated_by_hand, _accumulated_zeroing_last),
    hints=(
        "backward() adds to the gradients that are there. Usually that is a trap; here it does the work.",
        "The mean over all pixels is the sum of the parts' means, each weighed with its share of the images.",
        "zero_grad, then for every part: (len(part) / len(images) * F.cross_entropy(model(part), "
        "ids)).backward(); after "
        "the loop one step.",
    ),
    why="A gradient of a sum is the sum of the gradients, so a batch may be added up in parts: the memory of a small "
    "batch, the step of a large one. Batch norm alone sees the difference, for it averages over the part.",
    tolerance=1e-5,
    fresh_cases=4,
)

# --- checkpoint-stages --------------------------------------------------------------------------------------


def run_stages(stages, features):
    """Return what the stages make of the features, one after the other, keeping only what goes into each stage.

    stages: a list of nn.Modules. features: float (N, C, H, W). What a stage computes inside is not kept for the
    backward pass: each stage by itself is computed again then, by checkpoint(..., use_reentrant=False).
    """
    ### BEGIN SOLUTION
    for stage in stages:
        features = checkpoint(stage, features, use_reentrant=False)
    return features
    ### END SOLUTION


def _watch_stages(answer, features, seed):
    torch.manual_seed(seed)
    stages = [nn.Conv2d(features.shape[1], features.shape[1], 1) for _ in range(4)]
    runs = []
    for number, stage in enumerate(stages):
        stage.register_forward_pre_hook(lambda module, inputs, number=number: runs.append(number))
    with torch.no_grad():
        expected = stages[3](stages[2](stages[1](stages[0](features))))
    runs.clear()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # what the old way of checkpointing warns of is told by the facts below
        result = answer(stages, features)
    if not isinstance(result, torch.Tensor):
        return None
    forward = list(runs)
    runs.clear()
    if result.requires_grad:
        result.square().sum().backward()
    return {
        "the right features come out": bool(
            result.shape == expected.shape and torch.allclose(result, expected)
        ),
        "the stages in the order in which they ran": forward,
        "the stages that have gradients": [
            i for i, stage in enumerate(stages) if stage.weight.grad is not None
        ],
        "the order in which the first three ran again for the backward pass": [i for i in runs if i < 3],
    }


def _plainly(stages, features):
    for stage in stages:
        features = stage(features)
    return features


def _all_in_one(stages, features):
    return checkpoint(_plainly, stages, features, use_reentrant=False)


def _without_gradients(stages, features):
    with torch.no_grad():
        return _plainly(stages, features)


def _called_before(stages, features):
    for stage in stages:
        features = checkpoint(stage(features), use_reentrant=False)
    return features


def _always_the_first_features(stages, features):
    for stage in stages:
        result = checkpoint(stage, features, use_reentrant=False)
    return result


def _first_stage_alone(stages, features):
    features = checkpoint(stages[0], features, use_reentrant=False)
    return _plainly(stages[1:], features)


def _backwards(stages, features):
    return run_stages(stages[::-1], features)


def _stages_by_reduce(stages, features):
    import functools

    return functools.reduce(lambda x, stage: checkpoint(stage, x, use_reentrant=False), stages, features)


def _stages_by_torch(stages, features):
    return checkpoint_sequential(nn.Sequential(*stages), len(stages), features, use_reentrant=False)


def _all_but_the_last(stages, features):
    *first, last = stages
    for stage in first:
        features = torch.utils.checkpoint.checkpoint(stage, features, use_reentrant=False)
    return last(features)


def _draw_features(rng):
    shape = [int(side) for side in rng.integers(1, 4, 4)]
    return torch.from_numpy(rng.normal(size=shape).astype(np.float32)), int(rng.integers(1000))


CHECKPOINT_STAGES = Exercise(
    id="checkpoint-stages",
    title="Compute again instead of keeping",
    lesson="10",
    points=2,
    minutes=8,
    source="Study guide, section 16: out of memory, gradient checkpointing",
    reference=run_stages,
    observe=_watch_stages,
    worked=(
        Worked(
            (torch.ones(1, 2, 2, 2), 0),
            {
                "the right features come out": True,
                "the stages in the order in which they ran": [0, 1, 2, 3],
                "the stages that have gradients": [0, 1, 2, 3],
                "the order in which the first three ran again for the backward pass": [2, 1, 0],
            },
        ),
    ),
    fresh=_draw_features,
    misconceptions=(
        Misconception(
            "no checkpoint",
            _plainly,
            "Every stage ran once: all that they computed is still kept. Let checkpoint call the stage: "
            "checkpoint(stage, features, use_reentrant=False).",
        ),
        Misconception(
            "all in one",
            _all_in_one,
            "You put all stages into one checkpoint. For the backward pass all of them are computed again at once, and "
            "then all is in memory as before. Give each stage a checkpoint of its own.",
        ),
        Misconception(
            "no gradients",
            _without_gradients,
            "No weight has a gradient, so nothing is learnt. Under torch.no_grad() that is so; and without "
            "use_reentrant=False, checkpoint goes its old way, which makes no gradients where its input, here the "
            "images, needs none. Write checkpoint(stage, features, use_reentrant=False), and no more.",
        ),
        Misconception(
            "stage called first",
            _called_before,
            "You called the stage yourself, and gave checkpoint its result. checkpoint must be able to call it again: "
            "give it the stage and the features, with a comma between them.",
        ),
        Misconception(
            "always the first features",
            _always_the_first_features,
            "Every stage of yours gets the first features. Assign what comes out to features, and hand that on.",
        ),
        Misconception(
            "first stage alone",
            _first_stage_alone,
            "Only your first stage is computed again. Every stage of the loop goes through checkpoint.",
        ),
        Misconception(
            "last stage first",
            _backwards,
            "You went through the stages from the last to the first. Only the backward pass does that, and by itself.",
        ),
    ),
    accepted=(_stages_by_reduce, _stages_by_torch, _all_but_the_last),
    hints=(
        "Begin with the loop that calls each stage. Then let checkpoint make the call.",
        "checkpoint(function, argument, use_reentrant=False) returns what function(argument) would.",
        "for stage in stages: features = checkpoint(stage, features, use_reentrant=False); then return features.",
    ),
    why="Between forward and backward only the borders between the stages wait in memory. The price is a "
    "second forward "
    "pass, about a third more time. Whoever uses it should know that batch norm then sees every batch twice.",
    fresh_cases=4,
)

# --- fine-tune-groups ---------------------------------------------------------------------------------------


def finetune_groups(model, epoch, rate):
    """Return the optimiser's parameter groups for an epoch: a list of dicts with the keys "params" and "lr".

    model.encoder is pretrained, all other weights are new. Epochs 0 to 4: the encoder is frozen, its weights have
    requires_grad False and are in no group; the rest learns at rate. From epoch 5 on: the encoder learns too, its
    weights have requires_grad True and form a group of their own, at a tenth of the rate.
    """
    ### BEGIN SOLUTION
    encoder = list(model.encoder.parameters())
    known = {id(weight) for weight in encoder}
    new = [weight for weight in model.parameters() if id(weight) not in known]
    for weight in encoder:
        weight.requires_grad = epoch >= 5
    groups = [{"params": new, "lr": rate}]
    if epoch >= 5:
        groups.append({"params": encoder, "lr": rate / 10})
    return groups
    ### END SOLUTION


class _Probe(nn.Module):
    """An encoder, a decoder and a head, and a scale that belongs to no part."""

    def __init__(self, channels):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(channels, 2, 1), nn.BatchNorm2d(2))
        self.decoder = nn.Conv2d(2, 2, 1)
        self.head = nn.Conv2d(2, 3, 1, bias=False)
        self.scale = nn.Parameter(torch.ones(1))


def _observe_groups(answer, epoch, rate, channels):
    model = _Probe(channels)
    names = {id(weight): name for name, weight in model.named_parameters()}
    if epoch >= 5:
        answer(model, 0, rate)  # what was frozen must thaw
    groups = answer(model, epoch, rate)
    if groups is None:
        return None
    if isinstance(groups, dict):
        raise TypeError("one dict came back, a list of dicts is expected, even if it holds one alone")
    rates, twice = dict.fromkeys(names.values(), "in no group"), []
    for group in groups:
        for weight in group["params"]:
            name = names.get(id(weight), "a weight that is not the model's")
            twice += [name] if rates.get(name) != "in no group" else []
            rates[name] = f"{float(group['lr']):g}"
    frozen = [name for name, weight in model.named_parameters() if not weight.requires_grad]
    found = {f"the rate of {name}": value for name, value in rates.items()}
    return found | {"weights in two groups": twice, "weights that are frozen": frozen}


def _encoder_and_rest(model):
    encoder = [weight for name, weight in model.named_parameters() if name.startswith("encoder.")]
    return encoder, [weight for name, weight in model.named_parameters() if not name.startswith("encoder.")]


def _groups_that(first=5, share=0.1, frozen=True, thawed=True, rest=None):
    def groups(model, epoch, rate):
        encoder, new = _encoder_and_rest(model)
        if rest is not None:
            new = rest(model)
        learns = epoch >= first
        for weight in encoder:
            weight.requires_grad = not frozen or (learns and thawed) or (weight.requires_grad and learns)
        slow = [{"params": encoder, "lr": rate * share}] if learns else []
        return [{"params": new, "lr": rate}, *slow]

    return groups


def _same_rate(model, epoch, rate):
    return _groups_that(share=1)(model, epoch, rate)


def _compared_by_value(model, epoch, rate):
    encoder = list(model.encoder.parameters())
    return _groups_that(rest=lambda whole: [w for w in whole.parameters() if w not in encoder])(
        model, epoch, rate
    )


def _used_up(model, epoch, rate):
    encoder, new = model.encoder.parameters(), _encoder_and_rest(model)[1]
    for weight in encoder:
        weight.requires_grad = epoch >= 5
    return [{"params": new, "lr": rate}, *([{"params": encoder, "lr": rate / 10}] if epoch >= 5 else [])]


def _never_thawed(model, epoch, rate):
    return _groups_that(thawed=False)(model, epoch, rate)


def _one_epoch_late(model, epoch, rate):
    return _groups_that(first=6)(model, epoch, rate)


def _decoder_alone(model, epoch, rate):
    return _groups_that(rest=lambda whole: list(whole.decoder.parameters()))(model, epoch, rate)


def _encoder_in_both(model, epoch, rate):
    return _groups_that(rest=lambda whole: list(whole.parameters()))(model, epoch, rate)


def _not_frozen(model, epoch, rate):
    return _groups_that(frozen=False)(model, epoch, rate)


def _groups_by_name(model, epoch, rate):
    encoder, new = _encoder_and_rest(model)
    model.encoder.requires_grad_(epoch > 4)
    return [{"params": new, "lr": rate}] + [{"params": encoder, "lr": 0.1 * rate}] * (epoch > 4)


def _groups_by_weight(model, epoch, rate):
    groups = []
    for name, weight in model.named_parameters():
        is_old = name.split(".")[0] == "encoder"
        weight.requires_grad_(not is_old or epoch >= 5)
        if weight.requires_grad:
            groups.append({"params": [weight], "lr": rate / 10 if is_old else rate, "weight_decay": 0.01})
    return groups


def _groups_by_identity(model, epoch, rate):
    encoder = set(model.encoder.parameters())
    for weight in encoder:
        weight.requires_grad = bool(epoch >= 5)
    groups = [{"lr": rate, "params": [weight for weight in model.parameters() if weight not in encoder]}]
    return (*groups, {"lr": rate / 10, "params": list(encoder)}) if epoch >= 5 else tuple(groups)


def _draw_finetuning(rng):
    return int(rng.choice([0, 4, 5, 6, 20])), float(rng.choice([0.1, 0.01, 0.003])), int(rng.integers(1, 4))


_REST = ("scale", "decoder.weight", "decoder.bias", "head.weight")
_OLD = ("encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias")

FINETUNE_GROUPS = Exercise(
    id="fine-tune-groups",
    title="Decoder first, then the encoder, slowly",
    lesson="10",
    points=2,
    minutes=10,
    source="Losses and metrics: pretrained encoders; study guide, section 8: transfer learning",
    reference=finetune_groups,
    observe=_observe_groups,
    worked=(
        Worked(
            (0, 0.01, 3),
            {f"the rate of {name}": "0.01" for name in _REST}
            | {f"the rate of {name}": "in no group" for name in _OLD}
            | {"weights in two groups": [], "weights that are frozen": list(_OLD)},
        ),
        Worked(
            (5, 0.01, 3),
            {f"the rate of {name}": "0.01" for name in _REST}
            | {f"the rate of {name}": "0.001" for name in _OLD}
            | {"weights in two groups": [], "weights that are frozen": []},
        ),
    ),
    fresh=_draw_finetuning,
    misconceptions=(
        Misconception(
            "same rate",
            _same_rate,
            "Your encoder learns at the full rate. It knows much already, and large steps undo it: give it rate / 10.",
        ),
        Misconception(
            "compared by value",
            _compared_by_value,
            "`weight in encoder` compares tensors by ==, number by number, which is neither True nor False. Ask "
            "whether it is the same object: known = {id(weight) for weight in model.encoder.parameters()}.",
        ),
        Misconception(
            "encoder in no group",
            _used_up,
            "From epoch 5 on your encoder may learn, but no group holds its weights. model.encoder.parameters() can be "
            "gone through once: if a loop has used it up, its group is empty. Make it a list first.",
        ),
        Misconception(
            "never thawed",
            _never_thawed,
            "Your encoder has a group from epoch 5 on, but its weights are still frozen, and without gradients no rate "
            "moves them. Set requires_grad back to True.",
        ),
        Misconception(
            "one epoch late",
            _one_epoch_late,
            "Your encoder is still frozen at epoch 5. Epochs 0 to 4 are five epochs: it learns if epoch >= 5.",
        ),
        Misconception(
            "decoder alone",
            _decoder_alone,
            "Your group of new weights holds model.decoder alone, so the head and whatever else there is would keep "
            "their random weights. Everything that is not in the encoder is new.",
        ),
        Misconception(
            "encoder in both groups",
            _encoder_in_both,
            "model.parameters() holds the encoder's weights too, so they are in the group of the new ones, at the full "
            "rate. Leave out what model.encoder.parameters() holds.",
        ),
        Misconception(
            "not frozen",
            _not_frozen,
            "No group holds your encoder at first, so it does not move, but its gradients are still computed and kept: "
            "that costs time and memory for nothing. Set requires_grad to False.",
        ),
    ),
    accepted=(_groups_by_name, _groups_by_weight, _groups_by_identity),
    hints=(
        "Sort the weights into two lists first: those of model.encoder, and all others.",
        "Compare tensors by id, not by ==: known = {id(weight) for weight in model.encoder.parameters()}.",
        'groups = [{"params": new, "lr": rate}]; if epoch >= 5, append {"params": encoder, "lr": rate / 10}. Set '
        "weight.requires_grad = epoch >= 5 for the encoder's weights.",
    ),
    why="The decoder starts from chance, and its first gradients are noise. They should not reach weights that took a "
    "million images to find; later they may change them, gently.",
    fresh_cases=10,
)

# --- image-dataset ------------------------------------------------------------------------------------------


class PairDataset(Dataset):
    """One's own images with their masks, ready for a DataLoader.

    PairDataset(images, masks, augment): images is a list of uint8 arrays (H, W, 3), masks a list of uint8 arrays
    (H, W). augment is None, or a function: augment(image, mask) returns another pair of such arrays. dataset[index]
    is a pair: the image, float32 (3, H, W) from 0 to 1, and the ids, int64 (H, W).
    """

    def __init__(self, images, masks, augment=None):
        self.images, self.masks, self.augment = images, masks, augment

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        ### BEGIN SOLUTION
        image, mask = self.images[index], self.masks[index]
        if self.augment is not None:
            image, mask = self.augment(image, mask)  # once, for both
        # copy(), for torch takes no array that was mirrored by slicing
        image = torch.from_numpy(image.copy()).permute(2, 0, 1) / 255  # (3, H, W)
        return image, torch.from_numpy(mask.copy()).long()  # (H, W)
        ### END SOLUTION


def _observe_dataset(answer, images, masks, index):
    calls = []

    def turned(image, mask):
        calls.append(1)
        if not isinstance(image, np.ndarray):
            raise TypeError("augment takes arrays and was given tensors: call it before you make tensors")
        return image[:, ::-1].copy(), mask[:, ::-1].copy()

    facts = {}
    for name, augment in (("without augment", None), ("with augment", turned)):
        dataset = answer([image.copy() for image in images], [mask.copy() for mask in masks], augment)
        facts["the number of pairs"] = len(dataset)
        image, ids = dataset[index]
        facts["what a pair holds"] = [type(image).__name__, type(ids).__name__]
        if facts["what a pair holds"] != ["Tensor", "Tensor"]:
            return facts
        facts[f"the dtypes, {name}"] = [str(image.dtype), str(ids.dtype)]
        facts[f"the shapes, {name}"] = [list(image.shape), list(ids.shape)]
        facts[f"the image, {name}"] = image.double().tolist()
        facts[f"the ids, {name}"] = ids.tolist()
    return facts | {"how often augment was called for one pair": len(calls)}


def _right_pair(self, index):
    return PairDataset.__getitem__(self, index)


def _raw(self, index):
    image, mask = self.images[index], self.masks[index]
    return self.augment(image, mask) if self.augment else (image, mask)


def _tensors(image, mask):
    return torch.from_numpy(image.copy()), torch.from_numpy(mask.copy())


def _unscaled_pair(self, index):
    image, ids = _right_pair(self, index)
    return 255 * image, ids


def _channels_last_pair(self, index):
    image, ids = _right_pair(self, index)
    return image.permute(1, 2, 0), ids


def _reshaped_pair(self, index):
    image, ids = _tensors(*_raw(self, index))
    return image.reshape(3, *image.shape[:2]) / 255, ids.long()


def _float_mask_pair(self, index):
    image, ids = _right_pair(self, index)
    return image, ids.float()


def _scaled_mask_pair(self, index):
    image, mask = _tensors(*_raw(self, index))
    return image.permute(2, 0, 1) / 255, (mask / 255).long()


def _image_alone_pair(self, index):
    image, mask = _tensors(_raw(self, index)[0], self.masks[index])
    return image.permute(2, 0, 1) / 255, mask.long()


def _never_augmented_pair(self, index):
    image, mask = _tensors(self.images[index], self.masks[index])
    return image.permute(2, 0, 1) / 255, mask.long()


def _twice_augmented_pair(self, index):
    image, mask = _tensors(_raw(self, index)[0], _raw(self, index)[1])
    return image.permute(2, 0, 1) / 255, mask.long()


class _Unscaled(PairDataset):
    __getitem__ = _unscaled_pair


class _ChannelsLast(PairDataset):
    __getitem__ = _channels_last_pair


class _Reshaped(PairDataset):
    __getitem__ = _reshaped_pair


class _FloatMask(PairDataset):
    __getitem__ = _float_mask_pair


class _ScaledMask(PairDataset):
    __getitem__ = _scaled_mask_pair


class _ImageAlone(PairDataset):
    __getitem__ = _image_alone_pair


class _NeverAugmented(PairDataset):
    __getitem__ = _never_augmented_pair


class _CalledTwice(PairDataset):
    __getitem__ = _twice_augmented_pair


class _InNumpy(Dataset):
    def __init__(self, images, masks, augment=None):
        self.pairs, self.change = (
            list(zip(images, masks, strict=True)),
            augment or (lambda image, mask: (image, mask)),
        )

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image, mask = self.change(*self.pairs[index])
        scaled = np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)
        return torch.as_tensor(scaled), torch.as_tensor(mask.astype(np.int64))


class _NoBase:
    def __init__(self, images, masks, augment=None):
        self.images, self.masks, self.augment = images, masks, augment

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, index):
        image, mask = self.images[index], self.masks[index]
        if self.augment:
            image, mask = self.augment(image, mask)
        return torch.tensor(image.copy()).movedim(-1, 0).float() / 255.0, torch.tensor(mask.copy()).to(
            torch.int64
        )


class _ByTorchvision(PairDataset):
    def __getitem__(self, index):
        from torchvision.transforms.functional import to_tensor

        image, mask = _raw(self, index)
        return [to_tensor(image.copy()), torch.LongTensor(mask.astype(np.int64))]


def _draw_pairs(rng):
    count = int(rng.integers(2, 5))
    images, masks = [], []
    for _ in range(count):
        height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
        images.append(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))
        masks.append(rng.choice([0, 1, 2, 255], (height, width)).astype(np.uint8))
        masks[-1][0, :2] = 1, 2  # never its own mirror image
        masks[-1][0, -1] = 2
    return images, masks, int(rng.integers(count))


IMAGE_DATASET = Exercise(
    id="image-dataset",
    title="A Dataset of your own images",
    lesson="10",
    points=3,
    minutes=12,
    source="Study guide, section 8: data pipeline; Lesson 33: label PNGs",
    reference=PairDataset,
    observe=_observe_dataset,
    worked=(
        Worked(
            ([np.array([[[255, 0, 51], [0, 255, 0]]], np.uint8)], [np.array([[2, 255]], np.uint8)], 0),
            {
                "the number of pairs": 1,
                "what a pair holds": ["Tensor", "Tensor"],
                "the dtypes, without augment": ["torch.float32", "torch.int64"],
                "the shapes, without augment": [[3, 1, 2], [1, 2]],
                "the image, without augment": [[[1.0, 0.0]], [[0.0, 1.0]], [[0.2, 0.0]]],
                "the ids, without augment": [[2, 255]],
                "the dtypes, with augment": ["torch.float32", "torch.int64"],
                "the shapes, with augment": [[3, 1, 2], [1, 2]],
                "the image, with augment": [[[0.0, 1.0]], [[1.0, 0.0]], [[0.0, 0.2]]],
                "the ids, with augment": [[255, 2]],
                "how often augment was called for one pair": 1,
            },
        ),
    ),
    fresh=_draw_pairs,
    misconceptions=(
        Misconception(
            "not scaled",
            _Unscaled,
            "Your image still goes from 0 to 255. Networks like small numbers: divide it by 255.",
        ),
        Misconception(
            "channels last",
            _ChannelsLast,
            "Your image has the channels last, (H, W, 3), as pictures have them. Networks take (3, H, W): "
            "permute(2, 0, 1).",
        ),
        Misconception(
            "reshaped",
            _Reshaped,
            "You reshaped (H, W, 3) to (3, H, W): the shape is right, and the pixels are in the wrong "
            "places, in stripes. "
            "permute(2, 0, 1) moves the axes.",
        ),
        Misconception(
            "ids as floats",
            _FloatMask,
            "Your ids are floats. An id is a name, and cross-entropy takes integers: .long().",
        ),
        Misconception(
            "ids divided by 255",
            _ScaledMask,
            "You divided the mask by 255 like the image, and all its ids became 0, void 1. Leave ids as they are.",
        ),
        Misconception(
            "mask not augmented",
            _ImageAlone,
            "Your image was augmented and your mask was not, so they no longer fit. Take both from the one "
            "call: image, "
            "mask = self.augment(image, mask).",
        ),
        Misconception(
            "never augmented",
            _NeverAugmented,
            "augment was never called. If it is not None, call it with image and mask before you make tensors of them.",
        ),
        Misconception(
            "augmented twice",
            _CalledTwice,
            "You called augment once for the image and once for the mask. It draws at random: two calls are "
            "two different "
            "transforms. Call it once, and take both from it.",
        ),
    ),
    accepted=(_InNumpy, _NoBase, _ByTorchvision),
    hints=(
        "Take image and mask by their index, augment the two together, then turn each into a tensor.",
        "torch.from_numpy(image.copy()) has the shape (H, W, 3). permute(2, 0, 1) brings the channels forward, / 255 "
        "scales; the mask needs .long() and nothing else. (copy(), because torch takes no array that was mirrored by "
        "slicing.)",
        "if self.augment is not None: image, mask = self.augment(image, mask); return torch.from_numpy(image.copy())"
        ".permute(2, 0, 1) / 255, torch.from_numpy(mask.copy()).long().",
    ),
    why="A Dataset is a length and an index: everything else, the shuffling and the batches, a DataLoader "
    "does. One call "
    "of augment for both is what keeps them a pair.",
    fresh_cases=4,
)

EXERCISES = (
    PAIRED_CROP,
    WARMUP_COSINE,
    POLY_AND_STEPS,
    ACCUMULATE,
    CHECKPOINT_STAGES,
    FINETUNE_GROUPS,
    IMAGE_DATASET,
)
