"""How much may a search cost?"""

from __future__ import annotations

import time


class Budget:
    """Processor time that may be used."""

    def __init__(self, seconds: float) -> None:
        self._until = time.process_time() + seconds

    @property
    def is_used(self) -> bool:
        """Whether the time is over."""
        return time.process_time() > self._until
