"""Small repairs of names: another one is meant, most often one that is made beside it, or only a part of a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import LOOK, Proposal, Rule
from course_lib.checking.recognise.scope import Scope

_ASKED = "Line {line}: look at the condition `{code}`{around}. Something else has to be asked there."


def copied(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``for box in left`` to ``for box in list(left)``: that changes something only if the loop changes the list."""
    if id(node) in scope.walked:
        yield (
            ast.Call(ast.Name("list", ast.Load()), [node], []),
            "Line {line}: the loop changes `{code}` while it goes over it. Go over a copy: `list({code})`.",
        )


def kindred(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``dy * width`` to ``dy * height``, where both are made alike."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in scope.measured:
        for name in scope.kin.get(node.id, ()):
            yield ast.Name(name, ast.Load()), _ASKED if id(node) in scope.asked else LOOK


def other_name(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """Any other name of the answer."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope.local:
        for name in scope.local:
            if name != node.id and (id(node) in scope.measured or name not in scope.kin.get(node.id, ())):
                yield ast.Name(name, ast.Load()), _ASKED if id(node) in scope.asked else LOOK


def walked(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``for score in scores`` to ``for score in scores[1:]``, without the last, or from the other end."""
    if id(node) not in scope.walked:
        return
    last = ast.UnaryOp(ast.USub(), ast.Constant(1))
    for part, wrong in (
        (ast.Slice(ast.Constant(1)), "over all of `{code}`. It should leave out the first"),
        (ast.Slice(None, last), "over all of `{code}`. It should leave out the last"),
        (ast.Slice(None, None, last), "over `{code}` from the front. It should begin at the other end"),
    ):
        yield ast.Subscript(node, part, ast.Load()), f"Line {{line}}: the loop goes {wrong}."


RULES: tuple[Rule, ...] = (copied,)
