"""The light parts of the library stay light: their first import decides how fast a lesson or a command starts."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "torchvision", "matplotlib", "numba", "PIL", "jinja2"}


def modules_after(code: str) -> set[str]:
    """Run ``code`` in a fresh Python and return the modules that it loaded."""
    report = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    process = subprocess.run(
        [sys.executable, "-c", f"{report}\n{code}"],
        capture_output=True,
        encoding="utf-8",
    )
    assert process.returncode == 0, process.stderr
    return set(process.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import course_lib",
        "import course_lib.masks",
        "import course_lib.metrics",
        "import course_lib.notebook",
        "import course_lib.learner.doctor",
        "import course_lib.learner.lab",
        "from course_lib.cli import main; main(['--help'])",
    ],
)
def test_light_parts_load_no_heavy_packages(code):
    loaded = modules_after(code)
    assert any(module.startswith("course_lib") for module in loaded)
    assert loaded & HEAVY == set()


def test_the_look_at_loaded_modules_sees_heavy_ones():
    assert "torch" in modules_after("import course_lib.models")
