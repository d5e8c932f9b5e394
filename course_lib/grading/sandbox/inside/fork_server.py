"""The warm parent: it has imported what answers need, and forks one jail for each submission.

It runs no operation of torch: a child forked after one hangs. It knows nothing that a student may not know.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from . import linux, unpatch
from .jail import Walls, open_jail, receive, send
from .protocol import CloseJail, Hello, Load, OpenJail, Ready, unpack

_REAP_SECONDS = 0.2


def main() -> None:
    """Set up the walls that all jails share, import, and serve. The orders are the command's one argument."""
    orders = json.loads(sys.argv[1])
    linux.die_with_parent()
    connection = socket.socket(fileno=orders["socket"])
    if orders["way"] != "process":
        os.chdir("/tmp")
    _load(
        [
            "numpy.random",
            "matplotlib",
            "course_lib.notebook",
            "IPython.core.inputtransformer2",
            *orders["preload"],
        ]
    )
    _serve(connection, _walls(orders))


def _load(names: list[str]) -> None:
    """Import what answers will need."""
    for name in names:
        with contextlib.suppress(Exception):  # then an answer imports it, if it can
            importlib.import_module(name)
    unpatch.remember()
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page of what was imported here
    linux.use_huge_pages()


def _walls(orders: dict[str, Any]) -> Walls:
    isolates = orders["way"] != "process"
    uid = orders["uid"]
    may_change = linux.IS_LINUX and os.geteuid() == 0 and linux.has_user(uid) and (isolates or _is_readable())
    return Walls(
        namespaces=isolates, uid=uid if may_change else None, filters=linux.IS_LINUX and orders["filters"]
    )


def _is_readable() -> bool:
    """Return whether every user may read what Python is made of; below /root, say, nobody else may."""
    for place in {sys.prefix, sys.base_prefix, *filter(None, sys.path)}:
        for folder in (Path(place), *Path(place).parents):
            if folder.is_dir() and not folder.stat().st_mode & 0o001:
                return False
    return True


def _serve(connection: socket.socket, walls: Walls) -> None:
    jails: dict[int, int] = {}
    while True:
        _forget_ended(jails)
        if not select.select([connection], [], [], _REAP_SECONDS)[0]:
            continue
        received = receive(connection)
        if received is None:
            return
        plain, handles = received
        order = unpack(plain, OpenJail, CloseJail, Load, Hello)
        if isinstance(order, OpenJail):
            process = os.fork()
            if process == 0:
                _be_jail(connection, socket.socket(fileno=handles[0]), walls)
            jails[order.number] = process
            os.close(handles[0])
        elif isinstance(order, CloseJail):
            if walls.namespaces and order.number in jails:  # elsewhere it would leave its children behind
                os.kill(jails[order.number], signal.SIGKILL)
        elif isinstance(order, Load):
            _load(order.names)
        else:
            send(connection, Ready())


def _be_jail(connection: socket.socket, control: socket.socket, walls: Walls) -> None:
    try:
        connection.close()
        open_jail(control, walls)
    finally:
        os._exit(0)


def _forget_ended(jails: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            for number in [number for number, process in jails.items() if process == ended]:
                del jails[number]
