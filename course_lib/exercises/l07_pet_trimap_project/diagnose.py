"""The failure-modes checklist."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def diagnose(run):
    """Return the likely causes of what was observed in a run.

    "mask encoding":          the mIoU is below 0.05 in every epoch
    "metric or colours":      the best mIoU is 0.5 or more, but the overlays do not look right
    "class imbalance":        more than 0.98 of the pixels are predicted background, and the pet IoU is below 0.05
    "misaligned augmentation": the masks are striped, that is, the edge ratio is above 2

    Args:
        run: a dict: {"mIoU": [one per epoch], "overlays_look_right": bool, "background_share": float,
            "pet_iou": float, "edge_ratio": float}.

    Returns:
        A list of str in this order, empty if nothing is wrong.
    """
    ### BEGIN SOLUTION
    causes = []
    if max(run["mIoU"]) < 0.05:
        causes.append("mask encoding")
    if max(run["mIoU"]) >= 0.5 and not run["overlays_look_right"]:
        causes.append("metric or colours")
    if run["background_share"] > 0.98 and run["pet_iou"] < 0.05:
        causes.append("class imbalance")
    if run["edge_ratio"] > 2:
        causes.append("misaligned augmentation")
    return causes
    ### END SOLUTION


def _observed(curve, right, share, pet, edges):
    return {
        "mIoU": curve,
        "overlays_look_right": right,
        "background_share": share,
        "pet_iou": pet,
        "edge_ratio": edges,
    }


_KINDS = {  # the best mIoU, whether overlays look right, background share, pet IoU, edge ratio
    "healthy": (0.7, True, 0.6, 0.6, 1.1),
    "low in every epoch": (0.04, True, 0.6, 0.1, 1.0),
    "low, with bad overlays": (0.03, False, 0.6, 0.1, 1.0),
    "best at 0.05": (0.05, False, 0.6, 0.1, 1.9),
    "middling, with bad overlays": (0.3, False, 0.6, 0.2, 1.0),
    "high, with bad overlays": (0.7, False, 0.6, 0.6, 1.0),
    "best at 0.5, with bad overlays": (0.5, False, 0.97, 0.6, 0.3),
    "just below 0.5, with bad overlays": (0.49, False, 0.97, 0.6, 0.3),
    "background only": (0.3, True, 1.0, 0.0, 1.0),
    "share at 0.98": (0.3, True, 0.98, 0.0, 1.0),
    "share just above 0.98": (0.3, True, 0.99, 0.04, 1.0),
    "much background, and the pet is found": (0.6, True, 0.99, 0.5, 1.0),
    "pet at 0.05": (0.3, True, 0.99, 0.05, 1.0),
    "pet in the wrong places": (0.3, True, 0.7, 0.02, 1.0),
    "striped": (0.4, True, 0.6, 0.3, 2.4),
    "ratio at 2": (0.4, True, 0.6, 0.3, 2.0),
    "high, bad and striped": (0.6, False, 0.6, 0.5, 6.0),
    "low, background and striped": (0.02, False, 0.99, 0.02, 2.1),
    "high, bad and background": (0.55, False, 1.0, 0.0, 1.0),
}


def _draw_run(rng, kind):
    """Draw a run of that kind: in some epoch the best mIoU, in all the others a lower one; usually 0 at first."""
    best, *rest = _KINDS[kind]
    curve = [0.0, *np.round(rng.uniform(0, 0.9 * best, int(rng.integers(1, 4))), 2).tolist()]
    curve.insert(int(rng.integers(1, len(curve))), best)
    return (_observed(curve, *rest),)


def _draw_one_epoch(rng):
    best, *rest = _KINDS["best at 0.5, with bad overlays"]
    return (_observed([best], *rest),)


def _draw_fall(rng):
    best, *rest = _KINDS["middling, with bad overlays"]
    return (_observed([best, 0.0], *rest),)


DIAGNOSE = Exercise(
    diagnose,
    title="The failure-modes checklist",
    points=2,
    minutes=10,
    source="Losses and metrics, failure modes checklist",
    draw={**by_kind(_draw_run, *_KINDS), "one epoch": _draw_one_epoch, "falls to 0": _draw_fall},
    fresh_cases=21,
    hints=(
        "Four ifs, one below the other, each of which may append a cause to a list.",
        "Below 0.05 in every epoch means that even the best epoch is: max(run['mIoU']) < 0.05.",
        "The second is max(run['mIoU']) >= 0.5 and not run['overlays_look_right']; the third needs share and "
        "IoU; the fourth is run['edge_ratio'] > 2.",
    ),
    why="Each observation contradicts something: a score that should move, a number and a picture that should "
    "agree, classes that should all occur, edges that should be as many as in the truth.",
)


DIAGNOSE.worked(_observed([0.01, 0.02, 0.01], False, 0.40, 0.02, 1.1), gives=["mask encoding"])
DIAGNOSE.worked(_observed([0.31, 0.66, 0.64], False, 0.58, 0.65, 1.1), gives=["metric or colours"])
DIAGNOSE.worked(_observed([0.20, 0.20], False, 1.0, 0.0, 0.0), gives=["class imbalance"])
DIAGNOSE.worked(_observed([0.22, 0.35], False, 0.61, 0.30, 5.2), gives=["misaligned augmentation"])
DIAGNOSE.worked(_observed([0.02, 0.41, 0.55], True, 0.60, 0.56, 1.2), gives=[])

_CAUSES = ("mask encoding", "metric or colours", "class imbalance", "misaligned augmentation")


def _without(run, cause):
    return [found for found in diagnose(run) if found != cause]


def _with_rule(cause, rule):
    """A diagnose in which one cause is judged by another rule."""

    def wrong_diagnose(run):
        found = set(_without(run, cause)) | ({cause} if rule(run) else set())
        return [name for name in _CAUSES if name in found]

    return wrong_diagnose


DIAGNOSE.wrong(
    _with_rule("mask encoding", lambda run: min(run["mIoU"]) < 0.05),
    name="any_epoch_below",
    sentence="You suspected the masks because one epoch scored near 0. Many healthy runs begin there: only a "
    "score that stays near 0 in every epoch is a sign.",
)
DIAGNOSE.wrong(
    _with_rule("mask encoding", lambda run: run["mIoU"][0] < 0.05),
    name="only_first_epoch",
    sentence="You judged the masks by the first epoch, when every network is still guessing. Look at all "
    "epochs: the best of them must be below 0.05.",
)
DIAGNOSE.wrong(
    _with_rule("metric or colours", lambda run: run["mIoU"][-1] >= 0.5 and not run["overlays_look_right"]),
    name="last_epoch_for_best",
    sentence="You took the mIoU of the last epoch for the best one. The run's result is its best epoch: "
    "max(run['mIoU']).",
)
DIAGNOSE.wrong(
    _with_rule("metric or colours", lambda run: not run["overlays_look_right"]),
    name="only_overlays",
    sentence="You suspected the metric whenever the overlays look wrong. A network that has learned little has "
    "a low mIoU and bad overlays, and both are right: only together with a high mIoU do they "
    "contradict each other.",
)
DIAGNOSE.wrong(
    _with_rule("class imbalance", lambda run: run["background_share"] > 0.98),
    name="only_share",
    sentence="You judged by the share of the background alone. Where pets are tiny, 99 % background can be "
    "right: look at the pet's IoU as well.",
)
DIAGNOSE.wrong(
    _with_rule("class imbalance", lambda run: run["pet_iou"] < 0.05),
    name="only_pet_iou",
    sentence="You judged by the pet's IoU alone. It is also near 0 when pets are predicted in the wrong "
    "places: only if nearly all is background did the network give up on the rare class.",
)
DIAGNOSE.wrong(
    _with_rule("misaligned augmentation", lambda run: run["edge_ratio"] < 2),
    name="smooth_for_striped",
    sentence="You turned the edge ratio round. Stripes have many edges, so striped masks have a high ratio; 1 "
    "means as many edges as the truth has.",
)


DIAGNOSE.wrong(
    _with_rule("metric or colours", lambda run: max(run["mIoU"]) >= 0.5 and run["overlays_look_right"]),
    name="overlays_turned_round",
    sentence="You suspected the metric where the overlays look right. A high mIoU and good overlays agree: it is "
    "`not run['overlays_look_right']`.",
)


@DIAGNOSE.wrong
def mean_of_the_epochs(run):
    """You took the mean mIoU of the epochs. The run's result is its best epoch: max(run['mIoU'])."""
    return diagnose({**run, "mIoU": [float(np.mean(run["mIoU"]))]})


@DIAGNOSE.wrong
def stops_at_the_first(run):
    """You stopped at the first cause. A run can have two faults: go through the whole list, with if and not
    elif, and append each.
    """
    return diagnose(run)[:1]


@DIAGNOSE.right
def by_table(run):
    applies = (
        all(score < 0.05 for score in run["mIoU"]),
        any(score >= 0.5 for score in run["mIoU"]) and run["overlays_look_right"] is False,
        run["background_share"] > 0.98 and run["pet_iou"] < 0.05,
        run["edge_ratio"] > 2,
    )
    return [cause for cause, yes in zip(_CAUSES, applies, strict=True) if yes]


@DIAGNOSE.right
def in_numpy(run):
    best = np.max(run["mIoU"])
    flags = [
        best < 0.05,
        np.logical_and(best >= 0.5, not run["overlays_look_right"]),
        (run["background_share"] > 0.98) & (run["pet_iou"] < 0.05),
        run["edge_ratio"] > 2,
    ]
    return tuple(np.array(_CAUSES)[flags].tolist())


@DIAGNOSE.right
def with_generator(run):
    def causes():
        best = sorted(run["mIoU"])[-1]
        if best < 0.05:
            yield "mask encoding"
        elif best >= 0.5 and not run["overlays_look_right"]:
            yield "metric or colours"
        if run["pet_iou"] < 0.05 and run["background_share"] > 0.98:
            yield "class imbalance"
        if run["edge_ratio"] > 2:
            yield "misaligned augmentation"

    return list(causes())
