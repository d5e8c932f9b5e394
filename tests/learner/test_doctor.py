"""Each finding on made-up installations, and the whole report on this one."""

import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from course_lib.learner import doctor
from course_lib.learner.doctor import packages, places, torch_report
from course_lib.learner.doctor.finding import Finding
from course_lib.learner.doctor.torch_report import TorchReport
from course_lib.paths import course_root

HERE = Path("/somewhere/course")
NEEDED = ["torch>=2.11", "numpy>=2.0", "colorama; sys_platform == 'not-this-one'"]


def versions(**installed):
    return lambda package: installed.get(package.replace("-", "_"))


@pytest.mark.parametrize(
    ("version", "level", "remedy"),
    [
        ("3.11.0", "ok", ""),
        ("3.14.2", "ok", ""),
        ("3.10.13", "problem", "make lab PYTHON="),
        ("3.15.0", "note", "if something fails"),
        ("3.15.0a2", "note", "if something fails"),
    ],
)
def test_python_is_compared_with_what_is_needed_and_what_is_tested(version, level, remedy):
    finding = packages.check_python(version, ">=3.11")
    assert finding.level == level
    assert version in finding.message
    assert finding.remedy.startswith(remedy) if level == "note" else remedy in finding.remedy


def test_ci_runs_on_the_newest_python_that_the_doctor_calls_tested():
    workflow = (course_root() / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    versions = yaml.safe_load(workflow)["jobs"]["everything"]["strategy"]["matrix"]["python"]
    assert max(versions, key=lambda version: tuple(map(int, version.split(".")))) == packages.NEWEST_TESTED


def test_packages_that_are_there_are_listed_with_their_versions():
    installed = versions(torch="2.15.0+cpu", numpy="2.4.6", segmentation_course="0.1.0")
    finding = packages.check_packages(NEEDED, installed, HERE)
    assert finding == Finding(
        "ok",
        "packages",
        "all 3 are here: torch 2.15.0+cpu, numpy 2.4.6, segmentation-course 0.1.0",
        remedy="",
    )


@pytest.mark.parametrize(
    ("installed", "message"),
    [
        ({"torch": "2.9.1", "numpy": "2.4.6"}, "torch is 2.9.1, but >=2.11 is needed"),
        ({"torch": "2.12.0"}, "numpy is missing"),
    ],
)
def test_packages_that_are_old_or_missing_are_named(installed, message):
    finding = packages.check_packages(NEEDED, versions(segmentation_course="0.1.0", **installed), HERE)
    assert (finding.level, finding.message) == ("problem", message)
    assert finding.remedy.endswith(f"-e {HERE}")


def test_a_course_that_is_not_installed_is_a_problem():
    finding = packages.check_packages([], versions(), HERE)
    assert (finding.level, finding.message) == ("problem", "segmentation-course is missing")


@pytest.mark.parametrize(("pip", "command"), [(True, "-m pip install"), (False, "uv pip install --python")])
def test_the_remedy_installs_into_this_python(monkeypatch, pip, command):
    monkeypatch.setattr(packages.util, "find_spec", lambda name: object() if pip else None)
    monkeypatch.setattr(sys, "executable", "/my course/bin/python")
    written = packages.install_command("-e", "/my course")
    assert command in written
    assert written.count('"/my course/bin/python"') == 1
    assert written.endswith('-e "/my course"')


@pytest.mark.parametrize(
    ("torch", "requirement", "level"),
    [
        ("2.15.0", "torch (>=2.14.0)", "ok"),
        ("2.13.0+cpu", "torch==2.13.0", "ok"),
        ("2.13.0", "torch==2.11.0", "problem"),
        ("2.13.0", "torch (>=2.14.0)", "problem"),
    ],
)
def test_torch_is_compared_with_what_torchvision_was_built_for(torch, requirement, level):
    finding = packages.check_torch_pair(versions(torch=torch, torchvision="0.29.2"), ["numpy", requirement])
    assert finding.level == level
    assert torch in finding.message
    assert finding.remedy.endswith("--upgrade torch torchvision" if level == "problem" else "")


def test_a_pair_of_which_one_is_missing_is_not_compared():
    assert packages.check_torch_pair(versions(torch="2.15.0"), []).level == "note"


def test_without_packaging_nothing_raises(monkeypatch):
    for module in ("packaging", "packaging.requirements", "packaging.specifiers"):
        monkeypatch.setitem(sys.modules, module, None)
    installed = versions(torch="2.15.0", torchvision="0.29.2")
    assert packages.check_python("3.11.7", ">=3.11").level == "note"
    assert packages.check_torch_pair(installed, ["torch>=2.14"]).level == "note"
    assert "packaging is missing" in packages.check_packages(NEEDED, installed, HERE).message


@pytest.mark.parametrize(
    ("error", "message", "remedy"),
    [
        pytest.param(
            "Traceback\nRuntimeError: operator torchvision::nms does not exist",
            "wheels do not belong together",
            "--force-reinstall torch torchvision",
            id="wheels-that-do-not-fit",
        ),
        pytest.param(
            "ModuleNotFoundError: No module named 'torch'",
            "No module named",
            "torch torchvision",
            id="missing",
        ),
        pytest.param(
            "OSError: [WinError 126] ... fbgemm.dll", "Windows cannot load", "Visual C++", id="windows"
        ),
        pytest.param(
            "Python ended with code -11", "code -11", "--force-reinstall torch torchvision", id="crash"
        ),
    ],
)
def test_errors_of_torch_are_explained(error, message, remedy):
    finding = torch_report.check_torch(TorchReport(error=error))
    assert finding.level == "problem"
    assert message in finding.message
    assert remedy in finding.remedy


def test_torch_that_answers_is_fine():
    assert torch_report.check_torch(TorchReport()).level == "ok"


def fake_process(returncode, stdout="", stderr=""):
    return lambda command, **options: subprocess.CompletedProcess(command, returncode, stdout, stderr)


def test_what_torch_says_is_read_from_its_last_line(monkeypatch):
    line = '{"threads": 2, "device": "cuda", "name": "H200", "dtype": "bfloat16"}'
    monkeypatch.setattr(torch_report.subprocess, "run", fake_process(0, f"a greeting\n{line}\n"))
    assert torch_report.ask_torch(HERE) == TorchReport(2, "cuda", "H200", "bfloat16")


def test_a_torch_that_fails_crashes_or_hangs_is_reported(monkeypatch):
    monkeypatch.setattr(torch_report.subprocess, "run", fake_process(1, stderr="ImportError: libtorch.so\n"))
    assert torch_report.ask_torch(HERE).error == "ImportError: libtorch.so"
    monkeypatch.setattr(torch_report.subprocess, "run", fake_process(-11))
    assert torch_report.ask_torch(HERE).error == "Python ended with code -11"

    def hang(command, timeout, **options):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(torch_report.subprocess, "run", hang)
    assert "three minutes" in torch_report.ask_torch(HERE).error


@pytest.mark.parametrize(
    ("threads", "cores", "load", "level", "remedy"),
    [
        (2, 2, 0.1, "ok", ""),
        (1, 2, 2.0, "ok", ""),
        (4, 2, 0.0, "note", "set OMP_NUM_THREADS=2"),
        (2, 2, 1.9, "note", "OMP_NUM_THREADS=1"),
    ],
)
def test_threads_are_compared_with_cores_and_load(threads, cores, load, level, remedy):
    finding = torch_report.check_threads(TorchReport(threads), cores, load)
    assert finding.level == level
    assert remedy in finding.remedy
    assert f"{threads}" in finding.message


@pytest.mark.parametrize(
    ("report", "driver", "level", "message"),
    [
        (TorchReport(device="cuda", name="H200", dtype="bfloat16"), True, "ok", "on H200 in bfloat16"),
        (TorchReport(device="mps"), False, "ok", "on the Apple GPU in float32"),
        (TorchReport(dtype="bfloat16"), False, "ok", "on the processor in bfloat16"),
        (TorchReport(), False, "ok", "no fast bfloat16"),
        (TorchReport(dtype="bfloat16"), True, "note", "there is an NVIDIA driver"),
        (TorchReport(error="broken"), True, "note", "could not say"),
    ],
)
def test_the_place_and_precision_of_a_training_are_named(report, driver, level, message):
    finding = torch_report.check_device(report, driver)
    assert finding.level == level
    assert message in finding.message


@pytest.mark.parametrize(
    ("driver", "gigabytes", "level"), [(False, 4.2, "note"), (True, 4.2, "ok"), (False, 0.0, "ok")]
)
def test_what_only_a_gpu_needs_is_weighed_where_there_is_none(driver, gigabytes, level):
    finding = packages.check_spare(driver, gigabytes)
    assert finding.level == level
    assert ("4.2 GB serve an NVIDIA GPU" in finding.message) == (level == "note")
    assert ("TORCH=cpu" in finding.remedy) == (level == "note")


def test_the_size_of_packages_for_gpus_is_that_of_their_files(monkeypatch):
    def package(name, *sizes):
        return SimpleNamespace(metadata={"Name": name}, files=[SimpleNamespace(size=size) for size in sizes])

    there = [package("nvidia-cudnn", 6e8, 1e8), package("triton", 2e8), package("numpy", 9e9)]
    monkeypatch.setattr(packages.metadata, "distributions", lambda: there)
    assert packages.size_for_gpus() == pytest.approx(0.9)


def test_the_kernel_must_start_this_python(tmp_path):
    assert places.check_kernel(sys.executable).level == "ok"
    assert places.check_kernel("python").level == "ok"  # Jupyter puts its own Python in its place
    missing = places.check_kernel(None)
    assert (missing.level, missing.remedy) == ("problem", packages.install_command("ipykernel"))
    other = places.check_kernel(str(tmp_path / "bin" / "python"))
    assert other.level == "problem"
    assert str(tmp_path) in other.message
    assert "-m ipykernel install --sys-prefix" in other.remedy


@pytest.mark.parametrize("check", [places.check_pocket_pets, places.check_real_pets])
def test_pets_are_counted_where_they_are_and_a_note_where_not(tmp_path, check):
    missing = check(tmp_path)
    assert (missing.level, missing.remedy.split()[:2]) == ("note", ["course", "data"])
    annotations = tmp_path / "oxford-iiit-pet" / "annotations"
    annotations.mkdir(parents=True)
    (annotations / "trainval.txt").write_text("Abyssinian_1 1 1 1\nbeagle_2 5 2 1\n", encoding="utf-8")
    there = check(tmp_path)
    assert there.level == "ok"
    assert there.message.startswith("2 ")


@pytest.mark.parametrize(
    ("free", "level"), [(100_000_000, "problem"), (1_000_000_000, "note"), (50_000_000_000, "ok")]
)
def test_free_space_is_judged(free, level):
    finding = places.check_disk(free)
    assert finding.level == level
    assert f"{free / 1e9:.1f} GB free" in finding.message


def test_the_work_folder_is_tried_and_left_as_it_was(tmp_path, monkeypatch):
    work = tmp_path / "work"
    assert places.check_work_folder(work).level == "ok"
    assert not work.exists()
    work.mkdir()
    assert places.check_work_folder(work).level == "ok"
    assert list(work.iterdir()) == []

    def refuse(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(places.tempfile, "TemporaryFile", refuse)
    finding = places.check_work_folder(work)
    assert (finding.level, finding.message) == ("problem", f"{work} cannot be written (Permission denied)")


def test_requirements_come_from_pyproject_and_else_from_the_installed_package(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nrequires-python = ">=3.11"\ndependencies = ["torch>=2.11"]\n', encoding="utf-8"
    )
    assert packages.course_requirements(tmp_path) == (">=3.11", ["torch>=2.11"])

    monkeypatch.setattr(packages.metadata, "metadata", lambda package: {"Requires-Python": ">=3.12"})
    monkeypatch.setattr(packages.metadata, "requires", lambda package: ["numpy>=2.0"])
    assert packages.course_requirements(tmp_path / "elsewhere") == (">=3.12", ["numpy>=2.0"])


def test_a_report_is_ascii_with_icon_word_and_remedy():
    report = doctor.format_report(
        [
            Finding("ok", "Python", "3.11"),
            Finding("problem", "disk", "full", "make room"),
            Finding("note", "pets", "none"),
        ]
    )
    assert report.isascii()
    assert report.splitlines() == [
        "[+] ok      Python: 3.11",
        "[x] problem disk: full",
        "            -> make room",
        "[!] note    pets: none",
        "",
        "Fix the 1 problem marked [x], then run this again.",
    ]


@pytest.mark.parametrize(
    ("levels", "code", "verdict"),
    [
        (["ok", "note"], 0, "Nothing stops the course."),
        (["ok", "problem", "problem"], 1, "Fix the 2 problems marked [x], then run this again."),
    ],
)
def test_the_exit_code_says_whether_something_stops_the_course(monkeypatch, capsys, levels, code, verdict):
    findings = [Finding(level, "this", "that") for level in levels]
    monkeypatch.setattr(doctor, "check_installation", lambda: findings)
    assert doctor.print_report() == code
    assert capsys.readouterr().out.splitlines()[-1] == verdict


@pytest.mark.slow
def test_this_installation_is_looked_at_whole(monkeypatch):
    """The real torch, kernel and packages; what depends on the machine's state is left out of the verdict."""
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(10**11))
    findings = {finding.subject: finding for finding in doctor.check_installation()}
    assert [finding for finding in findings.values() if finding.level == "problem"] == []
    assert {"Python", "packages", "torch runs", "notebook kernel", "processor", "training"} <= set(findings)
    assert findings["torch runs"].level == "ok"
    assert "torch 2." in findings["packages"].message


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "No module named 'torch'"),
        ({"torch.py": "raise OSError('libtorch_cpu.so: cannot open shared object file')"}, "libtorch_cpu.so"),
        (
            {
                "torch.py": "",
                "torchvision.py": "raise RuntimeError('operator torchvision::nms does not exist')",
            },
            "do not belong together",
        ),
    ],
)
def test_the_whole_report_runs_where_torch_is_missing_or_broken(tmp_path, monkeypatch, files, message):
    """The probe runs with -S -E, which hides every installed package but these fakes."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    real_run = subprocess.run
    monkeypatch.setattr(
        torch_report.subprocess,
        "run",
        lambda command, **options: real_run(
            [command[0], "-S", "-E", *command[1:]], **options | {"cwd": tmp_path}
        ),
    )
    report = doctor.format_report(doctor.check_installation())
    assert message in report
    assert report.splitlines()[-1].startswith("Fix the ")
