"""Does torch run, with how many threads, and on what? It is imported only in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.learner.doctor.finding import Finding
from course_lib.learner.doctor.packages import install_command

TORCH_PROBE = """
import json, torch, torchvision
from course_lib.training.devices import open_devices
with open_devices() as devices:
    name = torch.cuda.get_device_name(devices.device) if devices.device.type == "cuda" else ""
    dtype = str(devices.dtype).removeprefix("torch.")
print(json.dumps({"threads": torch.get_num_threads(), "device": devices.device.type, "name": name, "dtype": dtype}))
"""


@dataclass(frozen=True)
class TorchReport:
    """What torch reported about this machine. If it failed, ``error`` holds what it wrote to stderr."""

    threads: int = 1
    device: str = "cpu"
    name: str = ""
    dtype: str = "float32"
    error: str = ""


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
        report: what torch reported.
        cores: processor cores that this process may use.
        load: how many cores were busy over the last minute; 0 if the system does not say.
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
    """Say on which device, and in which precision, training would run."""
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


def cores() -> int:
    """Return the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux, where a container or a scheduler may lend fewer
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load() -> float:
    """Return how many cores were busy over the last minute; 0 if the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
