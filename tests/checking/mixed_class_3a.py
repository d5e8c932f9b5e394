"""Wrong answers of a third mixed class to exercises of lessons 00 to 06 and 15, with one mistake or two.

They were written from the notebooks' statements, in many styles, without a look at the exercises' own misconceptions.
A docstring says what is wrong.
"""

# ruff: noqa: B007, B905, E741, RUF017, RUF059, SIM401  (learners write as they do)

import math
from itertools import chain, product

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from wrong_answers import WrongAnswers

from course_lib.exercises.l03_iou_and_dice_by_hand.confusion_matrix import confusion_matrix
from course_lib.exercises.l03_iou_and_dice_by_hand.iou_from_matrix import iou_from_matrix
from course_lib.exercises.l04_per_pixel_cross_entropy.softmax import softmax

CLASS = WrongAnswers()
one, two = CLASS.one, CLASS.two
SINGLE, DOUBLE = CLASS.single, CLASS.double


@one("class-pixels")
def counts_in_the_text(mask, class_id):
    """It counts in the text of the mask."""
    text = str(mask)
    return text.count(str(class_id))


@one("class-pixels")
def compares_the_column(mask, class_id):
    """It compares the number of the column with the class."""
    count = 0
    for y, row in enumerate(mask):
        for x, pixel in enumerate(row):
            if x == class_id:
                count += 1
    return count


@one("class-pixels")
def counts_the_axes(mask, class_id):
    """The length of what nonzero gives is the number of axes."""
    return len(np.nonzero(np.array(mask) == class_id))


@one("class-pixels")
def stops_at_another_class(mask, class_id):
    """The first pixel of another class ends the row."""
    count = 0
    for row in mask:
        for pixel in row:
            if pixel != class_id:
                break
            count += 1
    return count


@one("class-pixels")
def fullest_row(mask, class_id):
    """It takes the row that has most such pixels."""
    return max(row.count(class_id) for row in mask)


@one("semantic-map")
def row_for_each_pixel(instances, class_of):
    """It appends the row for each of its pixels."""
    classes = []
    for row in instances:
        new = []
        for i in row:
            new.append(class_of[i] if i in class_of else 0)
            classes.append(new)
    return classes


@one("semantic-map")
def by_place_in_the_dict(instances, class_of):
    """It takes the order of the dict for the ids."""
    v = list(class_of.values())
    return [[v[i - 1] for i in row] for row in instances]


@one("semantic-map")
def as_many_columns_as_rows(instances, class_of):
    """A row gets as many places as there are rows."""
    classes = []
    for row in instances:
        line = [0] * len(instances)
        for x, i in enumerate(row):
            if i:
                line[x] = class_of[i]
        classes.append(line)
    return classes


@one("argmax")
def equal_scores_once(scores):
    """Equal scores are taken once, and the places shift."""
    return list(dict.fromkeys(scores)).index(max(scores))


@one("argmax")
def whole_scores(scores):
    """It compares the scores without their decimals."""
    best = 0
    for i in range(len(scores)):
        if int(scores[i]) > int(scores[best]):
            best = i
    return best


@one("argmax")
def all_highest(scores):
    """It returns all places of the highest score."""
    hi = max(scores)
    return [i for i, s in enumerate(scores) if s == hi]


@one("argmax")
def stops_where_scores_fall(scores):
    """It goes on only while the scores rise."""
    i = 0
    while i + 1 < len(scores) and scores[i + 1] > scores[i]:
        i += 1
    return i


@one("argmax-grid")
def argmax_of_rows(scores):
    """It takes one argmax per row."""
    return [int(np.argmax(row)) for row in scores]


@one("argmax-grid")
def three_classes(scores):
    """It unpacks three scores."""
    out = []
    for row in scores:
        line = []
        for a, b, c in row:
            if a >= b and a >= c:
                line.append(0)
            elif b >= c:
                line.append(1)
            else:
                line.append(2)
        out.append(line)
    return out


@one("argmax-grid")
def place_in_sorted_scores(scores):
    """It looks for the place among the sorted scores."""
    return [[sorted(p).index(max(p)) for p in row] for row in scores]


@one("argmax-chw")
def three_maps(scores):
    """It compares the first three maps."""
    return np.where(scores[0] >= np.maximum(scores[1], scores[2]), 0, np.where(scores[1] >= scores[2], 1, 2))


@one("hidden-axes")
def other_order(shape):
    """It lists the axes from the last one."""
    return [a for a in (3, 2, 0) if shape[:a] + shape[a + 1 :] == (shape[0],) + shape[2:]]


@one("hidden-axes")
def counts_values(shape):
    """It compares the number of values, not the shape."""
    x = np.zeros(shape)
    right = x.argmax(1)
    return [a for a in (0, 2, 3) if x.argmax(a).size == right.size]


@one("hidden-axes")
def lengths_for_axes(shape):
    """It lists the lengths of the axes."""
    n, c, h, w = shape
    return [shape[a] for a in (0, 2, 3) if shape[:a] + shape[a + 1 :] == (n, h, w)]


@one("shaky-pixels")
def winner_becomes_0(scores, noise):
    """The winner becomes 0 before the second is looked for."""
    best = scores.max(axis=0)
    others = np.where(scores == best, 0, scores).max(axis=0)
    return best - others < 2 * noise


@one("shaky-pixels")
def one_class_moves(scores, noise):
    """The noise is added to class 0 only."""
    shifted = scores.copy()
    shifted[0] += noise
    return shifted.argmax(0) != scores.argmax(0)


@one("shaky-pixels")
def ones_and_zeros(scores, noise):
    """It returns whole numbers."""
    s = np.sort(scores, axis=0)
    return np.where(s[-1] - s[-2] < 2 * noise, 1, 0)


@one("shaky-pixels")
def second_not_passed_on(scores, noise):
    """The old winner does not become the second."""
    c, h, w = scores.shape
    out = np.zeros((h, w), dtype=bool)
    for y in range(h):
        for x in range(w):
            first = second = -np.inf
            for s in scores[:, y, x]:
                if s > first:
                    first = s
                elif s > second:
                    second = s
            out[y, x] = first - second < 2 * noise
    return out


@one("shaky-pixels")
def winner_against_itself(scores, noise):
    """The winner is compared with itself as well."""
    top = scores.max(axis=0)
    close = top - scores < 2 * noise
    return close.any(axis=0)


@one("pixel-accuracy")
def times_the_rows(prediction, truth):
    """It multiplies by the number of rows."""
    right = [1 for a, b in zip(sum(prediction, []), sum(truth, [])) if a == b]
    return len(right) / len(sum(truth, [])) * len(truth)


@one("pixel-accuracy")
def each_with_each(prediction, truth):
    """Every pixel of a row meets every pixel of the other."""
    hits = [p == t for pr, tr in zip(prediction, truth) for p, t in product(pr, tr)]
    return sum(hits) / len(hits)


@one("pixel-accuracy")
def differences_of_ids(prediction, truth):
    """It takes the mean difference of the ids."""
    a = np.array(prediction)
    b = np.array(truth)
    return np.abs(a - b).mean()


@one("pixel-accuracy")
def row_and_column_exchanged(prediction, truth):
    """Row and column of the truth are exchanged."""
    correct = total = 0
    for y in range(len(truth)):
        for x in range(len(truth[y])):
            total += 1
            if prediction[y][x] == truth[x][y]:
                correct += 1
    return correct / total


@one("pixel-accuracy-ignoring")
def removed_on_the_way(prediction, truth, ignore_index=255):
    """It removes from the list that it goes over."""
    p = list(chain(*prediction))
    t = list(chain(*truth))
    for i in range(len(t)):
        if t[i] == ignore_index:
            t.remove(ignore_index)
            p.pop(i)
    return sum(a == b for a, b in zip(p, t)) / len(t) if t else float("nan")


@one("pixel-accuracy-ignoring")
def each_mask_by_itself(prediction, truth, ignore_index=255):
    """It leaves the ignored id out of each mask by itself."""
    p = [v for row in prediction for v in row if v != ignore_index]
    t = [v for row in truth for v in row if v != ignore_index]
    if not t:
        return float("nan")
    return sum(a == b for a, b in zip(p, t)) / len(t)


@one("pixel-accuracy-ignoring")
def below_the_ignored_id(prediction, truth, ignore_index=255):
    """All ids above the ignored one are left out too."""
    p, t = np.array(prediction), np.array(truth)
    ok = t < ignore_index
    return (p == t)[ok].mean() if ok.any() else np.nan


@one("pixel-accuracy-ignoring")
def void_can_be_right(prediction, truth, ignore_index=255):
    """A void pixel may count as right."""
    correct = total = 0
    for a, b in zip(prediction, truth):
        total += len(b)
        for p, t in zip(a, b):
            if t == ignore_index:
                total -= 1
            if p == t:
                correct += 1
    return correct / total if total else float("nan")


@one("all-background-scores")
def background_is_perfect(truth):
    """The IoU of the background is taken for 1."""
    flat = [p for row in truth for p in row]
    accuracy = flat.count(0) / len(flat)
    pet_iou = 0.0 if 1 in flat else float("nan")
    mean_iou = np.nanmean([1.0, pet_iou])
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


@one("all-background-scores")
def share_of_the_pet(truth):
    """The accuracy is the share of the pet."""
    flat = sum(truth, [])
    accuracy = sum(flat) / len(flat)
    pet_iou = 0.0 if sum(flat) else float("nan")
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": np.nanmean([accuracy, pet_iou])}


@one("all-background-scores")
def rows_without_a_pet(truth):
    """It counts rows without a pet."""
    acc = sum(1 not in row for row in truth) / len(truth)
    pet = 0.0 if any(1 in row for row in truth) else float("nan")
    return {"accuracy": acc, "pet IoU": pet, "mIoU": np.nanmean([acc, pet])}


@one("all-background-scores")
def rounded_share(truth):
    """The share is rounded down."""
    n = sum(len(r) for r in truth)
    pet = sum(map(sum, truth))
    acc = 1 - pet // n
    p = 0.0 if pet else math.nan
    return {"accuracy": acc, "pet IoU": p, "mIoU": float(np.nanmean([acc, p]))}


@one("misleading-pair")
def extra_wrong_pixels(pedestrian):
    """Ten more pixels are wrong."""
    t = np.zeros((10, 10), int)
    p = np.zeros((10, 10), int)
    t[:2, :4] = pedestrian
    p[9, :] = 1
    return p.tolist(), t.tolist()


@one("class-accuracy")
def found_in_the_first_row(prediction, truth, num_classes):
    """It looks for found pixels in the first row only."""
    out = []
    for k in range(num_classes):
        n = sum(row.tolist().count(k) for row in truth)
        hit = sum(1 for p, t in zip(prediction[0], truth[0]) if p == t == k)
        out.append(hit / n if n else float("nan"))
    return out


@one("regions")
def only_the_diagonal(prediction, truth):
    """One number is row and column."""
    both, only_prediction, only_truth, neither = 0, 0, 0, 0
    for i in range(len(truth)):
        if prediction[i][i] and truth[i][i]:
            both += 1
        elif prediction[i][i]:
            only_prediction += 1
        elif truth[i][i]:
            only_truth += 1
        else:
            neither += 1
    return both, only_prediction, only_truth, neither


@one("regions")
def bits_for_not(prediction, truth):
    """It turns bits round."""
    p, t = np.array(prediction), np.array(truth)
    return int((p & t).sum()), int((p & ~t).sum()), int((~p & t).sum()), int((~p & ~t).sum())


@one("regions")
def both_taken_off_twice(prediction, truth):
    """The shared pixels are taken off twice."""
    p, t = np.array(prediction), np.array(truth)
    b = int((p * t).sum())
    return b, int(p.sum()) - b, int(t.sum()) - b, int(p.size - p.sum() - t.sum())


@one("regions")
def last_row_only(prediction, truth):
    """Each row sets the counts anew."""
    for a, b in zip(prediction, truth):
        both = sum(p and t for p, t in zip(a, b))
        fp = sum(p and not t for p, t in zip(a, b))
        fn = sum(t and not p for p, t in zip(a, b))
        tn = sum(not p and not t for p, t in zip(a, b))
    return both, fp, fn, tn


@one("regions")
def neither_first(prediction, truth):
    """The counts are in the opposite order."""
    counts = [0, 0, 0, 0]
    for a, b in zip(prediction, truth):
        for p, t in zip(a, b):
            counts[2 * p + t] += 1
    return tuple(counts)


@one("iou")
def mean_over_rows(prediction, truth):
    """It takes the mean of the rows' IoU."""
    s = []
    for a, b in zip(prediction, truth):
        i = sum(x and y for x, y in zip(a, b))
        u = sum(x or y for x, y in zip(a, b))
        if u:
            s.append(i / u)
    return sum(s) / len(s) if s else float("nan")


@one("iou")
def over_the_larger_area(prediction, truth):
    """It divides by the larger area."""
    p, t = np.array(prediction), np.array(truth)
    i = (p & t).sum()
    m = max(p.sum(), t.sum())
    return i / m if m else float("nan")


@one("iou")
def sets_of_ids(prediction, truth):
    """It compares the ids that occur."""
    P = set(chain(*prediction))
    G = set(chain(*truth))
    return len(P & G) / len(P | G)


@one("dice")
def equal_pixels(prediction, truth):
    """Equal zeros count as shared."""
    p = sum(prediction, [])
    t = sum(truth, [])
    both = sum(a == b for a, b in zip(p, t))
    s = sum(p) + sum(t)
    return 2 * both / s if s else float("nan")


@one("dice-from-iou")
def square_root(iou_score):
    """It takes the square root."""
    return iou_score**0.5


@one("confusion-matrix")
def all_pairs_of_a_row(prediction, truth, num_classes):
    """Every pixel of a row meets every other."""
    m = np.zeros((num_classes, num_classes), dtype=int)
    for a, b in zip(prediction, truth):
        for p in a:
            for t in b:
                if t != 255:
                    m[t, p] += 1
    return m


@one("confusion-matrix")
def mistakes_only(prediction, truth, num_classes):
    """Only wrong pixels are counted."""
    m = np.zeros((num_classes, num_classes), dtype=int)
    for p, t in zip(prediction.ravel(), truth.ravel()):
        if t != 255 and p != t:
            m[t, p] += 1
    return m


@one("confusion-matrix")
def both_ways(prediction, truth, num_classes):
    """A mistake is counted on both sides of the diagonal."""
    m = np.zeros((num_classes, num_classes), dtype=int)
    for p, t in zip(prediction.ravel(), truth.ravel()):
        if t == 255:
            continue
        m[t, p] += 1
        if p != t:
            m[p, t] += 1
    return m


@one("iou-from-matrix")
def row_for_the_column(matrix):
    """The row stands for the column as well."""
    out = []
    for k in range(len(matrix)):
        tp = matrix[k, k]
        fp = sum(matrix[k, j] for j in range(len(matrix)) if j != k)
        u = tp + fp + fp
        out.append(tp / u if u else float("nan"))
    return out


@one("mean-iou")
def sums_over_the_classes(prediction, truth, num_classes):
    """It divides sums over the classes."""
    inter = union = 0
    for c in range(num_classes):
        inter += ((truth == c) & (prediction == c)).sum()
        union += ((truth == c) | (prediction == c)).sum()
    return inter / union


@one("mean-iou")
def classes_up_to_the_truths(prediction, truth, num_classes):
    """It ends at the truth's highest class."""
    s = []
    for k in range(truth.max() + 1):
        u = ((prediction == k) | (truth == k)).sum()
        if u:
            s.append(((prediction == k) & (truth == k)).sum() / u)
    return np.mean(s)


@one("mean-iou")
def median_of_the_classes(prediction, truth, num_classes):
    """It takes the median."""
    return np.nanmedian(iou_from_matrix(confusion_matrix(prediction, truth, num_classes)))


@one("pooled-iou")
def union_of_the_last_pair(pairs, num_classes):
    """The union is set anew for each pair."""
    inter = np.zeros(num_classes)
    union = np.zeros(num_classes)
    for prediction, truth in pairs:
        valid = truth != 255
        for k in range(num_classes):
            inter[k] += ((prediction == k) & (truth == k) & valid).sum()
            union[k] = ((prediction == k) | (truth == k))[valid].sum()
    return [float(i / u) if u else math.nan for i, u in zip(inter, union)]


@one("pooled-iou")
def halved_on_the_way(pairs, num_classes):
    """The matrix is halved with each pair."""
    m = np.zeros((num_classes, num_classes), dtype=int)
    for p, t in pairs:
        m = m + confusion_matrix(p, t, num_classes)
        m = m // 2
    return iou_from_matrix(m)


@one("pooled-iou")
def first_pair_only(pairs, num_classes):
    """Only the first pair counts."""
    p, t = pairs[0]
    return iou_from_matrix(confusion_matrix(p, t, num_classes))


@one("softmax")
def running_sum(logits):
    """It divides by the sum so far."""
    m = max(logits)
    total = 0
    out = []
    for x in logits:
        total += math.exp(x - m)
        out.append(math.exp(x - m) / total)
    return out


@one("softmax")
def one_hot_for_large_logits(logits):
    """Large logits give one class all."""
    if max(logits) > 100:
        k = logits.index(max(logits))
        return [float(i == k) for i in range(len(logits))]
    e = [math.exp(x) for x in logits]
    return [v / sum(e) for v in e]


@one("pixel-loss")
def tiny_number_added(logits, target):
    """A tiny number is added before the logarithm."""
    return -math.log(softmax(logits)[target] + 1e-12)


@one("pixel-loss")
def at_most_1000(logits, target):
    """Where the probability is 0 it returns 1000."""
    p = softmax(logits)[target]
    if p == 0:
        return 1000.0
    return -math.log(p)


@one("pixel-loss")
def target_left_out_of_the_sum(logits, target):
    """The target is left out of the sum."""
    m = max(logits)
    return m + math.log(sum(math.exp(x - m) for i, x in enumerate(logits) if i != target)) - logits[target]


@one("pixel-loss")
def one_too_many(logits, target):
    """It adds 1 before the logarithm."""
    m = max(logits)
    return m + math.log1p(sum(math.exp(x - m) for x in logits)) - logits[target]


@one("loss-map")
def of_the_preferred_class(logits, targets):
    """It takes the loss of the highest logit."""
    lp = logits.log_softmax(0)
    out = torch.zeros(targets.shape)
    for y in range(targets.shape[0]):
        for x in range(targets.shape[1]):
            out[y, x] = -lp[lp[:, y, x].argmax(), y, x]
    return out


@one("loss-map")
def one_minus_probability(logits, targets):
    """It returns 1 - p."""
    return 1 - logits.softmax(0).gather(0, targets[None])[0]


@one("trimap-to-targets")
def pet_or_not(trimap):
    """Background and border become one class."""
    return (trimap != 1).astype(np.int64)


@one("trimap-to-targets")
def only_the_pet_moves(trimap):
    """Background and border keep their numbers."""
    out = trimap.astype(np.int64)
    out[out == 1] = 0
    return out


@one("mean-loss")
def divided_by_all(logits, targets, ignore_index=255):
    """The ignored pixels are in the divisor."""
    lp = logits.log_softmax(1)
    keep = targets != ignore_index
    t = targets.clamp(max=logits.shape[1] - 1)
    l = -lp.gather(1, t[:, None]).squeeze(1)
    l[~keep] = 0
    return l.mean()


@one("mean-loss")
def nan_as_soon_as_one_is_ignored(logits, targets, ignore_index=255):
    """One ignored pixel makes the mean nan."""
    keep = targets != ignore_index
    if not keep.all():
        return torch.tensor(float("nan"))
    return F.cross_entropy(logits, targets)


@one("prepare")
def first_image_for_the_axis(logits, targets, num_classes):
    """It takes the first image's targets."""
    if logits.size(1) != num_classes:
        logits = logits.permute(0, 3, 1, 2)
    if len(targets.shape) == 4:
        targets = targets[0]
    return logits, targets.long()


@one("read-logits")
def right_or_wrong(logits, targets):
    """The confidence is whether it is right."""
    pred = logits.argmax(1)
    return {
        "loss": F.cross_entropy(logits, targets),
        "prediction": pred,
        "confidence": (pred == targets).float(),
    }


@one("follow-sizes")
def appended_too_early(size, layers):
    """It appends the size before the layer."""
    out = []
    for k, s, p in layers:
        out.append(size)
        size = (size + 2 * p - k) // s + 1
    return out


@one("encoder-step")
def mirrored_padding(images, weight, bias):
    """It pads with a mirror image."""
    x = F.pad(images, (1, 1, 1, 1), mode="reflect")
    d = F.relu(F.conv2d(x, weight, bias))
    return d, F.max_pool2d(d, 2)


@one("encoder-step")
def always_two_by_two(images, weight, bias):
    """It always pools to 2 x 2."""
    d = F.relu(F.conv2d(images, weight, bias, padding=1))
    return d, F.adaptive_max_pool2d(d, 2)


@one("encoder-step")
def pooled_first(images, weight, bias):
    """It pools the images before the convolution."""
    pooled = F.max_pool2d(images, 2)
    return F.relu(F.conv2d(images, weight, bias, padding=1)), F.relu(
        F.conv2d(pooled, weight, bias, padding=1)
    )


@one("join")
def features_twice(features, skip, how):
    """It joins the features with themselves."""
    if how == "concat":
        return torch.cat([features, features], 1)
    return features + skip


@one("predict")
def pair_of_max(model, images):
    """It returns the pair that max gives."""
    model.eval()
    with torch.no_grad():
        return model(images).max(dim=1)


@one("train-step")
def optimizer_of_its_own(model, optimizer, images, targets):
    """It makes an optimiser of its own."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


@one("train-step")
def loss_of_the_argmax(model, optimizer, images, targets):
    """It computes the loss of class ids."""
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images).argmax(1).float(), targets.float())
    loss.backward()
    optimizer.step()
    return loss.item()


@one("train-step")
def steps_twice(model, optimizer, images, targets):
    """It takes the step twice."""
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()


@one("double-conv-parameters")
def buffers_too(in_channels, out_channels, bias):
    """It counts the buffers as well."""
    layers = nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, bias=bias),
        nn.BatchNorm2d(out_channels),
        nn.Conv2d(out_channels, out_channels, 3, bias=bias),
        nn.BatchNorm2d(out_channels),
    )
    return sum(v.numel() for v in layers.state_dict().values())


@one("double-conv-parameters")
def number_of_tensors(in_channels, out_channels, bias):
    """It counts tensors."""
    layers = nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, bias=bias),
        nn.BatchNorm2d(out_channels),
        nn.Conv2d(out_channels, out_channels, 3, bias=bias),
        nn.BatchNorm2d(out_channels),
    )
    return len(list(layers.parameters()))


@one("poolings-needed")
def counts_stages(pixels):
    """It counts the stages."""
    n = 1
    while 9 * 2 ** (n - 1) - 4 < pixels:
        n += 1
    return n


@one("poolings-needed")
def rounded_down(pixels):
    """It rounds down."""
    return int(math.log2((pixels + 4) / 9)) if pixels > 5 else 0


@one("poolings-needed")
def distance_anew(pixels):
    """The distance is 1 again in each round."""
    n, seen = 0, 5
    while seen < pixels:
        jump = 1
        seen += jump
        jump *= 2
        seen += 4 * jump
        n += 1
    return n


@one("poolings-needed")
def at_most_four(pixels):
    """It stops at four."""
    seen, apart = 5, 1
    for n in range(4):
        if seen >= pixels:
            return n
        seen += apart
        apart *= 2
        seen += 4 * apart
    return 4


@one("level-work")
def nine_forgotten(widths, side):
    """The nine weights of one kernel are forgotten."""
    out = []
    for k, w in enumerate(widths):
        b = widths[k - 1] if k else 3
        n = 9 * b * w + w * w
        if k < len(widths) - 1:
            n += widths[k + 1] * w + 27 * w * w
        out.append(n * (side // 2**k) ** 2)
    return out


@one("level-work")
def halved_too_early(widths, side):
    """The side is halved before the level."""
    out = []
    for k, w in enumerate(widths):
        side //= 2
        b = widths[k - 1] if k else 3
        n = 9 * b * w + 9 * w * w
        if k < len(widths) - 1:
            n += widths[k + 1] * w + 27 * w * w
        out.append(n * side * side)
    return out


@one("valid-size")
def same_loss_at_all_levels(size, poolings):
    """All levels lose pixels of the image."""
    return size - 4 * (2 * poolings + 1)


@one("valid-size")
def raises(size, poolings):
    """It raises where None is asked for."""
    for _ in range(poolings):
        size -= 4
        if size % 2:
            raise ValueError
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else None


@one("valid-size")
def minus_1(size, poolings):
    """It returns -1 for None."""
    for _ in range(poolings):
        size -= 4
        if size % 2:
            return -1
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else -1


@one("valid-size")
def breaks(size, poolings):
    """It leaves the loop where it should end."""
    for _ in range(poolings):
        size -= 4
        if size % 2:
            break
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else None


@one("valid-size")
def odd_after_halving(size, poolings):
    """It asks for an odd side after the halving."""
    for _ in range(poolings):
        size = (size - 4) // 2
        if size % 2:
            return None
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else None


@one("crop-skip")
def other_axes(skip, height, width):
    """It takes the sides from the wrong axes."""
    h, w = skip.shape[0], skip.shape[1]
    y, x = (h - height) // 2, (w - width) // 2
    return skip[:, :, y : y + height, x : x + width]


@one("worth-mending")
def above_the_diagonal(matrix):
    """It looks above the diagonal only."""
    m = np.array(matrix)
    best, where = -1, None
    for t in range(len(m)):
        for p in range(t + 1, len(m)):
            c = m.copy()
            c[t, t] += c[t, p]
            c[t, p] = 0
            d = c.diagonal()
            s = (d / (c.sum(0) + c.sum(1) - d)).mean()
            if s > best:
                best, where = s, (t, p)
    return where


@one("worth-mending")
def share_of_the_predicted(matrix):
    """It divides by the row of the predicted class."""
    m = np.array(matrix)
    best, where = -1, None
    for t in range(len(m)):
        for p in range(len(m)):
            if t != p and m[t, p] / m[p].sum() > best:
                best, where = m[t, p] / m[p].sum(), (t, p)
    return where


@one("best-at-stride")
def first_column_of_the_block(truth, stride):
    """It looks at the first column of a block."""
    h, w = truth.shape
    out = np.zeros((h, w), dtype=int)
    for y in range(0, h, stride):
        for x in range(0, w, stride):
            block = truth[y : y + stride, x]
            out[y : y + stride, x : x + stride] = 2 * block.sum() >= len(block)
    return (out & truth).sum() / (out | truth).sum()


@one("best-at-stride")
def square_picture(truth, stride):
    """It cuts the picture to a square."""
    n = truth.shape[0] // stride
    b = truth[: n * stride, : n * stride].reshape(n, stride, n, stride).mean((1, 3)) >= 0.5
    out = np.kron(b, np.ones((stride, stride))).astype(int)
    return (out & truth).sum() / (out | truth).sum()


@two("argmax")
def highest_score_from_0(scores):
    """The score itself, and never below 0."""
    best = 0
    for s in scores:
        if s > best:
            best = s
    return best


@two("pixel-accuracy-ignoring")
def only_255_and_0(prediction, truth, ignore_index=255):
    """Only 255 is ignored, and nothing gives 0."""
    hits = total = 0
    for a, b in zip(prediction, truth):
        for p, t in zip(a, b):
            if t != 255:
                hits += p == t
                total += 1
    return hits / total if total else 0


@two("hidden-axes")
def without_axis_0_and_rows(shape):
    """Axis 0 is left out, and axis 3 listed too often."""
    n, c, h, w = shape
    out = []
    if c == h:
        out.append(2)
    if c == w:
        out.append(3)
    return out


@two("mean-iou")
def dice_over_all_classes(prediction, truth, num_classes):
    """It takes Dice, and divides by the number of classes."""
    t = 0
    for k in range(num_classes):
        a, b = prediction == k, truth == k
        if (a | b).any():
            t += 2 * (a & b).sum() / (a.sum() + b.sum())
    return t / num_classes


@two("confusion-matrix")
def transposed_without_the_last_row(prediction, truth, num_classes):
    """The matrix is transposed, and a row is left out."""
    m = np.zeros((num_classes, num_classes), dtype=int)
    for y in range(truth.shape[0] - 1):
        for x in range(truth.shape[1]):
            if truth[y, x] != 255:
                m[prediction[y, x], truth[y, x]] += 1
    return m


@two("mean-loss")
def log_forgotten_and_void_counted(logits, targets, ignore_index=255):
    """No logarithm, and void counts."""
    keep = targets != ignore_index
    t = targets.masked_fill(~keep, 0)
    l = -logits.softmax(1).gather(1, t[:, None])[:, 0]
    return l.mean()


@two("follow-sizes")
def first_size_and_one_padding(size, layers):
    """The first size is in the list, and padding counts once."""
    out = [size]
    for k, s, p in layers:
        size = (size + p - k) // s + 1
        out.append(size)
    return out


@two("encoder-step")
def mean_without_bias(images, weight, bias):
    """It pools by the mean, and leaves the bias out."""
    d = F.relu(F.conv2d(images, weight, padding=1))
    return d, F.avg_pool2d(d, 2)


@two("double-conv-parameters")
def three_and_half_the_norms(in_channels, out_channels, bias):
    """Three weights per kernel, and half of the batch norms."""
    return 3 * in_channels * out_channels + 3 * out_channels**2 + 2 * out_channels + 2 * out_channels * bias


@two("class-pixels")
def square_from_1(mask, class_id):
    """The first column is left out, and a square assumed."""
    count = 0
    for i in range(len(mask)):
        for j in range(1, len(mask)):
            if mask[i][j] == class_id:
                count += 1
    return count


@two("loss-map")
def height_and_sign(logits, targets):
    """The softmax goes over the height, and the sign is missing."""
    return logits.log_softmax(1).gather(0, targets[None])[0]


@two("pixel-accuracy")
def wrong_pixels_in_percent(prediction, truth):
    """The wrong pixels, in percent."""
    right = 0
    for a, b in zip(prediction, truth):
        for p, t in zip(a, b):
            if p != t:
                right += 1
    return 100 * right / (len(truth) * len(truth[0]))


@two("level-work")
def side_and_transposed(widths, side):
    """The side is not squared, and a layer is left out."""
    out = []
    for k, w in enumerate(widths):
        b = widths[k - 1] if k else 3
        n = 9 * (b + w) * w
        if k + 1 < len(widths):
            n += 27 * w * w
        out.append(n * (side // 2**k))
    return out


@two("confusion-matrix")
def ones_transposed(prediction, truth, num_classes):
    """At most 1, and transposed."""
    m = np.zeros((num_classes, num_classes), dtype=int)
    for p, t in zip(prediction.ravel(), truth.ravel()):
        if p != 255 and t != 255:
            m[p, t] = 1
    return m


@two("best-at-stride")
def dice_of_more_than_half(truth, stride):
    """Dice, and half of a block is not enough."""
    h, w = truth.shape
    out = np.zeros((h, w), int)
    for y in range(0, h, stride):
        for x in range(0, w, stride):
            out[y : y + stride, x : x + stride] = truth[y : y + stride, x : x + stride].mean() > 0.5
    return 2 * (out & truth).sum() / (out.sum() + truth.sum())
