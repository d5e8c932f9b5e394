"""Records of learners, and what comes of them, for Python on a laptop and for JavaScript on the site's page."""

from typing import Any

ARGMAX = {"passed": True, "best_score": 1.0, "tries": [7], "hints": 0}
TRIED = {"passed": False, "best_score": 0.5, "tries": [7, 9], "hints": 2}
NOTHING = {"passed": False, "best_score": 0.0, "tries": [], "hints": 0}


def record(exercises: dict[str, Any], questions: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"version": 1, "exercises": exercises, "questions": questions or {}}


def known(day: str, due: str, stability: float) -> dict[str, Any]:
    """A question answered on one day of March and due on another."""
    return {"day": f"2026-03-{day}", "due": f"2026-03-{due}", "stability": stability, "difficulty": 5.0}


MERGED = {
    "nothing into nothing": (record({}), record({}), record({})),
    "something into nothing": (record({}), record({"iou": ARGMAX}), record({"iou": ARGMAX})),
    "nothing into something": (record({"iou": TRIED}), record({}), record({"iou": TRIED})),
    "other exercises": (
        record({"iou": ARGMAX}),
        record({"dice": TRIED}),
        record({"dice": TRIED, "iou": ARGMAX}),
    ),
    "what was passed here stays passed": (
        record({"iou": ARGMAX}),
        record({"iou": TRIED}),
        record({"iou": {"passed": True, "best_score": 1.0, "tries": [7, 9], "hints": 2}}),
    ),
    "what was passed there is passed": (
        record({"iou": TRIED}),
        record({"iou": ARGMAX}),
        record({"iou": {"passed": True, "best_score": 1.0, "tries": [7, 9], "hints": 2}}),
    ),
    "fields that are missing": (
        record({"iou": {"hints": 1}}),
        record({"iou": {"tries": [3]}}),
        record({"iou": {"passed": False, "best_score": 0.0, "tries": [3], "hints": 1}}),
    ),
    "a former id": (
        record({"mean-loss": TRIED}),
        record({"ce-mean": ARGMAX}),
        record({"mean-loss": {"passed": True, "best_score": 1.0, "tries": [7, 9], "hints": 2}}),
    ),
    "a former and the present id in one file": (
        record({}),
        record({"mean-loss": TRIED, "ce-mean": ARGMAX}),
        record({"mean-loss": TRIED}),
    ),
    "an exercise that the course no longer has": (
        record({}),
        record({"constructor": ARGMAX}),  # a name that JavaScript's objects have from the start
        record({"constructor": ARGMAX}),
    ),
    "the later answer to a question": (
        record({}, {"q": known("01", "09", 8.0), "r": known("02", "03", 1.0)}),
        record({}, {"q": known("02", "04", 2.3), "r": known("01", "04", 3.0)}),
        record({}, {"q": known("02", "04", 2.3), "r": known("02", "03", 1.0)}),
    ),
    "two answers on one day": (
        record({}, {"q": known("02", "03", 0.2), "r": known("02", "09", 7.0)}),
        record({}, {"q": known("02", "09", 7.0), "r": known("02", "04", 2.3)}),
        record({}, {"q": known("02", "03", 0.2), "r": known("02", "04", 2.3)}),
    ),
    "boxes of an earlier release": (
        record({}, {"q": {"box": 1, "day": "2026-03-02"}}),
        record({}, {"q": {"box": 2, "day": "2026-03-01"}, "r": {"box": 0, "day": "2026-03-02"}}),
        record({}, {"q": known("02", "05", 3), "r": known("02", "03", 1)}),
    ),
}
"""What one machine has, what another one has, and what comes of both."""

REFUSED = {
    "": "it is not JSON",
    "{": "it is not JSON",
    "PK\x03\x04": "it is not JSON",
    "[]": "it has no version or no exercises",
    "null": "it has no version or no exercises",
    '{"version": 1}': "it has no version or no exercises",
    '{"exercises": {}}': "it has no version or no exercises",
    '{"version": "1", "exercises": {}}': "it has no version or no exercises",
    '{"cells": [], "metadata": {}}': "it is a notebook",
    '{"version": 1, "exercises": []}': "its exercises are not listed by their ids",
    '{"version": 1, "exercises": {"iou": 3}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"points": 3}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"passed": 1}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"hints": "x"}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"hints": -1}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"tries": 3}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"tries": ["x"]}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"best_score": "1"}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {"iou": {"best_score": -1}}}': "its record of 'iou' is damaged",
    '{"version": 1, "exercises": {}, "questions": []}': "its questions are not listed by their ids",
    '{"version": 1, "exercises": {}, "questions": {"q": 3}}': "its record of the question 'q' is damaged",
    '{"version": 1, "exercises": {}, "questions": {"q": {"box": 9, "day": "2026-03-02"}}}': (
        "its record of the question 'q' is damaged"
    ),
    '{"version": 1, "exercises": {}, "questions": {"q": {"box": 1, "day": ""}}}': (
        "its record of the question 'q' is damaged"
    ),
    '{"version": 1, "exercises": {}, "questions": {"q": {"day": "2026-03-02", "due": "2026-03-03"}}}': (
        "its record of the question 'q' is damaged"
    ),
    '{"version": 1, "exercises": {}, "questions": {"q": {"day": "2026-03-02", "due": "2026-03-01", '
    '"stability": 1, "difficulty": 5}}}': "its record of the question 'q' is damaged",
    '{"version": 1, "exercises": {}, "questions": {"q": {"box": 1, "day": "yesterday"}}}': (
        "its record of the question 'q' is damaged"
    ),
    '{"version": 1, "exercises": {}, "questions": {"q": {"box": 1, "day": "2026-02-30"}}}': (
        "its record of the question 'q' is damaged"
    ),
}
"""Files that are not records, and what is wrong with them."""

NEWER = '{"version": 2, "exercises": {"iou": {"passed": "yes"}}}'
