"""Is the right Python running, and are the right packages installed?"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Sequence
from importlib import metadata, util
from pathlib import Path

from course_lib.learner.doctor.finding import Finding

NEWEST_TESTED = "3.14"
"""The newest Python that CI runs the course on."""

WORTH_SAVING = 0.5
"""Gigabytes; of less the doctor says nothing."""


def course_requirements(root: Path) -> tuple[str, list[str]]:
    """Return the Python range and the required packages, from pyproject.toml, else from the installed package.

    The file comes first: after a ``git pull`` it lists packages that are not installed yet.
    """
    file = root / "pyproject.toml"
    if file.is_file():
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    installed = metadata.metadata("segmentation-course")
    return installed["Requires-Python"], requirements_of("segmentation-course")


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, without importing it; None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def install_command(*arguments: str) -> str:
    """Return the command that installs into this Python, with pip or, in an environment without pip, with uv."""
    if util.find_spec("pip"):
        return command_line(sys.executable, "-m", "pip", "install", *arguments)
    return command_line("uv", "pip", "install", "--python", sys.executable, *arguments)


def check_python(version: str, python_range: str) -> Finding:
    """Compare the running Python with the versions that the course runs on, and with those that it is tested on."""
    try:
        from packaging.specifiers import SpecifierSet
        from packaging.version import Version
    except ImportError:
        return Finding("note", "Python", f"{version}; the course needs {python_range}")
    if not SpecifierSet(python_range).contains(version, prereleases=True):
        return Finding(
            "problem",
            "Python",
            f"{version} is outside the range {python_range}",
            "install a Python in that range, remove .venv, and run: make lab PYTHON=/path/to/that/python",
        )
    if Version(version).release[:2] > Version(NEWEST_TESTED).release:
        return Finding(
            "note",
            "Python",
            f"{version} is newer than the newest one that the course is tested on, {NEWEST_TESTED}; it should work",
            f"if something fails, remove .venv, and run: make lab PYTHON=/path/to/python{NEWEST_TESTED}",
        )
    return Finding("ok", "Python", f"{version}, which the course is tested on")


def check_packages(
    requirements: Sequence[str], version_of: Callable[[str], str | None], root: Path
) -> Finding:
    """Compare the installed packages, and the course itself, with what pyproject.toml asks for."""
    remedy = install_command("-e", str(root))
    try:
        from packaging.requirements import Requirement
    except ImportError:  # JupyterLab and matplotlib need it, so more than this one package is missing
        return Finding(
            "problem", "packages", "packaging is missing, and so are packages that need it", remedy
        )
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


def command_line(*words: str) -> str:
    """Return a command with quotes around words that hold spaces."""
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def python_version() -> str:
    """Return the version of the running Python, such as 3.12.4."""
    return ".".join(map(str, sys.version_info[:3]))


def requirements_of(package: str) -> list[str]:
    """Return what an installed package requires; nothing if it is not installed."""
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def check_spare(has_nvidia_driver: bool, gigabytes: float) -> Finding:
    """Say how much of the disk could be saved, if torch came with CUDA for a GPU that is not there.

    Args:
        has_nvidia_driver: whether there is an NVIDIA GPU.
        gigabytes: what the packages that only such a GPU needs take up.
    """
    subject = "torch's size"
    if has_nvidia_driver or gigabytes < WORTH_SAVING:
        return Finding("ok", subject, "nothing is installed for a GPU that is not there")
    return Finding(
        "note",
        subject,
        f"{gigabytes:.1f} GB serve an NVIDIA GPU, which this machine does not have",
        "to have them back: make clean lab TORCH=cpu (your notebooks, data and runs stay)",
    )


def size_for_gpus() -> float:
    """Return how many gigabytes the packages take up that torch needs only on an NVIDIA GPU."""
    size = 0
    for package in metadata.distributions():
        name = (package.metadata["Name"] or "").lower()
        if name.startswith(("nvidia-", "cuda-")) or name == "triton":
            size += sum(file.size or 0 for file in package.files or ())
    return size / 1e9
