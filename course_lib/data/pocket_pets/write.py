"""A folder of pocket pets in the layout that torchvision's ``OxfordIIITPet`` reads."""

import json
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from course_lib.bars import with_bar
from course_lib.data.folder import PET_FOLDER, POCKET_MARKER
from course_lib.data.pocket_pets.coat import BREEDS
from course_lib.data.pocket_pets.draw import PocketPet, draw_pet
from course_lib.data.pocket_pets.scenery import Size
from course_lib.files import explain_full_disk

DRAWING_VERSION = 1  # increase it when the same seed draws something else
JPEG_QUALITY = 90
_HEADER = "# NAME CLASS-ID SPECIES BREED-ID (species 1 cat, 2 dog; breed ids start again for each species)\n"


def write_pocket_pets(
    root: str | Path,
    trainval: int = 300,
    test: int = 100,
    seed: int = 0,
    *,
    overwrite: bool = False,
    progress: bool = False,
) -> Path:
    """Draw pocket pets into ROOT/oxford-iiit-pet, all breeds equally often; return that folder.

    The folder appears as a whole or not at all, and is left as it is if it holds the same pets already. The same
    arguments give the same pixels; the bytes of the JPEG files depend on the version of Pillow. Picture k
    depends only on the seed and on k.

    Args:
        root: the folder to put it in, e.g. ``data/pocket``.
        trainval: number of pictures in trainval.txt.
        test: number of pictures in test.txt.
        seed: which pets to draw.
        overwrite: redraw pocket pets that were drawn with other arguments.
        progress: show a bar.

    Raises:
        ValueError: a number is negative, or trainval is 0.
        FileExistsError: the folder holds other pocket pets (and not ``overwrite``), or something else.
        DiskFullError: the disk is full.
    """
    if trainval < 1 or test < 0 or seed < 0:
        raise ValueError(
            f"trainval={trainval}, test={test}, seed={seed}: draw at least 1 picture, with a seed from 0 on"
        )
    root = Path(root)
    folder = root / PET_FOLDER
    recipe = {"version": DRAWING_VERSION, "trainval": trainval, "test": test, "seed": seed}
    if folder.exists():
        if _recipe_of(folder) == recipe:
            return folder
        _refuse_to_replace(folder, overwrite)
    with explain_full_disk(root):
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".drawing-", dir=root) as temporary:
            new = Path(temporary) / PET_FOLDER
            _draw_folder(new, trainval, test, seed, progress)
            (new / POCKET_MARKER).write_text(json.dumps(recipe) + "\n", encoding="utf-8")
            if folder.exists():
                folder.rename(Path(temporary) / "old")
            new.rename(folder)
    return folder


def _recipe_of(folder: Path) -> dict[str, int] | None:
    """How a folder of pocket pets was drawn; None if it is something else."""
    try:
        return json.loads((folder / POCKET_MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _refuse_to_replace(folder: Path, overwrite: bool) -> None:
    recipe = _recipe_of(folder)
    if recipe is None:
        raise FileExistsError(f"{folder} holds no pocket pets and is not replaced: choose another folder")
    if not overwrite:
        drawn = ", ".join(f"{name} {value}" for name, value in recipe.items())
        raise FileExistsError(
            f"{folder} holds other pocket pets ({drawn}): ask for overwriting (--overwrite, or overwrite=True)"
        )


def _draw_folder(folder: Path, trainval: int, test: int, seed: int, progress: bool) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "annotations" / "trimaps").mkdir(parents=True)
    lines = []
    for index in with_bar(range(trainval + test), "drawing pets", progress):
        name, line = _name_and_line(index)
        _save(folder, name, _draw_numbered(index, seed))
        lines.append(line)
    for split, chosen in (("trainval", lines[:trainval]), ("test", lines[trainval:]), ("list", lines)):
        # By breed, as in the real lists: for a mixture, the lists must be shuffled.
        text = _HEADER * (split == "list") + "".join(sorted(chosen))
        (folder / "annotations" / f"{split}.txt").write_text(text, encoding="utf-8", newline="\n")


def _name_and_line(index: int) -> tuple[str, str]:
    """The name of picture ``index`` and its line in a split list."""
    number, class_index = divmod(index, len(BREEDS))
    breed = BREEDS[class_index]
    name = f"{breed.name}_{number + 1:03d}"
    species = 1 if breed.species == "cat" else 2
    breed_id = 1 + [other for other in BREEDS if other.species == breed.species].index(breed)
    return name, f"{name} {class_index + 1} {species} {breed_id}\n"


def _draw_numbered(index: int, seed: int) -> PocketPet:
    rng = np.random.default_rng([seed, index])
    return draw_pet(rng, _some_size(rng), BREEDS[index % len(BREEDS)])


def _some_size(rng: np.random.Generator) -> Size:
    """A size (H, W) such as photos have, with a longest side of about 256."""
    long = int(rng.integers(236, 277))
    short = int(long * rng.choice([0.667, 0.75, rng.uniform(0.65, 1.0)]))
    return (short, long) if rng.uniform() < 0.7 else (long, short)


def _save(folder: Path, name: str, pet: PocketPet) -> None:
    image, trimap = BytesIO(), BytesIO()  # on a full disk, Pillow would hide why it cannot write
    Image.fromarray(pet.image).save(image, "JPEG", quality=JPEG_QUALITY)
    Image.fromarray(pet.trimap).save(trimap, "PNG")
    (folder / "images" / f"{name}.jpg").write_bytes(image.getvalue())
    (folder / "annotations" / "trimaps" / f"{name}.png").write_bytes(trimap.getvalue())
