"""What every test shares: one thread, no window, and the real pets where somebody has them."""

import os
from pathlib import Path

# Before torch and matplotlib are imported by anyone, and inherited by every process that a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
from hypothesis import settings

# A deadline is a timed assertion: it fails on a busy machine, where nothing is wrong.
settings.register_profile("course", deadline=None)
settings.load_profile("course")

SCREENSHOTS = Path(__file__).resolve().parents[1] / "build" / "screenshots"

PETS_ROOT = os.environ.get("COURSE_PETS_ROOT", "")
needs_real_pets = pytest.mark.skipif(not PETS_ROOT, reason="COURSE_PETS_ROOT names no folder with the pets")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that ask for `real_pets` where COURSE_PETS_ROOT is not set, and put slow files first.

    Two workers take file after file: if a slow one came last, one of them would wait for it.
    """
    for item in items:
        if "real_pets" in getattr(item, "fixturenames", ()):
            item.add_marker(needs_real_pets)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the browser tests left screenshots; here, because not every process reads their own conftest."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    if any(getattr(report, "nodeid", "").startswith("tests/browser/") for report in reports):
        terminalreporter.write_line(f"Screenshots of explorers and messages: {SCREENSHOTS}")


@pytest.fixture(scope="session")
def real_pets() -> Path:
    """Folder that holds `oxford-iiit-pet`, torchvision's layout of the real pets."""
    root = Path(PETS_ROOT).resolve()
    listing = root / "oxford-iiit-pet" / "annotations" / "trainval.txt"
    if not listing.is_file():
        pytest.fail(f"COURSE_PETS_ROOT is {PETS_ROOT!r}, but there is no file {listing}")
    return root


@pytest.fixture(scope="session")
def pocket_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a small set of pocket pets, drawn once; a test that changes files copies it first."""
    from course_lib.data.pocket_pets import write_pocket_pets

    root = tmp_path_factory.mktemp("pocket")
    write_pocket_pets(root, trainval=30, test=6, seed=0)
    return root


@pytest.fixture
def course_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder that is the course's own during a test, so that nothing is drawn into or decoded in the checkout.

    Tests share it: images are decoded once.
    """
    home = tmp_path_factory.getbasetemp() / "course"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("COURSE_ROOT", str(home))
    return home
