"""What the kernel holds a child process to. Linux only; every call concerns the calling process."""

import ctypes
import math
import resource
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PAGE_BYTES: Final = resource.getpagesize()


def die_with_parent() -> None:
    """SIGKILL when the fork server goes, which goes when its parent does.

    SIGTERM kills at once: a handler in Python would wait for the decoder it is to interrupt.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def limit_address_space(headroom_bytes: int) -> None:
    """What is mapped now plus the headroom; it cannot be raised again."""
    most = mapped_bytes() + headroom_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def close_the_doors(max_open_files: int) -> None:
    """No file may be written, few may be open, no core is dumped."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (max_open_files, max_open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_cpu_seconds(seconds: int) -> None:
    """From now on; the limit counts the life of a process, so it moves before each item.

    The kernel counts whole seconds, so up to one more may pass before SIGXCPU kills.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    allowed = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def mapped_bytes() -> int:
    """What the limit on address space counts."""
    with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123 - half the time
        return int(statm.read().partition(b" ")[0]) * _PAGE_BYTES
