"""Wrong answers of a second mixed class, with one mistake (`SINGLE`) or two (`DOUBLE`), to exercises of all lessons.

They were written from the notebooks' statements, without a look at the exercises' own lists of misconceptions, and what
is told was measured before anything was changed for them. A docstring says what is wrong.
"""

# ruff: noqa: B007, B905  (learners write as they do)

import math

import numpy as np
import torch
import torch.nn.functional as F
from wrong_answers import WrongAnswers

from course_lib.exercises.l15_quiz_and_review.worth_mending import worth_mending

CLASS = WrongAnswers()
one, two = CLASS.one, CLASS.two
SINGLE, DOUBLE = CLASS.single, CLASS.double


# --- Lessons 00, 02 ----------------------------------------------------------------------------------------


@one("class-pixels")
def first_row_only(mask, class_id):
    """It returns after the first row."""
    count = 0
    for row in mask:
        for pixel in row:
            if pixel == class_id:
                count += 1
        return count


@one("class-pixels")
def counts_rows(mask, class_id):
    """A row counts once, however many pixels it has."""
    count = 0
    for row in mask:
        if class_id in row:
            count += 1
    return count


@one("class-pixels")
def adds_the_ids(mask, class_id):
    """It adds the ids up instead of counting."""
    count = 0
    for row in mask:
        for pixel in row:
            if pixel == class_id:
                count += pixel
    return count


@two("class-pixels")
def others_without_the_last_row(mask, class_id):
    """All other pixels are counted, and the last row is left out."""
    count = 0
    for y in range(len(mask) - 1):
        for x in range(len(mask[0])):
            if mask[y][x] != class_id:
                count += 1
    return count


@one("semantic-map")
def no_entry_for_0(instances, class_of):
    """0 is looked up as well."""
    classes = []
    for row in instances:
        classes.append([class_of[i] for i in row])
    return classes


@one("semantic-map")
def objects_without_background(instances, class_of):
    """Background pixels are left out, so rows get shorter."""
    classes = []
    for row in instances:
        new = []
        for i in row:
            if i != 0:
                new.append(class_of[i])
        classes.append(new)
    return classes


@one("semantic-map")
def keeps_the_instances(instances, class_of):
    """It asks whether there is a class, and keeps the instance's id."""
    return [[i if i in class_of else 0 for i in row] for row in instances]


@two("semantic-map")
def one_row_and_background_1(instances, class_of):
    """The row is never begun anew, and background becomes 1."""
    classes = []
    new = []
    for row in instances:
        for i in row:
            new.append(class_of.get(i, 1))
        classes.append(new)
    return classes


@one("misleading-pair")
def ten_percent(pedestrian):
    """10 of 100 pixels are missed."""
    truth = [[0] * 10 for _ in range(9)] + [[pedestrian] * 10]
    prediction = [[0] * 10 for _ in range(10)]
    return prediction, truth


@one("misleading-pair")
def wrong_order(pedestrian):
    """Truth first."""
    truth = [[1] * 25 for _ in range(4)]
    truth[0][:8] = [pedestrian] * 8
    prediction = [[1] * 25 for _ in range(4)]
    return truth, prediction


@one("misleading-pair")
def class_2_always(pedestrian):
    """The pedestrians always have the id 2."""
    truth = [[0] * 23 + [2] * 2 for _ in range(4)]
    prediction = [[0] * 25 for _ in range(4)]
    return prediction, truth


@two("misleading-pair")
def one_found_and_accuracy(pedestrian):
    """A pedestrian is found, and the accuracy is 0.93."""
    truth = [[0] * 25 for _ in range(4)]
    truth[0][:8] = [pedestrian] * 8
    prediction = [[0] * 25 for _ in range(4)]
    prediction[0][0] = pedestrian
    return prediction, truth


# --- Lessons 06, 07 ----------------------------------------------------------------------------------------


@one("valid-size")
def one_convolution(size, poolings):
    """One convolution for each stage."""
    for _ in range(poolings):
        size = size - 2
        if size <= 0 or size % 2:
            return None
        size //= 2
    size -= 2
    for _ in range(poolings):
        size = size * 2 - 2
    return size if size > 0 else None


@one("valid-size")
def odd_is_rounded(size, poolings):
    """An odd side is rounded down."""
    for _ in range(poolings):
        size -= 4
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else None


@one("valid-size")
def no_bottleneck(size, poolings):
    """The bottleneck's convolutions are forgotten."""
    for _ in range(poolings):
        size -= 4
        if size <= 0 or size % 2 == 1:
            return None
        size = size // 2
    for _ in range(poolings):
        size = size * 2
        size -= 4
    if size <= 0:
        return None
    return size


@two("valid-size")
def no_bottleneck_and_no_none(size, poolings):
    """The bottleneck is forgotten, and so is None."""
    for _ in range(poolings):
        size = (size - 4) // 2
    for _ in range(poolings):
        size = size * 2 - 4
    return size


@one("crop-skip")
def top_left(skip, height, width):
    """The corner, not the middle."""
    return skip[:, :, :height, :width]


@one("crop-skip")
def height_for_both(skip, height, width):
    """The left border is worked out from the height."""
    top = (skip.shape[2] - height) // 2
    left = (skip.shape[2] - height) // 2
    return skip[:, :, top : top + height, left : left + width]


@one("crop-skip")
def negative_end(skip, height, width):
    """Nothing to cut makes an empty slice."""
    top = (skip.shape[2] - height) // 2
    left = (skip.shape[3] - width) // 2
    return skip[:, :, top:-top, left:-left]


@two("crop-skip")
def axes_and_whole_difference(skip, height, width):
    """The axes are off by one, and the difference is not halved."""
    top = skip.shape[1] - height
    left = skip.shape[2] - width
    return skip[:, :, top : top + height, left : left + width]


@one("double-conv-parameters")
def norm_counts_once(in_channels, out_channels, bias):
    """A norm has one number per channel."""
    first = in_channels * out_channels * 9 + (out_channels if bias else 0)
    second = out_channels * out_channels * 9 + (out_channels if bias else 0)
    return first + second + 2 * out_channels


@one("double-conv-parameters")
def always_a_bias(in_channels, out_channels, bias):
    """The bias is always counted."""
    first = in_channels * out_channels * 9 + out_channels
    second = out_channels * out_channels * 9 + out_channels
    return first + second + 4 * out_channels


@one("double-conv-parameters")
def second_from_in(in_channels, out_channels, bias):
    """The second convolution begins with in_channels again."""
    b = out_channels if bias else 0
    first = in_channels * out_channels * 9 + b
    second = in_channels * out_channels * 9 + b
    return first + second + 4 * out_channels


@two("double-conv-parameters")
def three_for_nine_and_no_norm(in_channels, out_channels, bias):
    """The kernel has 3 numbers, and the norms are forgotten."""
    first = in_channels * out_channels * 3 + bias * out_channels
    second = out_channels * out_channels * 3 + bias * out_channels
    return first + second


@one("resize-mask")
def interpolated(mask, size):
    """Bilinear."""
    image = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(image, (size, size), mode="bilinear")[0, 0].numpy()


@one("resize-mask")
def height_twice(mask, size):
    """The columns are scaled by the height."""
    rows = np.arange(size) * mask.shape[0] // size
    columns = np.arange(size) * mask.shape[0] // size
    return mask[rows][:, columns % mask.shape[1]]


@one("plateau-rates")
def counts_from_patience(scores, rate=1e-4, patience=5, factor=0.5):
    """It lowers when patience epochs have passed, one too early."""
    rates, best, waited = [rate], -math.inf, 0
    for score in scores:
        if score > best:
            best, waited = score, 0
        else:
            waited += 1
        if waited >= patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates


@one("plateau-rates")
def never_starts_again(scores, rate=1e-4, patience=5, factor=0.5):
    """The count goes on after the rate was lowered."""
    rates, best, waited = [rate], -math.inf, 0
    for score in scores:
        if score > best:
            best, waited = score, 0
        else:
            waited += 1
        if waited > patience:
            rate = rate * factor
        rates.append(rate)
    return rates


@one("plateau-rates")
def compares_with_the_last(scores, rate=1e-4, patience=5, factor=0.5):
    """The score before, not the best one."""
    rates, last, waited = [rate], -math.inf, 0
    for score in scores:
        if score > last:
            waited = 0
        else:
            waited += 1
        last = score
        if waited > patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates


@two("plateau-rates")
def half_always_and_equal_is_better(scores, rate=1e-4, patience=5, factor=0.5):
    """The factor is always a half, and an equal score counts as better."""
    rates, best, waited = [rate], -math.inf, 0
    for score in scores:
        if score >= best:
            best, waited = score, 0
        else:
            waited += 1
        if waited > patience:
            rate, waited = rate * 0.5, 0
        rates.append(rate)
    return rates


# --- Lessons 04, 08 ----------------------------------------------------------------------------------------


@one("mean-loss")
def void_in_the_divisor(logits, targets, ignore_index=255):
    """Ignored pixels count below the line."""
    counts = targets != ignore_index
    if not counts.any():
        return math.nan
    losses = F.cross_entropy(logits, targets, ignore_index=ignore_index, reduction="none")
    return losses.mean()


@one("mean-loss")
def always_255(logits, targets, ignore_index=255):
    """The ignored id is always 255."""
    return F.cross_entropy(logits, targets, ignore_index=255)


@two("mean-loss")
def summed_with_softmax(logits, targets, ignore_index=255):
    """Softmax twice, and the sum."""
    p = logits.softmax(dim=1)
    return F.cross_entropy(p, targets, ignore_index=ignore_index, reduction="sum")


@one("weighted-cross-entropy")
def divided_by_the_pixels(logits, targets, weight):
    """Divided by the number of pixels."""
    losses = F.cross_entropy(logits, targets, reduction="none")
    return (losses * weight[targets]).mean()


@one("weighted-cross-entropy")
def weights_forgotten(logits, targets, weight):
    """The weights are not used."""
    return F.cross_entropy(logits, targets)


@one("weighted-cross-entropy")
def summed(logits, targets, weight):
    """The sum, not the mean."""
    return F.cross_entropy(logits, targets, weight=weight, reduction="sum")


@two("weighted-cross-entropy")
def softmax_and_pixels(logits, targets, weight):
    """Softmax twice, divided by the pixels."""
    losses = F.cross_entropy(logits.softmax(dim=1), targets, reduction="none")
    return (losses * weight[targets]).mean()


@one("focal-loss")
def no_alpha(logits, targets, alpha=0.25, gamma=2.0):
    """Alpha is forgotten."""
    log_p = -F.cross_entropy(logits, targets, reduction="none")
    return ((1 - log_p.exp()) ** gamma * -log_p).mean()


@one("focal-loss")
def gamma_as_a_factor(logits, targets, alpha=0.25, gamma=2.0):
    """Gamma is a factor."""
    loss = F.cross_entropy(logits, targets, reduction="none")
    p = torch.exp(-loss)
    return (alpha * (1 - p) * gamma * loss).mean()


@one("focal-loss")
def p_to_the_gamma(logits, targets, alpha=0.25, gamma=2.0):
    """p, not 1 - p."""
    loss = F.cross_entropy(logits, targets, reduction="none")
    p = torch.exp(-loss)
    return (alpha * p**gamma * loss).mean()


@two("focal-loss")
def no_alpha_and_sum(logits, targets, alpha=0.25, gamma=2.0):
    """Alpha is forgotten, and it sums."""
    loss = F.cross_entropy(logits, targets, reduction="none")
    p = torch.exp(-loss)
    return ((1 - p) ** gamma * loss).sum()


# --- Lessons 09, 10 ----------------------------------------------------------------------------------------


@one("transposed-size")
def padding_on_one_side(size, kernel, stride, padding, output_padding):
    """The padding is cut off once."""
    return (size - 1) * stride + kernel - padding + output_padding


@one("transposed-size")
def size_times_stride(size, kernel, stride, padding, output_padding):
    """size, not size - 1."""
    return size * stride + kernel - 2 * padding + output_padding


@one("transposed-size")
def no_brackets(size, kernel, stride, padding, output_padding):
    """No brackets."""
    return size - 1 * stride + kernel - 2 * padding + output_padding


@two("transposed-size")
def padding_added_and_size(size, kernel, stride, padding, output_padding):
    """The padding is added, and so is one stride too many."""
    return size * stride + kernel + 2 * padding + output_padding


@one("stamp-counts")
def stamps_overwrite(size, kernel, stride):
    """1 is written, not added."""
    counts = [0] * ((size - 1) * stride + kernel)
    for i in range(size):
        for k in range(kernel):
            counts[i * stride + k] = 1
    return counts


@one("stamp-counts")
def without_stride(size, kernel, stride):
    """The stamps lie side by side."""
    counts = [0] * ((size - 1) * stride + kernel)
    for i in range(size):
        for k in range(kernel):
            counts[i + k] += 1
    return counts


@one("stamp-counts")
def last_tap_forgotten(size, kernel, stride):
    """The last tap is left out."""
    counts = [0] * ((size - 1) * stride + kernel)
    for i in range(size):
        for j in range(i * stride, i * stride + kernel - 1):
            counts[j] += 1
    return counts


@two("stamp-counts")
def too_long_and_one_more(size, kernel, stride):
    """The list is too long, and a tap is left out."""
    counts = [0] * (size * stride + kernel)
    for i in range(size):
        for k in range(kernel - 1):
            counts[i * stride + k] += 1
    return counts


@one("fuse-scores")
def nearest(scores, size):
    """Nearest, not bilinear."""
    total = scores[0]
    for finer in scores[1:]:
        total = F.interpolate(total, scale_factor=2) + finer
    return F.interpolate(total, size=size, mode="bilinear", align_corners=False)


@one("fuse-scores")
def not_enlarged(scores, size):
    """The last enlargement is forgotten."""
    total = scores[0]
    for finer in scores[1:]:
        total = F.interpolate(total, scale_factor=2, mode="bilinear", align_corners=False) + finer
    return total


@one("fuse-scores")
def corners_aligned(scores, size):
    """align_corners=True at the end."""
    total = scores[0]
    for finer in scores[1:]:
        total = F.interpolate(total, scale_factor=2, mode="bilinear", align_corners=False) + finer
    return F.interpolate(total, size=size, mode="bilinear", align_corners=True)


@two("fuse-scores")
def replaced_and_nearest(scores, size):
    """The finer scores replace the sum, and the end is nearest."""
    total = scores[0]
    for finer in scores[1:]:
        total = finer
    return F.interpolate(total, size=size, mode="nearest")


@one("decayed-rate")
def power_of_one(schedule, epoch, base, epochs):
    """The power is forgotten."""
    if schedule == "poly":
        return base * (1 - epoch / epochs)
    return base * 0.1 ** (epoch // 30)


@one("decayed-rate")
def after_30(schedule, epoch, base, epochs):
    """Only after epoch 30, 60 and 90."""
    if schedule == "poly":
        return base * (1 - epoch / epochs) ** 0.9
    steps = sum(epoch > at for at in (30, 60, 90))
    return base * 0.1**steps


@one("decayed-rate")
def whole_share(schedule, epoch, base, epochs):
    """The share is rounded down."""
    if schedule == "poly":
        return base * (1 - epoch // epochs) ** 0.9
    steps = sum(epoch >= at for at in (30, 60, 90))
    return base * 0.1**steps


@two("decayed-rate")
def base_in_the_power(schedule, epoch, base, epochs):
    """The base is inside the power, and the steps halve."""
    if schedule == "poly":
        return (base * (1 - epoch / epochs)) ** 0.9
    steps = sum(epoch >= at for at in (30, 60, 90))
    return base * 0.5**steps


@one("warmup-cosine")
def share_of_all(epoch, base, warmup, epochs):
    """The share goes from the first epoch on."""
    if epoch < warmup:
        return base * epoch / warmup
    share = epoch / epochs
    return base * (1 + math.cos(math.pi * share)) / 2


@one("warmup-cosine")
def no_half(epoch, base, warmup, epochs):
    """The half is forgotten."""
    if epoch < warmup:
        return base * epoch / warmup
    share = (epoch - warmup) / (epochs - warmup)
    return base * (1 + math.cos(math.pi * share))


@one("warmup-cosine")
def no_warmup_divides(epoch, base, warmup, epochs):
    """A warm-up of 0 divides by 0."""
    if epoch <= warmup:
        return base * epoch / warmup
    share = (epoch - warmup) / (epochs - warmup)
    return base * (1 + math.cos(math.pi * share)) / 2


@two("warmup-cosine")
def no_pi_and_one_too_many(epoch, base, warmup, epochs):
    """Pi is forgotten, and the warm-up ends one epoch early."""
    if epoch < warmup:
        return base * (epoch + 1) / warmup
    share = (epoch - warmup) / (epochs - warmup)
    return base * (1 + math.cos(share)) / 2


@one("crop-pair")
def void_is_0(image, mask, top, left, size):
    """The mask gets 0 beyond the edge."""
    new_image = np.zeros((size, size, 3), np.uint8)
    new_mask = np.zeros((size, size), np.uint8)
    cut = image[top : top + size, left : left + size]
    new_image[: cut.shape[0], : cut.shape[1]] = cut
    new_mask[: cut.shape[0], : cut.shape[1]] = mask[top : top + size, left : left + size]
    return new_image, new_mask


@one("crop-pair")
def not_filled(image, mask, top, left, size):
    """What is beyond the edge is left out."""
    return image[top : top + size, left : left + size], mask[top : top + size, left : left + size]


@two("crop-pair")
def swapped_and_0(image, mask, top, left, size):
    """Top and left are swapped, and void is 0."""
    new_image = np.zeros((size, size, 3), np.uint8)
    new_mask = np.zeros((size, size), np.uint8)
    cut = image[left : left + size, top : top + size]
    new_image[: cut.shape[0], : cut.shape[1]] = cut
    new_mask[: cut.shape[0], : cut.shape[1]] = mask[left : left + size, top : top + size]
    return new_image, new_mask


# --- Lessons 11, 12 ----------------------------------------------------------------------------------------


@one("count-pixels")
def prediction_in_rows(logits, targets):
    """Predictions in rows."""
    classes = logits.shape[1]
    predicted = logits.argmax(dim=1)
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    for p, t in zip(predicted.flatten().tolist(), targets.flatten().tolist()):
        if t != 255:
            counts[p, t] += 1
    return counts


@one("count-pixels")
def void_becomes_0(logits, targets):
    """Void is counted as class 0."""
    classes = logits.shape[1]
    counts = [[0] * classes for _ in range(classes)]
    for p, t in zip(logits.argmax(1).flatten().tolist(), targets.flatten().tolist()):
        if t == 255:
            t = 0
        counts[t][p] += 1
    return counts


@one("count-pixels")
def axis_0(logits, targets):
    """argmax over the batch."""
    classes = logits.shape[1]
    counts = [[0] * classes for _ in range(classes)]
    for p, t in zip(logits.argmax(dim=0).flatten().tolist(), targets.flatten().tolist()):
        if t != 255:
            counts[t][p] += 1
    return counts


@two("count-pixels")
def shared_rows_and_columns(logits, targets):
    """One row many times, and predictions in rows."""
    classes = logits.shape[1]
    counts = [[0] * classes] * classes
    for p, t in zip(logits.argmax(1).flatten().tolist(), targets.flatten().tolist()):
        if t != 255:
            counts[p][t] += 1
    return counts


@one("balanced-loss")
def all_pixels_alike(logits, targets):
    """The mean over all pixels."""
    return F.cross_entropy(logits, targets, ignore_index=255)


@one("balanced-loss")
def absent_as_0(logits, targets):
    """Absent classes count with 0."""
    losses = F.cross_entropy(logits, targets, ignore_index=255, reduction="none")
    total = 0
    for c in range(logits.shape[1]):
        of_class = losses[targets == c]
        if len(of_class):
            total = total + of_class.mean()
    return total / logits.shape[1]


@two("balanced-loss")
def sum_of_sums(logits, targets):
    """Sums in place of both means."""
    losses = F.cross_entropy(logits, targets, ignore_index=255, reduction="none")
    sums = [losses[targets == c].sum() for c in range(logits.shape[1]) if (targets == c).any()]
    return torch.stack(sums).sum()


@one("dilated-conv")
def kernel_flipped(image, kernel, rate):
    """The kernel is turned round."""
    k = len(kernel)
    reach = (k - 1) * rate
    out = np.zeros((image.shape[0] - reach, image.shape[1] - reach))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for i in range(k):
                for j in range(k):
                    out[y, x] += kernel[k - 1 - i, k - 1 - j] * image[y + i * rate, x + j * rate]
    return out


@one("dilated-conv")
def size_without_rate(image, kernel, rate):
    """The result is as large as with rate 1."""
    k = len(kernel)
    out = np.zeros((image.shape[0] - k + 1, image.shape[1] - k + 1))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for i in range(k):
                for j in range(k):
                    if y + i * rate < image.shape[0] and x + j * rate < image.shape[1]:
                        out[y, x] += kernel[i, j] * image[y + i * rate, x + j * rate]
    return out


@one("dilated-conv")
def rate_forgotten_for_columns(image, kernel, rate):
    """The columns are side by side."""
    k = kernel.shape[0]
    reach = (k - 1) * rate
    out = np.zeros((image.shape[0] - reach, image.shape[1] - reach))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for i in range(k):
                for j in range(k):
                    out[y, x] += kernel[i, j] * image[y + i * rate, x + j]
    return out


@two("dilated-conv")
def square_and_overwritten(image, kernel, rate):
    """Only the last tap is kept, and the height is taken for the width."""
    k = kernel.shape[0]
    reach = (k - 1) * rate
    side = image.shape[0] - reach
    out = np.zeros((side, side))
    for y in range(side):
        for x in range(min(side, image.shape[1] - reach)):
            for i in range(k):
                for j in range(k):
                    out[y, x] = kernel[i, j] * image[y + i * rate, x + j * rate]
    return out


@one("receptive-field")
def strides_ignored(layers):
    """The strides of the layers below are ignored."""
    field = 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation
    return field


@one("receptive-field")
def dilation_ignored(layers):
    """The dilation is ignored."""
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


@one("receptive-field")
def starts_at_0(layers):
    """It starts at 0."""
    field, jump = 0, 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field


@two("receptive-field")
def strides_added_whole_kernel(layers):
    """The strides are added up, and the whole kernel is counted."""
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += kernel * dilation * jump
        jump += stride
    return field


@one("unseen-between")
def only_the_sum(rates):
    """Only what the last layer sees."""
    reach = sum(rates)
    seen = {-rates[-1], 0, rates[-1]} if rates else {0}
    return [at for at in range(-reach, reach + 1) if at not in seen]


@one("unseen-between")
def right_side_only(rates):
    """The right end is left out."""
    seen = {0}
    for rate in rates:
        seen = {at + step for at in seen for step in (-rate, 0, rate)}
    reach = sum(rates)
    return [at for at in range(-reach, reach) if at in seen]


@two("unseen-between")
def no_middle_and_positive(rates):
    """The middle tap is forgotten, and only the right side is listed."""
    seen = {0}
    for rate in rates:
        seen = {at + step for at in seen for step in (-rate, rate)}
    reach = sum(rates)
    return [at for at in range(reach + 1) if at not in seen]


# --- Lessons 13 to 15 --------------------------------------------------------------------------------------


@one("worth-mending")
def most_pixels(matrix):
    """The entry with the most pixels."""
    best = None
    for true in range(len(matrix)):
        for predicted in range(len(matrix)):
            if true != predicted and (best is None or matrix[true][predicted] > matrix[best[0]][best[1]]):
                best = (true, predicted)
    return best


@one("worth-mending")
def column_before_row(matrix):
    """Row and column are swapped in the result."""
    true, predicted = worth_mending(matrix)
    return predicted, true


@one("worth-mending")
def by_share_of_the_row(matrix):
    """The largest share of a row."""
    m = np.array(matrix, dtype=float)
    m /= m.sum(axis=1, keepdims=True)
    np.fill_diagonal(m, 0)
    true, predicted = np.unravel_index(m.argmax(), m.shape)
    return int(true), int(predicted)


@one("best-at-stride")
def first_pixel_of_each_block(truth, stride):
    """Subsampled instead of decided by majority."""
    coarse = truth[::stride, ::stride]
    mask = np.repeat(np.repeat(coarse, stride, axis=0), stride, axis=1)
    return float(((mask == 1) & (truth == 1)).sum() / ((mask == 1) | (truth == 1)).sum())


@one("best-at-stride")
def more_than_half(truth, stride):
    """A half-full block goes to the background."""
    h, w = truth.shape
    shares = truth.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3))
    mask = (shares > 0.5).repeat(stride, 0).repeat(stride, 1)
    return float((mask & (truth == 1)).sum() / (mask | (truth == 1)).sum())


@two("best-at-stride")
def any_pixel_and_recall(truth, stride):
    """One pixel is enough for a block, and the union is the truth only."""
    h, w = truth.shape
    full = truth.reshape(h // stride, stride, w // stride, stride).max(axis=(1, 3))
    mask = full.repeat(stride, 0).repeat(stride, 1)
    return float((mask * truth).sum() / truth.sum())


@one("misleading-loss")
def only_surer(truth):
    """Every pixel becomes surer; the mask stays as it is."""
    before = [0.6 if t == 1 else 0.4 for t in truth]
    after = [0.9 if t == 1 else 0.1 for t in truth]
    return before, after


@one("misleading-loss")
def everything_worse(truth):
    """Both get worse."""
    before = [0.9 if t == 1 else 0.1 for t in truth]
    after = [0.3 if t == 1 else 0.1 for t in truth]
    return before, after


@one("roi-align")
def centre_at_the_corner(features, box, size):
    """The half pixel is forgotten."""
    left, top, right, bottom = box
    h, w = features.shape
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            y = min(max(top + (i + 0.5) * (bottom - top) / size, 0), h - 1)
            x = min(max(left + (j + 0.5) * (right - left) / size, 0), w - 1)
            y0, x0 = min(int(y), h - 2), min(int(x), w - 2)
            dy, dx = y - y0, x - x0
            above = features[y0, x0] * (1 - dx) + features[y0, x0 + 1] * dx
            below = features[y0 + 1, x0] * (1 - dx) + features[y0 + 1, x0 + 1] * dx
            out[i, j] = above * (1 - dy) + below * dy
    return out


@one("roi-align")
def nearest_pixel(features, box, size):
    """The nearest pixel."""
    left, top, right, bottom = box
    h, w = features.shape
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            y = top + (i + 0.5) * (bottom - top) / size - 0.5
            x = left + (j + 0.5) * (right - left) / size - 0.5
            out[i, j] = features[min(max(round(y), 0), h - 1), min(max(round(x), 0), w - 1)]
    return out


@two("roi-align")
def corner_and_swapped(features, box, size):
    """The box is read as top, left, and each part's corner is taken."""
    top, left, bottom, right = box
    h, w = features.shape
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            y = min(max(top + i * (bottom - top) / size - 0.5, 0), h - 1)
            x = min(max(left + j * (right - left) / size - 0.5, 0), w - 1)
            y0, x0 = min(int(y), h - 2), min(int(x), w - 2)
            dy, dx = y - y0, x - x0
            above = features[y0, x0] * (1 - dx) + features[y0, x0 + 1] * dx
            below = features[y0 + 1, x0] * (1 - dx) + features[y0 + 1, x0 + 1] * dx
            out[i, j] = above * (1 - dy) + below * dy
    return out
