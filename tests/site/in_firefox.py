"""Run the site's browser tests in Debian's Firefox.

::

    apt-get install firefox-esr
    .venv/bin/python tests/site/in_firefox.py                     # with the site in COURSE_SITE, or a new one
    .venv/bin/python tests/site/in_firefox.py -k work_in_browser  # what is added goes to pytest

CI runs these tests in Chromium. Playwright's own Firefox is a changed one; the one that people have is driven by
WebDriver BiDi. A Playwright asks for all that BiDi has at its release, and gives up where the browser does not know it,
so the Playwright that fits Firefox ESR gets a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMED = "COURSE_FIREFOX"
PLAYWRIGHT = "1.64.1"  # 1.65 asks for what Firefox ESR 153 does not know; try a newer one with the next ESR
CHECKOUT = Path(__file__).resolve().parents[2]
DRIVER = CHECKOUT / "build" / f"playwright-{PLAYWRIGHT}"

TESTS = ("site", "progress_page", "examples_in_browser", "work_in_browser")
NOT_IN_FIREFOX = (  # what Firefox ESR 153 does not do by BiDi: prefer dark, switch JavaScript off
    "test_site.py::test_the_site_follows_the_reader_in_light_and_dark[dark]",
    "test_site.py::test_axe_finds_nothing_on_any_kind_of_page[dark]",
    "test_examples_in_browser.py::test_axe_finds_nothing_around_outputs_errors_and_verdicts[dark]",
    "test_work_in_browser.py::test_axe_finds_nothing_on_a_page_with_everything_open[dark]",
    "test_progress_page.py::test_without_javascript_the_page_says_so_and_lists_every_exercise",
    "test_examples_in_browser.py::test_without_javascript_programs_and_outputs_are_there_to_read",
)


def main() -> int:
    """Run the tests, and return pytest's exit code."""
    firefox = os.environ.get(NAMED) or shutil.which("firefox-esr")
    if not firefox:
        sys.exit(
            f"There is no Firefox: install it (Debian: apt-get install firefox-esr), or let {NAMED} name one."
        )
    if not (DRIVER / "playwright").is_dir():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(DRIVER)]
        subprocess.run([*install, f"playwright=={PLAYWRIGHT}"], check=True)
    command = [sys.executable, "-m", "pytest", *(f"tests/site/test_{name}.py" for name in TESTS)]
    command += [f"--deselect=tests/site/{test}" for test in NOT_IN_FIREFOX]
    environment = os.environ | {NAMED: firefox, "PYTHONPATH": str(DRIVER)}
    return subprocess.run([*command, *sys.argv[1:]], cwd=CHECKOUT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
