"""The checklist as a function."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def name_the_cause(report):
    """Return what the checklist says to look for first.

    Args:
        report: a dict: "mIoU" (float, on validation), "overlays_fit" (bool, do they look right), "predicted"
            (the list of classes that occur in the predictions), "striped" (bool), "background" (int, its
            class).

    Returns:
        "augmentation" for striped masks; else "imbalance" where background is all that is predicted; else
        "encoding" for an mIoU below 0.05; else "metric or colours" where overlays do not fit an mIoU above
        0.6; else "nothing".
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


_MIDDLING, _LOW, _HIGH = (0.1, 0.55), (0.0, 0.04), (0.62, 0.9)
_KINDS = {  # the mIoU lies between these; do overlays fit; what is predicted; are the masks striped
    "striped": (_MIDDLING, False, "several", True),
    "striped, low": (_LOW, False, "several", True),
    "striped, high": (_HIGH, False, "several", True),
    "striped, background": (_MIDDLING, False, "background", True),
    "background": (_MIDDLING, False, "background", False),
    "background is 0": (_MIDDLING, False, "background", False),
    "background, low": (_LOW, False, "background", False),
    "background, high": (_HIGH, False, "background", False),
    "one other class": (_MIDDLING, False, "another", False),
    "one other class, low": (_LOW, False, "another", False),
    "low": (_LOW, False, "several", False),
    "low, overlays fit": (_LOW, True, "several", False),
    "0.05": ((0.05, 0.05), False, "several", False),
    "just above 0.05": ((0.06, 0.09), False, "several", False),
    "middling": (_MIDDLING, False, "several", False),
    "0.6": ((0.6, 0.6), False, "several", False),
    "just above 0.6": ((0.61, 0.61), False, "several", False),
    "high": (_HIGH, False, "several", False),
    "high, overlays fit": (_HIGH, True, "several", False),
    "all classes but the background": (_MIDDLING, True, "the others", False),
}


def _draw_report(rng, kind):
    scores, overlays_fit, what, striped = _KINDS[kind]
    background = 0 if kind == "background is 0" else int(rng.integers(1, 3))
    another, third = rng.permutation([class_id for class_id in range(3) if class_id != background]).tolist()
    predicted = {
        "several": [background, another],
        "background": [background],
        "another": [another],
        "the others": [another, third],
    }
    score = round(float(rng.uniform(*scores)), 2)
    return (_report(score, overlays_fit, sorted(predicted[what]), striped, background),)


def _report(score, fit, predicted, striped, background=1):
    return {
        "mIoU": score,
        "overlays_fit": fit,
        "predicted": predicted,
        "striped": striped,
        "background": background,
    }


NAME_THE_CAUSE = Exercise(
    name_the_cause,
    title="The checklist as a function",
    points=2,
    minutes=8,
    source="Losses and metrics, failure modes checklist",
    draw=by_kind(_draw_report, *_KINDS),
    fresh_cases=20,
    hints=(
        "Four questions in the order of the docstring; the first yes decides.",
        "Background is all that is predicted when set(report['predicted']) == {report['background']}.",
        "The last question has two parts: an mIoU above 0.6, and overlays that do not fit.",
    ),
    why="The order matters: the sign that has one cause only is asked for before the sign that has many.",
)

NAME_THE_CAUSE.worked(_report(0.02, False, [0, 1, 2], False), gives="encoding")
NAME_THE_CAUSE.worked(_report(0.85, False, [0, 1, 2], False), gives="metric or colours")
NAME_THE_CAUSE.worked(_report(0.2, False, [1], False), gives="imbalance")
NAME_THE_CAUSE.worked(_report(0.4, False, [0, 1, 2], True), gives="augmentation")
NAME_THE_CAUSE.worked(_report(0.02, False, [1], True), gives="augmentation")
NAME_THE_CAUSE.worked(_report(0.7, True, [0, 1, 2], False), gives="nothing")
NAME_THE_CAUSE.worked(_report(0.3, False, [2], False), gives="nothing")


@NAME_THE_CAUSE.wrong
def encoding_first(report):
    """You ask for a low mIoU first. Stripes and background everywhere can have one too, and say more: ask for
    them before.
    """
    return "encoding" if report["mIoU"] < 0.05 else name_the_cause(report)


@NAME_THE_CAUSE.wrong
def stripes_last(report):
    """You ask for stripes after another sign. Striped masks may score low or be background everywhere too;
    stripes have one cause only, so ask for them first.
    """
    cause = name_the_cause({**report, "striped": False})
    return "augmentation" if cause == "nothing" and report["striped"] else cause


@NAME_THE_CAUSE.wrong
def limits_included(report):
    """You count 0.05 itself as below 0.05, and 0.6 as above 0.6: compare with < and >."""
    if not report["striped"] and set(report["predicted"]) != {report["background"]}:
        if report["mIoU"] == 0.05:
            return "encoding"
        if report["mIoU"] == 0.6 and not report["overlays_fit"]:
            return "metric or colours"
    return name_the_cause(report)


@NAME_THE_CAUSE.wrong
def any_background(report):
    """You say imbalance as soon as background occurs. It is in every healthy prediction; ask whether it is
    all that there is.
    """
    if not report["striped"] and report["background"] in report["predicted"]:
        return "imbalance"
    return name_the_cause(report)


@NAME_THE_CAUSE.wrong
def background_is_zero(report):
    """You took class 0 for the background. The pets have it as class 1; look it up in the report."""
    return name_the_cause({**report, "background": 0})


@NAME_THE_CAUSE.wrong
def one_class(report):
    """You say imbalance for any single class. One that is not the background does not come from the
    background's weight.
    """
    if not report["striped"] and len(set(report["predicted"])) == 1:
        return "imbalance"
    return name_the_cause(report)


@NAME_THE_CAUSE.wrong
def any_misfit(report):
    """You suspect the metric whenever overlays do not fit. With a middling mIoU both agree: the model is just
    not good yet. It is a high mIoU that contradicts them.
    """
    cause = name_the_cause(report)
    return "metric or colours" if cause == "nothing" and not report["overlays_fit"] else cause


@NAME_THE_CAUSE.wrong
def trusts_the_score(report):
    """You let a high mIoU pass although the overlays do not fit. One of the two lies."""
    cause = name_the_cause(report)
    return "nothing" if cause == "metric or colours" else cause


@NAME_THE_CAUSE.wrong
def last_sign_wins(report):
    """You go on asking after the first yes, so a later sign overwrites it. The first yes decides: return at once, or
    ask with elif.
    """
    if report["mIoU"] > 0.6 and not report["overlays_fit"]:
        return "metric or colours"
    return "encoding" if report["mIoU"] < 0.05 else name_the_cause(report)


@NAME_THE_CAUSE.right
def cause_match(report):
    if report["striped"]:
        cause = "augmentation"
    elif all(name == report["background"] for name in report["predicted"]):
        cause = "imbalance"
    elif report["mIoU"] < 0.05:
        cause = "encoding"
    else:
        cause = "metric or colours" if not report["overlays_fit"] and report["mIoU"] > 0.6 else "nothing"
    return cause


@NAME_THE_CAUSE.right
def cause_rules(report):
    rules = {
        "augmentation": report["striped"],
        "imbalance": set(report["predicted"]) <= {report["background"]},
        "encoding": report["mIoU"] < 0.05,
        "metric or colours": not report["overlays_fit"] and report["mIoU"] > 0.6,
    }
    return next((cause for cause, holds in rules.items() if holds), "nothing")


@NAME_THE_CAUSE.right
def cause_numpy(report):
    signs = [
        report["striped"],
        np.all(np.array(report["predicted"]) == report["background"]),
        report["mIoU"] < 0.05,
        report["mIoU"] > 0.6 and not report["overlays_fit"],
        True,
    ]
    causes = ["augmentation", "imbalance", "encoding", "metric or colours", "nothing"]
    return causes[np.argmax(signs)]
