"""What bubblewrap does, by the kernel's own calls: a view of the files that holds what Python needs and no more."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from . import kernel

_USER_FILE = "root:x:0:0::/:/bin/sh\nstudent:x:{uid}:{uid}::/tmp:/bin/sh\n"


def main() -> None:
    """Leave the machine's processes, network and files for the view, and start the warm parent there."""
    orders = json.loads(sys.argv[1])
    kernel.die_with_parent()
    user, group = os.geteuid(), os.getegid()
    flags = kernel.NEW_MOUNTS | kernel.NEW_PIDS | kernel.NEW_IPC | kernel.NEW_UTS | kernel.NEW_NETWORK
    if user != 0:
        kernel.unshare(kernel.NEW_USER)
        kernel.map_user_to_root(user, group)
    kernel.unshare(flags)
    first = os.fork()
    if first:
        os.close(orders["socket"])
        _, status = os.waitpid(first, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.die_with_parent()
    kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    _build_view(orders["root"], orders["view"], orders["uid"])
    kernel.pivot_root(orders["root"])
    os.execv(orders["command"][0], orders["command"])


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
