"""What a child may not ask of the kernel: no network, no program, nobody else's process.

A seccomp filter (seccomp(2), classic BPF) over every thread, from which there is no way back. What
is forbidden fails with EPERM, as a missing right does.
"""

import ctypes
import platform
import struct
from dataclasses import dataclass
from typing import Final

_NO_NEW_PRIVILEGES: Final = 38
_SET_FILTER: Final = 1
_ALL_THREADS: Final = 1
_AT_FULL_SPEED: Final = 4
"""Before Linux 5.16 a filter also turns off speculation around stores, which costs inference."""

_ALLOW: Final = 0x7FFF_0000
_REFUSE: Final = 0x0005_0000 | 1  # EPERM
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32: Final = 0x4000_0000


@dataclass(frozen=True, slots=True)
class _Machine:
    """The kernel's names for one processor: of itself, of seccomp, of what is forbidden."""

    audit_name: int
    seccomp: int
    forbidden: dict[str, int]


_MACHINES: Final = {
    "x86_64": _Machine(0xC000_003E, 317, {
        "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "socketpair": 53,
        "accept4": 288, "vfork": 58, "execve": 59, "execveat": 322, "kill": 62,
        "pidfd_send_signal": 424, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
        "pidfd_getfd": 438, "mount": 165, "unshare": 272, "setns": 308, "open_by_handle_at": 304,
        "keyctl": 250, "add_key": 248, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "io_uring_setup": 425,
    }),
    "aarch64": _Machine(0xC000_00B7, 277, {
        "socket": 198, "connect": 203, "accept": 202, "bind": 200, "listen": 201,
        "socketpair": 199, "accept4": 242, "execve": 221, "execveat": 281, "kill": 129,
        "pidfd_send_signal": 424, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        "pidfd_getfd": 438, "mount": 40, "unshare": 97, "setns": 268, "open_by_handle_at": 265,
        "keyctl": 219, "add_key": 217, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "io_uring_setup": 425,
    }),
}  # fmt: skip


def forbid_syscalls() -> bool:
    """Whether it is in force: not on other processors, nor where the kernel has no seccomp."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    program = _program(machine)
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(
        libc.syscall(machine.seccomp, _SET_FILTER, _ALL_THREADS | _AT_FULL_SPEED, filter_) == 0
    )


def _program(machine: _Machine) -> bytes:
    """Anything by another processor's numbers is refused: the same ones mean other calls there."""
    numbers = sorted(machine.forbidden.values())
    steps = [
        _step(_LOAD, 4),
        _step(_EQUAL, machine.audit_name, if_true=1),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, 0),
        _step(_AT_LEAST, _X32, if_true=len(numbers) + 1),
        *(_step(_EQUAL, number, if_true=len(numbers) - at) for at, number in enumerate(numbers)),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
    ]
    return b"".join(steps)


def _step(code: int, value: int, *, if_true: int = 0) -> bytes:
    """One instruction; `if_true` is how many are left out then."""
    return struct.pack("=HBBI", code, if_true, 0, value)
