"""What one move of a slider costs an explorer in Python: milliseconds, and the size of the data that it sends.

    OMP_NUM_THREADS=1 python benchmarks/explorers.py [--turns 30] [--run runs/project]

Every move is to another value, so that little comes from a cache; loading torch and weights is not counted. From the
key to the redrawn page JupyterLab and its widgets take another 20 to 40 ms: the total should stay under 60.
"""

import argparse
import itertools
from collections.abc import Callable
from pathlib import Path

from _common import machine, markdown_table, medians_in_turn

from course_lib import explorers as widgets
from course_lib.explorers.convolution import TRANSPOSED
from course_lib.explorers.cross_entropy import MAP
from course_lib.explorers.overlap import ALL_BACKGROUND
from course_lib.explorers.shell import Explorer
from course_lib.explorers.unet import SKIPS

MOVES: dict[str, tuple[str, str, str | None]] = {  # the explorer, the control to move, the mode
    "argmax": ("explore_argmax", "factor", None),
    "convolution": ("explore_convolution", "step", None),
    "transposed convolution": ("explore_convolution", "size", TRANSPOSED),
    "cross-entropy, one pixel": ("explore_cross_entropy", "pet_logit", None),
    "cross-entropy, an image": ("explore_cross_entropy", "sharpness", MAP),
    "IoU": ("explore_iou", "down", None),
    "IoU, all background": ("explore_iou", "percent", ALL_BACKGROUND),
    "losses, confidence": ("explore_losses", "confidence", None),
    "losses, background": ("explore_losses", "background", None),
    "threshold": ("explore_threshold", "threshold", None),
    "U-Net, shapes": ("explore_unet", "stage", None),
    "U-Net, skips": ("explore_unet", "pet", SKIPS),
}
RUN = "a run"


def explorers(run: Path) -> dict[str, tuple[Explorer, str]]:
    """Return the explorers, opened and in their mode, each with the control to move; also a run's if there is one."""
    found = {}
    for name, (explore, moved, mode) in MOVES.items():
        explorer = getattr(widgets, explore)()
        if mode:
            explorer.controls["mode"].value = mode
        found[name] = explorer, moved
    if (run / "log.csv").is_file():
        found[RUN] = widgets.explore_run(run), "epoch"
    return found


def mover(explorer: Explorer, moved: str) -> Callable[[], None]:
    """Return a function that moves a control by one step, around and around, and so redraws the picture."""
    control = explorer.controls[moved]
    if hasattr(control, "options"):
        values = [value for _, value in control._options_full]
    else:
        count = round((control.max - control.min) / control.step) + 1
        values = [type(control.min)(control.min + number * control.step) for number in range(count)]
    coming = itertools.cycle(value for value in values if value != control.value)

    def move() -> None:
        control.value = next(coming)

    return move


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--run", type=Path, default=Path("runs/project"))
    arguments = parser.parse_args()
    print(f"Medians of {arguments.turns} moves each. {machine()}\n")
    opened = explorers(arguments.run)
    moves = {name: mover(explorer, moved) for name, (explorer, moved) in opened.items()}
    medians = medians_in_turn(moves, arguments.turns)
    rows = [
        [name, f"{time:.1f}", f"{len(opened[name][0].picture.value) / 1000:.0f}"]
        for name, time in medians.items()
    ]
    print(markdown_table(("explorer", "ms", "kB sent"), rows))


if __name__ == "__main__":
    main()
