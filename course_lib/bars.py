"""A progress bar where there is a terminal or a notebook to show it."""

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def with_bar(items: Iterable[Item], label: str, progress: bool, unit: str = "image") -> Iterable[Item]:
    """``items`` themselves, or the same with a progress bar on stderr, which hides where that is no terminal."""
    if not progress:
        return items
    from tqdm.auto import tqdm

    return tqdm(items, desc=label, unit=unit, leave=False, disable=None)
