"""Commands for learners: notebooks, checks, progress, data, and the state of the installation."""

from __future__ import annotations

import argparse

from course_lib.cli.command import LESSON, Command, argument, command, flag, folder
from course_lib.paths import data_home


@command(
    "lab",
    argument("arguments", nargs="*", metavar="ARG", help="passed on to jupyter lab, after --"),
)
def lab(options: argparse.Namespace) -> int:
    """Copy missing notebooks to work/ and open JupyterLab there."""
    from course_lib.learner.lab import start_lab

    return start_lab(options.arguments)


@command(
    "start",
    LESSON,
    flag("--no-browser", "print the address and do not open a browser"),
)
def start(options: argparse.Namespace) -> int:
    """Open JupyterLab on your copy of a lesson."""
    from course_lib.learner.start_reset import start

    return start(options.lesson, ["--no-browser"] if options.no_browser else [])


@command("check", LESSON)
def check(options: argparse.Namespace) -> int:
    """Check your answers to a lesson without Jupyter."""
    from course_lib.learner.check_in_terminal import check_answers, summary

    reports = check_answers(options.lesson)
    for report in reports:
        print(report.text, end="\n\n")
    print(summary(reports))
    return 0 if all(report.passed for report in reports) else 1


@command(
    "progress",
    folder(
        "--import", "FILE", "merge in what was done elsewhere: in a browser, on another laptop", dest="merge"
    ),
    folder("--export", "FILE", "write a file to import elsewhere, in a browser or on another laptop"),
)
def progress(options: argparse.Namespace) -> int:
    """Show what you have done, and what comes next."""
    from course_lib.learner.carry import export_record, import_record
    from course_lib.notebook import progress_text

    notices = import_record(options.merge) if options.merge else []
    if options.export:
        export_record(options.export)
    print("\n".join([*notices, progress_text()]))
    return 1 if notices else 0


@command("reset", LESSON)
def reset(options: argparse.Namespace) -> int:
    """Reset your copy of a lesson, and keep a backup."""
    from course_lib.learner.start_reset import reset

    notebook, backup = reset(options.lesson)
    print(
        f"{notebook} is as it was handed out. Is it open in JupyterLab? Then: File, Reload Notebook from Disk."
    )
    if backup:
        print(f"Your earlier copy is in {backup}")
    return 0


@command(
    "anki",
    folder("--out", "DECK.apkg", required=True),
)
def anki(options: argparse.Namespace) -> int:
    """Write the course's questions as a deck of flash cards for Anki."""
    from course_lib.questions.deck import write_deck

    if options.out.suffix != ".apkg":
        raise ValueError(f"--out {options.out} must end in .apkg, because Anki opens no other files.")
    count = write_deck(options.out)
    print(
        f"{options.out} holds {count} cards. In Anki: File, Import. A later deck updates them and keeps your history."
    )
    return 0


@command("doctor")
def doctor(options: argparse.Namespace) -> int:
    """Check this installation, and say how to fix what is wrong."""
    from course_lib.learner.doctor import print_report

    return print_report()


@command(
    "draw",
    folder("--out", "FOLDER", "default: data/pocket"),
    argument("--images", type=int, default=400, metavar="N", help="three quarters of them for trainval"),
    argument("--seed", type=int, default=0),
    flag("--overwrite", "redraw a folder that was drawn with other settings"),
)
def data_draw(options: argparse.Namespace) -> int:
    """Draw the pocket pets: cats and dogs made by code, no network needed."""
    from course_lib.data.pocket_pets import write_pocket_pets

    test = options.images // 4
    drawn = write_pocket_pets(
        options.out or data_home() / "pocket",
        trainval=options.images - test,
        test=test,
        seed=options.seed,
        overwrite=options.overwrite,
        progress=True,
    )
    print(f"Pocket pets are in {drawn}.")
    return 0


@command(
    "download",
    folder("--out", "FOLDER", "default: data/pets"),
)
def data_download(options: argparse.Namespace) -> int:
    """Download the Oxford-IIIT pets (800 MB; resumes)."""
    from course_lib.data.download import download_real_pets

    pets = download_real_pets(options.out or data_home() / "pets", progress=True)
    print(f"The Oxford-IIIT pets are in {pets}.")
    return 0


@command(
    "check",
    folder("folder", "FOLDER"),
)
def data_check(options: argparse.Namespace) -> int:
    """List every problem file in a folder of pets, or of your own images."""
    from course_lib.data.folder import check_folder
    from course_lib.data.labels import check_label_folder, find_data_folder, is_label_folder
    from course_lib.wording import counted

    folder = find_data_folder(options.folder)
    check = check_label_folder if is_label_folder(folder) else check_folder
    found = check(folder, progress=True)
    for problem in found:
        print(problem)
    problems = sum(problem.severity == "problem" for problem in found)
    harm = ", which would stop training or falsify its score," if problems else ""
    print(f"Found {counted(problems, 'problem')}{harm} and {counted(len(found) - problems, 'note')}.")
    return 1 if problems else 0


COMMANDS: tuple[Command, ...] = (
    lab,
    start,
    check,
    progress,
    reset,
    anki,
    doctor,
    Command(
        "data",
        "draw, download or check a folder of images",
        actions=(data_draw, data_download, data_check),
    ),
)
