"""Write files so that no reader, and no crash, ever leaves or sees half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class DiskFullError(OSError):
    """The disk has too little space; the message says which, and what to do."""


@contextmanager
def explain_full_disk(path: Path) -> Iterator[None]:
    """Turn the various errors of a full disk or an exhausted quota into a DiskFullError that names ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFullError(
            f"The disk that holds {path} is full: free some space and run this again."
        ) from error


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside ``path``; what was written there replaces ``path`` if the block does not raise.

    The temporary name keeps the suffix, because writers such as Pillow and NumPy go by it. Only ``.json`` becomes
    ``.tmp``: some JupyterLite versions never open an empty ``.json`` file, and a check would wait for ever.

    Raises:
        DiskFullError: the disk is full; ``path`` is unchanged.
    """
    path = Path(path)
    with explain_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        suffix = ".tmp" if path.suffix == ".json" else path.suffix
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)  # mkstemp makes it private, which a shared course folder should not be
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Replace a text file as a whole, in UTF-8 with \\n line ends."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
