"""``course doctor``: what works and what does not in an installation, and how to fix each problem.

It must run even if torch is missing or broken, so torch is imported only in another process.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from course_lib.learner.doctor.finding import ICONS, Finding
from course_lib.learner.doctor.packages import (
    check_packages,
    check_python,
    check_spare,
    check_torch_pair,
    course_requirements,
    installed_version,
    python_version,
    requirements_of,
    size_for_gpus,
)
from course_lib.learner.doctor.places import (
    check_disk,
    check_kernel,
    check_pocket_pets,
    check_real_pets,
    check_work_folder,
    kernel_python,
)
from course_lib.learner.doctor.torch_report import (
    ask_torch,
    check_device,
    check_threads,
    check_torch,
    cores,
    load,
)
from course_lib.paths import course_root, data_home
from course_lib.wording import counted


def print_report() -> int:
    """Print every finding and return an exit code: 0 if nothing stops the course, else 1."""
    print(f"Checking the Python in {sys.executable}; torch takes a few seconds to answer.\n", flush=True)
    findings = check_installation()
    print(format_report(findings))
    return 1 if any(finding.level == "problem" for finding in findings) else 0


def quick_look() -> None:
    """Print whether lessons can begin: Python, packages, a place to write. It takes a second, a full report several."""
    if sys.platform == "emscripten":
        print(format_report(_in_browser()))
        return
    root = course_root()
    python_range, requirements = course_requirements(root)
    findings = [
        check_python(python_version(), python_range),
        check_packages(requirements, installed_version, root),
        check_work_folder(root / "work"),
        check_pocket_pets(data_home() / "pocket"),
    ]
    print(format_report(findings))


def _in_browser() -> list[Finding]:
    """Return what to know where a web page brought Python and its packages: there is nothing to install."""
    kept = f"{course_root() / 'work'} is kept by this browser for this site, and by nobody else"
    return [
        Finding("ok", "Python", f"{python_version()}, inside this browser"),
        Finding("ok", "packages", "they came with this page, in versions that fit each other"),
        Finding("note", "your work", kept, "export it now and then: the site's page Your progress"),
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
        verdict = f"Fix the {counted(problems, 'problem')} marked {ICONS['problem']}, then run this again."
    return "\n".join([*lines, "", verdict])


def check_installation() -> list[Finding]:
    """Check everything that the course needs. It raises nothing and changes nothing."""
    root = course_root()
    python_range, requirements = course_requirements(root)
    torch_report = ask_torch(root)
    has_gpu = shutil.which("nvidia-smi") is not None
    return [
        check_python(python_version(), python_range),
        check_packages(requirements, installed_version, root),
        check_torch_pair(installed_version, requirements_of("torchvision")),
        check_torch(torch_report),
        check_threads(torch_report, cores(), load()),
        check_device(torch_report, has_gpu),
        check_spare(has_gpu, size_for_gpus()),
        check_kernel(kernel_python()),
        check_pocket_pets(data_home() / "pocket"),
        check_real_pets(data_home() / "pets"),
        check_disk(shutil.disk_usage(root).free),
        check_work_folder(root / "work"),
    ]
