"""Repairs of quotients: rounded down, cut off, or neither; a percentage in the place of a share."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule
from course_lib.checking.recognise.scope import Scope


def _whole_quotient(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        yield (
            ast.BinOp(node.left, ast.Div(), node.right),
            "Line {line}: `{code}` divides with `//`, which rounds the quotient down. Divide with `/`.",
        )


def _exact_quotient(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield (
            ast.BinOp(node.left, ast.FloorDiv(), node.right),
            "Line {line}: `{code}` divides with `/`, which keeps the fraction. Here it is rounded down: `//`.",
        )


def _cut(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``int((row - shift) / side)`` to ``(row - shift) // side``."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "int" and len(node.args) == 1:
        quotient = node.args[0]
        if isinstance(quotient, ast.BinOp) and isinstance(quotient.op, ast.Div):
            yield (
                ast.BinOp(quotient.left, ast.FloorDiv(), quotient.right),
                "Line {line}: `{code}` cuts the fraction off, towards 0: -0.5 becomes 0. `//` rounds down, and -0.5 "
                "becomes -1.",
            )


def _percentage(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``100 * share`` to ``share``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for hundred, share in ((node.left, node.right), (node.right, node.left)):
            if isinstance(hundred, ast.Constant) and hundred.value == 100:
                said = "Line {line}: `{code}` is a percentage. The share itself is asked for, without the factor 100."
                yield share, said


RULES: tuple[Rule, ...] = (_whole_quotient, _cut, _exact_quotient, _percentage)
