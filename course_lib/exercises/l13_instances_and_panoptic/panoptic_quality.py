"""Panoptic quality."""

import math

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def panoptic_quality(ious, predicted, true):
    """Return SQ, RQ and PQ for the segments of one class.

    Pairs with an IoU above 0.5 match: no segment can be in two of these. SQ is the mean IoU of the matches,
    and 0 if there is none. RQ is matches / (matches + half of the unmatched segments of both sides), and PQ
    is SQ * RQ.

    Args:
        ious: a list of float, the IoUs of all pairs of a predicted and a true segment that overlap.
        predicted: int, the number of predicted segments.
        true: int, the number of true segments.

    Returns:
        A dict of floats, "SQ", "RQ" and "PQ"; all three are nan if there is no segment at all.
    """
    ### BEGIN SOLUTION
    if predicted + true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    matches = [iou for iou in ious if iou > 0.5]
    segmentation = sum(matches) / len(matches) if matches else 0.0
    unmatched = (predicted - len(matches)) + (true - len(matches))
    recognition = len(matches) / (len(matches) + unmatched / 2)
    return {"SQ": segmentation, "RQ": recognition, "PQ": segmentation * recognition}
    ### END SOLUTION


_KINDS = (
    "usual",
    "no segment",
    "only predicted",
    "only true",
    "all match",
    "none matches",
    "an IoU of exactly 0.5",
    "none unmatched but by IoU",
)


def _draw_segments(rng, kind):
    """Draw the IoUs of overlapping pairs of segments, and how many segments there are in prediction and truth."""
    more, still_more = (int(number) for number in rng.choice([1, 2, 3], 2, replace=False))
    if kind in ("no segment", "only predicted", "only true"):
        return [], more if kind == "only predicted" else 0, more if kind == "only true" else 0
    matched = [] if kind == "none matches" else (rng.integers(51, 100, rng.integers(1, 4)) / 100).tolist()
    others = [] if kind == "all match" else (rng.integers(1, 50, rng.integers(1, 3)) / 100).tolist()
    halves = [0.5] if kind == "an IoU of exactly 0.5" else []
    ious = rng.permutation(matched + others + halves).tolist()
    if kind in ("all match", "none unmatched but by IoU"):
        more = still_more = 0
    return ious, len(ious) + more, len(ious) + still_more


PANOPTIC_QUALITY = Exercise(
    panoptic_quality,
    title="Panoptic quality",
    points=2,
    minutes=8,
    source="Lesson 33, section 2: panoptic segmentation",
    draw=by_kind(_draw_segments, *_KINDS),
    fresh_cases=24,
    hints=(
        "First keep the IoUs above 0.5: their number and their mean are all that you need of them.",
        "Of the predicted segments, predicted - matches are left over, and of the true ones true - matches. What if "
        "there is no match, and what if there is no segment at all?",
        "SQ = sum(matches) / len(matches), RQ = len(matches) / (len(matches) + unmatched / 2), PQ = SQ * RQ.",
    ),
    why="SQ says how well the found segments are drawn, RQ is the F1 score of finding them. The product treats stuff "
    "and things alike, so one number scores the whole scene.",
)

# Two matches of mean 0.7; one predicted segment is left over: 2 / (2 + 0.5) = 0.8, and 0.7 * 0.8.
PANOPTIC_QUALITY.worked([0.8, 0.6, 0.3], 3, 2, gives={"SQ": 0.7, "RQ": 0.8, "PQ": 0.56})
PANOPTIC_QUALITY.worked([0.5], 1, 1, gives={"SQ": 0.0, "RQ": 0.0, "PQ": 0.0})
PANOPTIC_QUALITY.worked([], 0, 0, gives={"SQ": math.nan, "RQ": math.nan, "PQ": math.nan})
# Segments on one side only: two were invented, three were missed.
PANOPTIC_QUALITY.worked([], 2, 0, gives={"SQ": 0.0, "RQ": 0.0, "PQ": 0.0})
PANOPTIC_QUALITY.worked([], 0, 3, gives={"SQ": 0.0, "RQ": 0.0, "PQ": 0.0})


def _quality_by(ious, predicted, true, sq=None, rq=None, matches=None):
    """Compute the qualities with other rules for SQ, RQ, or what matches."""
    if predicted + true == 0:
        return dict.fromkeys(("SQ", "RQ", "PQ"), math.nan)
    matched = [iou for iou in ious if iou > 0.5] if matches is None else matches
    count = len(matched)
    unmatched = predicted + true - 2 * count
    segmentation = (sum(matched) / count if count else 0.0) if sq is None else sq(matched)
    recognition = count / (count + unmatched / 2) if rq is None else rq(count, unmatched)
    return {"SQ": segmentation, "RQ": recognition, "PQ": segmentation * recognition}


@PANOPTIC_QUALITY.wrong
def half_is_enough(ious, predicted, true):
    """You let an IoU of exactly 0.5 match. Above 0.5 a segment can match only one other, but at 0.5 it could match two:
    compare with >.
    """
    return _quality_by(ious, predicted, true, matches=[iou for iou in ious if iou >= 0.5])


@PANOPTIC_QUALITY.wrong
def sq_over_all_pairs(ious, predicted, true):
    """Your SQ is the mean over all pairs that overlap. SQ asks how well the segments that were found are drawn: take
    the mean only over the matches.
    """
    return _quality_by(ious, predicted, true, sq=lambda matched: sum(ious) / len(ious) if ious else 0.0)


@PANOPTIC_QUALITY.wrong
def matches_over_all_pairs(ious, predicted, true):
    """You added up the IoUs of the matches and divided by the number of all pairs. A pair that does not match has no
    place in SQ: divide by the number of matches.
    """
    return _quality_by(ious, predicted, true, sq=lambda matched: sum(matched) / len(ious) if ious else 0.0)


@PANOPTIC_QUALITY.wrong
def errors_count_whole(ious, predicted, true):
    """You counted every unmatched segment fully. A pet that is drawn badly is unmatched twice, once in the prediction
    and once in the truth, so each unmatched segment counts half.
    """
    return _quality_by(ious, predicted, true, rq=lambda count, unmatched: count / max(count + unmatched, 1))


@PANOPTIC_QUALITY.wrong
def sq_over_the_true_segments(ious, predicted, true):
    """You divided SQ by the number of true segments. RQ already counts what was not found: divide SQ by the number of
    matches.
    """
    return _quality_by(ious, predicted, true, sq=lambda matched: sum(matched) / true if true else 0.0)


@PANOPTIC_QUALITY.wrong
def rq_is_recall(ious, predicted, true):
    """Your RQ is the share of true segments that were found. Invented segments must cost as well: add half of
    the unmatched of both sides to the matches.
    """
    return _quality_by(ious, predicted, true, rq=lambda count, unmatched: count / true if true else 0.0)


@PANOPTIC_QUALITY.wrong
def rq_is_precision(ious, predicted, true):
    """Your RQ is the share of predicted segments that match. Missed ones must cost as well: add half of the
    unmatched of both sides to the matches.
    """
    return _quality_by(
        ious, predicted, true, rq=lambda count, unmatched: count / predicted if predicted else 0.0
    )


@PANOPTIC_QUALITY.wrong
def matches_counted_again(ious, predicted, true):
    """You counted all segments as unmatched. Those that match have been counted already: only predicted - matches and
    true - matches are left over.
    """
    every = predicted + true
    return _quality_by(ious, predicted, true, rq=lambda count, unmatched: count / (count + every / 2))


@PANOPTIC_QUALITY.wrong
def pairs_for_segments(ious, predicted, true):
    """You counted the pairs that do not match. Count the segments that are left over: predicted - matches on one side,
    true - matches on the other.
    """
    pairs = len(ious)
    return _quality_by(
        ious,
        predicted,
        true,
        rq=lambda count, unmatched: count / (count + (pairs - count) / 2) if pairs else 0.0,
    )


@PANOPTIC_QUALITY.wrong
def mean_of_the_two(ious, predicted, true):
    """Your PQ is the mean of SQ and RQ. It is their product: a class that is drawn perfectly and hardly ever found must
    not score high.
    """
    quality = panoptic_quality(ious, predicted, true)
    return quality | {"PQ": (quality["SQ"] + quality["RQ"]) / 2}


@PANOPTIC_QUALITY.wrong
def zero_without_segments(ious, predicted, true):
    """You returned 0 for a class that has no segment in either map. There was nothing to find: return nan, and the mean
    over the classes leaves this class out.
    """
    if predicted + true == 0:
        return {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}
    return panoptic_quality(ious, predicted, true)


@PANOPTIC_QUALITY.wrong
def sq_as_a_sum(ious, predicted, true):
    """Your SQ is the sum of the matches' IoUs. It is their mean: divide by the number of matches."""
    return _quality_by(ious, predicted, true, sq=sum)


@PANOPTIC_QUALITY.right
def quality_in_numpy(ious, predicted, true):
    if not predicted and not true:
        return {"PQ": np.nan, "SQ": np.nan, "RQ": np.nan}
    ious = np.array(ious)
    matched = ious[ious > 0.5]
    sq = matched.mean() if matched.size else np.float64(0)
    rq = 2 * matched.size / (predicted + true)
    return {"PQ": sq * rq, "SQ": sq, "RQ": rq}


@PANOPTIC_QUALITY.right
def quality_at_once(ious, predicted, true):
    total = (predicted + true) / 2  # matches + half of the unmatched
    if not total:
        return {"SQ": float("nan"), "RQ": float("nan"), "PQ": float("nan")}
    matched = list(filter(lambda iou: iou > 0.5, ious))
    return {
        "SQ": sum(matched) / max(len(matched), 1),
        "RQ": len(matched) / total,
        "PQ": sum(matched) / total,
    }


@PANOPTIC_QUALITY.right
def quality_by_f1(ious, predicted, true):
    if predicted == true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    count = sum(iou > 0.5 for iou in ious)
    if not count:
        return {"SQ": 0.0, "RQ": 0.0, "PQ": 0.0}
    precision, recall = count / predicted, count / true
    sq, rq = sum(iou for iou in ious if iou > 0.5) / count, 2 * precision * recall / (precision + recall)
    return {"SQ": sq, "RQ": rq, "PQ": sq * rq}


PANOPTIC_QUALITY.equivalent(
    "quality_by_f1, line 8: (count / predicted, count / true) -> (count / true, count / predicted)",
    because="F1 does not change where precision and recall change places.",
)
