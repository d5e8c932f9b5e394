"""What is gone over, asked and read: mistakes that a change of the answer proves, each in words of its own."""

import pytest
from answers import judged, told, told_without_ideas

DIAGONAL = """def class_pixels(mask, class_id):
    count = 0
    for i in range(len(mask)):
        if mask[i][i] == class_id:
            count += 1
    return count
"""
RUNNING_SUM = """def softmax(logits):
    highest, total, shares = max(logits), 0, []
    for x in logits:
        total += math.exp(x - highest)
        shares.append(math.exp(x - highest) / total)
    return shares
"""
EACH_WITH_EACH = """def pixel_accuracy(prediction, truth):
    correct, total = 0, 0
    for row, other in zip(prediction, truth):
        for p in row:
            for t in other:
                correct += p == t
                total += 1
    return correct / total
"""
PRODUCT = """def pixel_accuracy(prediction, truth):
    import itertools
    right = [p == t for a, b in zip(prediction, truth) for p, t in itertools.product(a, b)]
    return sum(right) / len(right)
"""
TWO_LOOPS = """def pixel_accuracy(prediction, truth):
    right = [p == t for a, b in zip(prediction, truth) for p in a for t in b]
    return sum(right) / len(right)
"""
FIRST_ROW = """def pixel_accuracy(prediction, truth):
    right = [p == t for p, t in zip(prediction[0], truth[0])]
    return sum(right) / len(right)
"""
BITS = """def regions(prediction, truth):
    p, t = np.array(prediction), np.array(truth)
    return int((p & t).sum()), int((p & ~t).sum()), int((~p & t).sum()), int((~p & ~t).sum())
"""
WITHOUT_DECIMALS = """def argmax(scores):
    best = 0
    for i in range(len(scores)):
        if int(scores[i]) > int(scores[best]):
            best = i
    return best
"""
BREAK = """def valid_size(size, poolings):
    for _ in range(poolings):
        size -= 4
        if size % 2:
            break
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else None
"""
RAISES = """def valid_size(size, poolings):
    for _ in range(poolings):
        size -= 4
        if size % 2:
            raise ValueError("odd")
        size //= 2
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    if size <= 0:
        raise ValueError("nothing is left")
    return size
"""
ANEW = """def poolings_needed(pixels):
    number, seen = 0, 5
    while seen < pixels:
        apart = 1
        seen += apart
        apart *= 2
        seen += 4 * apart
        number += 1
    return number
"""
TOO_EARLY = """def level_work(widths, side):
    work = []
    for level, width in enumerate(widths):
        side //= 2
        before = widths[level - 1] if level else 3
        number = 9 * before * width + 9 * width * width
        if level < len(widths) - 1:
            number += widths[level + 1] * width + 27 * width * width
        work.append(number * side * side)
    return work
"""
FACTOR = """def level_work(widths, side):
    work = []
    for level, width in enumerate(widths):
        before = widths[level - 1] if level else 3
        number = 9 * before * width + width * width
        if level < len(widths) - 1:
            number += widths[level + 1] * width + 27 * width * width
        work.append(number * (side // 2**level) ** 2)
    return work
"""
TINY = """def pixel_loss(logits, target):
    highest = max(logits)
    values = [math.exp(x - highest) for x in logits]
    return -math.log(values[target] / sum(values) + 1e-12)
"""
STEPS_TWICE = """def train_step(model, optimizer, images, targets):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()
"""
UP = """class Up(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        self.double = DoubleConv(2 * out_channels, out_channels)

    def forward(self, features, skip):
        return self.double(torch.cat([self.up(features), skip], dim=1))
"""


@pytest.mark.parametrize(
    ("exercise_id", "cell", "words"),
    [
        ("class-pixels", DIAGONAL, "so only the diagonal is looked at"),
        ("softmax", RUNNING_SUM, "reads `total` while the loop of line 3 still adds to it"),
        ("pixel-accuracy", EACH_WITH_EACH, "for each `p` this loop goes through all of `other`"),
        ("pixel-accuracy", PRODUCT, "`zip` goes through both side by side"),
        ("pixel-accuracy", TWO_LOOPS, "`zip` goes through both side by side"),
        ("pixel-accuracy", FIRST_ROW, "`prediction[0]` is the first row only"),
        ("regions", BITS, "turns the bits of numbers round, and ~1 is -2"),
        ("argmax", WITHOUT_DECIMALS, "compares without the decimals"),
        (
            "argmax",
            "def argmax(scores):\n    return list(dict.fromkeys(scores)).index(max(scores))\n",
            "holds equal values only once",
        ),
        (
            "argmax-grid",
            "def argmax_grid(scores):\n    return [[sorted(p).index(max(p)) for p in row] for row in scores]\n",
            "moves the values away from their places",
        ),
        ("valid-size", BREAK, "`break` ends only the loop, and the lines after it still run"),
        ("valid-size", RAISES, "raises an error by itself in line 5. Here `None` should be returned instead"),
        ("poolings-needed", ANEW, "`apart = 1` is inside the loop, so each round begins anew"),
        ("level-work", TOO_EARLY, "`side //= 2` comes too early: it belongs at the end of the round"),
        ("level-work", FACTOR, "a factor is forgotten in `width * width`. Elsewhere there is the factor 9"),
        ("pixel-loss", TINY, "wherever your value is wrong it is about 27.63, and a larger number is right"),
        ("train-step", STEPS_TWICE, "`optimizer.step()` is done a second time, after line 6"),
        ("up", UP, "every network has a method `double` already"),
        (
            "class-pixels",
            "def class_pixels(mask, class_id):\n    return len(np.nonzero(np.array(mask) == class_id))\n",
            "counts the axes",
        ),
    ],
)
def test_what_is_meant_is_said(exercise_id, cell, words):
    said = told_without_ideas(exercise_id, cell)
    assert words.lower() in said.lower()


def test_a_pause_is_not_waited_for_again_and_again():
    cell = """import time
def class_pixels(mask, class_id):
    time.sleep(0.001)
    return 0 * class_id + 1
"""
    assert not judged("class-pixels", cell).passed


def test_none_that_is_right_elsewhere_is_not_called_a_missing_return():
    cell = """def valid_size(size, poolings):
    for _ in range(poolings):
        size = (size - 4) // 2
        if size % 2:
            return None
    size -= 4
    for _ in range(poolings):
        size = size * 2 - 4
    return size if size > 0 else None
"""
    assert "comes too early" in told("valid-size", cell)


def test_what_the_check_writes_about_a_value_is_not_called_the_answers_text():
    cell = """def prepare(logits, targets, num_classes):
    if logits.shape[1] != num_classes:
        logits = logits.permute(0, 3, 1, 2)
    return logits, (targets[0] if targets.ndim == 4 else targets).long()
"""
    assert "text is returned" not in told_without_ideas("prepare", cell)


def test_a_loop_of_fixed_length_is_no_mistake_where_no_argument_has_a_length():
    cell = """def misleading_pair(pedestrian):
    truth = [[0] * 10 for _ in range(10)]
    for place in range(pedestrian):
        truth[place][0] = pedestrian
    return [[0] * 10 for _ in range(10)], truth
"""
    assert "whatever the input's size" not in told("misleading-pair", cell)


def test_true_and_false_that_agree_by_chance_are_no_idea():
    cell = """def shaky_pixels(scores, noise):
    ordered = np.sort(scores, axis=0)
    return ordered[-1] - ordered[:-1].mean(axis=0) < 2 * noise
"""
    assert "the lowest score" not in told("shaky-pixels", cell)


def test_two_values_turned_round_in_one_line_are_no_explanation():
    cell = """def regions(prediction, truth):
    counts = [0, 0, 0, 0]
    for row, other in zip(prediction, truth):
        for p, t in zip(row, other):
            counts[2 * p + t] += 1
    return tuple(counts)
"""
    assert "1 minus" not in told("regions", cell)
