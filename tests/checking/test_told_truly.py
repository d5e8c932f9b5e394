"""What is said of answers that beginners wrote is true of them: one mistake is not told as two, or as another one."""

import ast

import pytest
from answers import judged, told, told_without_ideas

from course_lib.checking.compare import difference, to_plain
from course_lib.checking.problem import what_to_do_about_0
from course_lib.checking.recognise.pairs import are_two, both_changes, may_hide
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.slips import LOOK

BOTH = "Two things at once."

CLASS_PIXELS = """def class_pixels(mask, class_id):
    count = 0
    for r in range({0}, len(mask)):
        for c in range({0}, len(mask[0])):
            if {1}:
                count += 1
    return count
"""
BEST = """def argmax(scores):
    best, value = 0, {}
    for i, s in enumerate(scores):
        if s > value:
            best, value = i, s
    return best{}
"""
BACKGROUND = """def all_background_scores(truth):
    flat = [v for row in truth for v in row]
    accuracy = flat.count(0) / len(flat)
    pet_iou = {}
    return {{"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": np.nanmean({})}}
"""
WORTH = """def worth_mending(matrix):
    best, where = -1, None
    m = np.array(matrix)
    for t in range(len(matrix)):
        for p in range(len(matrix)):
            if t != p:
                m[t, t] += m[t, p]
                m[t, p] = 0
                d = np.diag(m)
                score = (d / (m.sum(0) + m.sum(1) - d)).mean()
                if score > best:
                    best, where = score, (t, p)
    return where
"""
REGIONS = """def regions(prediction, truth):
    b = p = t = n = 0
    for pr, tr in zip(prediction, truth):
        for x, y in zip(pr, tr):
            if x == 1 and y == 1: b += 1
            if x == 1 and y == 0: p += 1
            if x == 0 and y == 1: t += 1
            else: n += 1
    return b, p, t, n
"""
JOIN = """def join(features, skip, how):
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    features = F.pad(features, (0, columns, 0, rows))
    if how == "concat":
        return torch.cat([features, skip], dim=1)
    return (features + skip).sum(dim=1)
"""
PREPARE = """def prepare(logits, targets, num_classes):
    if logits.shape[1] != num_classes:
        logits = logits.permute(0, 3, 1, 2)
    {} targets.ndim == 4:
        targets = targets[:, 0]
    return logits, targets.long(){}
"""
ENCODER = """def encoder_step(images, weight, bias):
    d = {}
    return d, F.max_pool2d(d, 2)
"""
LEVELS = """def level_work(widths, side):
    out, c = [], 3
    for n, w in enumerate(widths):
        work = 9 * (c * w + w * w)
        if n < 4:
            work += 9 * (2 * w * w + w * w) + widths[n + 1] * w
        out.append(work * (side // 2**n) ** 2)
        c = w
    return out
"""


@pytest.mark.parametrize(
    ("exercise_id", "cell", "words"),
    [
        (
            "class-pixels",
            CLASS_PIXELS.format(1, "mask[r][c] == class_id"),
            "begins with 1 and leaves out the first",
        ),
        ("class-pixels", CLASS_PIXELS.format(0, "mask[r][c] >= class_id"), "`==` asks for this one only"),
        ("argmax", BEST.format("scores[0]", " + 1"), "the `+ 1` in `best + 1` does not belong there"),
        ("argmax", BEST.format("-1", ""), "`-1` in `0, -1` is not beyond all values that can come"),
        (
            "all-background-scores",
            BACKGROUND.format('float("nan") if 1 in flat else 0.0', "[accuracy, pet_iou]"),
            "the two values are exchanged",
        ),
        (
            "all-background-scores",
            BACKGROUND.format('0.0 if 1 in flat else float("nan")', "accuracy, pet_iou"),
            "`np.nanmean(accuracy, pet_iou)` takes its numbers in one list",
        ),
        ("worth-mending", WORTH, "once, before the loop over `p`"),
        ("regions", REGIONS, "The `else` of the `if` in line 7 belongs to this `if` only"),
        ("join", JOIN, "the `sum` in `(features + skip).sum(dim=1)` is one too many"),
        ("prepare", PREPARE.format("elif", ""), "`elif` is asked only where the `if` of line 2 is not true"),
        ("prepare", PREPARE.format("if", "-1"), "the `- 1` in `targets.long()-1` does not belong there"),
        (
            "encoder-step",
            ENCODER.format("torch.relu(F.conv2d(images, weight, bias, padding=2))"),
            "look at `padding=2`",
        ),
        (
            "encoder-step",
            ENCODER.format("F.conv2d(torch.relu(images), weight, bias, padding=1)"),
            "the ReLU comes before the layer",
        ),
        ("level-work", LEVELS, "`4` is a fixed number. It should follow from the size of `widths`"),
    ],
)
def test_one_mistake_is_told_as_one(exercise_id, cell, words):
    message = told_without_ideas(exercise_id, cell)
    assert words in message
    assert BOTH not in message


@pytest.mark.parametrize(
    ("exercise_id", "cell", "untrue"),
    [
        (
            "pooled-iou",
            """def pooled_iou(pairs, num_classes):
    m = []
    for p, t in pairs:
        m += confusion_matrix(p, t, num_classes).tolist()
    return iou_from_matrix(np.array(m))
""",
            "You returned the scores of the last image",
        ),
        (
            "shaky-pixels",
            "def shaky_pixels(scores, noise):\n    return scores.max(0) - scores.min(0) < noise\n",
            "You called no pixel shaky",
        ),
        (
            "gains-by-missing",
            """def gains_by_missing(num_classes):
    truth = np.repeat(np.arange(num_classes), 4).reshape(num_classes, 4)
    return truth, truth, truth
""",
            "misses a class and gains nothing",
        ),
        (
            "gains-by-missing",
            """def gains_by_missing(num_classes):
    truth = np.repeat(np.arange(1, num_classes + 1), 4).reshape(num_classes, 4)
    return truth, truth.copy(), truth.copy()
""",
            "The dict lacks the key",
        ),
        (
            "predict",
            """def predict(model, images):
    model.eval()
    with torch.no_grad():
        return model(images).softmax(1)
""",
            "You returned the logits",
        ),
    ],
)
def test_what_a_change_would_make_of_an_answer_is_not_said_of_it(exercise_id, cell, untrue):
    message = told(exercise_id, cell)
    assert untrue not in message


def test_two_numbers_in_one_line_that_belong_together_are_one_mistake():
    cell = """def misleading_pair(pedestrian):
    truth = [[0] * 93 + [pedestrian] * 7]
    return [[0] * 100], truth
"""
    assert told_without_ideas("misleading-pair", cell) == (
        "Line 2: look at `93` and at `7`. Something else belongs in both places."
    )


def test_a_tuple_in_the_place_of_a_dict_is_not_called_an_array():
    cell = """def all_background_scores(truth):
    flat = [v for row in truth for v in row]
    accuracy = flat.count(0) / len(flat)
    return accuracy, 0.0, accuracy / 2
"""
    message = told_without_ideas("all-background-scores", cell)
    assert "Got 3 values, expected a dict with accuracy, pet IoU, mIoU." in message


def test_lists_of_unequal_lengths_in_the_place_of_a_dict_are_counted():
    wanted = {"accuracy": 0.9, "pet IoU": 0.0}
    assert difference(wanted, to_plain([[1.0, 0.5], 0.9, None])) == (
        "got 3 values, expected a dict with accuracy, pet IoU."
    )


def test_a_divisor_of_0_is_spoken_of_where_lists_of_unequal_lengths_are_expected():
    assert what_to_do_about_0(to_plain([[1], [1, 2]])).startswith("Check for it first")


def test_what_should_hold_and_does_not_is_said_before_what_was_not_looked_at():
    cell = """def misleading_loss(truth):
    return [0.51 if t else 0.49 for t in truth], [0.5 if t else 0.0 for t in truth]
"""
    assert "`all numbers from 0.01 to 0.99` is False and should be True" in told_without_ideas(
        "misleading-loss", cell
    )


def test_an_argument_whose_values_are_written_in_is_named():
    cell = """def semantic_map(instances, class_of):
    return [[{0: 0, 1: 1, 2: 1, 3: 2}[i] for i in row] for row in instances]
"""
    assert told_without_ideas("semantic-map", cell).startswith("The argument `class_of` is never used.")


def test_the_title_speaks_of_the_case_that_is_shown():
    cell = """def confusion_matrix(prediction, truth, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    for p, t in zip(prediction, truth):
        matrix[t, p] += 1
    return matrix
"""
    result = judged("confusion-matrix", cell)
    shown = result.smallest or result.first_problem
    assert (result.status == "raised") == (shown.outcome.status == "raised")


def test_what_is_only_a_place_to_look_at_is_not_told_of_a_part():
    place = ast.parse("4", mode="eval").body
    assert Repair((), place, LOOK, is_named=False).is_vague
    assert Repair((), place, "Line {line}: `{code}` is too large by 1 there.", is_named=False).is_vague
    assert not Repair((), place, "Line {line}: the `+ 1` does not belong there.", is_named=False).is_vague
    assert not Repair((), place, "Line {line} returns inside the loop.").is_vague


def repair(code, sentence, is_named=True):
    statement = ast.parse(code).body[0]
    return Repair((Edit(statement, "value", None),), statement, sentence, is_named)


def test_two_slips_of_different_kinds_in_one_line_are_not_two_mistakes():
    """With enough of them to choose from, two come to the right value by chance."""
    one, other = repair("x = 1", LOOK, False), repair("x = 2", "Line {line}: the sign is wrong.", False)
    assert not are_two(one, other)
    assert are_two(one, repair("\n\nx = 2", "Line {line}: the sign is wrong.", False))
    assert are_two(one, repair("x = 2", "Line {line} divides with `//`."))


def test_two_changes_that_show_only_together_are_well_known_ones_or_a_pair():
    named = repair("x = 1", "Line {line} divides with `//`."), repair("\nx = 2", "Line {line}: brackets.")
    slips = repair("x = 1", LOOK, False), repair("x = 2", LOOK, False)
    assert may_hide(*named)
    assert may_hide(*slips)
    assert not may_hide(named[0], slips[0])


def test_the_same_mistake_twice_is_not_two_things():
    one, other = repair("x = 1", "Line {line} cuts."), repair("\nx = 2", "Line {line} cuts.")
    assert both_changes(one, other) == "The same mistake in two places. Line 1 cuts. Line 2 cuts."
    assert both_changes(one, repair("x = 3", "Line {line} cuts.")) == "Line 1 cuts."


HIDDEN = """def hidden_axes(shape):
    right = {}
    hidden = []
    for axis in {}:
        rest = list(shape)
        rest{}
        if rest == right:
            hidden.append(axis)
    return hidden
"""


def test_what_each_round_needs_is_not_said_to_belong_before_the_loop():
    cell = HIDDEN.format("[shape[0], shape[2], shape[3]]", "(0, 3)", ".remove(shape[axis])")
    assert "rest = list(shape)" not in told("hidden-axes", cell)


def test_a_list_is_never_equal_to_a_tuple():
    cell = HIDDEN.format("(shape[0], shape[2], shape[3])", "(0, 2, 3)", ".pop(axis)")
    assert told("hidden-axes", cell) == (
        "Line 7: `rest == right` compares a list with a tuple, and they are never equal. Make one the kind that the "
        "other is."
    )


SOFTMAX = """def softmax(logits):
    highest = max(logits)
    total = sum(math.exp(x) for x in logits)
    return [math.exp(x - highest) / total for x in logits]
"""
ATTENTION = """def attention(queries, keys, values, allowed):
    s = queries @ keys.T / {} ** 0.5
    s[~allowed] = {}
    return s.softmax(dim=1) @ values
"""
MEAN_LOSS = """def mean_loss(logits, targets, ignore_index=255):
    counted = targets != ignore_index
    losses = F.cross_entropy(logits, targets, ignore_index=ignore_index, reduction="none")
    return losses.sum() / {}
"""
LAST = """def innermost_point(mask):
    inside = mask
    while inside.any():
        last = inside
        p = np.pad(inside, 1)
        inside = inside & p[:-2, 1:-1] & p[2:, 1:-1] & p[1:-1, :-2] & p[1:-1, 2:]
    rows, columns = np.nonzero(last)
    return int(columns[0]), int(rows[0])
"""
SUPPRESSED = """def non_maximum_suppression(ious, scores, threshold=0.5):
    left = sorted(range(len(scores)), key=lambda i: -scores[i])
    for i in left:
        for j in left:
            if i != j and ious[i, j] > threshold:
                left.remove(j)
    return left
"""
FLIPPED = """def paired_flip(images, masks, generator):
    flipped = torch.randn(len(images), generator=generator) < 0.5
    images = torch.where(flipped.view(-1, 1, 1, 1), images.flip(-1), images)
    return images, torch.where(flipped.view(-1, 1, 1), masks.flip(-1), masks)
"""
CROP = """def crop_skip(skip, height, width):
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return skip[:, :, top:height, left:width]
"""
SHAKEN = """def shaky_pixels(scores, noise):
    moved = scores + np.random.default_rng(0).uniform(-noise, noise, scores.shape)
    return moved.argmax(0) != scores.argmax(0)
"""
FROM_THE_MIDDLE = """def crop_skip(skip, height, width):
    y, x = skip.shape[2] // 2 - height, skip.shape[3] // 2 - width
    return skip[:, :, y:y + height, x:x + width]
"""
BLOCKS = """def best_at_stride(truth, stride):
    h, w = truth.shape
    p = np.zeros((h, w), int)
    for i in range(h // stride):
        for j in range(w // stride):
            share = truth[i:i + stride, j:j + stride].mean()
            p[i * stride:(i + 1) * stride, j * stride:(j + 1) * stride] = int(share >= 0.5)
    return (p & truth).sum() / (p | truth).sum()
"""
PICKED_OUT = """def semantic_map(instances, class_of):
    return [[class_of.get(i, 0) for i in line] for line in instances if any(line)]
"""
FROM_WIDTHS = """def level_work(widths, side):
    out, prev = [], widths[0]
    for i, w in enumerate(widths):
        n = 9 * prev * w + 9 * w * w
        n += w * widths[i + 1] + 27 * w * w if i < len(widths) - 1 else 0
        out.append(n * (side // 2 ** i) ** 2)
        prev = w
    return out
"""
NONE = """def class_accuracy(prediction, truth, num_classes):
    out = []
    for c in range(num_classes):
        n = np.sum(truth == c)
        out.append(np.sum((prediction == c) & (truth == c)) / n if n > 0 else None)
    return out
"""
PRODUCTS = """def regions(prediction, truth):
    both = only_p = only_t = neither = 0
    for i in range(len(prediction)):
        for j in range(len(prediction[i])):
            p, t = prediction[i][j], truth[i][j]
            both += p * t
            only_p += p * (1 - t)
            only_t += t * (1 - t)
            neither += (1 - p) * (1 - t)
    return both, only_p, only_t, neither
"""
SIDES = """def crop_skip(skip, height, width):
    h, w = skip.shape[2], skip.shape[3]
    dh, dw = (h - height) // 2, (w - width) // 2
    return skip[:, :, dh:h - dh, dw:h - dw]
"""
UNION = """def best_at_stride(truth, stride):
    share = truth.reshape(len(truth) // stride, stride, -1, stride).mean((1, 3))
    pred = (share >= 0.5).repeat(stride, 0).repeat(stride, 1); inter = (pred & (truth == 1)).sum()
    return inter / (pred.sum() + truth.sum())
"""
BRACKETS = """def valid_size(size, poolings):
    for _ in range(poolings):
        size -= 4
        if size % 2:
            return None
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = 2 * (size - 4)
    return size if size > 0 else None
"""
UNPACKED = """def iou(prediction, truth):
    only_p, both, only_t, none = regions(prediction, truth)
    union = only_p + both + only_t
    return both / union if union else float("nan")
"""
OWN_LAYER = """def encoder_step(images, weight, bias):
    conv = nn.Conv2d(images.shape[1], len(weight), 3, padding=1)
    detail = torch.relu(conv(images))
    return detail, F.max_pool2d(detail, 2)
"""
DOUBLE_CONV = """class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, {}), nn.BatchNorm2d(out_channels), nn.ReLU(),
        )
    def forward(self, features):
        return self.layers(features)
"""


@pytest.mark.parametrize(
    ("exercise_id", "cell", "words"),
    [
        ("crop-skip", CROP, "where the slice ends, not how long it is. The same in `left:width`."),
        ("shaky-pixels", SHAKEN, "Line 2: `np.random.default_rng(0).uniform` draws random numbers"),
        (
            "class-accuracy",
            NONE,
            'Line 5: `None` is nothing at all. *Not a number* is a float, `float("nan")`.',
        ),
        ("regions", PRODUCTS, "Line 8: look at `t` in `1 - t`."),
        ("crop-skip", SIDES, "Line 4: look at `h` in `h - dw`."),
        (
            "best-at-stride",
            UNION,
            "Line 4: `pred.sum() + truth.sum()` counts `inter` twice. Take it off once.",
        ),
        ("valid-size", BRACKETS, "in `2 * (size - 4)` the brackets take in more than they should"),
        ("iou", UNPACKED, "Line 2: the order in `only_p, both, only_t, none` is not the right one."),
        ("best-at-stride", BLOCKS, "Block number `i` begins at `i * stride`. The same in `j:j + stride`."),
        ("semantic-map", PICKED_OUT, "Line 2: `if any(line)` leaves some out that belong there."),
        ("level-work", FROM_WIDTHS, "In every case: only the first value is wrong where any is."),
        ("softmax", SOFTMAX, "Line 3: compare `math.exp(x)` with `math.exp(x - highest)` in line 4"),
        (
            "attention",
            ATTENTION.format("len(queries)", "-torch.inf"),
            "`len(queries)` is not the size that is meant",
        ),
        (
            "attention",
            ATTENTION.format("values.shape[1]", "-torch.inf"),
            "`values.shape[1]` is not the size that is meant",
        ),
        ("attention", ATTENTION.format("queries.shape[1]", "-100"), "Only infinity is"),
        ("mean-loss", MEAN_LOSS.format("counted.numel()"), "`counted.sum()` counts where it is True"),
        (
            "mean-loss",
            MEAN_LOSS.format("len(counted)"),
            "`len(counted)` also counts where `counted` is False",
        ),
        ("innermost-point", LAST, "`last` has no value in line 7: it is set only inside a loop"),
        ("non-maximum-suppression", SUPPRESSED, "the loop changes `left` while it goes over it"),
        ("paired-flip", FLIPPED, "Line 2: look at `torch.randn`. Another function belongs there."),
        ("encoder-step", OWN_LAYER, "`nn.Conv2d` makes a layer with random weights of its own"),
        (
            "encoder-step",
            ENCODER.format("torch.sigmoid(F.conv2d(images, weight, bias, padding=1))"),
            "should be a ReLU",
        ),
        (
            "double-conv",
            DOUBLE_CONV.format("3"),
            "has no padding. A 3 x 3 kernel keeps the size with `padding=1`.",
        ),
        ("double-conv", DOUBLE_CONV.format("5, padding=2"), "the kernel of `nn.Conv2d("),
        ("double-conv", DOUBLE_CONV.format("3, 2, 1"), "has a stride of 2, so the size does not stay"),
    ],
)
def test_what_is_meant_is_told(exercise_id, cell, words):
    assert words in told_without_ideas(exercise_id, cell)


def test_a_slice_that_is_taken_away_makes_no_other_mistake():
    """Without its slices the answer crops nothing, which is an idea; the learner's own answer does crop."""
    assert "as large as it was" not in told("crop-skip", FROM_THE_MIDDLE)


def test_an_offset_of_what_is_observed_is_not_told():
    cell = """def train_step(model, optimizer, images, targets):
    model.train()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    return F.cross_entropy(model(images), targets).item()
"""
    assert "added or taken away once" not in told("train-step", cell)


def test_the_same_mistake_in_three_places_is_one():
    cell = """def valid_size(size, poolings):
    for _ in range(poolings):
        size -= 4
        if size < 0 or size % 2 != 0: return None
        size //= 2
    size -= 4
    if size < 0: return None
    for _ in range(poolings):
        size = 2 * size - 4
        if size < 0: return None
    return size
"""
    assert told_without_ideas("valid-size", cell).startswith(
        "Line 7: in `size < 0`, look at what should happen where"
    )
