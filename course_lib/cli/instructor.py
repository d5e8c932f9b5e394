"""Commands for instructors: hand out, collect and grade."""

from __future__ import annotations

import argparse
import os
import secrets
import sys

from course_lib.cli.command import LESSONS, Command, argument, command, flag, folder, lesson_numbers
from course_lib.paths import course_root
from course_lib.wording import counted

_SUBMISSIONS = folder("submissions", "SUBMISSIONS", "holds one folder per student")


@command(
    "release",
    folder("--out", "DIR", "gets release/ and source/", required=True),
    LESSONS,
)
def release(options: argparse.Namespace) -> int:
    """For instructors: write the notebooks to hand out."""
    from course_lib.grading.release import release

    names = release(course_root(), options.out, [part for part in options.lessons.split(",") if part.strip()])
    for name in names:
        print(options.out / "release" / name / f"{name}.ipynb")
    print(f"{counted(len(names), 'notebook')} to hand out; {options.out / 'source'} holds the solutions.")
    return 0


@command(
    "collect",
    folder("zip", "FILE.zip", "from Canvas, Moodle, Blackboard, Gradescope, nbgrader, or any other"),
    folder("--out", "DIR", "the submissions folder", required=True),
    argument("--lesson", default="", metavar="NN", help="of notebooks that do not say which"),
)
def collect(options: argparse.Namespace) -> int:
    """For instructors: unpack the zip of submissions from a learning platform."""
    from course_lib.grading.assignment import assignment_names
    from course_lib.grading.intake.collect import collect
    from course_lib.lessons import lesson_file

    notebooks = course_root() / "notebooks"
    lesson = lesson_file(notebooks, options.lesson, ".ipynb").stem if options.lesson else ""
    result = collect(options.zip, options.out, assignment_names(), lesson, progress=True)
    print(result.text())
    return 1 if result.left else 0


@command(
    "grade",
    _SUBMISSIONS,
    folder("--out", "GRADES", "gets scores, tables, feedback", required=True),
    argument("--seed", type=int, help="of the hidden cases; default: a new one, kept in run.json"),
    argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="default: one per core"),
    argument(
        "--sandbox",
        choices=("auto", "require", "none"),
        default="auto",
        help="auto: the best there is; require: refuse to grade without a complete one",
    ),
    flag("--resume", "keep what an earlier run has finished"),
    LESSONS,
    argument(
        "--deadline",
        type=float,
        metavar="SECONDS",
        help="for each exercise; default 2, more where torch is used",
    ),
    argument("--memory", type=int, default=2048, metavar="MB", help="for each answer (default: %(default)s)"),
    folder("--policy", "policy.toml", "late penalties, overrides, flags"),
    argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="of a Dask cluster that grades, such as tcp://10.0.0.1:8786",
    ),
)
def grade(options: argparse.Namespace) -> int:
    """For instructors: score submissions, each in its own sandbox."""
    from course_lib.grading.assignment import assignment_names
    from course_lib.grading.exports.write_all import write_all
    from course_lib.grading.scoring.grade_class import grade_class
    from course_lib.grading.scoring.policy import read_policy

    read_policy(options.policy, assignment_names())  # a wrong policy must be found before anything runs
    terminal = (
        sys.stdout
    )  # the prints of misconceptions are redirected elsewhere; these lines go to the terminal
    graded = grade_class(
        options.submissions,
        options.out,
        seed=options.seed,
        jobs=max(1, options.jobs),
        sandbox=options.sandbox,
        resume=options.resume,
        lessons=lesson_numbers(options.lessons),
        deadline=options.deadline,
        memory=options.memory,
        scheduler=options.scheduler,
        say=lambda line: print(line, file=terminal, flush=True),
    )
    write_all(options.out, graded.grades, options.policy, graded.intake)
    print(graded.summary())
    print(f"The grades are in {options.out}; seed {graded.seed}, sandbox {graded.level}.")
    return 0


@command(
    "grade-project",
    _SUBMISSIONS,
    folder("--test", "FOLDER", "pets with a test split", required=True),
    folder("--out", "GRADES", "gets leaderboard.csv", required=True),
    argument("--points", type=float, default=10, help="what the project is worth (default: %(default)s)"),
    argument(
        "--full-marks",
        type=float,
        default=0.7,
        metavar="MIOU",
        help="the mIoU that earns all points (default: %(default)s)",
    ),
    argument(
        "--size",
        type=int,
        default=64,
        help="side of the images for weights without config.json (default: %(default)s)",
    ),
    argument("--deadline", type=int, default=600, metavar="SECONDS", help="for each student's weights"),
    argument("--memory", type=int, default=8192, metavar="MB", help="for each student's weights"),
)
def grade_project(options: argparse.Namespace) -> int:
    """For instructors: score projects on a test split that only you have."""
    from course_lib.grading.project.grade_project import (
        Limits,
        grade_projects,
        write_leaderboard,
        write_points,
    )

    limits = Limits(options.size, options.deadline, options.memory)
    scores, baseline = grade_projects(options.submissions, options.test, limits, progress=True)
    write_points(options.out / "project.csv", scores, baseline, options.full_marks, options.points)
    write_leaderboard(options.out / "leaderboard.csv", scores)
    for score in scores:
        print(f"{score.student}: {score.reason or f'mIoU {score.mean_iou:.4f}'}")
    print(f"Wrote {options.out / 'leaderboard.csv'}; all background has mIoU {baseline:.4f} here.")
    return 0


@command(
    "quiz",
    folder("--out", "DIR", "gets notebook, Moodle file, key", required=True),
    LESSONS,
    argument("--count", type=int, default=20, metavar="N", help="number of questions (default: %(default)s)"),
    argument("--seed", type=int, help="draws the same quiz again; default: a new one"),
)
def quiz(options: argparse.Namespace) -> int:
    """For instructors: draw a quiz from the question bank."""
    from course_lib.grading.quiz import write_quiz

    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    notebook, moodle, key = write_quiz(options.out, lesson_numbers(options.lessons), options.count, seed)
    print(f"For students: {notebook}; for Moodle: {moodle}; only for you: {key} (seed {seed}).")
    return 0


@command(
    "grade-quiz",
    _SUBMISSIONS,
    folder("--key", "KEY", "what course quiz wrote", required=True),
    folder("--out", "GRADES", "gets quiz.csv, feedback, quiz.html", required=True),
)
def grade_quiz(options: argparse.Namespace) -> int:
    """For instructors: grade the letters in quiz notebooks."""
    from course_lib.grading.quiz import grade_quiz, read_key, write_quiz_grades

    items = read_key(options.key)
    grades = grade_quiz(options.submissions, items)
    write_quiz_grades(options.out, items, grades)
    for grade in grades:
        if grade.reason:
            print(f"{grade.student}: {grade.reason}")
    print(
        f"{counted(len(grades), 'notebook')} graded: {options.out / 'quiz.csv'}, {options.out / 'quiz.html'}."
    )
    return 0


COMMANDS: tuple[Command, ...] = (release, collect, grade, grade_project, quiz, grade_quiz)
