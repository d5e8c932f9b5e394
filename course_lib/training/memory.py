"""The peak memory of a computation, counted tensor by tensor, so that it is the same number every time."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_memory(compute: Callable[[], Any]) -> int:
    """Return the largest number of bytes that tensors made by ``compute`` hold at once, backward passes included.

    It counts the tensors that torch's operations return, each block of memory once, until nothing refers to it any
    more. It does not count what existed before, such as weights and images, or what an operation needs internally.
    So the number depends only on the computation, not on the machine; the process takes more from the system.
    """
    counter = _Counter()
    with counter:
        compute()
    return counter.peak


class _Counter(TorchDispatchMode):
    """Sees the result of every operation, forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        before = {key for key in map(_key, tree_leaves((args, kwargs))) if key}
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            key = _key(tensor)
            if key and key not in before and key not in self._known:
                self._watch(tensor.untyped_storage(), key)
        return result

    def _watch(self, storage: torch.UntypedStorage, key: int) -> None:
        size = storage.nbytes()
        self._known.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._freed, key, size)

    def _freed(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def _key(leaf: Any) -> int:
    return leaf.untyped_storage()._cdata if isinstance(leaf, torch.Tensor) else 0
