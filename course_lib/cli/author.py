"""Commands for authors: build, lint and begin lessons."""

from __future__ import annotations

import argparse
from os import cpu_count

from course_lib.cli.command import Command, argument, command, flag
from course_lib.paths import course_root

_MOST_WORKERS = 4  # each loads torch and takes about half a gigabyte
_LESSONS = argument("lessons", nargs="*", metavar="NN", help="default: all")


@command(
    "build",
    _LESSONS,
    flag("--check", "build nothing; say which notebooks are out of date"),
    flag("--no-execute", "leave the solutions' outputs as they are"),
)
def build(options: argparse.Namespace) -> int:
    """For authors: build the notebooks from solutions/NN_slug.py."""
    from course_lib.authoring import build
    from course_lib.files import write_text

    root = course_root()
    lessons = build.find_lessons(root, options.lessons)
    if not options.check:
        for path, text in build.lists_of(root).items():
            write_text(path, text)  # first: the checks in the solutions find their exercises in the outline
        for path in lessons:
            print(f"{path.stem} ...", end=" ", flush=True)
            build.build_lesson(path, root, run=not options.no_execute)
            print("built")
        return 0
    old = [*build.find_stale(lessons, root), *build.find_stale_lists(root)]
    stale = [f"{path.relative_to(root)} is out of date: run course build" for path in old]
    stale += [
        f"{path.relative_to(root)} belongs to no lesson: remove it" for path in build.find_orphans(root)
    ]
    print("\n".join(stale) or "Every notebook matches its lesson.")
    return 1 if stale else 0


@command(
    "lint",
    _LESSONS,
    flag("--table", "print what was judged, as a Markdown table"),
    flag("--mutants", "instead, judge every small change of the right answers and list those that pass"),
    argument("--seeds", type=int, default=5, metavar="N", help="seeds that --mutants draws cases with (5)"),
)
def lint(options: argparse.Namespace) -> int:
    """For authors: say what is wrong with lessons and their exercises."""
    return _lint_mutants(options) if options.mutants else _lint_lessons(options)


def _lint_mutants(options: argparse.Namespace) -> int:
    from course_lib.authoring.build import find_lessons
    from course_lib.authoring.lint_mutants import MutantRow, as_table, judge_mutants, problems_of
    from course_lib.authoring.problems import Problem
    from course_lib.exercises import exercises_of
    from course_lib.wording import counted

    rows: list[MutantRow] = []
    problems: list[Problem] = []
    for path in find_lessons(course_root(), options.lessons):
        for exercise in exercises_of(path.stem):
            rows.append(judge_mutants(exercise, seeds=range(1, options.seeds + 1)))
            problems += problems_of(exercise, rows[-1])
    print(as_table(rows))
    for problem in problems:
        print(problem)
    print(f"{counted(len(rows), 'exercise')}, {counted(len(problems), 'problem')}.")
    return 1 if problems else 0


def _lint_lessons(options: argparse.Namespace) -> int:
    from course_lib.authoring.build import find_lessons
    from course_lib.authoring.lint import as_table, lint, lint_pages
    from course_lib.wording import counted

    lessons = find_lessons(course_root(), options.lessons)
    found = lint(lessons, workers=min(len(lessons), cpu_count() or 1, _MOST_WORKERS))
    if options.table:
        print(as_table(found.rows))
    problems = [*found.problems, *([] if options.lessons else lint_pages(course_root()))]
    for problem in problems:
        print(problem)
    print(f"{counted(len(lessons), 'lesson')}, {counted(len(problems), 'problem')}.")
    return 1 if problems else 0


@command(
    "new-lesson",
    argument("lesson", metavar="NN_slug", help="such as 08_losses_for_imbalance"),
    argument("title", metavar="TITLE"),
)
def new_lesson(options: argparse.Namespace) -> int:
    """For authors: write the skeleton of a lesson."""
    from course_lib.authoring.new_lesson import new_lesson

    lesson, folder = new_lesson(options.lesson, options.title, course_root())
    print(f"The lesson is {lesson}, the folder for its exercises is {folder}")
    return 0


COMMANDS: tuple[Command, ...] = (build, lint, new_lesson)
