"""``course doctor``: what is right and wrong with an installation, and what to do about each.

It must run where torch is missing or broken, so torch is only ever imported in another process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal

from course_lib.paths import course_root, data_home

Level = Literal["ok", "note", "problem"]

ICONS: dict[Level, str] = {"ok": "[+]", "note": "[!]", "problem": "[x]"}

TORCH_PROBE = """
import json, torch, torchvision
from course_lib.training.devices import open_devices
with open_devices() as devices:
    name = torch.cuda.get_device_name(devices.device) if devices.device.type == "cuda" else ""
    dtype = str(devices.dtype).removeprefix("torch.")
print(json.dumps({"threads": torch.get_num_threads(), "device": devices.device.type, "name": name, "dtype": dtype}))
"""

GIGABYTE = 10**9


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: "ok"; "note", worth knowing; or "problem", which stops the course.
        subject: what was looked at, in a word or two.
        message: what was found, one sentence.
        remedy: what to do about it: a command, or a sentence.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class TorchReport:
    """What torch said of this machine, or how it failed: then ``error`` holds what it wrote to stderr."""

    threads: int = 1
    device: str = "cpu"
    name: str = ""
    dtype: str = "float32"
    error: str = ""


def print_report() -> int:
    """Print every finding and return an exit code: 0 if nothing stops the course, else 1."""
    print(f"Looking at the Python in {sys.executable}; torch takes a few seconds to answer.\n", flush=True)
    findings = check_installation()
    print(format_report(findings))
    return 1 if any(finding.level == "problem" for finding in findings) else 0


def quick_look() -> None:
    """Print whether lessons can begin: Python, packages, a place to write; a second, where a report takes several."""
    if sys.platform == "emscripten":
        print(format_report(_in_browser()))
        return
    root = course_root()
    python_range, requirements = course_requirements(root)
    findings = [
        check_python(_python_version(), python_range),
        check_packages(requirements, installed_version, root),
        check_work_folder(root / "work"),
        check_pocket_pets(data_home() / "pocket"),
    ]
    print(format_report(findings))


def _in_browser() -> list[Finding]:
    """Return what to know where a web page brought Python and its packages: there is nothing to install."""
    kept = f"{course_root() / 'work'} is kept by this browser for this site, and by no one else"
    return [
        Finding("ok", "Python", f"{_python_version()}, inside this browser"),
        Finding("ok", "packages", "they came with this page, in versions that fit each other"),
        Finding("note", "your work", kept, "download what you want to keep: File, Download"),
    ]


def format_report(findings: Sequence[Finding]) -> str:
    """Lay findings out as plain ASCII text, which every terminal can show."""
    lines = []
    for finding in findings:
        lines.append(f"{ICONS[finding.level]} {finding.level:8}{finding.subject}: {finding.message}")
        if finding.remedy:
            lines.append(f"            -> {finding.remedy}")
    problems = sum(finding.level == "problem" for finding in findings)
    verdict = "Nothing stops the course."
    if problems:
        verdict = f"To mend before you start: {problems}. Then run this again."
    return "\n".join([*lines, "", verdict])


def check_installation() -> list[Finding]:
    """Look at everything that the course needs. Raises nothing and changes nothing."""
    root = course_root()
    python_range, requirements = course_requirements(root)
    torch_report = ask_torch(root)
    return [
        check_python(_python_version(), python_range),
        check_packages(requirements, installed_version, root),
        check_torch_pair(installed_version, _requirements_of("torchvision")),
        check_torch(torch_report),
        check_threads(torch_report, _cores(), _load()),
        check_device(torch_report, has_nvidia_driver=shutil.which("nvidia-smi") is not None),
        check_kernel(_kernel_python()),
        check_pocket_pets(data_home() / "pocket"),
        check_real_pets(data_home() / "pets"),
        check_disk(shutil.disk_usage(root).free),
        check_work_folder(root / "work"),
    ]


def course_requirements(root: Path) -> tuple[str, list[str]]:
    """Return the Python range and the required packages, from pyproject.toml, else from the installed package.

    The file comes first: after a ``git pull`` it knows of packages that were not installed yet.
    """
    file = root / "pyproject.toml"
    if file.is_file():
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    installed = metadata.metadata("segmentation-course")
    return installed["Requires-Python"], _requirements_of("segmentation-course")


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, without importing it; None where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def install_command(*arguments: str) -> str:
    """Return the command that installs into this very Python, by pip or, in an environment without it, by uv."""
    if util.find_spec("pip"):
        return _command(sys.executable, "-m", "pip", "install", *arguments)
    return _command("uv", "pip", "install", "--python", sys.executable, *arguments)


def check_python(version: str, python_range: str) -> Finding:
    """Compare the running Python with the range that the course is tested on."""
    try:
        from packaging.specifiers import SpecifierSet
    except ImportError:
        return Finding("note", "Python", f"{version}; the course wants {python_range}")
    if SpecifierSet(python_range).contains(version, prereleases=True):
        return Finding("ok", "Python", f"{version}, which the course is tested on ({python_range})")
    return Finding(
        "problem",
        "Python",
        f"{version} is outside the range {python_range}",
        "install a Python in that range, remove .venv, and run: make lab PYTHON=/path/to/that/python",
    )


def check_packages(
    requirements: Sequence[str], version_of: Callable[[str], str | None], root: Path
) -> Finding:
    """Compare the installed packages, and the course itself, with what pyproject.toml asks for."""
    remedy = install_command("-e", str(root))
    try:
        from packaging.requirements import Requirement
    except ImportError:  # JupyterLab and matplotlib need it, so more than this one package is missing
        return Finding("problem", "packages", "packaging is missing, and so are others that need it", remedy)
    present, wrong = [], []
    for requirement in map(Requirement, [*requirements, "segmentation-course"]):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = version_of(requirement.name)
        if version is None:
            wrong.append(f"{requirement.name} is missing")
        elif not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} is {version}, but {requirement.specifier} is needed")
        else:
            present.append(f"{requirement.name} {version}")
    if wrong:
        return Finding("problem", "packages", "; ".join(wrong), remedy)
    return Finding("ok", "packages", f"all {len(present)} are here: {', '.join(present)}")


def check_torch_pair(
    version_of: Callable[[str], str | None], torchvision_requirements: Sequence[str]
) -> Finding:
    """Compare the torch that torchvision says it was built for with the one that is installed."""
    subject = "torch and torchvision"
    torch, torchvision = version_of("torch"), version_of("torchvision")
    if torch is None or torchvision is None:
        return Finding("note", subject, "not compared, because they are not both there")
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return Finding("note", subject, f"{torch} and {torchvision}, not compared")
    for requirement in map(Requirement, torchvision_requirements):
        if requirement.name == "torch" and not requirement.specifier.contains(torch, prereleases=True):
            return Finding(
                "problem",
                subject,
                f"torchvision {torchvision} was built for torch {requirement.specifier}, but torch is {torch}",
                install_command("--upgrade", "torch", "torchvision"),
            )
    return Finding("ok", subject, f"{torch} and {torchvision} belong together")


def ask_torch(root: Path, python: str = sys.executable) -> TorchReport:
    """Import torch and torchvision in another process, where a crash harms nobody."""
    try:
        process = subprocess.run(
            [python, "-c", TORCH_PROBE],
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=180,
        )
    except subprocess.TimeoutExpired:
        return TorchReport(error="importing torch took more than three minutes")
    if process.returncode:
        return TorchReport(error=process.stderr.strip() or f"Python ended with code {process.returncode}")
    return TorchReport(**json.loads(process.stdout.splitlines()[-1]))


def check_torch(report: TorchReport) -> Finding:
    """Say whether torch and torchvision import, and what the known errors mean."""
    subject = "torch runs"
    if not report.error:
        return Finding("ok", subject, "torch and torchvision import and answer")
    last_line = report.error.splitlines()[-1]
    if "operator torchvision::nms does not exist" in report.error:
        return Finding(
            "problem",
            subject,
            f"the torch and torchvision wheels do not belong together ({last_line})",
            install_command("--force-reinstall", "torch", "torchvision"),
        )
    if "No module named 'torch" in report.error:
        return Finding("problem", subject, last_line, install_command("torch", "torchvision"))
    if "WinError 126" in report.error or "WinError 1114" in report.error:
        return Finding(
            "problem",
            subject,
            f"Windows cannot load torch's libraries ({last_line})",
            "install Microsoft's Visual C++ Redistributable (x64), then open a new terminal",
        )
    reinstall = install_command("--force-reinstall", "torch", "torchvision")
    return Finding("problem", subject, f"torch does not start: {last_line}", reinstall)


def check_threads(report: TorchReport, cores: int, load: float) -> Finding:
    """Compare torch's threads with the cores, and with how busy other programs keep them.

    Args:
        report: what torch said.
        cores: processor cores that this process may use.
        load: how many cores were kept busy over the last minute; 0 where the system does not say.
    """
    subject = "processor"
    if report.error:
        return Finding("note", subject, f"{cores} cores; torch could not say how many threads it uses")
    if report.threads > cores:
        message = f"torch computes with {report.threads} threads on {cores} cores, which is slow"
        return Finding("note", subject, message, f"set OMP_NUM_THREADS={cores}")
    use = f"torch uses {report.threads} of {cores} cores"
    if report.threads > 1 and load > cores / 2:
        return Finding(
            "note",
            subject,
            f"{use}, but other programs keep {load:.1f} of them busy, and threads that wait for each other "
            "can be several times slower than one",
            "close the other programs, or set OMP_NUM_THREADS=1",
        )
    return Finding("ok", subject, use)


def check_device(report: TorchReport, has_nvidia_driver: bool) -> Finding:
    """Say on what, and in which precision, a training would run."""
    subject = "training"
    if report.error:
        return Finding("note", subject, "torch could not say where it would run")
    place = {"cuda": report.name or "an NVIDIA GPU", "mps": "the Apple GPU"}.get(
        report.device, "the processor"
    )
    message = f"would run on {place} in {report.dtype}"
    if report.device == "cpu" and has_nvidia_driver:
        return Finding(
            "note",
            subject,
            f"{message}, although there is an NVIDIA driver: this torch has no CUDA, or the driver is too old",
            "carry on, no lesson needs a GPU; or update the driver",
        )
    if report.device == "cpu" and report.dtype == "float32":
        message += "; it has no fast bfloat16, so expect about twice the minutes that the lessons state"
    return Finding("ok", subject, message)


def check_kernel(kernel_python: str | None) -> Finding:
    """Compare the Python behind Jupyter's kernel "python3" with this one.

    Args:
        kernel_python: the program that the kernel starts; None where Jupyter knows no such kernel.
    """
    subject = "notebook kernel"
    if kernel_python is None:
        return Finding("problem", subject, 'Jupyter has no kernel "python3"', install_command("ipykernel"))
    if Path(kernel_python).is_absolute() and _environment(kernel_python) != _environment(sys.executable):
        return Finding(
            "problem",
            subject,
            f'"python3" starts {kernel_python}, not this Python, so notebooks would not find the course',
            _command(sys.executable, "-m", "ipykernel", "install", "--sys-prefix"),
        )
    return Finding("ok", subject, '"python3" starts this Python')


def check_pocket_pets(home: Path) -> Finding:
    """Say whether the drawn pets, the default data, are there."""
    drawn = _count_pets(home)
    if drawn:
        return Finding("ok", "pocket pets", f"{drawn} to train on, in {home}")
    return Finding("note", "pocket pets", "not drawn yet, the first training will", "course data draw")


def check_real_pets(home: Path) -> Finding:
    """Say whether the Oxford-IIIT pets are there, which no lesson needs."""
    downloaded = _count_pets(home)
    if downloaded:
        return Finding("ok", "real pets", f"{downloaded} to train on, in {home}")
    return Finding(
        "note", "real pets", "not downloaded; no lesson needs them", "course data download (800 MB)"
    )


def check_disk(free: int) -> Finding:
    """Judge the free space, in bytes, of the disk that holds the course."""
    message = f"{free / GIGABYTE:.1f} GB free"
    if free < 0.5 * GIGABYTE:
        return Finding("problem", "disk", f"{message}, but drawn pets and runs need 0.5 GB", "make room")
    if free < 3 * GIGABYTE:
        return Finding("note", "disk", f"{message}; the real pets would need 3 GB")
    return Finding("ok", "disk", message)


def check_work_folder(work: Path) -> Finding:
    """Try to write where the learner's notebooks go, or, before it exists, where it will be made."""
    folder = work if work.is_dir() else work.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("ok", "work folder", f"{work} can be written")
    except OSError as error:
        return Finding(
            "problem",
            "work folder",
            f"{work} cannot be written ({error.strerror})",
            "put the course in a folder of your own, such as one in your home folder",
        )


def _command(*words: str) -> str:
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def _count_pets(home: Path) -> int:
    listing = home / "oxford-iiit-pet" / "annotations" / "trainval.txt"
    return len(listing.read_text(encoding="utf-8").splitlines()) if listing.is_file() else 0


def _python_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _requirements_of(package: str) -> list[str]:
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux, where a container or a scheduler may lend fewer
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _kernel_python() -> str | None:
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return None
    try:
        return KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return None


def _environment(python: str) -> Path:
    """Return the folder of a Python program: an environment's own, which its link to the system's is not."""
    return Path(python).parent.resolve()
