"""``course collect``: the zip that a learning platform hands out, unpacked into ``STUDENT/NN_slug/NN_slug.ipynb``.

Nothing is ever written where an entry says: student and lesson are read from its name, and the place is made from
these. Every entry that is not taken is named with the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_lib.bars import with_bar
from course_lib.files import atomic_path
from course_lib.grading.plain_text import clean, file_name, one_line
from course_lib.grading.tables import key_of, read_table, write_table
from course_lib.lessons import is_lesson_name

_COLUMNS = ("student", "assignment", "submitted", "late", "canvas_id", "file", "entry")
MIB = 2**20
MOST_BYTES = 512 * MIB  # of one file
SUSPECT_BYTES = (
    64 * MIB
)  # a larger file that is packed this tightly is a bomb, a smaller one perhaps a long output
SUSPECT_RATIO = 100
MOST_IN_ALL = 8 * 1024 * MIB
MOST_ENTRIES = 50_000

# Canvas: lovelaceada_LATE_4711_98765_03_iou-1.ipynb; user and submission are numbers, LATE only where it was.
_CANVAS = re.compile(r"(?P<name>[^/_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>[^/]+)")
# Moodle: Ada Lovelace_4711_assignsubmission_file_/03_iou.ipynb, or flat with the file's name behind.
_MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_?/?(?P<file>.*)")
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\.ipynb_checkpoints/)")
_COPY = re.compile(r"(?:-(?P<canvas>\d+)| \((?P<browser>\d+)\))$")
_PROJECT_FILES = (
    "predictions.npz",
    "best.pt",
    "best.safetensors",
    "weights.pt",
    "weights.safetensors",
    "config.json",
)


@dataclass(frozen=True)
class Found:
    """One entry that is somebody's work.

    Attributes:
        info: the entry.
        name: its path, in readable characters.
        student: a folder's name.
        lms_id: the platform's number of the student, if the name has one.
        target: path below the student's folder.
        late: whether the platform marked it.
        version: later versions of the same file have higher ones.
    """

    info: zipfile.ZipInfo
    name: str
    student: str
    lms_id: str
    target: PurePosixPath
    late: bool
    version: tuple[int, tuple[int, ...], int]


@dataclass
class Collected:
    """What became of a zip: what was written, and what was not, each with its reason."""

    written: list[Found] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    junk: int = 0

    @property
    def students(self) -> int:
        """How many students handed something in."""
        return len({found.student for found in self.written})

    def text(self) -> str:
        """Return the summary that the command prints."""
        lines = [f"Unpacked: {_counted(len(self.written), 'file')} of {_counted(self.students, 'student')}."]
        if self.junk:
            lines.append(f"Passed over: {_counted(self.junk, 'file')} that systems leave behind.")
        if self.left:
            lines += ["Not taken:", *(f"  {one_line(name, 200)}: {reason}" for name, reason in self.left)]
        return "\n".join(lines)


def collect(
    path: Path, out: Path, assignments: Sequence[str], lesson: str = "", progress: bool = False
) -> Collected:
    """Unpack a zip of submissions, safely.

    Args:
        path: from Canvas, Moodle, or any zip of ``STUDENT/NN_slug.ipynb`` or ``STUDENT_NN_slug.ipynb``.
        out: the submissions folder; what is there for the same student and lesson is replaced.
        assignments: the names of the course's lessons.
        lesson: which one a notebook is that does not say; "" leaves it out and names it.
        progress: show a bar.

    Returns:
        What was written, and what was left out and why.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no zip, is damaged as a whole, or is far too large.
    """
    result = Collected()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: give the zip that the platform made.")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_size(path, entries, out)
            chosen = _choose(archive, entries, assignments, lesson, result)
            for found in with_bar(chosen, "unpacking", progress, unit="file"):
                _unpack(archive, found, out, result)
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise ValueError(
            f"{path} cannot be unpacked ({one_line(error)}): download it again from the platform."
        ) from None
    _write_list(out, result)
    return result


def _check_size(path: Path, entries: Sequence[zipfile.ZipInfo], out: Path) -> None:
    if len(entries) > MOST_ENTRIES:
        raise ValueError(
            f"{path} holds {len(entries):,} files, more than {MOST_ENTRIES:,}: this is no class's work."
        )
    size = sum(info.file_size for info in entries if not _bomb(info))
    if size > MOST_IN_ALL:
        raise ValueError(
            f"{path} would unpack to {size / MIB:,.0f} MiB, more than {MOST_IN_ALL // MIB:,}: download it in parts."
        )
    out.mkdir(parents=True, exist_ok=True)
    if size > shutil.disk_usage(out).free:
        raise ValueError(
            f"{path} would unpack to {size / MIB:,.0f} MiB, and the disk of {out} has less free."
        )


def _bomb(info: zipfile.ZipInfo) -> str:
    if info.file_size > MOST_BYTES:
        return f"refused: {info.file_size / MIB:,.0f} MiB, more than {MOST_BYTES // MIB} a file"
    if info.file_size > SUSPECT_BYTES and info.file_size > SUSPECT_RATIO * info.compress_size:
        ratio = info.file_size / max(info.compress_size, 1)
        return f"refused: packed {ratio:,.0f} to 1, as a zip bomb is"
    return ""


def _choose(
    archive: zipfile.ZipFile,
    entries: Sequence[zipfile.ZipInfo],
    assignments: Sequence[str],
    lesson: str,
    result: Collected,
) -> list[Found]:
    """Return of every student's file the newest version, and name the rest."""
    names = {info: _readable_name(info) for info in entries}
    wrapper = _common_folder([name for info, name in names.items() if not info.is_dir()], assignments)
    newest: dict[tuple[str, str], Found] = {}
    for place, (info, name) in enumerate(names.items()):
        if info.is_dir() and not _unsafe_name(name):
            continue
        if _JUNK.search(name):
            result.junk += 1
            continue
        refusal = _unsafe_name(name) or _unsafe_entry(info) or _bomb(info)
        found = (
            refusal or _nested(name) or _recognise(archive, info, name, wrapper, place, assignments, lesson)
        )
        if isinstance(found, str):
            result.left.append((name, found))
            continue
        key = (found.student, str(found.target))
        older = newest.get(key)
        if older is None or found.version > older.version:
            newest[key] = found
        older = min(older, found, key=lambda one: one.version) if older else None
        if older:
            result.left.append((older.name, f"there is a newer one: {newest[key].name}"))
    return sorted(newest.values(), key=lambda found: (found.student, str(found.target)))


def _readable_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; old programs write UTF-8, or a Windows code page, without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("cp1252", "replace") if _looks_like_windows(info) else name
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _looks_like_windows(info: zipfile.ZipInfo) -> bool:
    return info.create_system in (10, 11)  # NTFS, VFAT; DOS (0) means a code page of DOS


def _unsafe_name(name: str) -> str:
    parts = name.split("/")
    if "\0" in name or clean(name) != name or "\n" in name or "\t" in name:
        return "refused: its name holds control characters"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "refused: an absolute path"
    return "refused: its path leads out of the folder" if ".." in parts else ""


def _unsafe_entry(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "refused: a link, not a file"
    if kind not in (0, stat.S_IFREG):
        return "refused: no ordinary file"
    return "refused: it is encrypted; ask for it without a password" if info.flag_bits & 0x1 else ""


def _nested(name: str) -> str:
    if name.lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")):
        return "refused: an archive inside the archive; unpack it by hand, or ask for the notebook itself"
    return ""


def _common_folder(names: Sequence[str], assignments: Sequence[str]) -> str:
    """Return the one folder that a zip packs everything into, such as ``submissions/``; "" for none."""
    paths = [PurePosixPath(name) for name in names if not _JUNK.search(name) and not _unsafe_name(name)]
    first = {path.parts[0] for path in paths if path.parts}
    if len(first) != 1 or any(len(path.parts) < 3 for path in paths):
        return ""
    folder = first.pop()
    # Of one student's STUDENT/NN_slug/FILE the first folder is the student.
    inner = {path.parts[1] for path in paths}
    is_student = all(_lesson_of(part, assignments) for part in inner) or _MOODLE.fullmatch(folder)
    return "" if is_student else f"{folder}/"


def _recognise(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    name: str,
    wrapper: str,
    place: int,
    assignments: Sequence[str],
    lesson: str,
) -> Found | str:
    """Return whose and which work an entry is, or why that cannot be told."""
    student, lms_id, rest, late = _owner(name.removeprefix(wrapper), assignments)
    if not student:
        return "whose it is cannot be told: no student's folder, no name before the lesson"
    file = PurePosixPath(rest).name
    if file.lower().endswith(".ipynb"):
        assignment = _lesson_of(rest, assignments) or _lesson_inside(archive, info, assignments) or lesson
        if not assignment:
            return "which lesson it is cannot be told: give it with --lesson"
        target = PurePosixPath(assignment, f"{assignment}.ipynb")
    else:
        kept = _project_file(rest)
        project = next((each for each in assignments if each.startswith("07_")), "")
        if not kept or not project:
            return "neither a notebook nor a file of the project"
        target = PurePosixPath(project, kept)
    copy = _COPY.search(PurePosixPath(file).stem)
    version = int(copy["canvas"] or copy["browser"]) if copy else 0
    return Found(info, name, student, lms_id, target, late, (version, info.date_time, place))


def _owner(name: str, assignments: Sequence[str]) -> tuple[str, str, str, bool]:
    """Return student, the platform's number of the student, the rest of the path, and whether it is marked late."""
    moodle = _MOODLE.fullmatch(name)
    if moodle:
        return _folder_name(f"{moodle['name']}_{moodle['id']}"), moodle["id"], moodle["file"], False
    canvas = _CANVAS.fullmatch(name)
    if canvas:
        student = _folder_name(f"{canvas['name']}_{canvas['id']}")
        return student, canvas["id"], canvas["file"], bool(canvas["late"])
    folder, _, rest = name.partition("/")
    if rest:
        return ("" if _lesson_of(folder, assignments) else _folder_name(folder)), "", rest, False
    return _folder_name(_name_beside_lesson(PurePosixPath(name).stem, assignments)), "", name, False


def _name_beside_lesson(stem: str, assignments: Sequence[str]) -> str:
    """Return the student in a flat name, such as ``ada_03_iou_and_dice_by_hand``."""
    assignment = _lesson_of(stem, assignments)
    before, _, after = stem.partition(assignment) if assignment else (stem, "", "")
    return before.strip("_- ") or _COPY.sub("", after).strip("_- ")


def _folder_name(student: str) -> str:
    """Return a student as the name of a folder, on every system; one that had to change gets a mark of its own."""
    name = re.sub(r'[<>:"|?*]', "_", file_name(student)).strip(". ")[:100]
    if not student.strip(". _"):
        return ""
    return name if name == student else f"{name}~{hashlib.sha256(student.encode()).hexdigest()[:6]}"


def _lesson_of(path: str, assignments: Collection[str]) -> str:
    """Return the lesson that a path names: the file's own name first, then its folders'."""
    for part in reversed(PurePosixPath(path).parts):
        for assignment in assignments:
            if assignment.casefold() in part.casefold().replace("-", "_").replace(" ", "_"):
                return assignment
    return ""


def _lesson_inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo, assignments: Collection[str]) -> str:
    """Return the lesson that a renamed notebook says it is, in its metadata."""
    if info.file_size > SUSPECT_BYTES:
        return ""
    try:
        metadata = json.loads(archive.read(info).decode("utf-8"))["metadata"]
        number = str(metadata["course"]["lesson"])
    except (ValueError, KeyError, TypeError, RecursionError, OSError, zipfile.BadZipFile, zlib.error):
        return ""
    return next((each for each in assignments if each[:2] == number and is_lesson_name(each)), "")


def _project_file(rest: str) -> str:
    """Return where a file of the project goes: weights, predictions, or one of a folder of label PNGs."""
    path = PurePosixPath(rest)
    plain = _COPY.sub("", path.stem) + path.suffix
    if plain in _PROJECT_FILES:
        return plain
    if path.suffix == ".png" and path.parent.name == "predictions":
        return f"predictions/{file_name(path.name)}"
    return ""


def _unpack(archive: zipfile.ZipFile, found: Found, out: Path, result: Collected) -> None:
    """Write one file, counting bytes: what an entry says of its size may be a lie."""
    target = out / found.student / found.target
    try:
        with archive.open(found.info) as source, atomic_path(target) as temporary:
            size = 0
            with temporary.open("wb") as file:
                while chunk := source.read(MIB):
                    size += len(chunk)
                    if size > min(MOST_BYTES, found.info.file_size):
                        raise zipfile.BadZipFile("it is larger than it says")
                    file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        result.left.append((found.name, f"damaged: {one_line(error, 200)}"))
    else:
        result.written.append(found)


def _write_list(out: Path, result: Collected) -> None:
    """Bring ``collected.csv`` up to date: it serves as roster, and as a first guess at when work came in."""
    path = out / "collected.csv"
    rows = {
        (row["student"], row["file"]): tuple(row[name] for name in _COLUMNS)
        for row in (read_table(path, ("student", "file")) if path.is_file() else ())
    }
    for found in result.written:
        time = "{:04d}-{:02d}-{:02d} {:02d}:{:02d}:{:02d}".format(*found.info.date_time)
        canvas_id = found.lms_id if _CANVAS.fullmatch(PurePosixPath(found.name).name) else ""
        rows[key_of(found.student), key_of(str(found.target))] = (
            found.student,
            found.target.parts[0],
            time,
            "late" if found.late else "",
            canvas_id,
            str(found.target),
            found.name,
        )
    if rows:
        write_table(path, _COLUMNS, [rows[key] for key in sorted(rows)])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
