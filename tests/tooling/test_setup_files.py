"""environment.yml and Binder's files against pyproject.toml, the Makefile on a stand-in for Python, and .ci/run."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from course_lib.learner.torch_wheels import CPU_WHEELS

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def conda():
    return yaml.safe_load((CHECKOUT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]


def test_conda_installs_what_pip_installs(project, conda):
    pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip == [*project["dependencies"], "-e ."]
    assert "pip" in conda


def test_conda_takes_a_python_that_the_course_is_tested_on(project, conda):
    name, version = conda[0].split("=")
    assert name == "python"
    assert SpecifierSet(project["requires-python"]).contains(f"{version}.0")


def test_binder_installs_the_course_without_cuda_on_a_python_that_it_allows(project):
    lines = (CHECKOUT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [f"--extra-index-url {CPU_WHEELS}", "-e ."]
    name, version = (CHECKOUT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip().split("-")
    assert name == "python"
    assert SpecifierSet(project["requires-python"]).contains(f"{version}.0")


# What `python -m venv FOLDER` does here: a "python" and a "course" that write down how they were called.
STAND_IN_FOR_PYTHON = """#!/bin/sh
echo "python3 $*" >> "$CALLS"
mkdir -p "$3/bin"
for program in python course ruff mypy lint-imports pytest; do
  printf '#!/bin/sh\\necho "%s $*" >> "$CALLS"\\n' $program > "$3/bin/$program"
  chmod +x "$3/bin/$program"
done
"""


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


WHEELS = "python course_lib/learner/torch_wheels.py"


class Checkout:
    """A copy of the Makefile beside a stand-in for Python."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.calls = folder / "calls"
        self.python = write_program(folder / "programs" / "python3", STAND_IN_FOR_PYTHON)
        for name in ("Makefile", "pyproject.toml"):
            (folder / name).write_text((CHECKOUT / name).read_text(encoding="utf-8"), encoding="utf-8")

    def make(self, *arguments: str) -> list[str]:
        """Run make and return what it called."""
        self.calls.write_text("", encoding="utf-8")
        outer_make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON", "VENV")
        environment = {name: value for name, value in os.environ.items() if name not in outer_make}
        subprocess.run(
            ["make", f"PYTHON={self.python}", "UV=", *arguments],
            cwd=self.folder,
            env=environment | {"CALLS": str(self.calls)},
            check=True,
            capture_output=True,
        )
        return self.calls.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_make_lab_goes_from_nothing_to_jupyterlab(checkout):
    assert checkout.make("lab") == [
        "python3 -m venv .venv",
        f"{WHEELS} pip",
        "python -m pip install -e .",
        "course data draw",
        "course lab",
    ]


def test_make_installs_again_only_when_pyproject_changed(checkout):
    checkout.make("lab")
    assert checkout.make("lab") == ["course data draw", "course lab"]
    stamp = checkout.folder / ".venv" / "course.stamp"
    later = stamp.stat().st_mtime + 10
    os.utime(checkout.folder / "pyproject.toml", (later, later))
    installed = [f"{WHEELS} pip", "python -m pip install -e ."]
    assert checkout.make("lab") == [*installed, "course data draw", "course lab"]


def test_make_test_installs_the_test_extra_and_replays_the_notebooks(checkout):
    shared_out = "-n 2 --dist loadfile"
    replay = f"pytest {shared_out} --nbval-lax --nbval-current-env --nbval-cell-timeout=300"
    assert checkout.make("test") == [
        "python3 -m venv .venv",
        f"{WHEELS} pip",
        "python -m pip install -e .[test]",
        "ruff check",
        "ruff format --check",
        "mypy ",
        "lint-imports ",
        "course build --check",
        "course lint --table",
        f"pytest {shared_out} --no-loadscope-reorder",
        "python -m experiments --cheap",
        f"{replay} notebooks",
        f"{replay} solutions",
    ]


def test_make_experiments_runs_all_of_them(checkout):
    assert checkout.make("experiments")[3:] == ["python -m experiments --all"]


def test_make_site_installs_its_extra_and_hands_on_a_folder(checkout):
    assert checkout.make("site")[2:] == ["python -m pip install -e .[site]", "python site/build.py"]
    assert checkout.make("site", "PYODIDE=release") == ["python site/build.py --pyodide release"]


# A "pytest" that writes down what it would hand on to the kernels.
ENVIRONMENT = """#!/bin/sh
echo "$OMP_NUM_THREADS $COURSE_PROGRESS $COURSE_STRICT $PYTHONWARNINGS" >> "$CALLS"
"""


def test_notebooks_run_on_one_thread_apart_from_a_learners_progress(checkout):
    checkout.make("lint")
    write_program(checkout.folder / ".venv" / "bin" / "pytest", ENVIRONMENT)
    notebooks, solutions = checkout.make("test")[-2:]
    progress = checkout.folder / ".pytest_cache" / "progress.json"
    assert notebooks.strip() == f"1 {progress}"
    assert solutions == f"1 {progress} 1 error::DeprecationWarning"


def test_make_project_trains_for_two_minutes(checkout):
    calls = checkout.make("project")
    assert calls[-1] == "course train --data pocket --minutes 2 --out runs/project --resume"


def test_make_uses_uv_where_it_is(checkout):
    uv = write_program(checkout.folder / "programs" / "uv", '#!/bin/sh\necho "uv $*" >> "$CALLS"\n')
    calls = checkout.make("lab", f"UV={uv}", "TORCH=cuda")
    assert calls[1] == f"{WHEELS} uv cuda"
    assert calls[2] == "uv pip install --compile-bytecode --python .venv/bin/python -e ."


def test_make_clean_leaves_a_learners_files(checkout):
    checkout.make("lab")
    for kept in ("work", "data", "runs", "course_lib", "tests", "benchmarks"):
        (checkout.folder / kept).mkdir()
        (checkout.folder / kept / "mine.txt").write_text("mine", encoding="utf-8")
    cache = checkout.folder / "tests" / "__pycache__"
    cache.mkdir()
    assert checkout.make("clean") == []
    assert not (checkout.folder / ".venv").exists()
    assert not cache.exists()
    for kept in ("work", "data", "runs", "course_lib", "tests", "benchmarks"):
        assert (checkout.folder / kept / "mine.txt").is_file()


NEEDED = ("bash", "dirname", "env", "id", "mktemp", "rm", "sh", "tail")  # what .ci/run itself calls
APT = """#!/bin/sh
echo "apt-get $*" >> "$CALLS"
[ "$1" = update ] || exit $APT_STATUS
"""


def run_ci(
    checkout: Path, there=("bwrap", "chromium", "node"), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run .ci/run with stand-ins: for make, apt-get, sudo, and the programs that should be there."""
    write_program(checkout / ".ci" / "run", (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8"))
    programs = checkout / "programs"
    stand_in = (
        '#!/bin/sh\necho "$*"\necho "$PWD"\necho "$COURSE_PETS_ROOT"\necho "$OMP_NUM_THREADS"\necho "$CI"\n'
    )
    write_program(programs / "make", stand_in)
    write_program(programs / "apt-get", APT)
    write_program(programs / "sudo", '#!/bin/sh\n"$@"\n')
    for name in there:
        write_program(programs / name, "#!/bin/sh\n")
    for name in NEEDED:
        if not (programs / name).exists():
            (programs / name).symlink_to(shutil.which(name))
    return subprocess.run(
        [checkout / ".ci" / "run"],
        cwd=checkout.parent,
        env={"PATH": str(programs), "CALLS": str(checkout / "calls"), "APT_STATUS": "0"} | environment,
        capture_output=True,
        encoding="utf-8",
    )


def test_ci_runs_make_test_with_the_pets_beside_the_checkout(tmp_path):
    pets = tmp_path / "some folder"
    (pets / "oxford-iiit-pet").mkdir(parents=True)
    checkout = tmp_path / "checkout"
    assert run_ci(checkout).stdout.splitlines() == ["test", str(checkout), str(pets), "1", "true"]


def test_ci_runs_without_pets_and_uses_those_it_is_given(tmp_path):
    checkout = tmp_path / "checkout"
    assert run_ci(checkout).stdout.splitlines() == ["test", str(checkout), "", "1", "true"]
    told = run_ci(checkout, COURSE_PETS_ROOT="/pets", OMP_NUM_THREADS="2")
    assert told.stdout.splitlines() == ["test", str(checkout), "/pets", "2", "true"]
    assert not (checkout / "calls").exists()


@pytest.mark.parametrize(
    ("there", "installed"),
    [
        ((), "bubblewrap chromium nodejs"),
        (("chromium", "node"), "bubblewrap"),
        (("bwrap", "node"), "chromium"),
        (("bwrap", "chromium"), "nodejs"),
        (("bwrap", "google-chrome", "node"), ""),
    ],
)
def test_ci_installs_what_is_missing(tmp_path, there, installed):
    process = run_ci(tmp_path / "checkout", there)
    calls = tmp_path / "checkout" / "calls"
    asked = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    install = f"apt-get install -y --no-install-recommends {installed}"
    assert asked == (["apt-get update", install] if installed else [])
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.startswith("test\n")


def test_ci_says_what_it_could_not_install(tmp_path):
    process = run_ci(tmp_path / "checkout", ("bwrap", "node"), APT_STATUS="100")
    assert process.returncode == 1
    assert process.stdout == ""
    assert "CI needs chromium, and apt-get could not install it" in process.stderr


def test_what_is_published_is_tried_first_and_only_publishing_may_write():
    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8"))
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    commands = [step["run"] for step in build["steps"] if "run" in step]
    tried = ".venv/bin/pytest tests/site"
    assert commands.index("make site PYODIDE=pyodide") < commands.index(tried)
    assert build["steps"][-1]["uses"].startswith("actions/upload-pages-artifact@")
    assert publish["needs"] == "build"
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in build
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
