"""Download the Oxford-IIIT Pet data set: resume where it stopped, check the sums, unpack it as a whole.

torchvision downloads the same two archives into the same folder, but starts an interrupted one from zero, and
takes a folder that was unpacked half-way for the whole data set.

Source: Parkhi, Vedaldi, Zisserman and Jawahar, "Cats and Dogs", CVPR 2012; CC BY-SA 4.0.
"""

import hashlib
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from course_lib.bars import with_bar
from course_lib.data.folder import PET_FOLDER, POCKET_MARKER, SPLITS, read_split
from course_lib.files import DiskFullError, explain_full_disk

TIMEOUT_SECONDS = 30
POCKET_HINT = "Pocket pets need no network: `course data draw`."
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """An archive to fetch: its address, its MD5 sum, its size in bytes."""

    url: str
    md5: str
    size: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rsplit("/", 1)[-1]


# Addresses and sums are those of torchvision's OxfordIIITPet.
ARCHIVES = (
    Archive(
        "https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz",
        md5="5c4f3ee8e5d25df40f4fd59a7f44e54c",
        size=791_918_971,
    ),
    Archive(
        "https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
        md5="95a8c909bbe2e81eed6a22bccdf3f68f",
        size=19_173_078,
    ),
)
UNPACKED_SIZE = 900_000_000  # bytes on disk, about: 7,400 photos, and four small files to most of them


class DownloadError(OSError):
    """The data set could not be fetched; the message says why, and what to do."""


def download_real_pets(root: str | Path, progress: bool = False) -> Path:
    """Fetch the real pets into ROOT/oxford-iiit-pet and return that folder; a complete one is not touched.

    What an interrupted call has fetched stays in ROOT as NAME.part, and the next call continues from there. The
    folder appears when it is complete, and then the archives are deleted.

    Args:
        root: the folder to put it in, e.g. ``data/pets``.
        progress: show a bar.

    Raises:
        DownloadError: no network, a lost connection, or an archive with a wrong sum.
        DiskFullError: not enough space for the archives and their content.
        FileExistsError: ROOT/oxford-iiit-pet exists, but is not the complete set of real pets.
    """
    root = Path(root)
    folder = root / PET_FOLDER
    if folder.exists():
        if not is_complete(folder):
            raise FileExistsError(
                f"{folder} exists, but does not hold all the real pets: move it away, then run this again."
            )
        return folder
    with explain_full_disk(root):
        root.mkdir(parents=True, exist_ok=True)
        _check_space(root)
        archives = [_fetch(archive, root, progress) for archive in ARCHIVES]
        _unpack(archives, folder, progress)
    for archive in archives:
        archive.unlink()
    return folder


def is_complete(folder: Path) -> bool:
    """Whether a folder has both split lists and every file that they name, and is not of pocket pets."""
    if (folder / POCKET_MARKER).exists():
        return False
    try:
        entries = [entry for split in SPLITS for entry in read_split(folder, split)]
    except (OSError, ValueError):
        return False
    return all(entry.image_path.is_file() and entry.trimap_path.is_file() for entry in entries)


def _check_space(root: Path) -> None:
    """Raise before the download if the disk has no space for the rest."""
    fetched = sum(path.stat().st_size for archive in ARCHIVES for path in root.glob(f"{archive.name}*"))
    needed = sum(archive.size for archive in ARCHIVES) - fetched + UNPACKED_SIZE
    free = shutil.disk_usage(root).free
    if free < needed:
        raise DiskFullError(
            f"The real pets need {needed / 1e6:.0f} MB more in {root}, where {free / 1e6:.0f} MB are free: free "
            f"some space or choose another disk. Pocket pets take 7 MB: `course data draw`."
        )


def _fetch(archive: Archive, root: Path, progress: bool) -> Path:
    """Fetch an archive into ``root``; it is called NAME.part until its sum is right."""
    whole, part = root / archive.name, root / f"{archive.name}.part"
    if whole.exists():
        whole.replace(part)  # the sum decides whether it is right
    part.touch()
    if _md5(part) != archive.md5:
        _fetch_rest(archive, part, progress)
        if _md5(part) != archive.md5:
            part.unlink()
            raise DownloadError(
                f"{archive.url} came with a wrong MD5 sum and was deleted: run this again. {POCKET_HINT}"
            )
    part.replace(whole)
    return whole


def _fetch_rest(archive: Archive, part: Path, progress: bool) -> None:
    """Append the missing rest of an archive to ``part``; fetch all of it if the server cannot resume."""
    from tqdm.auto import tqdm

    start = part.stat().st_size
    response = _open(archive.url, start)
    if response is None:
        return
    with response:
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        start = start if resumed else 0
        total = start + int(response.headers.get("Content-Length", archive.size - start))
        bar = tqdm(
            desc=archive.name,
            initial=start,
            total=total,
            unit="B",
            unit_scale=True,
            disable=None if progress else True,
        )
        with part.open("ab" if resumed else "wb") as file, bar:
            for block in _blocks(response):
                file.write(block)
                bar.update(len(block))
    fetched = part.stat().st_size
    if fetched < total:
        raise DownloadError(
            f"The connection broke after {fetched / 1e6:.0f} of {total / 1e6:.0f} MB of {archive.name}: "
            f"run this again, it continues from there. {POCKET_HINT}"
        )


def _open(url: str, start: int) -> HTTPResponse | None:
    """Request the bytes of a file from ``start`` on; None if it has no more."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise DownloadError(f"{url} answered {error.code} {error.reason}. {POCKET_HINT}") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"{url} cannot be reached ({reason}): check the network. {POCKET_HINT}"
        ) from error


def _blocks(response: HTTPResponse) -> Iterator[bytes]:
    """Yield what the server sends, until it ends or the connection breaks."""
    with suppress(OSError, HTTPException):
        while block := response.read1(_BLOCK):
            yield block


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _unpack(archives: list[Path], folder: Path, progress: bool) -> None:
    """Unpack archives into ``folder``, which appears when everything is in it."""
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent) as temporary:
        new = Path(temporary) / PET_FOLDER
        for archive in archives:
            with tarfile.open(archive) as tar:
                # Python 3.11 before 3.11.4, which Debian 12 has, knows no filters: there the checked sum has to do.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(new, members=with_bar(tar, "unpacking", progress, "file"))
        if not is_complete(new):
            raise DownloadError(
                f"{', '.join(a.name for a in archives)} lack files that their split lists name."
            )
        new.rename(folder)
