"""The download, against a server on this machine that can break a connection half-way."""

import errno
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_lib.data import download
from course_lib.data.download import ARCHIVES, Archive, DownloadError, download_real_pets, is_complete
from course_lib.data.folder import check_folder
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.files import DiskFullError, explain_full_disk


class Server(ThreadingHTTPServer):
    """Serves ``files`` from memory and notes each request as (path, Range header)."""

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.requests = []
        self.break_after = None  # bytes, then the connection is closed
        self.knows_ranges = True
        self.status = None

    def archives(self):
        """The files as the downloader knows them."""
        return tuple(
            Archive(
                f"http://127.0.0.1:{self.server_port}/{name}", hashlib.md5(content).hexdigest(), len(content)
            )
            for name, content in self.files.items()
        )


class Handler(BaseHTTPRequestHandler):
    """GET with ranges, and all the ways to fail that a test asks for."""

    def do_GET(self):
        server = self.server
        content, wanted = server.files[self.path[1:]], self.headers.get("Range")
        server.requests.append((self.path[1:], wanted))
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.knows_ranges else 0
        if server.status or (start and start >= len(content)):
            self.send_error(server.status or 416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : server.break_after and start + server.break_after])

    def log_message(self, *arguments):
        """Keep quiet."""


def packed(files):
    """The bytes of a .tar.gz with the given files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def encoded(pixels, format):
    """The bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format)
    return buffer.getvalue()


PHOTO = encoded(np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8), "JPEG")
TRIMAP = encoded(np.resize(np.uint8([1, 2, 3]), (60, 80)), "PNG")
ANNOTATIONS = {
    "annotations/trainval.txt": b"Abyssinian_1 1 1 1\n",
    "annotations/test.txt": b"beagle_1 5 2 4\n",
    "annotations/trimaps/Abyssinian_1.png": TRIMAP,
    "annotations/trimaps/beagle_1.png": TRIMAP,
}


@pytest.fixture
def server(monkeypatch):
    """Two small archives in place of the real ones."""
    photos = packed({f"images/{name}.jpg": PHOTO for name in ("Abyssinian_1", "beagle_1")})
    server = Server({"images.tar.gz": photos, "annotations.tar.gz": packed(ANNOTATIONS)})
    monkeypatch.setattr(download, "ARCHIVES", server.archives())
    monkeypatch.setattr(download, "UNPACKED_SIZE", 1_000_000)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def names_in(folder):
    """What lies directly in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_addresses_and_sums_are_torchvisions():
    from torchvision.datasets import OxfordIIITPet

    assert tuple((archive.url, archive.md5) for archive in ARCHIVES) == OxfordIIITPet._RESOURCES


def test_a_download_gives_a_clean_pet_folder_and_nothing_else(server, tmp_path):
    from torchvision.datasets import OxfordIIITPet

    folder = download_real_pets(tmp_path / "new" / "pets", progress=True)
    assert names_in(folder.parent) == ["oxford-iiit-pet"]
    assert check_folder(folder) == []
    image, trimap = OxfordIIITPet(folder.parent, target_types="segmentation")[0]
    assert image.size == trimap.size == (80, 60)


def test_a_second_call_asks_the_server_nothing(server, tmp_path):
    folder = download_real_pets(tmp_path)
    asked = list(server.requests)
    assert download_real_pets(str(tmp_path)) == folder
    assert server.requests == asked


def test_a_broken_connection_is_resumed_at_the_next_call_and_never_taken_for_whole(server, tmp_path):
    whole = len(server.files["images.tar.gz"])
    server.break_after = 1000
    with pytest.raises(
        DownloadError, match=r"broke after 0 of 0 MB of images\.tar\.gz.*continues from there"
    ):
        download_real_pets(tmp_path)
    assert names_in(tmp_path) == ["images.tar.gz.part"]
    assert (tmp_path / "images.tar.gz.part").read_bytes() == server.files["images.tar.gz"][:1000]
    with pytest.raises(DownloadError):
        download_real_pets(tmp_path)
    assert (tmp_path / "images.tar.gz.part").stat().st_size == 2000 < whole
    server.break_after = None
    assert check_folder(download_real_pets(tmp_path)) == []
    assert server.requests == [
        ("images.tar.gz", None),
        ("images.tar.gz", "bytes=1000-"),
        ("images.tar.gz", "bytes=2000-"),
        ("annotations.tar.gz", None),
    ]
    assert names_in(tmp_path) == ["oxford-iiit-pet"]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    server.knows_ranges = False
    (tmp_path / "images.tar.gz.part").write_bytes(server.files["images.tar.gz"][:1000])
    assert check_folder(download_real_pets(tmp_path)) == []


def test_an_archive_that_is_already_there_is_used_if_its_sum_is_right(server, tmp_path):
    (tmp_path / "images.tar.gz.part").write_bytes(server.files["images.tar.gz"])
    (tmp_path / "annotations.tar.gz").write_bytes(server.files["annotations.tar.gz"][:50])
    assert check_folder(download_real_pets(tmp_path)) == []
    assert server.requests == [("annotations.tar.gz", "bytes=50-")]


@pytest.mark.parametrize("extra", [0, 7], ids=["same length", "longer"])
def test_a_wrong_sum_is_deleted_and_the_next_call_starts_again(server, tmp_path, extra):
    size = len(server.files["images.tar.gz"])
    (tmp_path / "images.tar.gz.part").write_bytes(bytes(size + extra))
    with pytest.raises(DownloadError, match=r"wrong MD5 sum and was deleted: run this again"):
        download_real_pets(tmp_path)
    assert names_in(tmp_path) == []
    assert check_folder(download_real_pets(tmp_path)) == []


def test_a_server_that_refuses_is_named(server, tmp_path):
    server.status = 503
    with pytest.raises(DownloadError, match=r"images\.tar\.gz answered 503 .*course data draw"):
        download_real_pets(tmp_path)


def test_without_a_network_one_sentence_names_the_pocket_pets(server, tmp_path, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as gone:
        port = gone.server_port
    monkeypatch.setattr(download, "ARCHIVES", (Archive(f"http://127.0.0.1:{port}/images.tar.gz", "0", 9),))
    with pytest.raises(
        DownloadError, match=r"cannot be reached .*Pocket pets need no network: `course data draw`"
    ):
        download_real_pets(tmp_path)


def test_archives_without_a_listed_file_give_no_folder(server, tmp_path, monkeypatch):
    server.files["images.tar.gz"] = packed({"images/Abyssinian_1.jpg": PHOTO})
    monkeypatch.setattr(download, "ARCHIVES", server.archives())
    with pytest.raises(DownloadError, match="lack files"):
        download_real_pets(tmp_path)
    assert not (tmp_path / "oxford-iiit-pet").exists()


def test_an_unpacking_that_stops_leaves_the_archives_and_no_folder(server, tmp_path, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tarfile.TarFile, "extractall", stop)
        with pytest.raises(KeyboardInterrupt):
            download_real_pets(tmp_path)
    assert names_in(tmp_path) == ["annotations.tar.gz", "images.tar.gz"]
    asked = list(server.requests)
    assert check_folder(download_real_pets(tmp_path)) == []
    assert server.requests == asked


def test_a_folder_that_is_not_complete_is_not_touched(server, tmp_path):
    folder = download_real_pets(tmp_path)
    (folder / "images" / "beagle_1.jpg").unlink()
    assert not is_complete(folder)
    with pytest.raises(FileExistsError, match="does not hold all the real pets: move it away"):
        download_real_pets(tmp_path)
    assert (folder / "images" / "Abyssinian_1.jpg").exists()


def test_pocket_pets_are_not_taken_for_the_real_ones(server, tmp_path):
    write_pocket_pets(tmp_path, trainval=1, test=1)
    with pytest.raises(FileExistsError, match="does not hold all the real pets"):
        download_real_pets(tmp_path)
    assert server.requests == []


# --- Disk space --------------------------------------------------------------------------------------------


def test_too_little_space_is_said_before_the_download(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "UNPACKED_SIZE", 10**18)
    with pytest.raises(DiskFullError, match=r"The real pets need \d+ MB more in .*choose another disk"):
        download_real_pets(tmp_path)
    assert server.requests == []


def test_what_is_fetched_already_is_not_counted_again(server, tmp_path, monkeypatch):
    archives = sum(archive.size for archive in download.ARCHIVES)
    part = tmp_path / "images.tar.gz.part"
    part.write_bytes(server.files["images.tar.gz"][:1000])
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=archives - 1000 + 1_000_000))
    assert check_folder(download_real_pets(tmp_path)) == []


def test_a_disk_that_fills_up_is_one_sentence_and_the_part_stays(server, tmp_path, monkeypatch):
    real_open = Path.open

    class FullFile:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, block):
            self.file.write(block[:500])
            raise OSError(errno.ENOSPC, "No space left on device")

    def open_full(path, mode="r", *arguments, **options):
        file = real_open(path, mode, *arguments, **options)
        return FullFile(file) if mode in ("ab", "wb") else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_full)
        with pytest.raises(DiskFullError, match=r"^The disk that holds .* is full: free some space"):
            download_real_pets(tmp_path)
    assert (tmp_path / "images.tar.gz.part").stat().st_size == 500
    assert check_folder(download_real_pets(tmp_path)) == []
    assert ("images.tar.gz", "bytes=500-") in server.requests


@contextmanager
def small_disk(path):
    """A real disk of 64 kB where this user may mount one; elsewhere, files that fail as on such a disk."""
    mounted = os.name == "posix" and os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(path)]
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(path)], check=True)


def test_pocket_pets_on_a_small_disk(tmp_path, monkeypatch):
    with small_disk(tmp_path) as mounted:
        if not mounted:
            full = OSError(errno.ENOSPC, "No space left on device")
            monkeypatch.setattr(Path, "write_bytes", lambda path, data: (_ for _ in ()).throw(full))
        with pytest.raises(DiskFullError, match="is full"):
            write_pocket_pets(tmp_path, trainval=20, test=0)
        assert names_in(tmp_path) == []


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(PermissionError, match="not yours"), explain_full_disk(tmp_path):
        raise PermissionError(errno.EACCES, "not yours")
