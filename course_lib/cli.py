"""The ``course`` command. Each subcommand imports what it needs when it runs, so that ``--help`` is instant."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import select
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.paths import course_root, data_home

if TYPE_CHECKING:
    from course_lib.training.config import TrainConfig
    from course_lib.training.runs import Run

_STARTED = time.monotonic()  # a time budget pays for starting Python and importing torch too

Command = Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 found something wrong, 2 could not, 130 interrupted."""
    options = build_parser().parse_args(arguments)
    command: Command = options.command
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            return 1
        print(f"course {options.name}: {_one_line(error)}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(
            f"course {options.name}: this needs the package {error.name}, which learners do without. In the course's "
            f'folder: {sys.executable} -m pip install -e ".[authoring]"',
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        kept = {"train": "The last whole epoch is kept", "grade": "What is graded is kept"}.get(options.name)
        hint = f" {kept}: go on with --resume." if kept else ""
        print(f"course {options.name}: stopped.{hint}", file=sys.stderr)
        return 130


def _nobody_reads() -> bool:
    """Return whether what is printed goes to a pipe whose reader, such as ``head``, has had enough; print no more."""
    gone = True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # errors alone, of which a reader that is gone is one
        gone = bool(poll.poll(0))
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return gone


def build_parser() -> argparse.ArgumentParser:
    """Describe the commands and their options."""
    parser = argparse.ArgumentParser(prog="course", description="Tools of the image segmentation course.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="name")
    _add_lab(commands)
    _add_start(commands)
    _add_check(commands)
    _add_progress(commands)
    _add_reset(commands)
    _add_anki(commands)
    _add_doctor(commands)
    _add_data(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_predict(commands)
    _add_diagnose(commands)
    _add_release(commands)
    _add_collect(commands)
    _add_grade(commands)
    _add_grade_project(commands)
    _add_quiz(commands)
    _add_grade_quiz(commands)
    _add_build(commands)
    _add_lint(commands)
    _add_new_lesson(commands)
    return parser


def _add_lab(commands: Any) -> None:
    parser = commands.add_parser("lab", help="copy missing notebooks to work/ and open JupyterLab there")
    parser.add_argument("arguments", nargs="*", metavar="ARG", help="passed on to jupyter lab, after --")
    parser.set_defaults(command=_lab)


def _lab(options: argparse.Namespace) -> int:
    from course_lib.learner.lab import start_lab

    return start_lab(options.arguments)


def _add_start(commands: Any) -> None:
    parser = commands.add_parser("start", help="open JupyterLab on your copy of a lesson")
    parser.add_argument("lesson", metavar="NN", help="such as 03")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    parser.set_defaults(command=_start)


def _start(options: argparse.Namespace) -> int:
    from course_lib.learner.copies import start

    return start(options.lesson, ["--no-browser"] if options.no_browser else [])


def _add_check(commands: Any) -> None:
    parser = commands.add_parser("check", help="check your answers to a lesson without Jupyter")
    parser.add_argument("lesson", metavar="NN", help="such as 03")
    parser.set_defaults(command=_check_answers)


def _check_answers(options: argparse.Namespace) -> int:
    from course_lib.learner.copies import check_answers, summary

    reports = check_answers(options.lesson)
    for report in reports:
        print(report.text, end="\n\n")
    print(summary(reports))
    return 0 if all(report.passed for report in reports) else 1


def _add_progress(commands: Any) -> None:
    parser = commands.add_parser("progress", help="say what you have done, and what is next")
    parser.set_defaults(command=_progress)


def _progress(options: argparse.Namespace) -> int:
    from course_lib.notebook import progress_text

    print(progress_text())
    return 0


def _add_reset(commands: Any) -> None:
    parser = commands.add_parser("reset", help="set your copy of a lesson back; keeps a backup")
    parser.add_argument("lesson", metavar="NN", help="such as 03")
    parser.set_defaults(command=_reset)


def _reset(options: argparse.Namespace) -> int:
    from course_lib.learner.copies import reset

    notebook, backup = reset(options.lesson)
    print(f"{notebook} is as it was handed out. Open in JupyterLab? Then: File, Reload Notebook from Disk.")
    if backup:
        print(f"What it held is in {backup}")
    return 0


def _add_anki(commands: Any) -> None:
    parser = commands.add_parser(
        "anki", help="write the course's questions as a deck of flash cards for Anki"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DECK.apkg")
    parser.set_defaults(command=_anki)


def _anki(options: argparse.Namespace) -> int:
    from course_lib.questions.deck import write_deck

    if options.out.suffix != ".apkg":
        raise ValueError(f"--out {options.out}: Anki opens files that end in .apkg.")
    count = write_deck(options.out)
    print(
        f"{options.out} holds {count} cards. In Anki: File, Import. A later deck updates them and keeps your history."
    )
    return 0


def _add_doctor(commands: Any) -> None:
    parser = commands.add_parser("doctor", help="say what is right and wrong with this installation")
    parser.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from course_lib.learner.doctor import print_report

    return print_report()


def _add_data(commands: Any) -> None:
    parser = commands.add_parser("data", help="draw, download or check a folder of images")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    draw = actions.add_parser(
        "draw", help="draw the pocket pets: cats and dogs made by code, no network needed"
    )
    draw.add_argument("--out", type=Path, default=data_home() / "pocket", metavar="FOLDER")
    draw.add_argument("--images", type=int, default=400, metavar="N", help="three quarters of them trainval")
    draw.add_argument("--seed", type=int, default=0)
    draw.add_argument("--overwrite", action="store_true", help="redraw a folder that was drawn otherwise")
    draw.set_defaults(command=_draw)

    download = actions.add_parser("download", help="download the Oxford-IIIT pets (800 MB; resumes)")
    download.add_argument("--out", type=Path, default=data_home() / "pets", metavar="FOLDER")
    download.set_defaults(command=_download)

    check = actions.add_parser("check", help="list every odd file of a folder of pets, or of your own images")
    check.add_argument("folder", type=Path, metavar="FOLDER")
    check.set_defaults(command=_check)


def _draw(options: argparse.Namespace) -> int:
    from course_lib.data.pocket_pets import write_pocket_pets

    test = options.images // 4
    folder = write_pocket_pets(
        options.out,
        trainval=options.images - test,
        test=test,
        seed=options.seed,
        overwrite=options.overwrite,
        progress=True,
    )
    print(f"Pocket pets are in {folder}.")
    return 0


def _download(options: argparse.Namespace) -> int:
    from course_lib.data.download import download_real_pets

    print(f"The Oxford-IIIT pets are in {download_real_pets(options.out, progress=True)}.")
    return 0


def _check(options: argparse.Namespace) -> int:
    from course_lib.data.folder import check_folder
    from course_lib.data.labels import check_label_folder, is_label_folder

    check = check_label_folder if is_label_folder(options.folder) else check_folder
    problems = check(options.folder, progress=True)
    for problem in problems:
        print(problem)
    stopping = sum(problem.severity == "problem" for problem in problems)
    print(f"{len(problems)} odd files, of which {stopping} would stop a training.")
    return 1 if stopping else 0


def _add_train(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model; leaves a run folder with weights, log, overlays and a report",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "--out", type=_named_folder, default=Path("runs/first"), metavar="RUN", help="the run's folder"
    )
    parser.add_argument(
        "--resume", action="store_true", default=False, help="go on with the run in --out, if there is one"
    )
    parser.add_argument("--data", type=_data_name, metavar="pocket|pets|FOLDER", help="default: pocket")
    parser.add_argument("--model", help="default: fast-unet")
    parser.add_argument(
        "--weights",
        type=_weights_name,
        metavar="imagenet|pocket|none|PATH",
        help="what the encoder of resnet-unet or segformer starts from, default none",
    )
    parser.add_argument("--epochs", type=int, help="stop after this many epochs, or")
    parser.add_argument("--minutes", type=float, help="stop after this many minutes, everything included")
    parser.add_argument("--size", type=int, help="side of the square images, default 128")
    parser.add_argument(
        "--no-grow", action="store_false", dest="grow", help="train at full size from the start"
    )
    parser.add_argument("--batch-size", type=int, help="default 16")
    parser.add_argument("--optimizer", help="muon (default), adamw, adam or sgd")
    parser.add_argument("--lr", type=float, help="default: the optimiser's usual rate")
    parser.add_argument("--weight-decay", type=float)
    parser.add_argument("--schedule", help="cosine (default), poly, steps, plateau or constant")
    parser.add_argument("--loss", help="ce+dice (default), ce, dice, iou or focal")
    parser.add_argument("--precision", help="auto (default), float32, bfloat16 or float16")
    parser.add_argument("--seed", type=int)
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> int:
    from course_lib.data.labels import class_names
    from course_lib.models.pretrained import weights_at_hand
    from course_lib.training.config import TrainConfig
    from course_lib.training.devices import open_devices
    from course_lib.training.runs import Run
    from course_lib.training.train import train

    own = ("name", "command", "out", "resume")
    given = {key: value for key, value in vars(options).items() if key not in own}
    if options.out is None:
        raise ValueError('--out "" names no folder: give the run one, such as --out runs/second.')
    run = _run_to_resume(options.out, given) if options.resume else None
    epochs_before = len(run.history) if run else 0
    config = run.config if run else TrainConfig(**given)
    folder = _data_folder(config.data)
    if run is None:
        weights, instead = weights_at_hand(config.model, config.weights)
        if instead:
            print(instead, file=sys.stderr)
        config = replace(config, classes=class_names(folder), weights=weights)
        _check_size(config)
    with open_devices(config.precision) as devices:
        if run is None:
            run = Run.create(options.out, config) if devices.is_main else Run(options.out, config)
        train(run, folder, devices, _STARTED)
        if devices.is_main:
            if 0 < epochs_before == len(run.history):
                print(f"{run.folder} was finished (epochs: {epochs_before}): nothing was left to train.")
            print(f"The report is {run.folder / 'report.md'}")
    return 0


def _named_folder(value: str) -> Path | None:
    """Return a folder; none for an empty name, which would be the current folder."""
    return Path(value) if value.strip() else None


def _check_size(config: TrainConfig) -> None:
    """Raise a ValueError, before any image is read, if the model does not take images of the size asked for."""
    import torch

    with torch.device("meta"):  # shapes alone
        model = config.new_model().eval()

    def fits(size: int) -> bool:
        try:
            model(torch.empty(1, 3, size, size, device="meta"))
        except ValueError:
            return False
        return True

    if not fits(config.size):
        larger = next((size for size in range(config.size + 1, config.size + 65) if fits(size)), 128)
        raise ValueError(
            f"{config.model} does not take images of {config.size} x {config.size}: "
            f"the next size that it takes is --size {larger}."
        )


def _run_to_resume(folder: Path, given: dict[str, Any]) -> Run | None:
    """Open the run in a folder, if there is one, and make sure that nothing but its own recipe was asked for.

    Raises:
        ValueError: something else was asked for.
    """
    from course_lib.training.runs import Run, is_run

    if not is_run(folder):
        return None
    run = Run.open(folder)
    recipe = run.config.to_json()
    changed = [
        f"{key} {value} (it has {recipe[key]})" for key, value in given.items() if recipe[key] != value
    ]
    if changed:
        raise ValueError(
            f"the run in {folder} cannot go on with {', '.join(changed)}: start another one by --out."
        )
    return run


def _data_name(value: str) -> str:
    """Keep the names of data sets, and make folders absolute: a run is opened from other folders, too."""
    return value if value in ("pocket", "pets") else Path(value).resolve().as_posix()


def _weights_name(value: str) -> str:
    return value if value in ("imagenet", "pocket", "none") else Path(value).resolve().as_posix()


def _data_folder(name: str) -> Path:
    """Return the folder that a ``--data`` value stands for, drawing the pocket pets if they are missing.

    Raises:
        FileNotFoundError: there is no such folder of pets or of one's own images.
    """
    from course_lib.data.labels import find_data_folder
    from course_lib.data.pocket_pets import write_pocket_pets

    if name == "pocket":
        return write_pocket_pets(data_home() / "pocket", progress=True)
    return find_data_folder(data_home() / "pets" if name == "pets" else Path(name))


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="score a run's best weights")
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument(
        "--data", type=_data_name, metavar="pocket|pets|FOLDER", help="default: what the run was trained on"
    )
    parser.add_argument("--full-size", action="store_true", help="score every image at its own size")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from course_lib.training.evaluate import evaluate_run

    run = _existing_run(options.run)
    data = options.data or run.config.data
    if options.split == "test" and run.test_openings():
        first = run.test_openings()[0]
        print(
            f"The test set of this run was already opened on {first['when']} (mIoU {first['mIoU']}): what is "
            "chosen by it now is chosen on test. Compare models with --split val.",
            file=sys.stderr,
        )
    scores = evaluate_run(run, _data_folder(data), data, options.split, options.full_size)
    print(json.dumps(scores) if options.json else _scores_as_text(scores))
    return 0


def _scores_as_text(scores: dict[str, Any]) -> str:
    size = "their own size" if scores["size"] == "full" else f"size {scores['size']}"
    lines = [f"{scores['images']} images at {size}", f"{'mIoU':>14} {scores['mIoU']}"]
    lines += [f"{name:>14} {value}" for name, value in scores["iou"].items()]
    return "\n".join([*lines, f"{'pixel accuracy':>14} {scores['pixel_accuracy']}"])


def _add_predict(commands: Any) -> None:
    parser = commands.add_parser("predict", help="segment a picture with a run's best weights")
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="MASK.png", help="class ids, as large as the image"
    )
    parser.add_argument(
        "--overlay", type=Path, metavar="PICTURE.png", help="the mask laid over the image, to look at"
    )
    parser.set_defaults(command=_predict)


def _predict(options: argparse.Namespace) -> int:
    from course_lib.files import atomic_path
    from course_lib.masks import overlay, write_label_png
    from course_lib.training.devices import open_devices
    from course_lib.training.inference import predict_file

    run = _existing_run(options.run)
    with open_devices(run.config.precision) as devices:
        model = run.load_best_model().to(devices.device)
        image, mask = predict_file(model, options.image, run.config.size, devices)
    write_label_png(options.out, mask)
    if options.overlay:
        from PIL import Image

        with atomic_path(options.overlay) as temporary:
            Image.fromarray(overlay(image, mask)).save(temporary)
    names = ", ".join(f"{class_id} {name}" for class_id, name in enumerate(run.config.classes))
    print(f"{options.out} holds {mask.shape[1]}x{mask.shape[0]} class ids: {names}.")
    return 0


def _add_diagnose(commands: Any) -> None:
    parser = commands.add_parser("diagnose", help="say what is wrong with a run, and by which evidence")
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.set_defaults(command=_diagnose)


def _diagnose(options: argparse.Namespace) -> int:
    from course_lib.training.diagnose import report

    text, found = report(options.run)
    print(text)
    return 1 if found else 0


def _add_release(commands: Any) -> None:
    parser = commands.add_parser("release", help="for instructors: write the notebooks to hand out")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets release/ and source/")
    parser.add_argument("--lessons", default="", metavar="01,03", help="default: all")
    parser.set_defaults(command=_release)


def _release(options: argparse.Namespace) -> int:
    from course_lib.grading.release import release

    names = release(course_root(), options.out, [part for part in options.lessons.split(",") if part.strip()])
    for name in names:
        print(options.out / "release" / name / f"{name}.ipynb")
    print(f"{_counted(len(names), 'notebook')} to hand out; {options.out / 'source'} holds the solutions.")
    return 0


def _add_collect(commands: Any) -> None:
    parser = commands.add_parser(
        "collect", help="for instructors: unpack the submissions that a learning platform zips"
    )
    parser.add_argument("zip", type=Path, metavar="FILE.zip", help="from Canvas, Moodle, Blackboard, Gradescope, nbgrader, or packed by hand")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the submissions folder")
    parser.add_argument("--lesson", default="", metavar="NN", help="of notebooks that do not say which")
    parser.set_defaults(command=_collect)


def _collect(options: argparse.Namespace) -> int:
    from course_lib.grading.handout import assignment_names
    from course_lib.grading.intake.collect import collect
    from course_lib.lessons import lesson_file

    folder = course_root() / "notebooks"
    lesson = lesson_file(folder, options.lesson, ".ipynb").stem if options.lesson else ""
    result = collect(options.zip, options.out, assignment_names(), lesson, progress=True)
    print(result.text())
    return 1 if result.left else 0


def _add_grade(commands: Any) -> None:
    parser = commands.add_parser("grade", help="for instructors: score submissions, each in its own sandbox")
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder a student")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="GRADES", help="gets scores, tables, feedback"
    )
    parser.add_argument("--seed", type=int, help="of the hidden cases; default: a new one, kept in run.json")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="default: one a core"
    )
    parser.add_argument(
        "--sandbox",
        choices=("auto", "require", "none"),
        default="auto",
        help="auto: the best there is; require: refuse anything less than a whole one",
    )
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has finished")
    parser.add_argument("--lessons", default="", metavar="01,03", help="default: all")
    parser.add_argument(
        "--deadline",
        type=float,
        metavar="SECONDS",
        help="for each exercise; default 2, more where torch is used",
    )
    parser.add_argument(
        "--memory", type=int, default=2048, metavar="MB", help="for each answer, default 2048"
    )
    parser.add_argument("--policy", type=Path, metavar="policy.toml", help="late penalties, overrides, flags")
    parser.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="of a Dask cluster that grades: tcp://10.0.0.1:8786",
    )
    parser.set_defaults(command=_grade)


def _grade(options: argparse.Namespace) -> int:
    from course_lib.grading.exports.write_all import write_all
    from course_lib.grading.handout import assignment_names
    from course_lib.grading.scoring.grade_class import grade_class
    from course_lib.grading.scoring.policy import read_policy

    read_policy(options.policy, assignment_names())  # what is wrong with it is said before anything is run
    terminal = sys.stdout  # prints of misconceptions are caught elsewhere, while this one is written to
    graded = grade_class(
        options.submissions,
        options.out,
        seed=options.seed,
        jobs=max(1, options.jobs),
        sandbox=options.sandbox,
        resume=options.resume,
        lessons=_lessons(options.lessons),
        deadline=options.deadline,
        memory=options.memory,
        scheduler=options.scheduler,
        say=lambda line: print(line, file=terminal, flush=True),
    )
    write_all(options.out, graded.grades, options.policy, graded.intake)
    print(graded.summary())
    print(f"The grades are in {options.out}; seed {graded.seed}, sandbox {graded.level}.")
    return 0


def _add_grade_project(commands: Any) -> None:
    parser = commands.add_parser(
        "grade-project", help="for instructors: score projects on a test split that only you have"
    )
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder a student")
    parser.add_argument("--test", type=Path, required=True, metavar="FOLDER", help="pets with a test split")
    parser.add_argument("--out", type=Path, required=True, metavar="GRADES", help="gets leaderboard.csv")
    parser.add_argument("--points", type=float, default=10, help="what the project is worth, default 10")
    parser.add_argument(
        "--full-marks", type=float, default=0.7, metavar="MIOU", help="what earns them all, default 0.7"
    )
    parser.add_argument(
        "--size", type=int, default=64, help="of images for weights without config.json, default 64"
    )
    parser.add_argument("--deadline", type=int, default=600, metavar="SECONDS", help="for each one's weights")
    parser.add_argument("--memory", type=int, default=8192, metavar="MB", help="for each one's weights")
    parser.set_defaults(command=_grade_project)


def _grade_project(options: argparse.Namespace) -> int:
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
    print(f"{options.out / 'leaderboard.csv'} is written; all background has mIoU {baseline:.4f} here.")
    return 0


def _add_quiz(commands: Any) -> None:
    parser = commands.add_parser("quiz", help="for instructors: draw a quiz from the question bank")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="gets notebook, Moodle file, key"
    )
    parser.add_argument("--lessons", default="", metavar="01,03", help="default: all")
    parser.add_argument("--count", type=int, default=20, metavar="N", help="how many questions, default 20")
    parser.add_argument("--seed", type=int, help="draws the same quiz again; default: a new one")
    parser.set_defaults(command=_quiz)


def _quiz(options: argparse.Namespace) -> int:
    from course_lib.grading.quiz import write_quiz

    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    notebook, moodle, key = write_quiz(options.out, _lessons(options.lessons), options.count, seed)
    print(f"For students: {notebook}; for Moodle: {moodle}; yours alone: {key} (seed {seed}).")
    return 0


def _add_grade_quiz(commands: Any) -> None:
    parser = commands.add_parser("grade-quiz", help="for instructors: grade the letters in quiz notebooks")
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder a student")
    parser.add_argument("--key", type=Path, required=True, metavar="KEY", help="what course quiz wrote")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="GRADES", help="gets quiz.csv, feedback, quiz.html"
    )
    parser.set_defaults(command=_grade_quiz)


def _grade_quiz(options: argparse.Namespace) -> int:
    from course_lib.grading.quiz import grade_quiz, read_key, write_quiz_grades

    items = read_key(options.key)
    grades = grade_quiz(options.submissions, items)
    write_quiz_grades(options.out, items, grades)
    for grade in grades:
        if grade.reason:
            print(f"{grade.student}: {grade.reason}")
    print(
        f"{_counted(len(grades), 'notebook')} graded: {options.out / 'quiz.csv'}, {options.out / 'quiz.html'}."
    )
    return 0


def _add_build(commands: Any) -> None:
    parser = commands.add_parser("build", help="for authors: build the notebooks from solutions/NN_slug.py")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="default: all")
    parser.add_argument(
        "--check", action="store_true", help="build nothing, say which notebooks are out of date"
    )
    parser.add_argument("--no-execute", action="store_true", help="leave the solutions' outputs as they are")
    parser.set_defaults(command=_build)


def _build(options: argparse.Namespace) -> int:
    from course_lib.authoring.build import build_lesson, find_lessons, find_orphans, find_stale
    from course_lib.exercises import OUTLINE, outline_text
    from course_lib.files import write_text

    root = course_root()
    lessons = find_lessons(root, options.lessons)
    outline = root / "course_lib" / "exercises" / OUTLINE.name
    if not options.check:
        write_text(
            outline, outline_text()
        )  # first, for it is where the solutions' checks find their exercises
        for path in lessons:
            print(f"{path.stem} ...", end=" ", flush=True)
            build_lesson(path, root, run=not options.no_execute)
            print("built")
        return 0
    stale = [f"{path.relative_to(root)} is out of date: course build" for path in find_stale(lessons, root)]
    stale += [f"{path.relative_to(root)} belongs to no lesson: remove it" for path in find_orphans(root)]
    if not outline.is_file() or outline.read_text(encoding="utf-8") != outline_text():
        stale.append(f"{outline.relative_to(root)} is out of date: course build")
    print("\n".join(stale) or "Every notebook is as its lesson says.")
    return 1 if stale else 0


def _add_lint(commands: Any) -> None:
    parser = commands.add_parser("lint", help="for authors: what is wrong with lessons and their exercises")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="default: all")
    parser.add_argument("--table", action="store_true", help="print what was judged, as a Markdown table")
    parser.set_defaults(command=_lint)


def _lint(options: argparse.Namespace) -> int:
    from course_lib.authoring.build import find_lessons
    from course_lib.authoring.lint import as_table, lint

    lessons = find_lessons(course_root(), options.lessons)
    found = lint(lessons)
    if options.table:
        print(as_table(found.rows))
    for problem in found.problems:
        print(problem)
    print(f"{_counted(len(lessons), 'lesson')}, {_counted(len(found.problems), 'problem')}.")
    return 1 if found.problems else 0


def _add_new_lesson(commands: Any) -> None:
    parser = commands.add_parser("new-lesson", help="for authors: write the skeleton of a lesson")
    parser.add_argument("lesson", metavar="NN_slug", help="such as 08_losses_for_imbalance")
    parser.add_argument("title", metavar="TITLE")
    parser.set_defaults(command=_new_lesson)


def _new_lesson(options: argparse.Namespace) -> int:
    from course_lib.authoring.new_lesson import new_lesson

    lesson, module = new_lesson(options.lesson, options.title, course_root())
    print(f"The lesson is {lesson}, its exercises are {module}")
    print(f'Add "{module.stem}" to LESSON_MODULES in course_lib/exercises/__init__.py.')
    return 0


def _existing_run(folder: Path) -> Run:
    from course_lib.training.runs import Run

    return Run.open(folder)


def _lessons(given: str) -> list[str]:
    from course_lib.lessons import lesson_number

    return [lesson_number(part) for part in given.split(",") if part.strip()]


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}" if number < 2 else f"{number} {noun}s"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
