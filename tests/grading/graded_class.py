"""A small class, graded: what the checks of two lessons would leave behind."""

from dataclasses import replace

from course_lib.grading.scoring.results import ExerciseGrade, SubmissionGrade

IOU = "03_iou_and_dice_by_hand"
ARGMAX = "01_argmax_per_pixel"
FLAG = "calls course_lib.metrics.iou"


def exercise(name="iou", score=2.0, most=2.0, **changes):
    passed = score == most
    grade = ExerciseGrade(
        name, "passed" if passed else "failed", score, most, cases_passed=14 if passed else 7, cases=14
    )
    return replace(grade, **changes)


def submission(student="ada", assignment=IOU, exercises=None, **changes):
    exercises = (exercise(), exercise("dice", 0.5, 1.0)) if exercises is None else tuple(exercises)
    grade = SubmissionGrade(
        student, assignment[:2], assignment, f"{student}/{assignment}.ipynb", exercises, sandbox="namespaces"
    )
    return replace(grade, **changes)


def small_class():
    """Four students: right, partly right with a misconception, flagged, and one that could not be scored."""
    wrong = exercise(
        score=1.0,
        misconception="recall",
        message="You divided by the truth pixels alone.",
        worked=(("called", "iou([[1]], [[1]])"), ("got", "0.5"), ("expected", "0.75")),
    )
    return [
        submission("ada"),
        submission("ben", exercises=(wrong, exercise("dice", 0.0, 1.0, status="not attempted", cases=0))),
        submission("cem", exercises=(exercise(flags=(FLAG,)), exercise("dice", 1.0, 1.0))),
        submission(
            "dora",
            exercises=(exercise(score=0.0, status="missing"),),
            reason="the file is no notebook",
            notes=("renamed: hw.ipynb",),
        ),
        submission("ada", ARGMAX, exercises=(exercise("argmax-pixel", 1.0, 1.0),)),
    ]


def everything(folder):
    """Return the bytes of all files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
