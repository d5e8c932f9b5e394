"""The recipe of ``course train``: its options, and what is checked before a run begins."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from course_lib.cli.command import Argument, argument
from course_lib.data.sizes import parse_size, sides_of, size_text
from course_lib.paths import data_home

if TYPE_CHECKING:
    from course_lib.training.config import TrainConfig
    from course_lib.training.runs import Run


def recipe_options() -> Iterator[Argument]:
    """Yield one option of ``course train`` for each field of its recipe that has a help text.

    An option that is not given is left out of the parsed options, so that the recipe's own default holds.
    """
    from course_lib.training.config import TrainConfig

    types = get_type_hints(TrainConfig)
    for field in dataclasses.fields(TrainConfig):
        if field.metadata:
            yield _option_of(field, types[field.name])


def _option_of(field: dataclasses.Field[Any], kind: Any) -> Argument:
    name, help = field.name.replace("_", "-"), field.metadata["help"]
    common = {"dest": field.name, "default": argparse.SUPPRESS}
    if kind is bool:
        return argument(f"--no-{name}", action="store_false", help=help, **common)
    if field.default is not None:
        help = f"{help} (default: {field.metadata['usual'] or field.default})"
    words = field.metadata["words"]
    if words:
        metavar = "|".join((*words, field.metadata["path"]))
        return argument(f"--{name}", type=word_or_path(words), metavar=metavar, help=help, **common)
    plain = next(iter(get_args(kind)), kind)  # int of int | None
    return argument(f"--{name}", type=plain, help=help, **common)


def word_or_path(words: tuple[str, ...]) -> Callable[[str], str]:
    """Return a converter that keeps words and makes paths absolute: a run is opened from other folders, too."""
    return lambda value: value if value in words else Path(value).resolve().as_posix()


def recipe_given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the parts of the recipe that were given as options."""
    from course_lib.training.config import TrainConfig

    names = [field.name for field in dataclasses.fields(TrainConfig)]
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    return given | ({"size": parse_size(given["size"])} if "size" in given else {})


def new_recipe(given: dict[str, Any]) -> tuple[TrainConfig, Path]:
    """Return the recipe of a new run, and the folder of its images.

    Raises:
        ValueError: it cannot be trained. Nothing but the names of the classes has been read by then.
    """
    from course_lib.data.labels import class_names
    from course_lib.models import MODELS, weights_at_hand
    from course_lib.training.config import TrainConfig

    model = MODELS.get(given.get("model", TrainConfig.model))
    config = TrainConfig(**(dict(model.recipe) if model else {}) | given)
    images = data_folder(config.data)
    if "fit" not in given:
        config = replace(config, fit=_usual_fit(images))
    weights, instead = weights_at_hand(config.model, config.weights)
    if instead:
        print(instead, file=sys.stderr)
    config = replace(config, classes=class_names(images), weights=weights)
    _check_size(config)
    return config, images


def _check_size(config: TrainConfig) -> None:
    """Raise a ValueError, before any image is read, if the model does not take images of the size asked for."""
    asked = sides_of(config.size)
    taken, (smallest, _) = config.next_sides(asked), config.next_sides((1, 1))
    if (config.fit == "squeeze" and taken != asked) or min(asked) < smallest:
        raise ValueError(
            f"{config.model} does not take images of {asked[0]} x {asked[1]}: "
            f"the next size that it takes is --size {size_text(taken)}."
        )


def _usual_fit(folder: Path) -> str:
    """Pets are squeezed, as the documented figures were measured; your own photos keep their shape."""
    from course_lib.data.labels import is_label_folder

    return "letterbox" if is_label_folder(folder) else "squeeze"


def run_to_resume(folder: Path, given: dict[str, Any]) -> Run | None:
    """Open the run in a folder, if there is one, and make sure that only its own recipe was asked for.

    Raises:
        ValueError: something else was asked for.
    """
    from course_lib.training.runs import Run, is_run

    if not is_run(folder):
        return None
    run = Run.open(folder)
    recipe = run.config.to_json()
    changed = [
        f"{key} {value} (it has {recipe[key]})" for key, value in given.items() if recipe[key] != value
    ]
    if changed:
        raise ValueError(
            f"the run in {folder} cannot continue with {', '.join(changed)}: start another one with --out."
        )
    return run


def data_folder(name: str) -> Path:
    """Return the folder that a ``--data`` value means, drawing the pocket pets if they are missing.

    Raises:
        FileNotFoundError: there is no such folder of pets or of own images.
    """
    from course_lib.data.labels import find_data_folder
    from course_lib.data.pocket_pets import write_pocket_pets

    if name == "pocket":
        return write_pocket_pets(data_home() / "pocket", progress=True)
    return find_data_folder(data_home() / "pets" if name == "pets" else Path(name))
