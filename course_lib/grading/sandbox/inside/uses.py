"""What statements use of others' work: packages, the libraries' functions, and ways out of their process."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

_LIBRARY_NAMES = """
course_lib torchmetrics sklearn segmentation_models_pytorch monai skimage cv2 keras tensorflow detectron2 mmseg
transformers scipy
"""
LIBRARIES = frozenset(_LIBRARY_NAMES.split())
"""Packages whose functions are answers to exercises."""

_REACHING_NAMES = """
_getframe currentframe f_back f_locals f_globals tb_frame __globals__ __code__ __closure__ __builtins__ __subclasses__
settrace setprofile addaudithook meta_path path_hooks builtins gc inspect ctypes mmap exec eval
_exit kill fork ptrace subprocess multiprocessing socket
"""
_REACHING = frozenset(_REACHING_NAMES.split())


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the modules that are imported, by their whole names."""
    for node in _walk(nodes):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield from ast.walk(node)


def used(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the functions and classes of the libraries that are named where they are used."""
    aliases: dict[str, str] = {}
    for node in _walk(nodes):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                aliases[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    aliases = {short: whole for short, whole in aliases.items() if whole.partition(".")[0] in LIBRARIES}
    inner = {id(node.value) for node in _walk(nodes) if isinstance(node, ast.Attribute)}
    for node in _walk(nodes):
        if id(node) in inner or not isinstance(node, ast.Attribute | ast.Name):
            continue
        dotted = _dotted(node)
        root, _, rest = dotted.partition(".")
        if root in aliases:
            whole = ".".join(part for part in (aliases[root], rest) if part)
            if "." in whole and not _is_public_constant(whole) and not _is_ours(whole):
                yield whole


def _is_public_constant(name: str) -> bool:
    """Return whether a name is written as a constant for all to use; what begins with an underscore is not."""
    last = name.rpartition(".")[2]
    return last.isupper() and not last.startswith("_")


def _is_ours(name: str) -> bool:
    """Return whether a name is part of what every notebook has, which answers no exercise."""
    return name.startswith(("course_lib.notebook", "course_lib.plots", "course_lib.paths"))


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def reached(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names by which code gets hold of the interpreter, other processes or the network."""
    for node in _walk(nodes):
        if isinstance(node, ast.Name) and node.id in _REACHING:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in _REACHING and _is_reach(node):
            yield node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (module for module in imported([node]) if module.partition(".")[0] in _REACHING)


def _is_reach(node: ast.Attribute) -> bool:
    """Leave out ``model.eval()`` and its like: a network has an eval, too."""
    return not hasattr(builtins, node.attr)
