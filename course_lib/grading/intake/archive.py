"""Open zips from anywhere safely: readable names, harmless entries, a limit on the number of bytes."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from course_lib.files import atomic_path
from course_lib.grading.plain_text import clean

MIB = 2**20
MOST_BYTES = 512 * MIB  # of one file
SUSPECT_BYTES = (
    64 * MIB
)  # a larger file that is packed this tightly is a bomb; a smaller one may be a long output
SUSPECT_RATIO = 100
MOST_IN_ALL = 8 * 1024 * MIB
MOST_ENTRIES = 50_000
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""Errors of reading a damaged or encrypted entry, or one with an unknown compression."""


def check_size(path: Path, entries: Sequence[zipfile.ZipInfo], out: Path) -> None:
    """Check that an archive holds no more than a class's work, and that the disk of ``out`` has room for it.

    Raises:
        ValueError: it holds too many files, or too large ones.
    """
    if len(entries) > MOST_ENTRIES:
        raise ValueError(
            f"{path} holds {len(entries):,} files, more than {MOST_ENTRIES:,}: this is not the work of a class."
        )
    size = sum(info.file_size for info in entries if not refusal(info, ""))
    if size > MOST_IN_ALL:
        raise ValueError(
            f"{path} would unpack to {size / MIB:,.0f} MiB, more than {MOST_IN_ALL // MIB:,}: download it in parts."
        )
    out.mkdir(parents=True, exist_ok=True)
    if size > shutil.disk_usage(out).free:
        raise ValueError(
            f"{path} would unpack to {size / MIB:,.0f} MiB, but the disk of {out} has less free space."
        )


def readable_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name with slashes; old programs write UTF-8, or a Windows code page, without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("cp1252", "replace") if _is_from_windows(info) else name
    return name.replace("\\", "/")


def _is_from_windows(info: zipfile.ZipInfo) -> bool:
    return info.create_system in (10, 11)  # NTFS, VFAT; DOS (0) means a code page of DOS


def refusal(info: zipfile.ZipInfo, name: str) -> str:
    """Return why an entry is not unpacked, whoever it belongs to; "" if it can be unpacked."""
    return _unsafe_name(name) or _unsafe_kind(info) or _bomb(info) or _nested(name)


def _unsafe_name(name: str) -> str:
    if "\0" in name or clean(name) != name or "\n" in name or "\t" in name:
        return "refused: its name holds control characters"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "refused: an absolute path"
    return "refused: its path leads out of the folder" if ".." in name.split("/") else ""


def _unsafe_kind(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "refused: a link, not a file"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR if info.is_dir() else 0):
        return "refused: not an ordinary file"
    return "refused: it is encrypted; ask for it without a password" if info.flag_bits & 0x1 else ""


def _bomb(info: zipfile.ZipInfo) -> str:
    if info.file_size > MOST_BYTES:
        return f"refused: {info.file_size / MIB:,.0f} MiB, more than {MOST_BYTES // MIB} per file"
    if info.file_size > SUSPECT_BYTES and info.file_size > SUSPECT_RATIO * info.compress_size:
        ratio = info.file_size / max(info.compress_size, 1)
        return f"refused: packed {ratio:,.0f} to 1, as a zip bomb is"
    return ""


def _nested(name: str) -> str:
    if name.lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")):
        return "refused: an archive inside the archive; unpack it by hand, or ask for the notebook itself"
    return ""


def read_small(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a file that describes others; none if it is too large or damaged."""
    if info.file_size > SUSPECT_BYTES:
        return b""
    try:
        return archive.read(info)
    except DAMAGED:
        return b""


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Write one file, counting bytes: an entry's stated size may be false.

    Raises:
        One of ``DAMAGED``: nothing is written then.
    """
    with archive.open(info) as source, atomic_path(target) as temporary:
        size = 0
        with temporary.open("wb") as file:
            while chunk := source.read(MIB):
                size += len(chunk)
                if size > min(MOST_BYTES, info.file_size):
                    raise zipfile.BadZipFile("it is larger than it says")
                file.write(chunk)
