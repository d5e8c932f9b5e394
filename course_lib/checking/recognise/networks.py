"""Repairs of well-known mistakes around networks: activations, softmax, modes and gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, applied_to, name_of, renamed
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.scope import Scope
from course_lib.checking.recognise.text import code_of


def _softmax_too_many(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if not isinstance(node, ast.Call):
        return
    name, inner = name_of(node.func), applied_to(node)
    if inner is not None and name in ("softmax", "sigmoid", "log_softmax", "log", "exp"):
        wanted = "." if id(node) in scope.ends else ": what comes after it wants the plain values."
        yield inner, f"Line {{line}}: the `{name}` in `{{code}}` is one too many{wanted}"


def _probabilities(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """Another function makes the probabilities, or none does."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == "logits":
        yield (
            _over_classes(node, "softmax"),
            ("Line {line}: `{code}` are taken for probabilities. Apply softmax over the classes first."),
        )
    if not isinstance(node, ast.Call):
        return
    name, inner = name_of(node.func), applied_to(node)
    if inner is None:
        return
    if name == "sigmoid":
        yield (
            _over_classes(inner, "softmax"),
            (
                "Line {line}: `{code}` judges each class by itself, so the probabilities of the classes do not sum "
                "to 1. Use softmax over the classes."
            ),
        )
    if name in ("softmax", "log_softmax"):
        other = "softmax" if name == "log_softmax" else "log_softmax"
        same = ast.Call(renamed(node.func, other), node.args, node.keywords)
        yield same, f"Line {{line}}: the `{name}` in `{{code}}` should be `{other}`."
        yield _over_classes(inner, other), f"Line {{line}}: `{{code}}` should be `{other}`, over the classes."
        sigmoid = ast.Call(ast.Attribute(inner, "sigmoid", ast.Load()), [], [])
        yield (
            sigmoid,
            (
                "Line {line}: `{code}` shares out 1 between the channels. Each is judged by itself here: sigmoid."
            ),
        )


def _over_classes(node: ast.expr, function: str) -> ast.expr:
    return ast.Call(ast.Attribute(node, function, ast.Load()), [], [ast.keyword("dim", ast.Constant(1))])


def _relu(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """An activation forgotten behind a layer, or one too many."""
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return
    if function.attr == "relu" and len(node.args) == 1:
        yield node.args[0], "Line {line}: the ReLU in `{code}` is one too many."
    elif function.value.id == "self" or function.attr.startswith("conv"):
        yield from _relu_before(node)
        relu = ast.Attribute(ast.Name("torch", ast.Load()), "relu", ast.Load())
        yield ast.Call(relu, [node], []), "Line {line}: a ReLU is missing around `{code}`."


def _relu_before(layer: ast.Call) -> Iterator[Proposal]:
    """``conv(relu(x))`` to ``relu(conv(x))``."""
    first = layer.args[0] if layer.args else None
    if isinstance(first, ast.Call) and name_of(first.func) == "relu" and len(first.args) == 1:
        plain = ast.Call(layer.func, [first.args[0], *layer.args[1:]], layer.keywords)
        said = "Line {line}: in `{code}` the ReLU comes before the layer. It belongs after it."
        yield ast.Call(first.func, [plain], []), said


def _in_a_row(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """Layers that are handed to `nn.Sequential`: an activation or a normalisation one too many, or a ReLU forgotten."""
    if not isinstance(node, ast.Call) or name_of(node.func) != "Sequential":
        return
    names = [name_of(layer.func) if isinstance(layer, ast.Call) else "" for layer in node.args]
    for number, (layer, name) in enumerate(zip(node.args, names, strict=True)):
        code = code_of(layer)
        if name in _OFTEN_TOO_MANY:
            fewer = [*node.args[:number], *node.args[number + 1 :]]
            said = f"Line {layer.lineno}: `{code}` is one too many there."
            yield ast.Call(node.func, fewer, node.keywords), said
        if name in _BEFORE_RELU and "ReLU" not in names[number + 1 : number + 2]:
            relu = ast.Call(_beside(layer, "ReLU"), [], [])
            more = [*node.args[: number + 1], relu, *node.args[number + 1 :]]
            said = f"Line {layer.lineno}: a ReLU is missing behind `{code}`."
            yield ast.Call(node.func, more, node.keywords), said


_OFTEN_TOO_MANY = ("ReLU", "LeakyReLU", "Softmax", "Sigmoid", "BatchNorm2d", "Dropout", "Dropout2d")
_BEFORE_RELU = ("Conv2d", "BatchNorm2d")


def _beside(layer: ast.expr, name: str) -> ast.expr:
    """Return the name of another layer of the module that a layer comes from."""
    function = layer.func if isinstance(layer, ast.Call) else layer
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name, ast.Load())
    return ast.Name(name, ast.Load())


def _kernel(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A convolution with a kernel of another size than 3 x 3, 1 x 1, or 2 x 2 where it doubles the size."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in ("Conv2d", "ConvTranspose2d"):
        return
    if name_of(node.func) == "ConvTranspose2d":
        words = [ast.keyword(name, ast.Constant(2)) for name in ("kernel_size", "stride")]
        said = (
            "Line {line}: `{code}` should have a kernel of 2 x 2 and a stride of 2, which doubles the size."
        )
        yield ast.Call(node.func, node.args[:2], words), said
        return
    kept = [word for word in node.keywords if word.arg not in ("kernel_size", "padding")]
    for size in (1, 3):
        words = [
            ast.keyword("kernel_size", ast.Constant(size)),
            ast.keyword("padding", ast.Constant(size // 2)),
        ]
        yield ast.Call(node.func, node.args[:2], [*kept, *words]), _kernel_said(node, size)


def _kernel_said(node: ast.Call, size: int) -> str:
    """Say what a convolution of this kernel size lacks: the size, or only the padding or the stride that go with it."""
    kernel, stride, padding = (
        _given(node, *at) for at in ((2, "kernel_size"), (3, "stride"), (4, "padding"))
    )
    if kernel != str(size):
        return f"Line {{line}}: the kernel of `{{code}}` should be {size} x {size}."
    if stride not in (None, "1"):
        return f"Line {{line}}: `{{code}}` has a stride of {stride}, so the size does not stay. Leave the stride out."
    if size == 1:
        return "Line {line}: a 1 x 1 kernel needs no padding, and `{code}` has some."
    lost = "no padding" if padding is None else f"padding {padding}"
    return f"Line {{line}}: `{{code}}` has {lost}. A 3 x 3 kernel keeps the size with `padding=1`."


def _given(node: ast.Call, place: int, name: str) -> str | None:
    """Return an argument of a call as text, or None."""
    named = next((word.value for word in node.keywords if word.arg == name), None)
    value = node.args[place] if len(node.args) > place else named
    return None if value is None else ast.unparse(value)


def _item(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A tensor where a number is asked for."""
    if isinstance(node, ast.Name) and node.id in scope.returned and node.id not in scope.parameters:
        item = ast.Call(ast.Attribute(node, "item", ast.Load()), [], [])
        yield item, "Line {line}: `{code}` is a tensor where a number is asked for: use `.item()`."


def wrapped_repairs(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repairs that set a model's mode first, or record no gradients."""
    functions = [tree] if isinstance(tree, ast.FunctionDef) else []
    for function in functions:
        start = _statements("with __import__('torch').no_grad():\n    pass", function)
        _hold(start[0], function.body)
        sentence = (
            "Gradients are recorded where none are needed: put the calls under `with torch.no_grad():`."
        )
        yield Repair((Edit(function, "body", start),), function, sentence)
        names = [argument.arg for argument in function.args.args]
        for name in names[:1] if "model" not in names else ["model"]:
            for mode, word in (("eval", "evaluation"), ("train", "training")):
                start = _statements(f"{name}.{mode}()", function)
                sentence = f"`{name}` is not set to {word} mode: call `{name}.{mode}()` first."
                yield Repair((Edit(function, "body", [*start, *function.body]),), function, sentence)
            start = _statements(f"{name}.eval()\nwith __import__('torch').no_grad():\n    pass", function)
            _hold(start[1], function.body)
            sentence = (
                f"`{name}` is not set to evaluation mode, and gradients are recorded: call `{name}.eval()` first, and "
                "put the rest under `with torch.no_grad():`."
            )
            yield Repair((Edit(function, "body", start),), function, sentence)


def _hold(block: ast.stmt, body: list[ast.stmt]) -> None:
    assert isinstance(block, ast.With)
    block.body = body


def _statements(code: str, place: ast.stmt) -> list[ast.stmt]:
    statements = ast.parse(code).body
    for statement in statements:
        for node in ast.walk(statement):
            ast.copy_location(node, place)
    return statements


def _other_activation(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``torch.sigmoid(conv(x))`` to ``torch.relu(conv(x))``."""
    name = name_of(node.func) if isinstance(node, ast.Call) else ""
    inner = applied_to(node) if isinstance(node, ast.Call) and name in _ACTIVATIONS else None
    if inner is not None:
        relu = ast.Call(ast.Attribute(inner, "relu", ast.Load()), [], [])
        yield relu, f"Line {{line}}: the `{name}` in `{{code}}` should be a ReLU."


def _other_activation_layer(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``nn.LeakyReLU()`` to ``nn.ReLU()``."""
    if isinstance(node, ast.Call) and name_of(node.func) in _ACTIVATION_LAYERS:
        yield ast.Call(_beside(node, "ReLU"), [], []), "Line {line}: `{code}` should be a ReLU."


_ACTIVATION_LAYERS = (
    "LeakyReLU",
    "Sigmoid",
    "Tanh",
    "GELU",
    "ELU",
    "SiLU",
    "ReLU6",
    "PReLU",
    "Softmax",
    "Identity",
)
_ACTIVATIONS = ("sigmoid", "tanh", "softmax", "leaky_relu", "gelu", "elu", "silu", "relu6", "abs")


RULES: tuple[Rule, ...] = (
    _other_activation_layer,
    _relu,
    _in_a_row,
    _softmax_too_many,
    _other_activation,
    _probabilities,
    _kernel,
    _item,
)
