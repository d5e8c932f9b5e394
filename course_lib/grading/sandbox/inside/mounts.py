"""What bubblewrap does, by the kernel's own calls: a view of the files that holds what Python needs and no more."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from . import linux

_USER_FILE = "root:x:0:0::/:/bin/sh\nstudent:x:{uid}:{uid}::/tmp:/bin/sh\n"


def main() -> None:
    """Leave the machine's processes, network and files for the view, and start the warm parent there."""
    orders = json.loads(sys.argv[1])
    linux.die_with_parent()
    user, group = os.geteuid(), os.getegid()
    flags = linux.NEW_MOUNTS | linux.NEW_PIDS | linux.NEW_IPC | linux.NEW_UTS | linux.NEW_NETWORK
    if user != 0:
        linux.unshare(linux.NEW_USER)
        linux.map_user_to_root(user, group)
    linux.unshare(flags)
    first = os.fork()
    if first:
        os.close(orders["socket"])
        _, status = os.waitpid(first, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    linux.die_with_parent()
    linux.mount("none", "/", None, linux.RECURSIVE | linux.PRIVATE)
    _build_view(orders["root"], orders["view"], orders["uid"])
    linux.pivot_root(orders["root"])
    os.execv(orders["command"][0], orders["command"])


def _build_view(root: str, view: dict[str, Any], uid: int) -> None:
    linux.mount("tmpfs", root, "tmpfs", linux.NO_SUID, "size=16m,mode=755")
    for path, target in view["read"]:
        _bind(path, root + target)
    for path, target in view["links"]:
        Path(root + path).parent.mkdir(parents=True, exist_ok=True)
        Path(root + path).symlink_to(target)
    for path in view["hide"]:
        linux.mount("tmpfs", root + path, "tmpfs", linux.READ_ONLY, "size=4k,mode=555")
    for name in ("dev", "proc", "tmp", "etc"):
        Path(f"{root}/{name}").mkdir(exist_ok=True)
    for name in ("null", "zero", "full", "random", "urandom"):
        Path(f"{root}/dev/{name}").touch()
        linux.mount(f"/dev/{name}", f"{root}/dev/{name}", None, linux.BIND)
    Path(f"{root}/dev/fd").symlink_to("/proc/self/fd")
    Path(f"{root}/dev/shm").symlink_to("/tmp")
    Path(f"{root}/etc/passwd").write_text(_USER_FILE.format(uid=uid))
    linux.mount("proc", f"{root}/proc", "proc", linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC)
    linux.mount("tmpfs", f"{root}/tmp", "tmpfs", linux.NO_SUID | linux.NO_DEVICES, "size=1m,mode=755")
    linux.mount("tmpfs", root, None, linux.REMOUNT | linux.READ_ONLY | linux.NO_SUID, "size=16m,mode=755")


def _bind(path: str, target: str) -> None:
    if Path(path).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    linux.bind_read_only(path, target)
