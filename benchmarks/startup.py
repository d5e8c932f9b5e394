"""What importing the course costs: milliseconds until a new Python has imported it and ended.

    python benchmarks/startup.py [--turns 15]

The first lessons and the graders need no torch, so nothing that they import may load it.
"""

import argparse
import shutil
import subprocess
import sys
import sysconfig
from functools import partial

from _common import machine, markdown_table, medians_in_turn

BARE = "bare Python"
STATEMENTS = {
    BARE: "pass",
    "import numpy": "import numpy",
    "import course_lib": "import course_lib",
    "import course_lib.masks, course_lib.metrics": "import course_lib.masks, course_lib.metrics",
    "import torch": "import torch",
}


def commands() -> dict[str, list[str]]:
    """Return the commands to start, by name.

    Raises:
        FileNotFoundError: this environment has no `course` command.
    """
    course = shutil.which("course", path=sysconfig.get_path("scripts"))
    if course is None:
        raise FileNotFoundError(
            f"there is no `course` command beside {sys.executable}: run `pip install -e .`."
        )
    pythons = {name: [sys.executable, "-c", statement] for name, statement in STATEMENTS.items()}
    return pythons | {"course --help": [course, "--help"]}


def rows(milliseconds: dict[str, float]) -> list[list[str]]:
    """Return a line per command, quickest first: its time, the difference to bare Python, and the ratio."""
    bare = milliseconds[BARE]
    ordered = sorted(milliseconds.items(), key=lambda item: item[1])
    return [[name, f"{time:.0f}", f"{time - bare:+.0f}", f"{time / bare:.1f}"] for name, time in ordered]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=15)
    turns = parser.parse_args().turns
    print(f"Medians of {turns} processes each. {machine()}\n")
    start = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    starts = {name: partial(start, command) for name, command in commands().items()}
    print(markdown_table(("command", "ms", "more than bare", "ratio"), rows(medians_in_turn(starts, turns))))


if __name__ == "__main__":
    main()
