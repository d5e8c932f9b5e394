"""Small changes of names, places and shapes, and facts of a whole answer: each is told by its own words."""

import ast

import numpy as np
import pytest
from answers import judged, told, told_without_ideas

from course_lib.checking.recognise.finite import not_finite
from course_lib.checking.recognise.outcomes import fixed_shape
from course_lib.checking.recognise.scope import scope_of

DECODE = """def decode_box(anchor, code):
    left, top, right, bottom = anchor
    dx, dy, dw, dh = code
    limit = math.log(1000 / 16)
    width, height = right - left, bottom - top
    x = (left + right) / 2 + dx * width
    y = (top + bottom) / 2 + dy * {0}
    width = width * math.exp({1}(dw, limit))
    height = height * math.exp({1}(dh, limit))
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
"""
QUALITY = """def panoptic_quality(ious, predicted, true):
    if predicted + true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    hits = [iou for iou in ious if iou > 0.5]
    sq = sum(hits) / len(hits) if hits else 0.0
    rq = 2 * len(hits) / (predicted + true)
    return {"SQ": rq, "RQ": sq, "PQ": sq * rq}
"""
IOU = """def iou_loss(logits, targets, smooth=1.0):
    n, c, h, w = logits.shape
    p, true = logits.softmax(1), F.one_hot(targets, c).float().{}
    overlap = (p * true).sum((0, 2, 3))
    union = p.sum((0, 2, 3)) + true.sum((0, 2, 3)) - overlap
    return (1 - (overlap + smooth) / (union + smooth))[true.sum((0, 2, 3)) > 0].mean()
"""
ATTENTION = """def attention(queries, keys, values, allowed):
    scores = queries @ keys.T / {} ** 0.5
    return scores.masked_fill(~allowed, -torch.inf).softmax(1) @ values
"""
WINDOWS = """def window_ids(height, width, side, shift):
    ids = np.zeros((height, width), dtype=int)
    for y in range(height):
        for x in range(width):
            ids[y, x] = {} * 1000 + {}
    return ids
"""
FUSE = """def fuse_scores(scores, size):
    total = scores[0]
    for score in scores:
        total = score + F.interpolate(total, score.shape[2:], mode="bilinear")
    return F.interpolate(total, size, mode="bilinear", align_corners=False)
"""
FIELD = """def receptive_field(layers):
    side, jump = 1, 1
    for kernel, stride, dilation in layers:
        side += (kernel * dilation - 1) * jump
        jump *= stride
    return side
"""
SIZE = """def transposed_size(size, kernel, stride, padding, output_padding):
    return (size - 1) * stride + kernel - 1 + 2 * padding + output_padding
"""
PYRAMID = """def pyramid(features, bins):
    n, c, h, w = features.shape
    levels = [F.interpolate(F.adaptive_avg_pool2d(features, b), (w, h), mode="bilinear") for b in bins]
    return torch.cat([features, *levels], dim=1)
"""
DILATED = """def dilated_conv(image, kernel, rate):
    k = len(kernel)
    n = image.shape[0] - rate * (k - 1)
    out = np.zeros((n, n))
    for y in range(n):
        for x in range(n):
            out[y, x] = (image[y : y + rate * k : rate, x : x + rate * k : rate] * kernel).sum()
    return out
"""
SUPPRESS = """def non_maximum_suppression(ious, scores, threshold):
    left = sorted(range(len(scores)), key=lambda i: scores[i], reverse=True)
    for i in left:
        for j in left:
            if i != j and ious[i, j] > threshold:
                left.remove(j)
    return left
"""
FLIP = """def paired_flip(images, masks, generator):
    flip = torch.randn(len(images), generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    return images, torch.where(flip[:, None, None], masks.flip(-1), masks)
"""


@pytest.mark.parametrize(
    ("exercise_id", "cell", "words"),
    [
        ("decode-box", DECODE.format("width", "min"), "Line 7: look at `width` in `dy * width`"),
        (
            "decode-box",
            DECODE.format("height", "max"),
            "look at `max`. Another function belongs there. The same in",
        ),
        ("panoptic-quality", QUALITY, 'Line 7: the values of "SQ" and "RQ" have changed places.'),
        ("iou-loss", IOU.format("reshape(n, c, h, w)"), "in their order and only cuts them anew"),
        ("attention", ATTENTION.format("len(queries)"), "`len(queries)` is not the size that is meant"),
        ("attention", ATTENTION.format("values.shape[1]"), "`values.shape[1]` is not the size"),
        (
            "window-ids",
            WINDOWS.format("int((y - shift) / side)", "int((x - shift) / side)"),
            "cuts the fraction off, towards 0: -0.5 becomes 0",
        ),
        ("fuse-scores", FUSE, "the loop goes over all of `scores`. It should leave out the first."),
        ("receptive-field", FIELD, "in `kernel * dilation - 1` Python multiplies and divides before"),
        ("pyramid", PYRAMID, "the order in `(w, h)` is not the right one"),
        ("dilated-conv", DILATED, "asks for the number of rows of `image` and never for that of its columns"),
        ("non-maximum-suppression", SUPPRESS, "Line 4: the loop changes `left` while it goes over it"),
        ("paired-flip", FLIP, "look at `torch.randn`. Another function belongs there."),
    ],
)
def test_a_small_change_or_a_fact_is_told_where_it_is(exercise_id, cell, words):
    assert words in told_without_ideas(exercise_id, cell)


def test_a_1_and_a_sign_are_two_mistakes_and_no_1_minus():
    assert "1 minus" not in told("transposed-size", SIZE)
    assert told("transposed-size", SIZE).startswith("Two things at once.")


def test_the_last_of_equals_is_right_by_chance_only():
    assert "where both sides are equal" not in told("match-queries", DEAREST_PAIR)


def test_names_that_are_made_alike_are_kin():
    scope = scope_of(
        ast.parse("def f(a):\n    h, w = a.shape\n    x = h // 2\n    y = w // 2\n    z = 1\n    return x")
    )
    assert scope.kin["h"] == ("w",)
    assert scope.kin["x"] == ("y",)
    assert "z" not in scope.kin


ALL_QUERIES = """def match_queries(costs):
    n = len(costs)
    total = lambda p: sum(costs[query][segment] for segment, query in enumerate(p[: len(costs[0])]))
    return list(min(__import__("itertools").permutations(range(n), n), key=total))
"""
DEAREST_PAIR = """def match_queries(costs):
    best, choice = math.inf, []
    for p in __import__("itertools").permutations(range(len(costs)), len(costs[0])):
        cost = max(costs[query][segment] for segment, query in enumerate(p))
        if cost < best:
            best, choice = cost, list(p)
    return choice
"""
LAST_BUT_ONE = """def decode(features, skips, ups, convs):
    for i in range(len(ups)):
        features = convs[i](ups[i](features) + skips[len(skips) - i - 2])
    return features
"""
TWO_OF_A_LOOP = """def train_epoch(model, batches, optimizer):
    losses, sizes = [], []
    for images, targets in batches:
        loss = F.cross_entropy(model(images), targets.clamp(max=1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        sizes.append(len(images))
    return float(np.average(losses, weights=sizes))
"""
PIXELS = """def pixels_seen(network, size):
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    out = network(image)
    out[0, 0, len(out) // 2, len(out) // 2].backward()
    return image.grad != 0
"""
COUNT = """def count_pixels(logits, targets):
    c, keep = logits.shape[1], targets != 255
    return torch.bincount(targets[keep] * c + logits.argmax(1)[keep]).reshape(c, c)
"""
FULL = """def full_logits(model, images, margin):
    return model(F.pad(images, (margin, margin), mode="reflect"))
"""
UPSAMPLE = """def upsample_then_argmax(logits, size):
    return F.interpolate(logits, scale_factor=4, mode="bilinear").max(dim=1)[0]
"""


@pytest.mark.parametrize(
    ("exercise_id", "cell", "words", "not_said"),
    [
        ("match-queries", ALL_QUERIES, "There are too many values: 3, expected 2.", "first queries"),
        ("decode", LAST_BUT_ONE, "look at `2` in `len(skips) - i - 2`", "from fine to coarse"),
        ("train-epoch", TWO_OF_A_LOOP, "Begin with model.train(). Mend this first.", "Two things"),
        ("pixels-seen", PIXELS, "There are 2 axes too many: the shape is (1, 1, 5, 5)", "Two things"),
        ("upsample-then-argmax", UPSAMPLE, "The argument `size` is never used.", "Two things"),
    ],
)
def test_what_is_sure_is_told_and_nothing_else(exercise_id, cell, words, not_said):
    message = told(exercise_id, cell)
    assert words in message
    assert not_said not in message


def test_a_shape_that_never_follows_from_the_arguments_is_told():
    right = [np.zeros((side, side)) for side in (2, 4, 5)]
    assert fixed_shape([(one, np.zeros((3, 3))) for one in right]) == (
        "Wherever it is wrong the shape is (3, 3). It should follow from the arguments."
    )
    assert fixed_shape([(one, np.zeros((len(one) + 1, 3))) for one in right]) is None
    assert fixed_shape([(right[0], np.zeros((3, 3)))] * 3) is None


@pytest.mark.parametrize(
    ("exercise_id", "cell", "words"),
    [
        ("count-pixels", COUNT, "`bincount` ends with the largest number that occurs in line 3"),
        ("full-logits", FULL, "`F.pad` gets 2 numbers in line 2 for a tensor of 4 axes"),
    ],
)
def test_an_error_is_told_in_plain_words(exercise_id, cell, words):
    assert words in told_without_ideas(exercise_id, cell)


def test_values_that_are_wrong_only_where_they_are_nan_are_told():
    cell = """def class_weights(counts, how):
    total = counts.sum(0)
    here = total > 0
    if how == "inverse":
        return counts.sum() / (here.sum() * total)
    share = total / np.array([counts[counts[:, c] > 0].sum() for c in range(counts.shape[1])])
    return np.median(share[here]) / share
"""
    result = judged("class-weights", cell)
    assert result.message.startswith("All that is wrong is nan or infinite, where 0.0 is right.")
    assert not_finite([case for case in result.cases if case.passed]) is None
    assert np.isinf(result.cases[-1].outcome.value).any() or not result.cases[-1].passed
