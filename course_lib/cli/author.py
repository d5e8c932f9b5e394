"""Commands for authors: build, lint and begin lessons."""

from __future__ import annotations

import argparse

from course_lib.cli.command import Command, argument, command, flag
from course_lib.paths import course_root

_LESSONS = argument("lessons", nargs="*", metavar="NN", help="default: all")


@command(
    "build",
    _LESSONS,
    flag("--check", "build nothing; say which notebooks are out of date"),
    flag("--no-execute", "leave the solutions' outputs as they are"),
)
def build(options: argparse.Namespace) -> int:
    """For authors: build the notebooks from solutions/NN_slug.py."""
    from course_lib.authoring.build import build_lesson, find_lessons, find_orphans, find_stale
    from course_lib.exercises import OUTLINE, outline_text
    from course_lib.files import write_text

    root = course_root()
    lessons = find_lessons(root, options.lessons)
    outline = root / "course_lib" / "exercises" / OUTLINE.name
    if not options.check:
        write_text(outline, outline_text())  # first: the checks in the solutions find their exercises in it
        for path in lessons:
            print(f"{path.stem} ...", end=" ", flush=True)
            build_lesson(path, root, run=not options.no_execute)
            print("built")
        return 0
    stale = [f"{path.relative_to(root)} is out of date: course build" for path in find_stale(lessons, root)]
    stale += [f"{path.relative_to(root)} belongs to no lesson: remove it" for path in find_orphans(root)]
    if not outline.is_file() or outline.read_text(encoding="utf-8") != outline_text():
        stale.append(f"{outline.relative_to(root)} is out of date: course build")
    print("\n".join(stale) or "Every notebook matches its lesson.")
    return 1 if stale else 0


@command(
    "lint",
    _LESSONS,
    flag("--table", "print what was judged, as a Markdown table"),
)
def lint(options: argparse.Namespace) -> int:
    """For authors: say what is wrong with lessons and their exercises."""
    from course_lib.authoring.build import find_lessons
    from course_lib.authoring.lint import as_table, lint
    from course_lib.wording import counted

    lessons = find_lessons(course_root(), options.lessons)
    found = lint(lessons)
    if options.table:
        print(as_table(found.rows))
    for problem in found.problems:
        print(problem)
    print(f"{counted(len(lessons), 'lesson')}, {counted(len(found.problems), 'problem')}.")
    return 1 if found.problems else 0


@command(
    "new-lesson",
    argument("lesson", metavar="NN_slug", help="such as 08_losses_for_imbalance"),
    argument("title", metavar="TITLE"),
)
def new_lesson(options: argparse.Namespace) -> int:
    """For authors: write the skeleton of a lesson."""
    from course_lib.authoring.new_lesson import new_lesson

    lesson, module = new_lesson(options.lesson, options.title, course_root())
    print(f"The lesson is {lesson}, its exercises are {module}")
    print(f'Add "{module.stem}" to LESSON_MODULES in course_lib/exercises/__init__.py.')
    return 0


COMMANDS: tuple[Command, ...] = (build, lint, new_lesson)
