"""Are values wrong only where they are nan or infinite?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import kind_of, show

_LOOSE = 1e-4  # as near are the others to the right values


def not_finite(cases: Sequence[CaseResult]) -> str | None:
    """Say so if all that is wrong is nan or infinite, where the right value is one and the same number."""
    rights: set[float] = set()
    for case in cases:
        if case.passed:
            continue
        right, own = case.expected, case.outcome.value
        if case.outcome.status != "returned" or kind_of(own) != "float" or np.shape(right) != np.shape(own):
            return None
        right, own = np.ravel(right).astype(float), np.ravel(own)
        wrong = ~np.isclose(right, own, rtol=_LOOSE, atol=_LOOSE, equal_nan=True)
        if not wrong.any() or np.isfinite(own[wrong]).any() or not np.isfinite(right[wrong]).all():
            return None
        rights |= set(right[wrong].tolist())
    if len(rights) != 1:
        return None
    return (
        f"All that is wrong is nan or infinite, where {show(rights.pop())} is right. Something is divided by 0 there, "
        "or the logarithm of 0 is taken: treat that by itself."
    )
