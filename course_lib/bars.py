"""A progress bar for terminals and notebooks."""

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def with_bar(items: Iterable[Item], label: str, progress: bool, unit: str = "image") -> Iterable[Item]:
    """Return ``items``, or the same with a progress bar on stderr, which is hidden if stderr is not a terminal."""
    if not progress:
        return items
    from tqdm.auto import tqdm

    return tqdm(items, desc=label, unit=unit, leave=False, disable=None)
