"""Do notebooks find this Python, is the data there, and can files be written?"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from course_lib.learner.doctor.finding import Finding
from course_lib.learner.doctor.packages import command_line, install_command

GIGABYTE = 10**9


def check_kernel(kernel_python: str | None) -> Finding:
    """Compare the Python behind Jupyter's kernel "python3" with this one.

    Args:
        kernel_python: the program that the kernel starts; None if Jupyter knows no such kernel.
    """
    subject = "notebook kernel"
    if kernel_python is None:
        return Finding("problem", subject, 'Jupyter has no kernel "python3"', install_command("ipykernel"))
    if Path(kernel_python).is_absolute() and _environment(kernel_python) != _environment(sys.executable):
        return Finding(
            "problem",
            subject,
            f'"python3" starts {kernel_python}, not this Python, so notebooks would not find the course',
            command_line(sys.executable, "-m", "ipykernel", "install", "--sys-prefix"),
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
    """Try to write in the work folder or, before it exists, in the folder where it will be made."""
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


def _count_pets(home: Path) -> int:
    listing = home / "oxford-iiit-pet" / "annotations" / "trainval.txt"
    return len(listing.read_text(encoding="utf-8").splitlines()) if listing.is_file() else 0


def kernel_python() -> str | None:
    """Return the program that Jupyter's kernel "python3" starts; None if there is no such kernel."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return None
    try:
        return KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return None


def _environment(python: str) -> Path:
    """Return the folder of a Python program, without following an environment's link to the system's Python."""
    return Path(python).parent.resolve()
