"""Wheels for Python in a browser: the course itself, and the pure half of packages that Pyodide does not have."""

from __future__ import annotations

import hashlib
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

COURSE = "segmentation-course"
LEFT_OUT = ("models/weights/",)
"""Parts of the course for lessons with torch only, which does not run in a browser."""


def needs_of_course(root: Path, python: str) -> list[str]:
    """Return the names of the packages that the course needs in a browser.

    Args:
        root: the checkout.
        python: the version there, such as ``"3.14"``.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return _names(project["dependencies"], python)


def needs_of(package: str, python: str) -> list[str]:
    """Return the names of the packages that an installed package needs in a browser."""
    return _names(metadata.requires(package) or [], python)


def pack_course(root: Path, out: Path) -> Path:
    """Write the wheel of the course in a checkout, under a name that no other content has.

    A browser keeps files under their names. A build tag lets it never take an earlier wheel for this one.
    """
    import course_lib

    version = course_lib.__version__
    about = f"Metadata-Version: 2.1\nName: {COURSE}\nVersion: {version}\n"
    package = root / "course_lib"
    with _wheel(out, COURSE, version, about) as archive:
        for file in sorted(package.rglob("*")):
            inside = file.relative_to(package).as_posix()
            if file.is_file() and "__pycache__" not in inside and not inside.startswith(LEFT_OUT):
                archive.write(file, f"course_lib/{inside}")
    wheel = Path(str(archive.filename))
    tag = f"0{hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]}"
    return wheel.rename(wheel.with_name(wheel.name.replace("-py3-", f"-{tag}-py3-")))


def pack_installed(package: str, out: Path) -> tuple[Path, list[str]]:
    """Write a wheel of an installed package without its compiled modules; return it and what it lets import.

    Packages such as PyYAML and MarkupSafe have a pure half that works without the compiled one.
    """
    installed = metadata.distribution(package)
    modules = set()
    with _wheel(out, package, installed.version, installed.read_text("METADATA") or "") as archive:
        for file in installed.files or []:
            if _is_pure(file.as_posix()):
                archive.write(str(installed.locate_file(file)), file.as_posix())
                modules.add(file.parts[0].removesuffix(".py"))
    return Path(str(archive.filename)), sorted(modules)


def pack_nothing(package: str, out: Path) -> Path:
    """Write an empty wheel, for a package that is asked for and not needed."""
    about = f"Metadata-Version: 2.1\nName: {package}\nVersion: 0\n"
    with _wheel(out, package, "0", about) as archive:
        return Path(str(archive.filename))


def _is_pure(file: str) -> bool:
    elsewhere = file.startswith(("..", "/")) or ".dist-info/" in file or "__pycache__" in file
    return not elsewhere and not file.endswith((".so", ".pyd", ".pyc"))


def _names(requirements: Sequence[str], python: str) -> list[str]:
    place = {"sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix", "extra": ""}
    place["python_version"] = python
    wanted = map(Requirement, requirements)
    return [canonicalize_name(one.name) for one in wanted if not one.marker or one.marker.evaluate(place)]


@contextmanager
def _wheel(folder: Path, name: str, version: str, about: str) -> Iterator[zipfile.ZipFile]:
    """Open a pure wheel to write files into; its METADATA, WHEEL and RECORD come last."""
    base = f"{name.replace('-', '_')}-{version}"
    info = f"{base}.dist-info"
    with zipfile.ZipFile(folder / f"{base}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        yield archive
        archive.writestr(f"{info}/METADATA", about)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        record = "".join(f"{file},,\n" for file in [*archive.namelist(), f"{info}/RECORD"])
        archive.writestr(f"{info}/RECORD", record)
