"""``course collect``: the zip that a learning platform hands out, unpacked into ``STUDENT/NN_slug/NN_slug.ipynb``.

Nothing is ever written to the path that an entry states: student and lesson are read from its name, and the path is
made from these. Every entry that is left out is listed with the reason.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_lib.bars import with_bar
from course_lib.files import DiskFullError
from course_lib.grading.intake.archive import DAMAGED, check_size, readable_name, refusal, unpack
from course_lib.grading.intake.identity import check_identities, folder_name
from course_lib.grading.intake.intake_report import Intake, intake_of
from course_lib.grading.intake.platforms import Owner, read_package
from course_lib.grading.intake.platforms.base import copy_number, file_of
from course_lib.grading.intake.platforms.plain import WHOSE
from course_lib.grading.intake.versions import Version, choose
from course_lib.grading.intake.work import package_of, target_of
from course_lib.grading.plain_text import one_line
from course_lib.grading.tables import key_of, read_table, write_table
from course_lib.wording import counted

_COLUMNS = ("student", "assignment", "submitted", "late", "canvas_id", "name", "email", "file", "entry")
_OF_SYSTEMS = re.compile(
    r"(^|/)(__MACOSX/|\._|\.ipynb_checkpoints/|(\.DS_Store|Thumbs\.db|desktop\.ini|\.gitkeep|\.gitignore)$)",
    re.IGNORECASE,
)
_OF_PLATFORMS = re.compile(
    r"submission_metadata\.yml|roster\.csv|grades\.csv|index\.html|timestamp\.txt|.*_attempt_\d{4}(-\d\d){5}\.txt",
    re.IGNORECASE,
)
Groups = dict[tuple[str, PurePosixPath], list[tuple[Version, "Found"]]]


@dataclass(frozen=True)
class Found:
    """One entry that is a student's work.

    Attributes:
        info: the zip's entry.
        name: its path, in readable characters.
        student: the name of the student's folder.
        owner: the student, as the platform describes them.
        target: path below the student's folder.
    """

    info: zipfile.ZipInfo
    name: str
    student: str
    owner: Owner
    target: PurePosixPath


@dataclass
class Collected:
    """The result of unpacking a zip: what was written, and what was left out, each with its reason."""

    layout: str = ""
    written: list[Found] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    junk: int = 0

    @property
    def students(self) -> int:
        """How many students handed something in."""
        return len({found.student for found in self.written})

    @property
    def intake(self) -> Intake:
        """What was read, counted."""
        lessons = [found.target.parts[0] for found in self.written if found.target.suffix == ".ipynb"]
        return intake_of(self.layout, self.students, lessons, self.left)

    def text(self) -> str:
        """Return the summary that the command prints."""
        layout, students, *left = self.intake.lines(len(self.left))
        lines = [
            layout,
            students,
            f"Unpacked: {counted(len(self.written), 'file')} of {counted(self.students, 'student')}.",
        ]
        if self.junk:
            lines.append(
                f"Passed over: {counted(self.junk, 'file')} that platforms and systems leave behind."
            )
        return "\n".join([*lines, *left])


def collect(
    path: Path, out: Path, assignments: Sequence[str], lesson: str = "", progress: bool = False
) -> Collected:
    """Unpack a zip of submissions, safely.

    Args:
        path: from a platform in :data:`course_lib.grading.intake.platforms.PLATFORMS`, or any zip of folders or files
            that are named after students.
        out: the submissions folder; files there of the same student and lesson are replaced.
        assignments: the names of the course's lessons.
        lesson: the lesson of notebooks that do not name theirs; "" leaves them out and lists them.
        progress: show a bar.

    Returns:
        What was written, and what was left out and why.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a zip, is damaged as a whole, or is far too large; the owners of the
            files are unclear; or two students would become one. Nothing is written then.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: give the zip that the platform made.")
    try:
        with zipfile.ZipFile(path) as archive:
            check_size(path, archive.infolist(), out)
            result, chosen = _choose(archive, out, assignments, lesson)
            for found in with_bar(chosen, "unpacking", progress, unit="file"):
                _unpack(archive, found, out, result)
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise ValueError(
            f"{path} cannot be unpacked ({one_line(error)}): download it again from the platform."
        ) from None
    _write_list(out, result)
    return result


def _choose(
    archive: zipfile.ZipFile, out: Path, assignments: Sequence[str], lesson: str
) -> tuple[Collected, list[Found]]:
    """Return the version that counts of every student's work, and list the others as left out."""
    result = Collected()
    entries = _harmless_entries(archive, result)
    package = package_of(archive, {name: info for info, name in entries}, assignments, lesson)
    reading = read_package(package)
    owners = [owner for owned in reading.owners.values() for owner in owned]
    check_identities(owners, [each.name for each in out.iterdir() if each.is_dir()])
    result.layout = reading.platform
    groups: Groups = defaultdict(list)
    for place, (info, name) in enumerate(entries):
        if _OF_PLATFORMS.fullmatch(file_of(name)):
            result.junk += 1
        elif name not in reading.owners:
            result.left.append((name, reading.left[name]))
        else:
            for owner in reading.owners[name]:
                student, target = (
                    folder_name(owner.student),
                    target_of(owner, package.work(name), assignments),
                )
                if not student or isinstance(target, str):
                    result.left.append((name, target if isinstance(target, str) else WHOSE))
                    continue
                rank = (copy_number(owner.file), info.date_time, place)
                found = Found(info, name, student, owner, target)
                groups[student, target].append((Version(name, owner.attempt, rank), found))
    return result, _newest(groups, result)


def _harmless_entries(archive: zipfile.ZipFile, result: Collected) -> list[tuple[zipfile.ZipInfo, str]]:
    entries = []
    for info in archive.infolist():
        name = readable_name(info)
        reason = refusal(info, name)
        if _OF_SYSTEMS.search(name):
            result.junk += 1
        elif reason:
            result.left.append((name, reason))
        elif not name.endswith("/"):
            entries.append((info, name))
    return entries


def _newest(groups: Groups, result: Collected) -> list[Found]:
    chosen = []
    for key in sorted(groups):
        kept, left = choose([version for version, _ in groups[key]])
        chosen += [found for version, found in groups[key] if version is kept]
        result.left += [(version.name, reason) for version, reason in left]
    return chosen


def _unpack(archive: zipfile.ZipFile, found: Found, out: Path, result: Collected) -> None:
    try:
        unpack(archive, found.info, out / found.student / found.target)
    except DiskFullError:
        raise
    except DAMAGED as error:
        result.left.append((found.name, f"damaged: {one_line(error, 200)}"))
    else:
        result.written.append(found)


def _write_list(out: Path, result: Collected) -> None:
    """Update ``collected.csv``: it serves as a roster, and as a first guess of when work was handed in."""
    path = out / "collected.csv"
    rows = {
        (row["student"], row["file"]): tuple(row[name] for name in _COLUMNS)
        for row in (read_table(path, ("student", "file")) if path.is_file() else ())
    }
    for found in result.written:
        owner, file = found.owner, str(found.target)
        time = "{:04d}-{:02d}-{:02d} {:02d}:{:02d}:{:02d}".format(*found.info.date_time)
        late = "late" if owner.late else ""
        about = (found.student, found.target.parts[0], time, late, owner.canvas_id, owner.name, owner.email)
        rows[key_of(found.student), key_of(file)] = (*about, file, found.name)
    if rows:
        write_table(path, _COLUMNS, [rows[key] for key in sorted(rows)])
