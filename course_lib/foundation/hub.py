"""The hub of pretrained models, which may be unreachable, and the extra packages that access it."""

from __future__ import annotations

import socket
import sys
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

COMMAND = f'{sys.executable} -m pip install -e ".[foundation]"'
"""The command that installs the extra packages, in the course's folder."""

_SECONDS = 3


def hub_answers() -> bool:
    """Check once and briefly whether the hub is reachable: its own client would retry for half a minute."""
    from huggingface_hub.constants import ENDPOINT

    address = urlsplit(ENDPOINT)
    try:
        socket.create_connection((address.hostname, address.port or 443), timeout=_SECONDS).close()
    except OSError:
        return False
    return True


def transformers(purpose: str) -> Any:
    """Return the package transformers, without its progress bars and hints.

    Args:
        purpose: what it is needed for; the message says so.

    Raises:
        ValueError: it is not installed; the message has the command.
    """
    package = require("transformers", purpose)
    package.utils.logging.set_verbosity_error()
    package.utils.logging.disable_progress_bar()
    return package


def require(name: str, purpose: str) -> Any:
    """Return an extra package.

    Raises:
        ValueError: it is not installed; the message has the command.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise ValueError(f"{purpose} needs {name}. In the course's folder: {COMMAND}") from None
