"""Make the README's picture from a run on pocket pets: `make project && python docs/make_picture.py runs/project`."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from course_lib.files import atomic_path
from course_lib.training.report import OVERLAY_COUNT, overlay_name
from course_lib.training.runs import Run

ENLARGED = 2


def main(folder: str) -> None:
    """Stack the best epoch's overlays in two columns and write them beside this file."""
    run = Run.open(folder)
    if run.config.data != "pocket" or run.best_epoch is None:
        raise SystemExit(f"{folder} is not a finished run on pocket pets, and only such runs may be shown.")
    names = [overlay_name(int(run.best_epoch["epoch"]), number) for number in range(1, OVERLAY_COUNT + 1)]
    rows = [np.array(Image.open(run.folder / "overlays" / name)) for name in names]
    gap = np.full((rows[0].shape[0], 12, 3), 255, dtype=np.uint8)
    pairs = [
        np.concatenate([left, gap, right], axis=1) for left, right in zip(rows[::2], rows[1::2], strict=True)
    ]
    picture = Image.fromarray(np.concatenate(pairs, axis=0))
    picture = picture.resize((ENLARGED * picture.width, ENLARGED * picture.height), Image.Resampling.NEAREST)
    with atomic_path(Path(__file__).with_name("pocket-pets.png")) as temporary:
        picture.save(temporary, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
