"""The exercises of lesson 15: the course once more, from a blank page."""

import numpy as np

from course_lib.checking.exercise import Exercise, Misconception, Worked

NAN = float("nan")


# --- scores-from-matrix ------------------------------------------------------------------------------------


def scores_from_matrix(matrix):
    """Return every score of a confusion matrix.

    Goes in: matrix, nested lists of int, true classes in rows and predicted classes in columns; not all 0.
    Comes out: a dict with "accuracy" (float), "iou" and "dice" (a list with a float for each class, float("nan") for
    a class that is neither in the truth nor in the prediction) and "mIoU" (the mean of the IoUs that are numbers).
    """
    ### BEGIN SOLUTION
    classes = range(len(matrix))
    ious, dices = [], []
    for c in classes:
        both = matrix[c][c]
        true = sum(matrix[c])
        predicted = sum(row[c] for row in matrix)
        present = true + predicted > 0
        ious.append(both / (true + predicted - both) if present else float("nan"))
        dices.append(2 * both / (true + predicted) if present else float("nan"))
    right = sum(matrix[c][c] for c in classes)
    numbers = [iou for iou in ious if iou == iou]  # nan is the one value that differs from itself
    accuracy = right / sum(map(sum, matrix))
    return {"accuracy": accuracy, "iou": ious, "dice": dices, "mIoU": sum(numbers) / len(numbers)}
    ### END SOLUTION


def _scores_with(**changed):
    """Return an answer that gets some of the scores in a wrong way."""

    def answer(matrix):
        right = scores_from_matrix(matrix)
        return {**right, **{name: change(matrix, right) for name, change in changed.items()}}

    return answer


def _sums(matrix):
    array = np.array(matrix)
    return array.diagonal(), array.sum(axis=1), array.sum(axis=0)


def _absent_as_zero(matrix, right):
    return [0.0 if iou != iou else iou for iou in right["iou"]]


def _absent_dice_as_zero(matrix, right):
    return [0.0 if dice != dice else dice for dice in right["dice"]]


def _perfect(name):
    return lambda matrix, right: [1.0 if score != score else score for score in right[name]]


def _mean_with_ones(matrix, right):
    return float(np.mean(_perfect("iou")(matrix, right)))


def _mean_of_all(matrix, right):
    return float(np.mean(right["iou"]))


def _mean_with_zeros(matrix, right):
    return float(np.mean(_absent_as_zero(matrix, right)))


def _recalls(matrix, right):
    both, true, _ = _sums(matrix)
    return [float(b / t) if t else NAN for b, t in zip(both, true, strict=True)]


def _mean_recall(matrix, right):
    return float(np.nanmean([recall for recall in _recalls(matrix, right) if recall == recall] or [NAN]))


def _union_counts_both_twice(matrix, right):
    both, true, predicted = _sums(matrix)
    return [float(b / (t + p)) if t + p else NAN for b, t, p in zip(both, true, predicted, strict=True)]


def _mean_of_half_dice(matrix, right):
    return float(np.nanmean(_union_counts_both_twice(matrix, right)))


def _accuracy_of_classes(matrix, right):
    return _mean_recall(matrix, right)


def _weighted_miou(matrix, right):
    _, true, _ = _sums(matrix)
    return float(sum(iou * t for iou, t in zip(right["iou"], true, strict=True) if iou == iou) / true.sum())


def _scores_numpy(matrix):
    both, true, predicted = _sums(matrix)
    with np.errstate(invalid="ignore"):
        iou, dice = both / (true + predicted - both), 2 * both / (true + predicted)
    return {"accuracy": both.sum() / true.sum(), "iou": iou, "dice": dice, "mIoU": np.nanmean(iou)}


def _scores_by_dice(matrix):
    right = scores_from_matrix(matrix)
    dices = [2 * iou / (1 + iou) for iou in right["iou"]]
    return {
        "mIoU": right["mIoU"],
        "dice": tuple(dices),
        "iou": tuple(right["iou"]),
        "accuracy": right["accuracy"],
    }


def _scores_loops(matrix):
    total = right = 0
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            total += count
            right += count * (i == j)
    other = scores_from_matrix(matrix)
    return {**other, "accuracy": right / total}


def _draw_matrix(rng):
    num_classes = int(rng.integers(2, 5))
    matrix = rng.integers(1, 9, size=(num_classes, num_classes))
    matrix[np.diag_indices(num_classes)] += rng.integers(12, size=num_classes)
    if rng.random() < 0.5:
        absent = rng.integers(num_classes)
        matrix[absent] = matrix[:, absent] = 0
    return (matrix.tolist(),)


SCORES = Exercise(
    id="scores-from-matrix",
    title="All scores from one matrix",
    lesson="15",
    points=3,
    minutes=10,
    source="Losses and metrics; Lesson 33, mini-challenge",
    reference=scores_from_matrix,
    worked=(
        Worked(
            ([[3, 0, 0], [1, 2, 0], [0, 1, 2]],),
            {
                "accuracy": 7 / 9,
                "iou": [0.75, 0.5, 2 / 3],
                "dice": [6 / 7, 2 / 3, 0.8],
                "mIoU": (0.75 + 0.5 + 2 / 3) / 3,
            },
        ),
        Worked(
            ([[90, 0], [10, 0]],),
            {"accuracy": 0.9, "iou": [0.9, 0.0], "dice": [1.8 / 1.9, 0.0], "mIoU": 0.45},
        ),
        Worked(
            ([[4, 0, 1], [0, 0, 0], [1, 0, 2]],),
            {
                "accuracy": 6 / 8,
                "iou": [4 / 6, NAN, 0.5],
                "dice": [0.8, NAN, 4 / 6],
                "mIoU": (4 / 6 + 0.5) / 2,
            },
        ),
    ),
    fresh=_draw_matrix,
    misconceptions=(
        Misconception(
            "absent-counts",
            _scores_with(iou=_absent_as_zero, dice=_absent_dice_as_zero, mIoU=_mean_with_zeros),
            "You gave a class that is nowhere scores of 0, and the mean pays for it. There was nothing to find: write "
            "nan, and leave it out of the mean.",
        ),
        Misconception(
            "absent-is-perfect",
            _scores_with(iou=_perfect("iou"), dice=_perfect("dice"), mIoU=_mean_with_ones),
            "You gave a class that is nowhere scores of 1, and the mean gains by it. There was nothing to find: write "
            "nan, and leave it out of the mean.",
        ),
        Misconception(
            "nan-in-mean",
            _scores_with(mIoU=_mean_of_all),
            "Your mean takes the nan of an absent class along and becomes nan itself. Keep the IoUs that are numbers, "
            "and divide by how many they are.",
        ),
        Misconception(
            "absent-only-in-mean",
            _scores_with(mIoU=_mean_with_zeros),
            "Your mean counts a class with nan as 0. Divide by the number of IoUs that are numbers.",
        ),
        Misconception(
            "recall",
            _scores_with(iou=_recalls, mIoU=_mean_recall),
            "Your IoU is the diagonal over its row: that is recall. The union also has the column, the pixels that "
            "were predicted.",
        ),
        Misconception(
            "both-twice",
            _scores_with(iou=_union_counts_both_twice, mIoU=_mean_of_half_dice),
            "You divided by row + column. Both hold the diagonal, so the union is row + column − diagonal.",
        ),
        Misconception(
            "mean-class-accuracy",
            _scores_with(accuracy=_accuracy_of_classes),
            "Your accuracy is the mean over the classes of diagonal / row. Pixel accuracy is the whole diagonal over "
            "all pixels.",
        ),
        Misconception(
            "weighted-mean",
            _scores_with(mIoU=_weighted_miou),
            "You weighed each IoU by the pixels of its class. In mIoU every class counts the same.",
        ),
    ),
    accepted=(_scores_numpy, _scores_by_dice, _scores_loops),
    hints=(
        "Three numbers a class are enough: its diagonal cell, the sum of its row, the sum of its column.",
        "IoU = diagonal / (row + column − diagonal), Dice = 2 · diagonal / (row + column). Where row + column is 0, "
        "both are float('nan').",
        "accuracy = sum of the diagonal / sum of the matrix. For the mean keep the IoUs with iou == iou, which drops "
        "nan, and divide by how many are left.",
    ),
    why="One matrix holds them all: a row is what is true, a column what was said, the diagonal where both agree.",
)


# --- trace-sizes -------------------------------------------------------------------------------------------


def trace_sizes(size, layers):
    """Return the side of a square map after each layer.

    Goes in: size, int; layers, a list of tuples: ("conv", kernel, stride, padding), ("pool", kernel) with a stride
    equal to the kernel, ("transposed", kernel, stride, padding, output_padding), ("upsample", factor).
    Comes out: a list with one int for each layer.
    """
    ### BEGIN SOLUTION
    sizes = []
    for kind, *numbers in layers:
        if kind == "conv":
            kernel, stride, padding = numbers
            size = (size + 2 * padding - kernel) // stride + 1
        elif kind == "pool":
            size = size // numbers[0]
        elif kind == "transposed":
            kernel, stride, padding, output_padding = numbers
            size = (size - 1) * stride - 2 * padding + kernel + output_padding
        else:
            size = size * numbers[0]
        sizes.append(size)
    return sizes
    ### END SOLUTION


def _trace_with(rules):
    """Return an answer with its own rule for some kinds of layers."""

    def answer(size, layers):
        sizes = []
        for kind, *numbers in layers:
            rule = rules.get(kind)
            size = rule(size, *numbers) if rule else trace_sizes(size, [(kind, *numbers)])[0]
            sizes.append(size)
        return sizes

    return answer


def _trace_always_from_start(size, layers):
    return [trace_sizes(size, [layer])[0] for layer in layers]


def _trace_rounds_up(size, kernel, stride, padding):
    return -(-(size + 2 * padding - kernel) // stride) + 1


def _trace_table(size, layers):
    rules = {
        "conv": lambda n, k, s, p: (n + 2 * p - k) // s + 1,
        "pool": lambda n, k: n // k,
        "transposed": lambda n, k, s, p, extra: (n - 1) * s - 2 * p + k + extra,
        "upsample": lambda n, f: n * f,
    }
    return _trace_with(rules)(size, layers)


def _trace_torch(size, layers):
    import torch
    from torch import nn

    make = {
        "conv": lambda k, s, p: nn.Conv2d(1, 1, k, s, p),
        "pool": lambda k: nn.MaxPool2d(k),
        "transposed": lambda k, s, p, extra: nn.ConvTranspose2d(1, 1, k, s, p, extra),
        "upsample": lambda f: nn.Upsample(scale_factor=f),
    }
    x, sizes = torch.zeros(1, 1, size, size), []
    for kind, *numbers in layers:
        x = make[kind](*numbers)(x)
        sizes.append(x.shape[-1])
    return sizes


def _trace_recursive(size, layers):
    if not layers:
        return []
    first = trace_sizes(size, layers[:1])
    return first + _trace_recursive(first[0], layers[1:])


def _draw_layers(rng):
    size, layers = int(rng.integers(20, 60)), []
    for _ in range(rng.integers(3, 6)):
        kind = rng.choice(["conv", "pool", "transposed", "upsample"], p=[0.4, 0.2, 0.3, 0.1])
        if kind == "conv":
            layers.append(("conv", int(rng.integers(1, 6)), int(rng.integers(1, 4)), int(rng.integers(0, 3))))
        elif kind == "pool":
            layers.append(("pool", int(rng.integers(2, 4))))
        elif kind == "transposed":
            stride = int(rng.integers(2, 4))
            layers.append(
                (
                    "transposed",
                    int(rng.integers(2, 5)),
                    stride,
                    int(rng.integers(0, 2)),
                    int(rng.integers(stride)),
                )
            )
        else:
            layers.append(("upsample", int(rng.integers(2, 4))))
        if trace_sizes(size, layers)[-1] < 6:
            layers.append(("upsample", 4))
    return size, layers


SIZES = Exercise(
    id="trace-sizes",
    title="Sizes through any layers",
    lesson="15",
    points=3,
    minutes=10,
    source="Study guide, sections 3, 4 and 12",
    reference=trace_sizes,
    worked=(
        Worked((32, [("conv", 3, 1, 1), ("pool", 2), ("conv", 3, 1, 1), ("pool", 2)]), [32, 16, 16, 8]),
        Worked((2, [("transposed", 3, 2, 0, 0)]), [5]),
        Worked((16, [("transposed", 3, 2, 1, 1), ("conv", 3, 2, 1), ("upsample", 4)]), [32, 16, 64]),
    ),
    fresh=_draw_layers,
    misconceptions=(
        Misconception(
            "from-start",
            _trace_always_from_start,
            "Every layer of yours starts from the first size. Each layer gets what the one before it gave.",
        ),
        Misconception(
            "one-side-padding",
            _trace_with({"conv": lambda n, k, s, p: (n + p - k) // s + 1}),
            "Your convolution pads one side. There are two: add 2 · padding.",
        ),
        Misconception(
            "no-plus-one",
            _trace_with({"conv": lambda n, k, s, p: (n + 2 * p - k) // s}),
            "Your convolution counts the steps and not the places: the first place needs no step, so add 1.",
        ),
        Misconception(
            "stride-ignored",
            _trace_with({"conv": lambda n, k, s, p: n + 2 * p - k + 1}),
            "Your convolution takes every place. With a stride it takes every stride-th: divide, then add 1.",
        ),
        Misconception(
            "rounds-up",
            _trace_with({"conv": _trace_rounds_up}),
            "Your convolution rounds up. A place where the kernel sticks out is left out: round down with //.",
        ),
        Misconception(
            "transposed-times-stride",
            _trace_with({"transposed": lambda n, k, s, p, extra: n * s}),
            "You took a transposed convolution for n · stride. That holds for kernel = stride and no padding; in "
            "general it is (n − 1) · stride − 2 · padding + kernel + output padding.",
        ),
        Misconception(
            "no-output-padding",
            _trace_with({"transposed": lambda n, k, s, p, extra: (n - 1) * s - 2 * p + k}),
            "You left out the output padding of the transposed convolution. It is added once.",
        ),
        Misconception(
            "transposed-adds-padding",
            _trace_with({"transposed": lambda n, k, s, p, extra: (n - 1) * s + 2 * p + k + extra}),
            "You added the padding of the transposed convolution. There it takes away on both sides: − 2 · padding.",
        ),
    ),
    accepted=(_trace_table, _trace_torch, _trace_recursive),
    hints=(
        "Keep one variable for the size, change it in each round, and append it to a list.",
        "Convolution: (n + 2p − k) // s + 1. Pooling: n // k. Upsampling: n · f.",
        "Transposed: (n − 1) · s − 2p + k + output padding. `for kind, *numbers in layers:` takes a tuple apart.",
    ),
    why="With these four rules you can tell the size at any place of any network in this course before it runs.",
)


# --- name-the-cause ----------------------------------------------------------------------------------------


def name_the_cause(report):
    """Return what the checklist says to look for first.

    Goes in: report, a dict: "mIoU" (float, on validation), "overlays_fit" (bool, do they look right),
    "predicted" (the list of classes that occur in the predictions), "striped" (bool), "background" (int, its class).
    Comes out: "augmentation" for striped masks; else "imbalance" where background is all that is predicted; else
    "encoding" for an mIoU below 0.05; else "metric or colours" where overlays do not fit an mIoU above 0.6;
    else "nothing".
    """
    ### BEGIN SOLUTION
    if report["striped"]:
        return "augmentation"
    if set(report["predicted"]) == {report["background"]}:
        return "imbalance"
    if report["mIoU"] < 0.05:
        return "encoding"
    if report["mIoU"] > 0.6 and not report["overlays_fit"]:
        return "metric or colours"
    return "nothing"
    ### END SOLUTION


def _cause_first_encoding(report):
    return "encoding" if report["mIoU"] < 0.05 else name_the_cause(report)


def _cause_stripes_last(report):
    cause = name_the_cause({**report, "striped": False})
    return "augmentation" if cause == "nothing" and report["striped"] else cause


def _cause_limits_included(report):
    if not report["striped"] and set(report["predicted"]) != {report["background"]}:
        if report["mIoU"] == 0.05:
            return "encoding"
        if report["mIoU"] == 0.6 and not report["overlays_fit"]:
            return "metric or colours"
    return name_the_cause(report)


def _cause_any_background(report):
    if not report["striped"] and report["background"] in report["predicted"]:
        return "imbalance"
    return name_the_cause(report)


def _cause_class_zero(report):
    return name_the_cause({**report, "background": 0})


def _cause_one_class(report):
    if not report["striped"] and len(set(report["predicted"])) == 1:
        return "imbalance"
    return name_the_cause(report)


def _cause_any_misfit(report):
    cause = name_the_cause(report)
    return "metric or colours" if cause == "nothing" and not report["overlays_fit"] else cause


def _cause_trusts_score(report):
    cause = name_the_cause(report)
    return "nothing" if cause == "metric or colours" else cause


def _cause_match(report):
    if report["striped"]:
        cause = "augmentation"
    elif all(name == report["background"] for name in report["predicted"]):
        cause = "imbalance"
    elif report["mIoU"] < 0.05:
        cause = "encoding"
    else:
        cause = "metric or colours" if not report["overlays_fit"] and report["mIoU"] > 0.6 else "nothing"
    return cause


def _cause_rules(report):
    rules = {
        "augmentation": report["striped"],
        "imbalance": set(report["predicted"]) <= {report["background"]},
        "encoding": report["mIoU"] < 0.05,
        "metric or colours": not report["overlays_fit"] and report["mIoU"] > 0.6,
    }
    return next((cause for cause, holds in rules.items() if holds), "nothing")


def _cause_numpy(report):
    present = np.unique(report["predicted"])
    if not report["striped"] and present.size == 1 and present[0] == report["background"]:
        return "imbalance"
    return _cause_match(report)


def _draw_report(rng):
    background = int(rng.integers(0, 3))
    kinds = ["striped", "background", "one class", "low", "misfit high", "misfit", "well", "limit"]
    kind = rng.choice(kinds, p=[0.18, 0.16, 0.14, 0.08, 0.14, 0.1, 0.05, 0.15])
    sign = (
        rng.choice(["background", "low", "misfit high"]) if kind == "striped" else kind
    )  # stripes come with another
    predicted = sorted({background, *rng.integers(3, size=3).tolist()})
    if sign in ("background", "one class"):
        predicted = [background if sign == "background" else (background + 1) % 3]
    score = round(float(rng.uniform(0.1, 0.55)), 2)
    if sign == "low" or (sign == "background" and rng.random() < 0.5):
        score = round(float(rng.uniform(0, 0.04)), 2)
    if sign == "misfit high":
        score = round(float(rng.uniform(0.65, 0.9)), 2)
    if sign == "limit":
        score = float(rng.choice([0.05, 0.6]))
    return (
        {
            "mIoU": score,
            "overlays_fit": kind == "well",
            "predicted": predicted,
            "striped": kind == "striped",
            "background": background,
        },
    )


def _report(score, fit, predicted, striped, background=1):
    return {
        "mIoU": score,
        "overlays_fit": fit,
        "predicted": predicted,
        "striped": striped,
        "background": background,
    }


CAUSE = Exercise(
    id="name-the-cause",
    title="The checklist as a function",
    lesson="15",
    points=2,
    minutes=8,
    source="Losses and metrics, failure modes checklist",
    reference=name_the_cause,
    worked=(
        Worked((_report(0.02, False, [0, 1, 2], False),), "encoding"),
        Worked((_report(0.85, False, [0, 1, 2], False),), "metric or colours"),
        Worked((_report(0.2, False, [1], False),), "imbalance"),
        Worked((_report(0.4, False, [0, 1, 2], True),), "augmentation"),
        Worked((_report(0.02, False, [1], True),), "augmentation"),
        Worked((_report(0.7, True, [0, 1, 2], False),), "nothing"),
        Worked((_report(0.3, False, [2], False),), "nothing"),
    ),
    fresh=_draw_report,
    fresh_cases=30,
    misconceptions=(
        Misconception(
            "encoding-first",
            _cause_first_encoding,
            "You ask for a low mIoU first. Stripes and background everywhere can have one too, and say more: ask for "
            "them before.",
        ),
        Misconception(
            "stripes-last",
            _cause_stripes_last,
            "You ask for stripes after another sign. Striped masks may score low or be background everywhere too; "
            "stripes have one cause only, so ask for them first.",
        ),
        Misconception(
            "limits-included",
            _cause_limits_included,
            "You count 0.05 itself as below 0.05, and 0.6 as above 0.6: compare with < and >.",
        ),
        Misconception(
            "any-background",
            _cause_any_background,
            "You say imbalance as soon as background occurs. It is in every healthy prediction; ask whether it is all "
            "that there is.",
        ),
        Misconception(
            "background-is-zero",
            _cause_class_zero,
            "You took class 0 for the background. The pets have it as class 1; look it up in the report.",
        ),
        Misconception(
            "one-class",
            _cause_one_class,
            "You say imbalance for any single class. One that is not the background does not come from the "
            "background's weight.",
        ),
        Misconception(
            "any-misfit",
            _cause_any_misfit,
            "You suspect the metric whenever overlays do not fit. With a middling mIoU both agree: the model is just "
            "not good yet. It is a high mIoU that contradicts them.",
        ),
        Misconception(
            "trusts-the-score",
            _cause_trusts_score,
            "You let a high mIoU pass although the overlays do not fit. One of the two lies.",
        ),
    ),
    accepted=(_cause_match, _cause_rules, _cause_numpy),
    hints=(
        "Four questions in the order of the docstring; the first yes decides.",
        "Background is all that is predicted when set(report['predicted']) == {report['background']}.",
        "The last question has two parts: an mIoU above 0.6, and overlays that do not fit.",
    ),
    why="The order matters: the sign that has one cause only is asked for before the sign that has many.",
)

EXERCISES = (SCORES, SIZES, CAUSE)
