"""Wrong answers of a third mixed class, with one mistake (`SINGLE`) or two (`DOUBLE`), to exercises of
lessons 07 to 14.

They were written from the notebooks' statements, without a look at the exercises' own lists of misconceptions. A docstring
says what is wrong.
"""

# ruff: noqa: B905, E501, E741  (learners write as they do)

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import Dataset
from wrong_answers import WrongAnswers

from course_lib.masks import IGNORE_INDEX

CLASS = WrongAnswers()
one, two = CLASS.one, CLASS.two
SINGLE, DOUBLE = CLASS.single, CLASS.double


@one("resize-mask")
def only_height(mask, size):
    """The columns are worked out from the height."""
    h, w = mask.shape
    rows = (np.arange(size) + 0.5) * h / size
    cols = (np.arange(size) + 0.5) * h / size
    return mask[rows.astype(int)][:, cols.astype(int).clip(0, w - 1)]


def _resized(image, size):
    t = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float()
    t = F.interpolate(t, size=(size, size), mode="bilinear", align_corners=False)
    return t[0].round().clamp(0, 255).to(torch.uint8)


def _mask(mask, size):
    t = torch.from_numpy(np.ascontiguousarray(mask))[None, None].float()
    return F.interpolate(t, size=(size, size), mode="nearest-exact")[0, 0].long()


@one("pet-dataset")
class BilinearMask(Dataset):
    """The mask is resized bilinearly, and rounded."""

    def __init__(self, entries, size, read):
        super().__init__()
        self.entries, self.size, self.read = (entries, size, read)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        m = torch.from_numpy(mask)[None, None].float()
        m = F.interpolate(m, size=(self.size, self.size), mode="bilinear")[0, 0].round().long()
        return (_resized(image, self.size), m)


@one("pet-dataset")
class UintMask(Dataset):
    """The ids stay uint8."""

    def __init__(self, entries, size, read):
        super().__init__()
        self.entries, self.size, self.read = (entries, size, read)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        return (_resized(image, self.size), _mask(mask, self.size).to(torch.uint8))


@two("pet-dataset")
class FloatChannelsLast(Dataset):
    """The image has its channels last, and the ids are int32."""

    def __init__(self, entries, size, read):
        super().__init__()
        self.entries, self.size, self.read = (entries, size, read)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, index):
        image, mask = self.read(self.entries[index])
        return (_resized(image, self.size).permute(1, 2, 0), _mask(mask, self.size).int())


@one("paired-flip")
def own_draws(images, masks, generator):
    """Image and mask are drawn for separately."""
    a = torch.rand(len(images), generator=generator) < 0.5
    b = torch.rand(len(images), generator=generator) < 0.5
    return (
        torch.where(a[:, None, None, None], images.flip(-1), images),
        torch.where(b[:, None, None], masks.flip(-1), masks),
    )


@two("paired-flip")
def upside_down_all(images, masks, generator):
    """Turned upside down, with one draw for all."""
    if torch.rand(1, generator=generator) < 0.5:
        return (images.flip(2), masks.flip(1))
    return (images, masks)


@one("train-epoch")
def never_zero(model, batches, optimizer):
    """Gradients are never set to zero."""
    model.train()
    total, n = (0.0, 0)
    for x, y in batches:
        loss = F.cross_entropy(model(x), y, ignore_index=IGNORE_INDEX)
        loss.backward()
        optimizer.step()
        total += float(loss) * len(x)
        n += len(x)
    return total / n


@one("train-epoch")
def keeps_void(model, batches, optimizer):
    """Void pixels count as class 1."""
    model.train()
    total = n = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y.clamp(max=1))
        loss.backward()
        optimizer.step()
        total += loss.item() * x.shape[0]
        n += x.shape[0]
    return total / n


@one("train-epoch")
def steps_once(model, batches, optimizer):
    """One step after the loop."""
    model.train()
    total = n = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y, ignore_index=IGNORE_INDEX)
        loss.backward()
        total += loss.item() * x.shape[0]
        n += x.shape[0]
    optimizer.step()
    return total / n


@two("train-epoch")
def eval_and_batches(model, batches, optimizer):
    """No training mode, and a mean over batches."""
    total = n = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y, ignore_index=IGNORE_INDEX)
        loss.backward()
        optimizer.step()
        total += loss.item()
        n += 1
    return total / n


def _counts(p, t, c):
    keep = t != IGNORE_INDEX
    out = []
    for k in range(c):
        a, b = ((p == k) & keep, (t == k) & keep)
        out.append((int((a & b).sum()), int((a | b).sum())))
    return out


@one("evaluate")
def in_train_mode(model, batches, num_classes):
    """It stays in training mode."""
    inter, union = ([0] * num_classes, [0] * num_classes)
    with torch.no_grad():
        for x, y in batches:
            for k, (i, u) in enumerate(_counts(model(x).argmax(1), y, num_classes)):
                inter[k] += i
                union[k] += u
    return [i / u if u else math.nan for i, u in zip(inter, union)]


@one("evaluate")
def last_batch_only(model, batches, num_classes):
    """The counts of the last batch replace all others."""
    model.eval()
    for x, y in batches:
        with torch.no_grad():
            result = _counts(model(x).argmax(1), y, num_classes)
    return [i / u if u else math.nan for i, u in result]


@two("evaluate")
def train_mode_zero(model, batches, num_classes):
    """Training mode, and void counts."""
    inter, union = ([0] * num_classes, [0] * num_classes)
    for x, y in batches:
        p = model(x).argmax(dim=1)
        for k in range(num_classes):
            inter[k] += ((p == k) & (y == k)).sum().item()
            union[k] += ((p == k) | (y == k)).sum().item()
    return [i / u if u else math.nan for i, u in zip(inter, union)]


@one("plateau-rates")
def against_last(scores, rate=0.0001, patience=5, factor=0.5):
    """Compares with the score before."""
    rates = [rate]
    bad = 0
    previous = -1
    for s in scores:
        bad = 0 if s > previous else bad + 1
        previous = s
        if bad > patience:
            rate = rate * factor
            bad = 0
        rates.append(rate)
    return rates


@two("plateau-rates")
def less_and_early(scores, rate=0.0001, patience=5, factor=0.5):
    """Smaller counts as better, and one epoch too early."""
    best, wait, rates = (float("inf"), 0, [rate])
    for s in scores:
        if s < best:
            best, wait = (s, 0)
        else:
            wait += 1
        if wait == patience:
            rate, wait = (rate * factor, 0)
        rates.append(rate)
    return rates


@one("suspects")
def worst_last(losses, targets, count):
    """The worst comes last."""
    means = [l[t != IGNORE_INDEX].mean() for l, t in zip(losses, targets)]
    order = sorted(range(len(means)), key=lambda n: means[n])
    return order[-count:]


@one("suspects")
def all_divided(losses, targets, count):
    """Void is left out of the sum and not of the number."""
    keep = targets != IGNORE_INDEX
    means = (losses * keep).mean(axis=(1, 2))
    return list(map(int, np.argsort(-means)))[:count]


@one("read-curve")
def union_counts_twice(precision, recall, wanted):
    """What was found is in the union twice."""
    fits = precision[recall >= wanted]
    best = float(fits.max()) if len(fits) else float("nan")
    ious = []
    for p, r in zip(precision, recall):
        if p == 0 or r == 0:
            ious.append(0)
        else:
            called = r / p
            ious.append(r / (1 + called))
    return (best, max(ious))


@two("read-curve")
def f1_zero(precision, recall, wanted):
    """Dice instead of IoU, and 0 instead of nan."""
    best = max([p for p, r in zip(precision, recall) if r >= wanted], default=0.0)
    iou = max((2 * p * r / (p + r) if p + r else 0.0 for p, r in zip(precision, recall)))
    return (best, iou)


@one("choose-threshold")
def first_given(chances, is_pet, thresholds):
    """Ties go to the first threshold of the list."""
    scores = []
    for t in thresholds:
        c = chances > t
        scores.append(np.logical_and(c, is_pet).sum() / np.logical_or(c, is_pet).sum())
    return thresholds[int(np.argmax(scores))]


@two("choose-threshold")
def accuracy_ge(chances, is_pet, thresholds):
    """Accuracy instead of IoU, and >= instead of >."""
    best, bs = (thresholds[0], -1)
    for t in thresholds:
        s = ((chances >= t) == is_pet).sum()
        if s > bs:
            best, bs = (t, s)
    return best


@one("class-weights")
def median_with_absent(counts, how):
    """The median includes classes that are absent."""
    n = counts.sum(axis=0)
    w = []
    f = []
    for c in range(counts.shape[1]):
        rows = counts[:, c] > 0
        f.append(n[c] / counts[rows].sum() if rows.any() else 0.0)
    for c in range(counts.shape[1]):
        if n[c] == 0:
            w.append(0.0)
        elif how == "inverse":
            w.append(counts.sum() / (np.count_nonzero(n) * n[c]))
        else:
            w.append(np.median(f) / f[c])
    return np.array(w)


@one("class-weights")
def upside(counts, how):
    """Median weights turned over."""
    n = counts.sum(axis=0).astype(float)
    ok_ = n > 0
    w = np.zeros_like(n)
    if how == "inverse":
        w[ok_] = n.sum() / (ok_.sum() * n[ok_])
    else:
        f = np.array([n[c] / counts[counts[:, c] > 0].sum() for c in np.flatnonzero(ok_)])
        w[ok_] = f / np.median(f)
    return w


@one("weighted-cross-entropy")
def divides_by_weight(logits, targets, weight):
    """Divides by the weights of the classes."""
    logp = torch.log_softmax(logits, 1)
    picked = logp.gather(1, targets.unsqueeze(1)).squeeze(1)
    return -(picked * weight[targets]).sum() / weight.sum()


@two("weighted-cross-entropy")
def softmax_mean(logits, targets, weight):
    """Softmax twice, divided by the pixels."""
    p = torch.softmax(logits, 1)
    loss = F.cross_entropy(p, targets, reduction="none")
    return (loss * weight[targets]).mean()


@one("dice-loss")
def smooth_below_only(logits, targets, smooth=1.0):
    """`smooth` only below the line."""
    p = F.softmax(logits, dim=1)
    losses = []
    for c in torch.unique(targets):
        m = targets == c
        losses.append(1 - 2 * p[:, c][m].sum() / (p[:, c].sum() + m.sum() + smooth))
    return sum(losses) / len(losses)


@two("dice-loss")
def sigmoid_absent(logits, targets, smooth=1.0):
    """Sigmoid, and absent classes count."""
    p = logits.sigmoid()
    hot = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    o = (p * hot).sum((0, 2, 3))
    d = (2 * o + smooth) / (p.sum((0, 2, 3)) + hot.sum((0, 2, 3)) + smooth)
    return (1 - d).mean()


@one("iou-loss")
def wrong_softmax_dim(logits, targets, smooth=1.0):
    """Softmax along the columns."""
    p = logits.softmax(-1)
    hot = F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2).float()
    o = (p * hot).sum(dim=(0, 2, 3))
    union = (p + hot - p * hot).sum(dim=(0, 2, 3))
    occurs = hot.sum(dim=(0, 2, 3)) > 0
    return (1 - (o + smooth) / (union + smooth))[occurs].mean()


@one("iou-loss")
def smooth_fixed(logits, targets, smooth=1.0):
    """1 instead of `smooth`."""
    p = torch.softmax(logits, 1)
    losses = []
    for c in range(logits.shape[1]):
        t = (targets == c).float()
        if t.sum() == 0:
            continue
        o = (p[:, c] * t).sum()
        losses.append(1 - (o + 1) / (p[:, c].sum() + t.sum() - o + 1))
    return torch.stack(losses).mean()


@one("focal-loss")
def detached(logits, targets, alpha=0.25, gamma=2.0):
    """No gradient flows through the factor."""
    ce = F.cross_entropy(logits, targets, reduction="none")
    with torch.no_grad():
        p = torch.exp(-ce)
    return (alpha * (1 - p) ** gamma * ce).mean()


@two("focal-loss")
def no_alpha_sum(logits, targets, alpha=0.25, gamma=2.0):
    """No alpha, and a sum."""
    ce = F.cross_entropy(logits, targets, reduction="none")
    return ((1 - torch.exp(-ce)) ** gamma * ce).sum()


@one("draw-chances")
def by_pixels(targets, class_id, share):
    """The share goes by pixels."""
    pix = (targets == class_id).sum(axis=(1, 2)).astype(float)
    n = len(targets)
    if (pix > 0).all() or pix.sum() == 0:
        return np.full(n, 1 / n)
    out = share * pix / pix.sum()
    out[pix == 0] = (1 - share) / (pix == 0).sum()
    return out


@two("draw-chances")
def exchanged_no_edge(targets, class_id, share):
    """The shares are exchanged, and the edge cases are forgotten."""
    holds = (targets == class_id).any((1, 2))
    n = holds.sum()
    return np.where(holds, (1 - share) / max(n, 1), share / max(len(holds) - n, 1))


@one("dense-to-conv")
def square_kernel(dense, channels, height, width):
    """The kernel is a square."""
    conv = nn.Conv2d(channels, dense.out_features, height)
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
        conv.bias.copy_(dense.bias)
    return conv


@one("transposed-convolution")
def hw_swapped(image, kernel, stride):
    """Height and width are unpacked the wrong way round."""
    w, h = image.shape
    k = kernel.shape[0]
    out = np.zeros(((h - 1) * stride + k, (w - 1) * stride + k))
    for r in range(h):
        for c in range(w):
            out[r * stride : r * stride + k, c * stride : c * stride + k] += image[r, c] * kernel
    return out


@one("convolution-matrix")
def one_row_short(kernel, size, stride):
    """The last row stays empty."""
    k = len(kernel)
    m = np.zeros(((size - k) // stride + 1, size))
    for i in range((size - k) // stride):
        m[i, i * stride : i * stride + k] = kernel
    return m


@two("convolution-matrix")
def both_conv(kernel, size, stride):
    """The kernel is turned, and moves by one pixel."""
    k = len(kernel)
    n = (size - k) // stride + 1
    m = np.zeros((n, size))
    for i in range(n):
        m[i, i : i + k] = kernel[::-1]
    return m


@one("stamp-counts")
def loops_kernel(size, kernel, stride):
    """The two loops have changed places."""
    out = [0] * ((size - 1) * stride + kernel)
    for i in range(kernel):
        for j in range(size):
            out[i * stride + j] += 1
    return out


@two("stamp-counts")
def counts_two(size, kernel, stride):
    """The list is too long, and the stamps are too short."""
    out = [0] * (size * stride + kernel)
    for i in range(size):
        for j in range(kernel - 1):
            out[i * stride + j] += 1
    return out


@one("fuse-scores")
def reversed_order(scores, size):
    """It begins with the finest scores."""
    total = scores[-1]
    for s in scores[-2::-1]:
        total = F.interpolate(total, size=s.shape[-2:], mode="bilinear", align_corners=False) + s
    return F.interpolate(total, size=size, mode="bilinear", align_corners=False)


@one("fuse-scores")
def nearest_end(scores, size):
    """The last enlargement repeats pixels."""
    x = scores[0]
    for finer in scores[1:]:
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False) + finer
    return F.interpolate(x, size=size)


@one("fuse-scores")
def unpacks_two(scores, size):
    """It expects exactly two levels."""
    coarse, fine = scores
    x = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False) + fine
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


@two("fuse-scores")
def no_last(scores, size):
    """Pixels are repeated, and the size is forgotten."""
    x = scores[0]
    for s in scores[1:]:
        x = F.interpolate(x, scale_factor=2) + s
    return x


@one("crop-pair")
def mask_slid(image, mask, top, left, size):
    """The mask is cut out one row further down."""
    ci = np.zeros((size, size, 3), np.uint8)
    cm = np.full((size, size), 255, np.uint8)
    a = image[top : top + size, left : left + size]
    b = mask[top + 1 : top + 1 + size, left : left + size]
    ci[: a.shape[0], : a.shape[1]] = a
    cm[: b.shape[0], : b.shape[1]] = b
    return (ci, cm)


@two("crop-pair")
def padded_white(image, mask, top, left, size):
    """White beyond the edge, and 0 in the mask."""
    image = np.pad(image, ((0, size), (0, size), (0, 0)), constant_values=255)
    mask = np.pad(mask, ((0, size), (0, size)))
    return (image[top : top + size, left : left + size], mask[top : top + size, left : left + size])


@one("warmup-cosine")
def share_of_all(epoch, base, warmup, epochs):
    """The cosine begins at epoch 0."""
    if epoch < warmup:
        return base * epoch / warmup
    share = epoch / epochs
    return base * (1 + math.cos(math.pi * share)) / 2


@two("warmup-cosine")
def nohalf(epoch, base, warmup, epochs):
    """Half is forgotten, and a warm-up of 0 fails."""
    if epoch <= warmup:
        return base * epoch / warmup
    return base * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup)))


@one("decayed-rate")
def power_outside(schedule, epoch, base, epochs):
    """base is raised to the power, too."""
    if schedule == "poly":
        return (base * (1 - epoch / epochs)) ** 0.9
    return base * 0.1 ** sum(epoch >= e for e in (30, 60, 90))


@one("accumulated-step")
def step_each(model, optimizer, images, targets, size):
    """A step for each part."""
    optimizer.zero_grad()
    for x, y in zip(torch.split(images, size), torch.split(targets, size)):
        loss = F.cross_entropy(model(x), y) * len(x) / len(images)
        loss.backward()
        optimizer.step()


@one("accumulated-step")
def drop_last(model, optimizer, images, targets, size):
    """The last part is left out."""
    optimizer.zero_grad()
    for i in range(len(images) // size):
        part = slice(i * size, (i + 1) * size)
        loss = F.cross_entropy(model(images[part]), targets[part])
        (loss * size / len(images)).backward()
    optimizer.step()


@two("accumulated-step")
def no_zero_no_scale(model, optimizer, images, targets, size):
    """Old gradients stay, and the parts' means are added."""
    for i in range(0, len(images), size):
        loss = F.cross_entropy(model(images[i : i + size]), targets[i : i + size])
        loss.backward()
    optimizer.step()


@one("run-stages")
def always_first(stages, features):
    """Each stage gets the first features."""
    out = features
    for stage in stages:
        out = checkpoint(stage, features, use_reentrant=False)
    return out


@one("finetune-groups")
def frozen_in_group(model, epoch, rate):
    """The frozen encoder has a group."""
    enc = list(model.encoder.parameters())
    rest = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    for p in enc:
        p.requires_grad_(epoch >= 5)
    return [{"params": rest, "lr": rate}, {"params": enc, "lr": rate / 10}]


@one("finetune-groups")
def same_rate(model, epoch, rate):
    """Everything learns at a tenth of the rate."""
    enc = [p for n, p in model.named_parameters() if n.startswith("encoder.")]
    rest = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    for p in enc:
        p.requires_grad = epoch >= 5
    if epoch < 5:
        return [{"params": rest, "lr": rate}]
    return [{"params": rest, "lr": rate / 10}, {"params": enc, "lr": rate / 10}]


class _Pair(Dataset):
    def __init__(self, images, masks, augment=None):
        self.images, self.masks, self.augment = (images, masks, augment)

    def __len__(self):
        return len(self.images)


@one("pair-dataset")
class Float64(_Pair):
    """The image is float64."""

    def __getitem__(self, index):
        image, mask = (self.images[index], self.masks[index])
        if self.augment:
            image, mask = self.augment(image, mask)
        return (torch.from_numpy(image.transpose(2, 0, 1) / 255.0), torch.from_numpy(mask.astype(np.int64)))


@one("read-labels")
def argmax_dim1(labels):
    """argmax along the rows."""
    if labels.ndim == 4:
        return labels.argmax(dim=1)
    out = labels.long()
    return torch.where(out == 255, out, out - 1)


@one("balanced-loss")
def over_all_classes(logits, targets):
    """Divided by all classes."""
    loss = F.cross_entropy(logits, targets, ignore_index=255, reduction="none")
    total = 0
    for c in range(logits.shape[1]):
        if (targets == c).any():
            total = total + loss[targets == c].mean()
    return total / logits.shape[1]


@two("balanced-loss")
def sum_void(logits, targets):
    """Sums instead of means, and void is a class."""
    loss = F.cross_entropy(logits, targets, ignore_index=255, reduction="none")
    return sum(loss[targets == c].sum() for c in targets.unique()) / len(targets.unique())


@one("crop-pairs")
def ends_at_side(images, masks, tops, lefts, side):
    """A slice ends at `side`."""
    ims, ms = ([], [])
    for i, (t, l) in enumerate(zip(tops, lefts)):
        ims.append(images[i, :, t:side, l:side])
        ms.append(masks[i, t:side, l:side])
    return (torch.stack(ims), torch.stack(ms))


@one("see-wide")
def padding_one(features, kernels):
    """The padding stays 1."""
    for i, k in enumerate(kernels):
        d = 2**i
        features = F.relu(F.conv2d(F.pad(features, (1, 1, 1, 1)), k, dilation=d))
    return features


@one("decode")
def conv_before_skip(features, skips, ups, convs):
    """The convolution comes before the skip."""
    for skip, up, conv in zip(skips[::-1], ups, convs):
        features = conv(up(features)) + skip
    return features


@one("full-logits")
def width_only(model, images, margin):
    """Only the width is mirrored."""
    return model(F.pad(images, (margin, margin, 0, 0), mode="reflect"))


@one("fit")
def swapped_pads(features, skip):
    """Rows and columns of the padding are exchanged."""
    dy = skip.shape[2] - features.shape[2]
    dx = skip.shape[3] - features.shape[3]
    return F.pad(features, (0, dy, 0, dx), mode="replicate")


@one("mend-mode")
def records(model, images):
    """Gradients are recorded."""
    mode = model.training
    model.eval()
    logits = model(images)
    model.train(mode)
    return logits.argmax(1)


@one("predict-all")
def returns_first(model, images, batch_size):
    """It returns after the first batch."""
    out = []
    with torch.no_grad():
        for part in images.split(batch_size):
            out.append(model(part).argmax(1))
            return torch.cat(out)


@one("count-pixels")
def shared_rows(logits, targets):
    """All rows are one list."""
    C = logits.shape[1]
    m = [[0] * C] * C
    for t, q in zip(targets.flatten().tolist(), logits.argmax(1).flatten().tolist()):
        if t != 255:
            m[t][q] += 1
    return m


@one("dilated-conv")
def stepped_by_rate(image, kernel, rate):
    """The rate is taken for a stride."""
    k = kernel.shape[0]
    span = (k - 1) * rate + 1
    H, W = image.shape
    rows = []
    for y in range(0, H - span + 1, rate):
        rows.append(
            [
                (image[y : y + span : rate, x : x + span : rate] * kernel).sum()
                for x in range(0, W - span + 1, rate)
            ]
        )
    return np.array(rows)


@one("receptive-field")
def order_of_tuple(layers):
    """Stride and dilation are exchanged."""
    r, j = (1, 1)
    for k, d, s in layers:
        r += (k - 1) * d * j
        j *= s
    return r


@two("receptive-field")
def starts_zero(layers):
    """Starts from 0, and multiplies first."""
    r, j = (0, 1)
    for k, s, d in layers:
        j *= s
        r += (k - 1) * d * j
    return r


@one("pixels-seen")
def small_cut(network, size):
    """Small gradients are cut off."""
    x = torch.rand(1, 1, size, size).requires_grad_()
    y = network(x)
    h, w = y.shape[-2:]
    (g,) = torch.autograd.grad(y[0, 0, h // 2, w // 2], x)
    return g[0, 0].abs() > 1e-06


@two("pixels-seen")
def sum_pos(network, size):
    """The gradient of all outputs, and only above 0."""
    x = torch.rand(1, 1, size, size, requires_grad=True)
    network(x).mean().backward()
    return x.grad[0, 0] > 0


@one("unseen-between")
def reach_of_max(rates):
    """The reach is the largest rate."""
    seen = {0}
    for r in rates:
        seen |= {p - r for p in seen} | {p + r for p in seen}
    reach = max(rates, default=0)
    return sorted(set(range(-reach, reach + 1)) - seen)


@one("aspp")
class MaxPool(nn.Module):
    """The image branch takes the maximum."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        self.one = nn.Conv2d(in_channels, out_channels, 1)
        self.wide = nn.ModuleList(
            [nn.Conv2d(in_channels, out_channels, 3, padding=r, dilation=r) for r in rates]
        )
        self.pool = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Conv2d(in_channels, out_channels, 1))
        self.project = nn.Conv2d(out_channels * (len(rates) + 2), out_channels, 1)

    def forward(self, x):
        mean = self.pool(x).expand(-1, -1, x.shape[2], x.shape[3])
        return self.project(torch.cat([self.one(x), *(w(x) for w in self.wide), mean], 1).relu())


@one("pyramid")
def square_size(features, bins):
    """Enlarged to a square."""
    h = features.shape[2]
    out = [features] + [
        F.interpolate(F.adaptive_avg_pool2d(features, b), size=(h, h), mode="bilinear") for b in bins
    ]
    return torch.cat(out, 1)


@one("exchange")
def uses_new_fine(fine, coarse):
    """The coarse branch gets the new fine one."""
    fine = fine + F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    coarse = coarse + F.avg_pool2d(fine, 2)
    return (fine, coarse)


@one("panoptic-ids")
def stuff_plain(classes, instances, things):
    """Stuff keeps its bare class."""
    c, i = (np.array(classes), np.array(instances))
    return np.where(np.isin(c, things), c * 1000 + i, c).tolist()


@one("match-anchors")
def rescue_gives_that_object(ious, high, low):
    """An object's best anchor gets that object in any case."""
    n, m = ious.shape
    if m == 0:
        return [-1] * n
    out = []
    for a in range(n):
        b = ious[a].argmax()
        out.append(int(b) if ious[a, b] >= high else -1 if ious[a, b] < low else -2)
    for o in range(m):
        out[int(ious[:, o].argmax())] = o
    return out


@two("match-anchors")
def norescue_swap(ious, high, low):
    """No object is rescued, and the two codes are exchanged."""
    out = []
    for row in ious:
        top = max(row, default=0)
        out.append(int(np.argmax(row)) if top > high else -2 if top < low else -1)
    return out


@one("decode-box")
def no_exp(anchor, code):
    """The exponential is forgotten."""
    l, t, r, b = anchor
    limit = math.log(1000 / 16)
    w, h = (r - l, b - t)
    cx, cy = ((l + r) / 2 + code[0] * w, (t + b) / 2 + code[1] * h)
    w, h = (w * min(code[2], limit), h * min(code[3], limit))
    return (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)


@one("decode-box")
def clamps_all(anchor, code):
    """The shifts are clamped, too."""
    l, t, r, b = anchor
    w, h = (r - l, b - t)
    dx, dy, dw, dh = np.minimum(code, math.log(1000 / 16))
    cx, cy = ((l + r) / 2 + dx * w, (t + b) / 2 + dy * h)
    w, h = (w * np.exp(dw), h * np.exp(dh))
    return (float(cx - w / 2), float(cy - h / 2), float(cx + w / 2), float(cy + h / 2))


@one("non-maximum-suppression")
def changes_while(ious, scores, threshold):
    """The list is changed while a loop goes over it."""
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    for n in order:
        for m in order:
            if m != n and ious[n, m] > threshold:
                order.remove(m)
    return order


@one("roi-align")
def weights_swapped(features, box, size):
    """The weights from left to right are exchanged."""
    l, t, r, b = box
    H, W = features.shape
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            y = np.clip(t + (i + 0.5) * (b - t) / size - 0.5, 0, H - 1)
            x = np.clip(l + (j + 0.5) * (r - l) / size - 0.5, 0, W - 1)
            y0, x0 = (min(int(y), H - 2), min(int(x), W - 2))
            fy, fx = (y - y0, x - x0)
            top = fx * features[y0, x0] + (1 - fx) * features[y0, x0 + 1]
            bottom = fx * features[y0 + 1, x0] + (1 - fx) * features[y0 + 1, x0 + 1]
            out[i, j] = (1 - fy) * top + fy * bottom
    return out


@one("mask-head")
class SharedConv(nn.Module):
    """One convolution is used three times."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__()
        self.first = nn.Conv2d(in_channels, width, 3, padding=1)
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.up = nn.ConvTranspose2d(width, width, 2, 2)
        self.out = nn.Conv2d(width, num_classes, 1)

    def forward(self, x):
        x = F.relu(self.first(x))
        for _ in range(3):
            x = F.relu(self.conv(x))
        return self.out(F.relu(self.up(x)))


@one("total-loss")
def class_only_pos(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """The class loss looks only at objects."""
    fg = labels > 0
    n = len(labels)
    z = (class_logits * 0).sum()
    if not fg.any():
        return {"class": z, "box": z, "mask": z, "total": z}
    rows = torch.arange(n)[fg]
    c = F.cross_entropy(class_logits[fg], labels[fg])
    b = F.smooth_l1_loss(boxes[rows, labels[fg]], true_boxes[fg], reduction="sum") / n
    m = F.binary_cross_entropy_with_logits(masks[rows, labels[fg]], true_masks[fg])
    return {"class": c, "box": b, "mask": m, "total": c + b + m}


@one("total-loss")
def l1_not_smooth(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """L1 instead of smooth L1."""
    n = labels.shape[0]
    total_box = torch.zeros(())
    mask_losses = []
    for i in range(n):
        if labels[i] > 0:
            total_box = total_box + (boxes[i, labels[i]] - true_boxes[i]).abs().sum()
            mask_losses.append(F.binary_cross_entropy_with_logits(masks[i, labels[i]], true_masks[i]))
    out = {
        "class": F.cross_entropy(class_logits, labels),
        "box": total_box / n,
        "mask": torch.stack(mask_losses).mean() if mask_losses else torch.zeros(()),
    }
    out["total"] = out["class"] + out["box"] + out["mask"]
    return out


@two("total-loss")
def mean_and_nan(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """The mean of the boxes, and nan without objects."""
    fg = labels > 0
    rows = torch.arange(len(labels))[fg]
    c = F.cross_entropy(class_logits, labels)
    b = F.smooth_l1_loss(boxes[rows, labels[fg]], true_boxes[fg])
    m = F.binary_cross_entropy_with_logits(masks[rows, labels[fg]], true_masks[fg])
    return {"class": c, "box": b, "mask": m, "total": c + b + m}


@one("match-detections")
def best_overall_only(ious, threshold):
    """Only the best object is looked at."""
    taken, hits = (set(), [])
    for row in ious:
        if not row:
            hits.append(False)
            continue
        best = max(range(len(row)), key=row.__getitem__)
        hit = row[best] >= threshold and best not in taken
        if hit:
            taken.add(best)
        hits.append(hit)
    return hits


@one("average-precision")
def hundred_points(hits, objects):
    """Recall 1 is left out."""
    if objects == 0:
        return float("nan")
    prec, rec, n = ([], [], 0)
    for i, h in enumerate(hits, 1):
        n += h
        prec.append(n / i)
        rec.append(n / objects)
    total = 0
    for step in range(100):
        total += max([p for p, r in zip(prec, rec) if r >= step / 100], default=0)
    return total / 100


@two("average-precision")
def strict_hundred(hits, objects):
    """> instead of >=, and 0 without objects."""
    if objects == 0:
        return 0.0
    c = np.cumsum(hits)
    p = c / np.arange(1, len(hits) + 1)
    r = c / objects
    return sum(max(p[r > s / 100], default=0) for s in range(101)) / 101


@one("panoptic-quality")
def or_empty(ious, predicted, true):
    """nan where one side is empty."""
    if predicted == 0 or true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    good = [i for i in ious if i > 0.5]
    sq = np.mean(good) if good else 0.0
    rq = len(good) / ((predicted + true) / 2)
    return {"SQ": sq, "RQ": rq, "PQ": sq * rq}


@two("panoptic-quality")
def all_full(ious, predicted, true):
    """Every pair matches, and the unmatched count fully."""
    n = len(ious)
    sq = sum(ious) / n if n else 0.0
    total = n + (predicted - n) + (true - n)
    rq = n / total if total else 0.0
    return {"SQ": sq, "RQ": rq, "PQ": sq * rq}


@one("attention")
def zero_filled(queries, keys, values, allowed):
    """Forbidden scores are 0."""
    s = queries @ keys.T / queries.shape[1] ** 0.5
    s = torch.where(allowed, s, torch.zeros_like(s))
    return torch.softmax(s, dim=1) @ values


@one("attention")
def not_low_enough(queries, keys, values, allowed):
    """Forbidden scores are lowered by 1000."""
    s = queries @ keys.T / math.sqrt(queries.shape[1])
    s = s - 1000.0 * ~allowed
    return s.softmax(1) @ values


@one("window-ids")
def shift_rows_only(height, width, side, shift):
    """Only the rows are shifted."""
    offset = side - shift if shift else 0
    out = np.zeros((height, width), int)
    for y in range(height):
        for x in range(width):
            out[y, x] = (y + offset) // side * 100 + x // side
    return out


@one("innermost-point")
def no_pad(mask):
    """Outside the picture is on."""
    if not mask.any():
        return None
    m = mask.copy()
    while True:
        n = m.copy()
        n[1:] &= m[:-1]
        n[:-1] &= m[1:]
        n[:, 1:] &= m[:, :-1]
        n[:, :-1] &= m[:, 1:]
        if not n.any() or (n == m).all():
            break
        m = n
    y, x = np.argwhere(m)[0]
    return (int(x), int(y))


@two("innermost-point")
def chess_rc(mask):
    """Diagonal steps, and the row first."""
    off = np.argwhere(~mask)
    best, where = (-1, None)
    for y, x in np.argwhere(mask):
        d = np.abs(off - (y, x)).max(1).min() if len(off) else 1
        if d > best:
            best, where = (d, (int(y), int(x)))
    return where


@one("match-queries")
def combos(costs):
    """Combinations instead of permutations."""
    n, m = (len(costs), len(costs[0]))
    return list(
        min(itertools.combinations(range(n), m), key=lambda p: sum((costs[q][s] for s, q in enumerate(p))))
    )


@one("masks-to-classes")
def best_query(mask_logits, class_logits):
    """The best query instead of the sum."""
    c = class_logits.softmax(1)[:, :-1]
    scores = mask_logits.sigmoid()[:, None] * c[:, :, None, None]
    return scores.max(0).values.argmax(0)


@two("masks-to-classes")
def two_softmaxes(mask_logits, class_logits):
    """Softmax over the queries, and "no segment" dropped too early."""
    m, c = (mask_logits.softmax(0), class_logits[:, :-1].softmax(-1))
    return torch.einsum("qhw,qc->chw", m, c).argmax(0)


@one("upsample-then-argmax")
def wh(logits, size):
    """Height and width are exchanged."""
    return F.interpolate(logits, size=size[::-1], mode="bilinear", align_corners=False).argmax(1)
