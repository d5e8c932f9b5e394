"""The Oxford-IIIT Pet data set, as torchvision unpacks it."""

from __future__ import annotations

from pathlib import Path

from course_lib.data.folder import find_pet_folder
from course_lib.data.layouts.base import Layout


def _recognises(folder: Path) -> bool:
    try:
        find_pet_folder(folder)
    except FileNotFoundError:
        return False
    return True


PETS = Layout(
    name="Oxford-IIIT Pet",
    tree="""\
pets/
    oxford-iiit-pet/
        images/beagle_1.jpg
        annotations/trainval.txt, test.txt
        annotations/trimaps/beagle_1.png
""",
    needs=("images", "annotations", "annotations/trimaps"),
    recognises=_recognises,
    homes=lambda folder: (),  # its lists are read by course_lib.data.folder
)
