"""How fast a class is graded: 20 submissions of lesson 03, beside nbgrader and otter-grader if they are installed.

    python benchmarks/grading.py [--students 20] [--lesson 03] [--peers PYTHON] [--warm | --many 1000]

All grade the same notebooks: every third is right, the others have wrong, unfinished and missing answers. The peers are
started by ``PYTHON``, by default this one; a peer that it does not have is left out. ``--warm`` prints what
each further submission costs when all is warm; with ``--lesson 05``, say, for networks. ``--many`` grades so many
submissions, and prints the memory of all processes together on the way.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from _common import machine

from course_lib.grading.intake.submissions import find_submissions
from course_lib.grading.release import release
from course_lib.grading.scoring.grade_class import grade_class
from course_lib.grading.scoring.grade_submission import Grader
from course_lib.grading.scoring.settings import Settings
from course_lib.lessons import lesson_file
from course_lib.paths import course_root

SEED = 7


def write_class(folder: Path, lesson: str, students: int) -> str:
    """Write submissions in nbgrader's layout; return the assignment's name."""
    solved = lesson_file(course_root() / "solutions", lesson, ".ipynb")
    untouched = lesson_file(course_root() / "notebooks", lesson, ".ipynb")
    texts = solved.read_text(encoding="utf-8"), untouched.read_text(encoding="utf-8")
    for number in range(students):
        path = folder / f"student-{number:04d}" / solved.stem / solved.name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(submission(number, *map(json.loads, texts))), encoding="utf-8")
    return solved.stem


def submission(number: int, solved: dict, untouched: dict) -> dict:
    """Make a submission: every third one is right; in the others every third answer is untouched or wrong, in turn."""
    stubs = {grade_id(cell): cell for cell in untouched["cells"] if grade_id(cell)}
    cells = solved["cells"]
    for place, cell in enumerate(cells):
        cell.pop("attachments", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = []
        is_answer = cell["metadata"].get("nbgrader", {}).get("solution")
        if number % 3 and is_answer and (place + number) % 3 == 0:
            cells[place] = stubs[grade_id(cell)] if number % 2 else wrong(cell)
    return solved


def grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def wrong(cell: dict) -> dict:
    """Return an answer that returns nothing."""
    lines = [line for line in "".join(cell["source"]).splitlines() if not line.strip().startswith("return ")]
    return cell | {"source": "\n".join([*lines, "    return None"])}


# --- The graders -------------------------------------------------------------------------------------------


def ours(folder: Path, out: Path, jobs: int, sandbox: str) -> dict[str, float]:
    """Grade in a new process, as the command does: Python's start and all imports are paid for."""
    command = [sys.executable, "-m", "course_lib", "grade", str(folder), "--out", str(out)]
    run([*command, "--seed", str(SEED), "--jobs", str(jobs), "--sandbox", sandbox])
    files = sorted(out.glob("results/*/*.json"))
    exercises = {file.parent.name: json.loads(file.read_text())["exercises"] for file in files}
    return {student: sum(grade["score"] for grade in grades) for student, grades in exercises.items()}


def nbgrader_folder(folder: Path, base: Path, lesson: str, python: str) -> Path:
    """Make nbgrader's folder of a course; this is not timed."""
    release(course_root(), base, [lesson])
    shutil.copytree(folder, base / "submitted")
    name = lesson_file(course_root() / "notebooks", lesson, ".ipynb").stem
    run([python, "-m", "nbgrader", "generate_assignment", name, "--create", "--force"], base)
    return base


def nbgrader(base: Path, assignment: str, python: str) -> dict[str, float]:
    run([python, "-m", "nbgrader", "autograde", assignment, "--create", "--force"], base, check=False)
    run([python, "-m", "nbgrader", "export", "--to", "grades.csv"], base)
    lines = [line.split(",") for line in (base / "grades.csv").read_text().splitlines()]
    student, score = lines[0].index("student_id"), lines[0].index("score")
    return {line[student]: float(line[score] or 0) for line in lines[1:]}


def otter_zip(base: Path, assignment: str, python: str) -> Path:
    """Make otter's archive of tests: the same checks, one test an exercise; this is not timed."""
    from course_lib.grading.assignment import exercises_by_id

    (base / "tests").mkdir(parents=True)
    for exercise in exercises_by_id(assignment).values():
        code = f'>>> assert check("{exercise.id}", {exercise.name}).passed'
        suite = {
            "cases": [{"code": code, "hidden": False, "locked": False}],
            "type": "doctest",
            "scored": True,
        }
        test = {"name": exercise.id, "points": exercise.points, "suites": [suite]}
        (base / "tests" / f"{exercise.id.replace('-', '_')}.py").write_text(
            f"OK_FORMAT = True\ntest = {test!r}\n"
        )
    run([python, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"], base)
    return base / "autograder.zip"


def otter(archive: Path, folder: Path, assignment: str, python: str) -> dict[str, float]:
    scores = {}
    for path in sorted(folder.glob(f"*/{assignment}/{assignment}.ipynb")):
        out = archive.parent / "out" / path.parts[-3]
        out.mkdir(parents=True)
        run([python, "-m", "otter", "run", "-a", str(archive), "-o", str(out), str(path)], out, check=False)
        results = out / "results.json"
        tests = json.loads(results.read_text())["tests"] if results.is_file() else []
        scores[path.parts[-3]] = sum(test.get("score", 0) for test in tests)
    return scores


def run(command: list[str], folder: Path | None = None, *, check: bool = True) -> None:
    """Run a command that finds the course's checkout, and keeps its answers' checks strict."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader starts programs beside its own
    environment = os.environ | {"PYTHONPATH": str(course_root()), "COURSE_STRICT": "1", "PATH": path}
    environment |= {"COURSE_PROGRESS": str(Path(tempfile.gettempdir()) / "benchmark-progress.json")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def has(python: str, package: str) -> bool:
    return subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode == 0


def timed(work: Callable[[], dict[str, float]]) -> tuple[float, float, dict[str, float]]:
    """Return the seconds taken, the processor seconds of its processes, and the scores."""
    started, worked = time.perf_counter(), processor_time()
    scores = work()
    return time.perf_counter() - started, processor_time() - worked, scores


def processor_time() -> float:
    """Return the processor seconds of ended child processes: other people's load adds little to them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- Memory ------------------------------------------------------------------------------------------------


def processes() -> Iterator[int]:
    """Yield this process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(folder.name))
    todo = [os.getpid()]
    while todo:
        process = todo.pop()
        yield process
        todo += children.get(process, [])


def memory() -> int:
    """Return the bytes that all of them take together; shared memory is counted once."""
    total = 0
    for process in processes():
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def measure_memory(folder: Path, out: Path, jobs: int) -> None:
    """Grade, and print the peak memory of each tenth of the way."""
    total, peak, done, over = len(list(folder.iterdir())), [0], [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            peak[0] = max(peak[0], memory())

    def say(line: str) -> None:
        if line.startswith("["):
            done[0] += 1
            if done[0] % max(1, total // 10) == 0:
                print(
                    f"| {done[0]} | {time.perf_counter() - started:.0f} | {peak[0] / 2**20:.0f} |", flush=True
                )
                peak[0] = 0

    print("| submissions | seconds | most MB since the line above |\n| --- | ---: | ---: |")
    started = time.perf_counter()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    grade_class(folder, out, seed=SEED, jobs=jobs, say=say)
    over.set()
    watcher.join()


def measure_warm(folder: Path, assignment: str, jobs: int) -> None:
    """Print what each further right submission costs once the parent process and the expected values are ready."""
    first, *others = find_submissions(folder)[::3]
    with Grader(Settings(SEED)) as grader, ThreadPoolExecutor(jobs) as pool:
        started = time.perf_counter()
        grader.grade(first)
        once, started = time.perf_counter() - started, time.perf_counter()
        list(pool.map(grader.grade, others))
        each = (time.perf_counter() - started) / len(others)
    print(f"| {assignment} | seconds |\n| --- | ---: |\n| the first submission | {once:.1f} |")
    print(f"| each further one, {jobs} at once | {each:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--lesson", default="03")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--sandbox", default="auto", choices=("auto", "require", "none"))
    parser.add_argument(
        "--peers", default=sys.executable, metavar="PYTHON", help="a Python with nbgrader and otter-grader"
    )
    parser.add_argument("--warm", action="store_true", help="measure each further submission instead")
    parser.add_argument(
        "--many", type=int, default=0, metavar="N", help="measure memory on N submissions instead"
    )
    options = parser.parse_args()
    if shutil.which(options.peers) is None:
        parser.error(f"--peers {options.peers}: there is no such Python.")
    print(
        f"{options.many or options.students} submissions, lesson {options.lesson}, {options.jobs} jobs. {machine()}\n"
    )
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        folder = base / "submitted"
        assignment = write_class(folder, options.lesson, options.many or options.students)
        if options.warm:
            measure_warm(folder, assignment, options.jobs)
            return
        if options.many:
            measure_memory(folder, base / "grades", options.jobs)
            return
        compare(base, folder, assignment, options)


def compare(base: Path, folder: Path, assignment: str, options: argparse.Namespace) -> None:
    """Time one grader after another, and print a line for each."""
    print("| grader | seconds | times as long | processor seconds | times as much | same total as ours |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    own = timed(lambda: ours(folder, base / "grades", options.jobs, options.sandbox))

    def row(name: str, seconds: float, worked: float, scores: dict[str, float]) -> None:
        same = sum(abs(scores.get(student, -1) - score) < 0.01 for student, score in own[2].items())
        ratios = seconds / own[0], worked / own[1]
        figures = f"{seconds:.1f} | {ratios[0]:.1f} | {worked:.1f} | {ratios[1]:.1f} | {same}"
        print(f"| {name} | {figures} |", flush=True)

    row("course grade", *own)
    if has(options.peers, "nbgrader"):
        course = nbgrader_folder(folder, base / "nbgrader", options.lesson, options.peers)
        row("nbgrader", *timed(lambda: nbgrader(course, assignment, options.peers)))
    if has(options.peers, "otter"):
        archive = otter_zip(base / "otter", assignment, options.peers)
        row("otter-grader", *timed(lambda: otter(archive, folder, assignment, options.peers)))


if __name__ == "__main__":
    main()
