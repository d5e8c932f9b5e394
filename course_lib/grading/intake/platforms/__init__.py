"""How platforms pack a class's work: one recogniser per file. A new platform is a file, a line here and a test."""

from __future__ import annotations

from course_lib.grading.intake.platforms.base import Owner, Package, Platform, Reading
from course_lib.grading.intake.platforms.blackboard import BLACKBOARD
from course_lib.grading.intake.platforms.canvas import CANVAS
from course_lib.grading.intake.platforms.gradescope import GRADESCOPE
from course_lib.grading.intake.platforms.moodle import MOODLE
from course_lib.grading.intake.platforms.nbgrader import NBGRADER
from course_lib.grading.intake.platforms.plain import LayoutError, read_plain

__all__ = ["PLATFORMS", "LayoutError", "Owner", "Package", "Platform", "Reading", "read_package"]

PLATFORMS = [GRADESCOPE, BLACKBOARD, MOODLE, NBGRADER, CANVAS]
"""The platforms in the order in which they are tried, the most distinctive names first."""


def read_package(package: Package) -> Reading:
    """Find out whose file each one is.

    The first platform that recognises half of the work or more decides; the other files are then left out. If none
    does, folders and files are expected to be named after students.

    Raises:
        ValueError: the owners are unclear; one sentence says what was seen and what to do.
    """
    work = {name for name in package.names if package.work(name)}
    for platform in PLATFORMS:
        owners = platform.recognise(package)
        if owners and 2 * len(work & owners.keys()) >= len(work):
            reason = f"its name is not in the form that {platform.name} gives, unlike the others"
            left = {name: reason for name in package.names if name not in owners}
            return Reading(platform.name, owners, left)
    return read_plain(package)
