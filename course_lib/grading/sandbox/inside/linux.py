"""The few calls to a Linux kernel that Python has no function for."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from pathlib import Path

NEW_MOUNTS, NEW_UTS, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18

_DETACH = 2
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _DROP_BOUND = 1, 4, 22, 24
_SET_SUBREAPER, _SET_NO_NEW_PRIVILEGES = 36, 38
_COLLAPSE = 25  # of madvise: MADV_COLLAPSE

IS_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces of these kinds for new ones."""
    assert _libc
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount ``source`` at ``target``."""
    assert _libc
    texts = [text.encode() if text else None for text in (source, target, kind or "")]
    _checked(
        _libc.mount(*texts, ctypes.c_ulong(flags), options.encode() or None), f"mounting {source} at {target}"
    )


def bind_read_only(source: str, target: str) -> None:
    """Show ``source`` at ``target``, to be read only."""
    mount(source, target, None, BIND | RECURSIVE)
    flags = os.statvfs(target).f_flag & (NO_SUID | NO_DEVICES | NO_EXEC)  # those that may not be taken away
    mount(source, target, None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES | flags)


def pivot_root(new_root: str) -> None:
    """Make ``new_root`` the root, and let go of the old one."""
    assert _libc
    os.chdir(new_root)
    number = {"x86_64": 155, "aarch64": 41}.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, "pivot_root on this processor")
    _checked(_libc.syscall(ctypes.c_long(number), b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", _DETACH), "letting go of the old root")
    os.chdir("/")


def prctl(option: int, value: int = 0, further: ctypes.Array[ctypes.c_char] | int = 0) -> None:
    """Set something about this process."""
    assert _libc
    _checked(_libc.prctl(option, ctypes.c_ulong(value), further, 0, 0), f"prctl {option}")


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    if IS_LINUX:
        prctl(_SET_PARENT_DEATH_SIGNAL, 9)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parents end."""
    if IS_LINUX:
        prctl(_SET_SUBREAPER, 1)


def be_opaque() -> None:
    """Let no other process of this user look into this one, nor those forked from it."""
    if IS_LINUX:
        prctl(_SET_DUMPABLE, 0)


def waits_to_be_read(handle: int) -> bool:
    """Return whether something that was sent over this end of a socket has not been read at the other end yet."""
    if not IS_LINUX:
        return False
    import fcntl
    import termios

    left = fcntl.ioctl(handle, termios.TIOCOUTQ, bytes(4))
    return any(left)


def use_huge_pages() -> None:
    """Move this process's own memory to huge pages (Linux 6.1 or later): a fork copies an entry for each page."""
    if not IS_LINUX:
        return
    assert _libc
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights, _, _, inode, *_ = line.split()
        if rights == "rw-p" and inode == "0":
            begin, end = (int(address, 16) for address in span.split("-"))
            size = ctypes.c_size_t(end - begin)
            _libc.madvise(ctypes.c_void_p(begin), size, _COLLAPSE)  # where it is refused, pages stay small


def map_user_to_root(user: int, group: int) -> None:
    """Be root in the user namespace that was just entered, and nobody else."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def has_user(uid: int) -> bool:
    """Return whether this user namespace knows a user."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return False
    ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= uid < first + count for first, _, count in ranges)


def drop_privileges(uid: int | None) -> None:
    """Give up all that root may do, for good; become user ``uid`` if one is given."""
    assert _libc
    for capability in range(64):
        try:
            prctl(_DROP_BOUND, capability)
        except OSError:
            break  # there are no more, or none that may be dropped
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header = struct.pack("Ii", 0x20080522, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")
    prctl(_SET_NO_NEW_PRIVILEGES, 1)


# --- System calls that nobody needs ------------------------------------------------------------------------

_X86_64, _AARCH64 = 0xC000003E, 0xC00000B7

_NONE = 0xFFFFFFFF

# Kernel interfaces that exercises have no use for, with their numbers on x86-64 and on aarch64.
_REFUSED = {
    "fork": (57, _NONE),
    "vfork": (58, _NONE),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "syslog": (103, 116),
    "connect": (42, 203),
    "bind": (49, 200),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}
_KILL, _TGKILL, _PRLIMIT = (62, 129), (234, 131), (302, 261)
_SOCKET, _CLONE, _CLONE3 = (41, 198), (56, 220), (435, 435)
_UNIX_SOCKETS, _THREAD = 1, 0x10000
_NEW_ANYTHING = NEW_MOUNTS | NEW_UTS | NEW_IPC | NEW_USER | NEW_PIDS | NEW_NETWORK | 0x2000000  # and cgroups

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000


def refuse_system_calls() -> None:
    """Refuse, from now on, what no exercise needs: other processes, namespaces, networks, mounts, shared memory.

    Raises:
        OSError: this kernel or processor has no filter of this kind.
    """
    column = {"x86_64": 0, "aarch64": 1}.get(platform.machine())
    if column is None:
        raise OSError(errno.ENOSYS, "no list of system calls for this processor")
    program = _filter(column, _X86_64 if column == 0 else _AARCH64)
    assert _libc
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)), 16
    )
    prctl(_SET_SECCOMP, 2, header)


def _filter(column: int, architecture: int) -> bytes:
    """Return the program in the kernel's own language; every test jumps over the one return behind it."""
    refused = _REFUSE | errno.EPERM
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, refused),
        (_LOAD, 0, 0, 0),  # the number of the call
    ]
    if column == 0:
        lines += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, refused)]  # the same calls by other numbers
    for numbers in _REFUSED.values():
        lines += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, refused)]
    own = os.getpid()
    for numbers, allowed in ((_KILL, (own, 0)), (_TGKILL, (own,)), (_PRLIMIT, (own, 0))):
        lines += _only_to(numbers[column], allowed, refused)
    lines += [
        (_EQUAL, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]  # clone is used instead
    lines += [
        (_EQUAL, 0, 5, _CLONE[column]),
        (_LOAD, 0, 0, 16),  # its flags
        (_ANY_BIT, 1, 0, _NEW_ANYTHING),
        (_ANY_BIT, 1, 0, _THREAD),
        (_RETURN, 0, 0, refused),
        (_LOAD, 0, 0, 0),
        (_EQUAL, 0, 3, _SOCKET[column]),
        (_LOAD, 0, 0, 16),  # its family
        (_EQUAL, 1, 0, _UNIX_SOCKETS),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def _only_to(number: int, allowed: tuple[int, ...], refused: int) -> list[tuple[int, int, int, int]]:
    """Return lines that refuse a call unless its first argument is one of these processes."""
    count = len(allowed)
    tests = [(_EQUAL, count - index, 0, process) for index, process in enumerate(allowed)]
    return [
        (_EQUAL, 0, count + 3, number),
        (_LOAD, 0, 0, 16),
        *tests,
        (_RETURN, 0, 0, refused),
        (_LOAD, 0, 0, 0),
    ]
