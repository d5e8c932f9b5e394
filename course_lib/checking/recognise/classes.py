"""Slips in the class of a network that nobody means: `self` or `super().__init__()` is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.block import Block
from course_lib.checking.recognise.proposals import name_of
from course_lib.checking.recognise.repair import Edit, Repair

_START = "super().__init__()"


def sure_class_repairs(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repair of each such slip."""
    if not isinstance(tree, ast.ClassDef):
        return
    yield from _named_like_a_method(tree)
    methods = [item for item in tree.body if isinstance(item, ast.FunctionDef)]
    for method in methods:
        yield from _without_self(method)
        if method.name == "__init__":
            if any(name_of(base) == "Module" for base in tree.bases):
                yield from _not_prepared(method)
            others = [other for other in methods if other is not method]
            yield from _not_kept(method, others)


def parts_by_their_names(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repair that reads ``self.head`` where ``head`` is read, of all such names at once."""
    if not isinstance(tree, ast.ClassDef):
        return
    kept = _parts_of_self(tree, ast.Store)
    edits: list[Edit] = []
    places: list[ast.Name] = []
    for method in tree.body:
        if isinstance(method, ast.FunctionDef) and method.name != "__init__":
            found = [node for node in _unbound(method) if node.id in kept]
            names = dict.fromkeys(node.id for node in found)
            edits += [_begun(method, [f"{name} = self.{name}" for name in names])] if names else []
            places += found
    if places:
        code = places[0].id
        sentence = (
            f"Line {{line}}: the layer `{code}` is kept as `self.{code}`. Write `self.` before its name."
        )
        more = " The same goes for the other layers." if len({place.id for place in places}) > 1 else ""
        yield Repair(tuple(edits), places[0], sentence + more)


def _named_like_a_method(tree: ast.ClassDef) -> Iterator[Repair]:
    """``self.double = DoubleConv(...)`` to another name: `self.double` gives the method that every network has."""
    own = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    own = [node for node in own if isinstance(node.value, ast.Name) and node.value.id == "self"]
    set_here = [
        node for node in ast.walk(tree) if isinstance(node, ast.Assign) and _makes_a_layer(node.value)
    ]
    for place in (target for item in set_here for target in item.targets if target in own):
        if isinstance(place, ast.Attribute) and place.attr in _METHODS:
            edits = [Edit(node, "attr", f"{place.attr}_") for node in own if node.attr == place.attr]
            sentence = (
                f"Line {{line}}: every network has a method `{place.attr}` already, and `self.{place.attr}` gives that "
                "method and not your layer. Choose another name."
            )
            yield Repair(tuple(edits), place, sentence)


_METHODS = frozenset(
    [
        "double",
        "half",
        "float",
        "bfloat16",
        "type",
        "to",
        "cpu",
        "cuda",
        "apply",
        "train",
        "eval",
        "compile",
        "parameters",
        "buffers",
        "children",
        "modules",
        "share_memory",
        "requires_grad_",
        "zero_grad",
        "extra_repr",
    ]
)


def _makes_a_layer(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and name_of(value.func)[:1].isupper()


def _without_self(method: ast.FunctionDef) -> Iterator[Repair]:
    """``def forward(images):`` to ``def forward(self, images):``."""
    names = [argument.arg for argument in method.args.args]
    if method.decorator_list or "self" in names or all(node.id != "self" for node in _unbound(method)):
        return
    arguments = ast.arguments(**{**vars(method.args), "args": [ast.arg("self"), *method.args.args]})
    head = ", ".join(["self", *names])
    sentence = (
        f"Line {{line}}: the first argument of a method is the object itself: `def {method.name}({head}):`."
    )
    edit = Edit(method, "args", ast.fix_missing_locations(ast.copy_location(arguments, method)))
    yield Repair((edit,), method, sentence)


def _not_prepared(method: ast.FunctionDef) -> Iterator[Repair]:
    """A layer is kept before ``super().__init__()``, or that is not called at all."""
    calls = [item for item in method.body if "__init__(" in ast.unparse(item)]
    stores = [item for item in method.body if _parts_of_self(item, ast.Store)]
    if not stores or (calls and method.body.index(calls[0]) < method.body.index(stores[0])):
        return
    what = "comes too late" if calls else "is missing"
    sentence = (
        f"`{_START}` {what} in `__init__`: only after it can a network keep layers. Write it before line "
        "{line}."
    )
    rest = [item for item in method.body if item not in calls]
    yield Repair((_begun(method, [_START], rest),), stores[0], sentence)


def _not_kept(method: ast.FunctionDef, others: list[ast.FunctionDef]) -> Iterator[Repair]:
    """``layers = ...`` to ``self.layers = ...``, where another method reads it, with `self` or without."""
    by_self = set().union(*(_parts_of_self(other, ast.Load) for other in others))
    plainly = {other.name: {node.id for node in _unbound(other)} for other in others}
    used = _parts_of_self(method, ast.Store)
    used |= {
        node.id for node in ast.walk(method) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    wanted = by_self.union(*plainly.values()) - used
    lost: dict[str, ast.Assign] = {}
    for item in method.body:
        if (
            isinstance(item, ast.Assign)
            and isinstance(item.targets[0], ast.Name)
            and item.targets[0].id in wanted
        ):
            lost[item.targets[0].id] = item
    if not lost:
        return
    edits = [Edit(item, "targets", [_of_self(name, item)]) for name, item in lost.items()]
    for other in others:
        read = plainly[other.name] & set(lost)
        edits += [_begun(other, [f"{name} = self.{name}" for name in sorted(read)])] if read else []
    name, place = next(iter(lost.items()))
    sentence = (
        f"Line {{line}}: `{name}` is gone when `__init__` ends. Keep it on the object, `self.{name} = ...`, and "
        f"read it as `self.{name}`."
    )
    more = " The same goes for the other layers." if len(lost) > 1 else ""
    yield Repair(tuple(edits), place, sentence + more)


def _unbound(method: ast.FunctionDef) -> list[ast.Name]:
    """Return the names that a method reads and does not set."""
    nodes = list(ast.walk(method))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    return [node for node in names if isinstance(node.ctx, ast.Load) and node.id not in bound]


def _parts_of_self(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Return the names behind ``self.`` that are read or set."""
    parts = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, context)
    ]
    return {part.attr for part in parts if isinstance(part.value, ast.Name) and part.value.id == "self"}


def _of_self(name: str, place: ast.AST) -> ast.expr:
    new = ast.Attribute(ast.Name("self", ast.Load()), name, ast.Store())
    return ast.fix_missing_locations(ast.copy_location(new, place))


def _begun(method: ast.FunctionDef, lines: list[str], rest: list[ast.stmt] | None = None) -> Edit:
    """Return the edit that begins a method with further lines, before its own or before those that are left."""
    items = ast.parse("\n".join(lines)).body
    for item in items:
        for node in ast.walk(item):
            ast.copy_location(node, method.body[0])
    return Block(method, "body").set([*items, *(method.body if rest is None else rest)])
