"""The warm parent: it has imported what answers need, and forks one jail for each submission.

It runs no operation of torch: a child forked after one hangs. It knows nothing that a student may not know.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from . import guard, kernel
from .jail import Walls, open_jail, receive, send

_USER_FILE = "root:x:0:0::/:/bin/sh\nstudent:x:{uid}:{uid}::/tmp:/bin/sh\n"


def main() -> None:
    """Set up the walls that all jails share, import, and serve. The orders are the command's one argument."""
    orders = json.loads(sys.argv[1])
    kernel.die_with_parent()
    connection = socket.socket(fileno=orders["socket"])
    if orders["way"] == "namespaces":
        _enter_namespaces(connection, orders)
        sys.path[0] = orders["library"]
    if orders["way"] != "process":
        os.chdir("/tmp")
    _load(["numpy.random", "course_lib.notebook", *orders["preload"]])
    _serve(connection, _walls(orders))


def _load(names: list[str]) -> None:
    """Import what answers will need."""
    for name in names:
        with contextlib.suppress(Exception):  # then an answer imports it, if it can
            importlib.import_module(name)
    guard.remember()
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page of what was imported here


def _walls(orders: dict[str, Any]) -> Walls:
    isolates = orders["way"] != "process"
    uid = orders["uid"]
    may_change = (
        kernel.IS_LINUX and os.geteuid() == 0 and kernel.has_user(uid) and (isolates or _is_readable())
    )
    return Walls(
        namespaces=isolates, uid=uid if may_change else None, filters=kernel.IS_LINUX and orders["filters"]
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
    while (received := receive(connection)) is not None:
        order, handles = received
        _forget_ended(jails)
        if order["do"] == "open":
            process = os.fork()
            if process == 0:
                _be_jail(connection, socket.socket(fileno=handles[0]), walls)
            jails[order["number"]] = process
            os.close(handles[0])
        elif order["do"] == "close" and order["number"] in jails:
            if walls.namespaces:  # elsewhere it would leave its children behind
                os.kill(jails[order["number"]], signal.SIGKILL)
        elif order["do"] == "load":
            _load(order["names"])
        elif order["do"] == "hello":
            send(connection, {"namespaces": walls.namespaces, "uid": walls.uid})


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


# --- Namespaces without bubblewrap -------------------------------------------------------------------------


def _enter_namespaces(connection: socket.socket, orders: dict[str, Any]) -> None:
    """Leave the machine's processes, network and files for a view that holds what Python needs and no more."""
    user, group = os.geteuid(), os.getegid()
    flags = kernel.NEW_MOUNTS | kernel.NEW_PIDS | kernel.NEW_IPC | kernel.NEW_UTS | kernel.NEW_NETWORK
    if user != 0:
        kernel.unshare(kernel.NEW_USER)
        kernel.map_user_to_root(user, group)
    kernel.unshare(flags)
    first = os.fork()
    if first:
        connection.close()
        _, status = os.waitpid(first, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.die_with_parent()
    kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    _build_view(orders["root"], orders["view"], orders["uid"])
    kernel.pivot_root(orders["root"])


def _build_view(root: str, view: dict[str, Any], uid: int) -> None:
    kernel.mount("tmpfs", root, "tmpfs", kernel.NO_SUID, "size=16m,mode=755")
    for path, target in view["read"]:
        _bind(path, root + target)
    for path, target in view["links"]:
        Path(root + path).parent.mkdir(parents=True, exist_ok=True)
        Path(root + path).symlink_to(target)
    for path in view["hide"]:
        kernel.mount("tmpfs", root + path, "tmpfs", kernel.READ_ONLY, "size=4k,mode=555")
    for name in ("dev", "proc", "tmp", "etc"):
        Path(f"{root}/{name}").mkdir(exist_ok=True)
    for name in ("null", "zero", "full", "random", "urandom"):
        Path(f"{root}/dev/{name}").touch()
        kernel.mount(f"/dev/{name}", f"{root}/dev/{name}", None, kernel.BIND)
    Path(f"{root}/dev/fd").symlink_to("/proc/self/fd")
    Path(f"{root}/dev/shm").symlink_to("/tmp")
    Path(f"{root}/etc/passwd").write_text(_USER_FILE.format(uid=uid))
    kernel.mount("proc", f"{root}/proc", "proc", kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_EXEC)
    kernel.mount("tmpfs", f"{root}/tmp", "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, "size=1m,mode=755")
    kernel.mount("tmpfs", root, None, kernel.REMOUNT | kernel.READ_ONLY | kernel.NO_SUID, "size=16m,mode=755")


def _bind(path: str, target: str) -> None:
    if Path(path).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    kernel.bind_read_only(path, target)
