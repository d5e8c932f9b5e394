"""All repairs of expressions that name a well-known mistake."""

from __future__ import annotations

from course_lib.checking.recognise import (
    arrays,
    calls,
    expressions,
    layout,
    lost,
    names,
    networks,
    quotients,
    sizes,
    truth,
    walks,
)
from course_lib.checking.recognise.proposals import Rule

NAMED: tuple[Rule, ...] = (
    *networks.RULES,
    *quotients.RULES,
    *expressions.RULES,
    *arrays.RULES,
    *sizes.RULES,
    *layout.RULES,
    *lost.RULES,
    *names.RULES,
    *walks.RULES,
    *truth.RULES,
    *calls.RULES,
)
