"""Slips that nobody means, whatever the exercise is: told before anything else, with the change that undoes each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from course_lib.checking.recognise.block import Block, blocks_of
from course_lib.checking.recognise.classes import sure_class_repairs
from course_lib.checking.recognise.proposals import name_of
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.text import code_of

_SIGN_BEHIND = re.compile(r"\s*=(\+|-\s)")  # `count =+ 1`, and not `count = +1` or `best=-1`
_CALLED = {"eval", "train", "step", "backward", "zero_grad", "append", "sort", "reverse", "clear", "__init__"}


def sure_repairs(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repair of each such slip."""
    yield from sure_class_repairs(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "Sequential":
            yield from _in_a_list(node)
            yield from _without_brackets(node)
    for block in blocks_of(tree):
        for number, item in enumerate(block.items):
            if isinstance(item, ast.Assign):
                yield from _sign_behind(block, number, item)
            elif isinstance(item, ast.Expr):
                yield from _only_named(item)
                yield from _only_compared(block, number, item)


def _sign_behind(block: Block, number: int, item: ast.Assign) -> Iterator[Repair]:
    """``count =+ 1`` to ``count += 1``."""
    target, value = item.targets[0], item.value
    if not (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.UAdd | ast.USub)):
        return
    if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        return
    if not _SIGN_BEHIND.match(code_of(item)[len(code_of(target)) :]):
        return
    plus = isinstance(value.op, ast.UAdd)
    sign, verb, operator = ("+", "add", ast.Add()) if plus else ("-", "subtract", ast.Sub())
    new = ast.copy_location(ast.AugAssign(target, operator, value.operand), item)
    name, amount = code_of(target), code_of(value.operand)
    sentence = (
        f"Line {{line}}: `{{code}}` sets `{name}` to {sign}{amount}, whatever it was. To {verb}, write "
        f"`{name} {sign}= {amount}`."
    )
    yield Repair((block.set([*block.items[:number], new, *block.items[number + 1 :]]),), item, sentence)


def _only_named(item: ast.Expr) -> Iterator[Repair]:
    """``model.eval`` to ``model.eval()``."""
    if isinstance(item.value, ast.Attribute) and item.value.attr in _CALLED:
        call = ast.copy_location(ast.Call(item.value, [], []), item.value)
        sentence = f"Line {{line}}: `{{code}}` only names the method. It is called with brackets: `{code_of(item)}()`."
        yield Repair((Edit(item, "value", call),), item, sentence)


def _in_a_list(node: ast.Call) -> Iterator[Repair]:
    """``nn.Sequential([a, b])`` to ``nn.Sequential(a, b)``."""
    if len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple):
        sentence = "Line {line}: `nn.Sequential` takes the layers one by one. Leave out the square brackets."
        yield Repair((Edit(node, "args", node.args[0].elts),), node, sentence)


def _without_brackets(node: ast.Call) -> Iterator[Repair]:
    """``nn.Sequential(conv, nn.ReLU)`` to ``nn.Sequential(conv, nn.ReLU())``."""
    kinds = [arg for arg in node.args if isinstance(arg, ast.Attribute) and arg.attr[:1].isupper()]
    if kinds:
        made = [ast.copy_location(ast.Call(arg, [], []), arg) if arg in kinds else arg for arg in node.args]
        sentence = "Line {line}: `{code}` is only the kind of layer. With brackets it makes one: `{code}()`."
        yield Repair((Edit(node, "args", made),), kinds[0], sentence)


def _only_compared(block: Block, number: int, item: ast.Expr) -> Iterator[Repair]:
    """``total == 0`` to ``total = 0``."""
    test = item.value
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return
    if isinstance(test.left, ast.Name | ast.Attribute | ast.Subscript):
        code = f"{ast.unparse(test.left)} = {ast.unparse(test.comparators[0])}"
        new = ast.parse(code).body[0]
        for node in ast.walk(new):
            ast.copy_location(node, item)
        sentence = "Line {line}: `{code}` only compares. To assign, write one `=`."
        yield Repair((block.set([*block.items[:number], new, *block.items[number + 1 :]]),), item, sentence)
