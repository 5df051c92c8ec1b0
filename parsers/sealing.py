"""Take away from this process what a parser of hostile documents does not need. Linux; elsewhere only the rlimits hold.

Everything is best effort and reported: kernels and containers differ in what they let an unprivileged process give up.

==================== =====================================================================================
`rlimits`            address space, no file writes, few descriptors, no core dumps
`no_new_privs`       no privileges through set-uid programs (needed by the next two)
`landlock_files`     only the named files and this installation's code can be read, only /dev/null can be written
`landlock_network`   no TCP bind or connect
`landlock_scope`     no signals to, and no abstract sockets of, processes outside
`syscall_filter`     no sockets, no new programs, no tracing, mounting, namespaces or io_uring (seccomp)
`user_namespace`     no capabilities in the system's own namespaces
`network_namespace`  a network stack of its own without any interface up
==================== =====================================================================================
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from parsers.ocr.tessdata import DATA_FOLDERS

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1
_LANDLOCK_WRITE_FILE, _LANDLOCK_READ_FILE, _LANDLOCK_READ_DIR, _LANDLOCK_TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
# Libraries write here what nobody is to read, and some (Tesseract) die where they cannot.
_NOWHERE = Path("/dev/null")
# Access rights known to each Landlock ABI: 1 has bits 0 to 12, 2 adds refer, 3 truncate, 5 ioctl on devices.
_LANDLOCK_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_LANDLOCK_NETWORK_ABI, _LANDLOCK_SCOPE_ABI = 4, 6

_OPEN_FILES = 64

# Numbers of the refused system calls: socket connect bind execve execveat ptrace process_vm_readv process_vm_writev bpf
# mount unshare setns io_uring_setup keyctl add_key userfaultfd perf_event_open (asm/unistd.h of each architecture).
_REFUSED_CALLS = {
    "x86_64": (0xC000003E, (41, 42, 49, 59, 322, 101, 310, 311, 321, 165, 272, 308, 425, 250, 248, 323, 298)),
    "aarch64": (0xC00000B7, (198, 203, 200, 221, 281, 117, 270, 271, 280, 40, 97, 268, 425, 219, 217, 282, 241)),
}
_X32_CALLS = 0x40000000


def leave_network() -> frozenset[str]:
    """Move this single-threaded process, and every child it will have, into an empty network namespace.

    To be called once, before any thread exists. Returns what holds.
    """
    if not _on_linux():
        return frozenset()
    libc = _libc()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        return frozenset({"user_namespace", "network_namespace"})
    if libc.unshare(_CLONE_NEWNET) == 0:
        return frozenset({"network_namespace"})
    return frozenset()


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent (the thread that forked it) dies."""
    if _on_linux():
        _libc().prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def seal_process(memory_bytes: int, readable: Iterable[Path] = ()) -> frozenset[str]:
    """Limit this process for good: `memory_bytes` of address space, and of files only `readable` and Python's own.

    Returns the names of what holds, see the table above. Nothing raises: what the kernel refuses is not among them.
    """
    holds = set()
    if _limit_resources(memory_bytes):
        holds.add("rlimits")
    if _on_linux() and _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        holds.add("no_new_privs")
        holds |= _restrict_files((*readable, *_code_folders()))
        if _refuse_system_calls():
            holds.add("syscall_filter")
    return frozenset(holds)


def _on_linux() -> bool:
    return sys.platform == "linux"


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _limit_resources(memory_bytes: int) -> bool:
    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    try:
        for kind, limit in wanted:
            _, hard = resource.getrlimit(kind)
            allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(kind, (allowed, allowed))
    except (OSError, ValueError):
        return False
    return True


def _code_folders() -> tuple[Path, ...]:
    """Where modules, shared libraries and tesseract's languages lie. Not the project's root: its data may lie there."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {Path(sysconfig.get_path(name)) for name in names} | {Path(__file__).parent}
    system = {Path("/lib"), Path("/lib64"), Path("/usr/lib"), Path("/etc/ld.so.cache")}
    return tuple(sorted(folders | system | set(DATA_FOLDERS)))


def _restrict_files(readable: Iterable[Path]) -> frozenset[str]:
    libc = _libc()
    abi = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    if abi < 1:
        return frozenset()
    files = (1 << _LANDLOCK_FILE_BITS.get(abi, 16)) - 1
    network = 0b11 if abi >= _LANDLOCK_NETWORK_ABI else 0
    scope = 0b11 if abi >= _LANDLOCK_SCOPE_ABI else 0
    size = 24 if scope else 16 if network else 8
    attributes = struct.pack("=QQQ", files, network, scope)[:size]
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return frozenset()
    try:
        for path in readable:
            _allow(libc, ruleset, path, _LANDLOCK_READ_FILE | (_LANDLOCK_READ_DIR if path.is_dir() else 0))
        writing = _LANDLOCK_READ_FILE | _LANDLOCK_WRITE_FILE | _LANDLOCK_TRUNCATE
        _allow(libc, ruleset, _NOWHERE, writing & files)
        if libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
            return frozenset()
    finally:
        os.close(ruleset)
    held = {"landlock_files"}
    return frozenset(held | ({"landlock_network"} if network else set()) | ({"landlock_scope"} if scope else set()))


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there cannot be read, with or without a rule
    try:
        rule = struct.pack("=Qi", access, descriptor)
        libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)


def _refuse_system_calls() -> bool:
    """Install a classic-BPF filter that answers EPERM to the calls in `_REFUSED_CALLS`."""
    known = _REFUSED_CALLS.get(platform.machine())
    if known is None:
        return False
    architecture, calls = known
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, kill), (load, 0, 0, 0)]
    program.append((at_least, len(calls) + 1, 0, _X32_CALLS))
    program += [(equal, len(calls) - index, 0, call) for index, call in enumerate(calls)]
    program += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    return bool(_libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) == 0)
