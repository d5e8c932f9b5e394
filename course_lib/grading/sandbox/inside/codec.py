"""Values as plain bytes: JSON, and the raw bytes of arrays. Nothing is ever unpickled, and everything has a limit.

Both sides of the wall speak it. What comes from a student's process is checked as it is read: depth, number and size
of values, names of dtypes, shapes that fit their bytes. An object of any other type becomes a :class:`Foreign`, of
which nothing but the name of its type came across.
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_JSON = 4 << 20
MAX_ARRAYS = 8 << 20
MAX_DEPTH = 24
MAX_VALUES = 300_000
MAX_SIDE = 1 << 40
_LARGEST = 1 << 64  # integers beyond it fit no array

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_ARRAYS = ("bool", *_INTEGERS, "float16", "float32", "float64")
_TENSORS = ("bool", "int8", "int16", "int32", "int64", "uint8", "float16", "bfloat16", "float32", "float64")
_TENSOR_BYTES = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "float16": 2, "bfloat16": 2, "int32": 4}
_TENSOR_BYTES |= {"float32": 4, "int64": 8, "float64": 8}
_PLAIN_NAMES = frozenset(
    ("None", "NoneType", "bool", "int", "float", "str", "list", "tuple", "dict", "ndarray")
)
_HEADER = struct.Struct(">II")


class WireError(ValueError):
    """What was received is not a message, or is over the limits."""


@dataclass(frozen=True, eq=False)
class Foreign:
    """Takes the place of an object that is not plain data. It equals only itself."""

    type_name: str

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


def _foreign(name: str) -> Foreign:
    """Return what takes the place of an object, with the name of its type for messages."""
    shown = re.sub(r"[^\w ]", "_", name)[:60] or "object"
    if shown in _PLAIN_NAMES:  # it only has the name of plain data
        shown = f"odd {shown}"
    return type(shown, (Foreign,), {})(name)


# --- Writing -----------------------------------------------------------------------------------------------


def encode(value: Any, *, strict: bool = False) -> bytes:
    """Return the bytes of a value.

    Args:
        value: None, bool, int, float, str, list, tuple, dict, NumPy scalars and arrays, torch tensors and generators.
        strict: whether to refuse other objects instead of sending the names of their types.

    Raises:
        WireError: the value is over the limits, or holds another object and ``strict`` is set.
    """
    writer = _Writer(strict)
    tree = writer.tree(value, 0)
    text = json.dumps(tree, separators=(",", ":")).encode("ascii")
    if len(text) > MAX_JSON:
        raise WireError("it is too large")
    return b"".join([_HEADER.pack(len(text), writer.size), text, *writer.blobs])


class _Writer:
    def __init__(self, strict: bool) -> None:
        self.blobs: list[bytes] = []
        self.size = 0
        self._left = MAX_VALUES
        self._strict = strict

    def tree(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise WireError("it is nested too deeply" if depth > MAX_DEPTH else "it holds too many values")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is str:
            return value
        if kind is int:
            return value if -_LARGEST < value < _LARGEST else self._foreign("huge int")
        if isinstance(value, np.generic | np.ndarray):
            return self._array(value)
        if kind is list:
            return [self.tree(item, depth + 1) for item in value]
        if isinstance(value, tuple):
            return {"t": [self.tree(item, depth + 1) for item in tuple.__iter__(value)]}
        if isinstance(value, dict):
            return {"d": [[self._key(key), self.tree(item, depth + 1)] for key, item in dict.items(value)]}
        return self._other(value, depth)

    def _key(self, key: Any) -> Any:
        return key if type(key) in (str, int, bool, float) or key is None else repr(key)[:200]

    def _other(self, value: Any, depth: int) -> Any:
        for base, plain in _SUBCLASSES:
            if isinstance(value, base):
                return self.tree(plain(value), depth)
        torch = sys.modules.get("torch")  # another thread may still be importing it, and then it lacks these
        is_tensor, is_generator = (
            isinstance(value, getattr(torch, name, ())) for name in ("Tensor", "Generator")
        )
        if is_tensor:
            return self._tensor(value)
        if is_generator:
            return {"g": self._blob(bytes(value.get_state().numpy()))}
        return self._foreign(type(value).__name__)

    def _foreign(self, name: str) -> Any:
        if self._strict:
            raise WireError(f"a {name} is not plain data")
        return {"x": str(name)[:100]}

    def _array(self, value: Any) -> Any:
        name = value.dtype.name
        if name not in _ARRAYS:
            return self._nested(value)
        if isinstance(value, np.generic):
            return {"n": [name, value.item()]}
        plain = np.ascontiguousarray(np.asarray(value), dtype=np.dtype(name).newbyteorder("<"))
        return {"a": [name, list(np.asarray(value).shape), self._blob(plain.tobytes())]}

    def _nested(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind in "OUS" and value.size < 10_000:
            return self.tree(value.tolist(), 1)
        return self._foreign(f"{type(value).__name__} of {value.dtype}")

    def _tensor(self, value: Any) -> Any:
        torch = sys.modules["torch"]
        name = str(value.dtype).removeprefix("torch.")
        if name not in _TENSORS or value.layout != torch.strided or value.device.type != "cpu":
            return self._foreign(f"Tensor of {name} on {value.device.type}")
        flat = value.detach().resolve_conj().contiguous().flatten()
        data = bytes(flat.view(torch.uint8).numpy()) if flat.numel() else b""
        return {"T": [name, list(value.shape), self._blob(data), bool(value.requires_grad)]}

    def _blob(self, data: bytes) -> list[int]:
        start = self.size
        self.size += len(data)
        if self.size > MAX_ARRAYS:
            raise WireError("it is too large")
        self.blobs.append(data)
        return [start, len(data)]


_SUBCLASSES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (bool, bool),
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (list, lambda value: list(list.__iter__(value))),
)


# --- Reading -----------------------------------------------------------------------------------------------


def read_message(read: Callable[[int], bytes]) -> Any:
    """Read one message.

    Args:
        read: returns just as many bytes as it is asked for, or raises.

    Raises:
        WireError: what was received is not a message, or is over the limits.
    """
    text_size, arrays_size = _HEADER.unpack(read(_HEADER.size))
    if text_size > MAX_JSON or arrays_size > MAX_ARRAYS:
        raise WireError("it is too large")
    return decode_parts(read(text_size), read(arrays_size))


def decode(message: bytes) -> Any:
    """Return the value of a message's bytes.

    Raises:
        WireError: they are not a message, or are over the limits.
    """
    if len(message) < _HEADER.size:
        raise WireError("it is cut off")
    text_size, arrays_size = _HEADER.unpack_from(message)
    start = _HEADER.size + text_size
    if len(message) != start + arrays_size:
        raise WireError("it is cut off")
    return decode_parts(message[_HEADER.size : start], message[start:])


def decode_parts(text: bytes, arrays: bytes) -> Any:
    """Return the value that the two parts of a message hold."""
    try:
        tree = json.loads(text)
        return _Reader(arrays).value(tree, 0)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
        raise WireError(f"it is malformed ({type(error).__name__})") from None


class _Reader:
    def __init__(self, arrays: bytes) -> None:
        self._arrays = arrays
        self._left = MAX_VALUES

    def value(self, tree: Any, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise WireError("it is nested too deeply" if depth > MAX_DEPTH else "it holds too many values")
        if isinstance(tree, str):
            return tree.encode("utf-8", "replace").decode(
                "utf-8"
            )  # half a surrogate could not be written down
        if isinstance(tree, int) and not -_LARGEST < tree < _LARGEST:
            return _foreign("huge int")
        if tree is None or isinstance(tree, bool | int | float):
            return tree
        if isinstance(tree, list):
            return [self.value(item, depth + 1) for item in tree]
        if not isinstance(tree, dict) or len(tree) != 1:
            raise WireError("it is malformed")
        ((tag, content),) = tree.items()
        return self._tagged(tag, content, depth)

    def _tagged(self, tag: str, content: Any, depth: int) -> Any:
        if tag == "t":
            return tuple(self.value(item, depth + 1) for item in _as_list(content))
        if tag == "d":
            return {self._key(key): self.value(item, depth + 1) for key, item in map(_as_list, content)}
        if tag == "a":
            name, shape, place = content
            return self._array(name, _shape(shape), place)
        if tag == "n":
            name, number = content
            return self._scalar(name, number)
        if tag == "T":
            return self._tensor(*content)
        if tag == "g":
            return self._generator(content)
        if tag == "x" and isinstance(content, str):
            return _foreign(self.value(content[:100], depth))
        raise WireError("it is malformed")

    def _key(self, key: Any) -> Any:
        if key is not None and not isinstance(key, str | int | float):
            raise WireError("it is malformed")
        return self.value(key, 0)

    def _bytes(self, place: Any) -> bytes:
        start, size = place
        if (
            type(start) is not int
            or type(size) is not int
            or not 0 <= start <= start + size <= len(self._arrays)
        ):
            raise WireError("it is malformed")
        return self._arrays[start : start + size]

    def _array(self, name: Any, shape: tuple[int, ...], place: Any) -> np.ndarray:
        if name not in _ARRAYS:
            raise WireError("it is malformed")
        dtype = np.dtype(name).newbyteorder("<")
        data = self._bytes(place)
        if _product(shape) * dtype.itemsize != len(data):
            raise WireError("it is malformed")
        if name == "bool":
            return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
        return np.frombuffer(data, dtype).astype(np.dtype(name)).reshape(shape)

    def _scalar(self, name: Any, number: Any) -> Any:
        if name not in _ARRAYS or type(number) not in (bool, int, float):
            raise WireError("it is malformed")
        return np.dtype(name).type(number)

    def _tensor(self, name: Any, sides: Any, place: Any, needs_grad: Any) -> Any:
        shape, data = _shape(sides), self._bytes(place)
        if name not in _TENSORS or _product(shape) * _TENSOR_BYTES[name] != len(data):
            raise WireError("it is malformed")
        import torch

        if name == "bool":
            data = (np.frombuffer(data, np.uint8) != 0).tobytes()
        dtype = getattr(torch, name)
        tensor = torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)
        tensor = tensor.reshape(shape)
        return tensor.requires_grad_() if needs_grad is True and dtype.is_floating_point else tensor

    def _generator(self, place: Any) -> Any:
        import torch

        generator = torch.Generator()
        try:
            generator.set_state(torch.frombuffer(bytearray(self._bytes(place)), dtype=torch.uint8))
        except RuntimeError:
            raise WireError("it is malformed") from None
        return generator


def _as_list(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise WireError("it is malformed")
    return content


def _shape(sides: Any) -> tuple[int, ...]:
    if not isinstance(sides, list) or len(sides) > 32:
        raise WireError("it is malformed")
    if not all(type(side) is int and 0 <= side <= MAX_SIDE for side in sides):
        raise WireError("it is malformed")
    return tuple(sides)


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for side in shape:
        product *= side
    return product
