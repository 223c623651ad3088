"""The limits the kernel enforces, each tried in a process of its own."""

import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


_FORBIDDEN = {
    "a socket": "socket.socket()",
    "a pair of them": "socket.socketpair()",
    "a program": "os.execv('/bin/true', ['true'])",
    "a program of its own": "subprocess.run(['/bin/true'])",
    "a signal to its parent": "os.kill(os.getppid(), 0)",
    "another network": "unshare()",
}


def _run(script: str) -> subprocess.CompletedProcess[str]:
    head = "from processors.detectors.child_rlimits import *\n"
    return subprocess.run(
        [sys.executable, "-c", head + script],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_spinning_ends_in_sigxcpu() -> None:
    ended = _run("allow_cpu_seconds(1)\nwhile True: pass")
    assert ended.returncode == -signal.SIGXCPU


def test_the_allowance_moves_with_each_item() -> None:
    ended = _run(
        "import time\n"
        "for _ in range(4):\n"
        "    allow_cpu_seconds(1)\n"
        "    until = time.process_time() + 0.6\n"
        "    while time.process_time() < until: pass\n"
        "print('alive')"
    )
    assert ended.stdout.strip() == "alive"


def test_memory_beyond_the_headroom_is_refused_and_below_it_is_given() -> None:
    ended = _run(
        "limit_address_space(64 * 1024 * 1024)\n"
        "bytearray(32 * 1024 * 1024)\n"
        "try: bytearray(128 * 1024 * 1024)\n"
        "except MemoryError: print('refused')"
    )
    assert ended.stdout.strip() == "refused"


def test_no_file_can_be_written_and_few_opened(tmp_path: Path) -> None:
    ended = _run(
        "close_the_doors(16)\n"
        f"file = open({str(tmp_path / 'file')!r}, 'wb', buffering=0)\n"
        "try: file.write(b'x')\n"
        "except OSError: print('not written')\n"
        "try: several = [open('/dev/null') for _ in range(20)]\n"
        "except OSError: print('not opened')"
    )
    assert ended.stdout.split("\n")[:2] == ["not written", "not opened"]


@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="no filter for it")
@pytest.mark.parametrize("call", _FORBIDDEN.values(), ids=_FORBIDDEN.keys())
def test_what_no_decoder_needs_is_refused_by_the_kernel(call: str) -> None:
    ended = _run(
        "from processors.detectors.child_syscalls import forbid_syscalls\n"
        "import ctypes, os, socket, subprocess, threading\n"
        "def unshare():\n"
        "    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    if libc.unshare(0x40000000): raise OSError(ctypes.get_errno(), 'unshare')\n"
        "def call():\n"
        f"    try: {call}\n"
        "    except PermissionError: print('refused')\n"
        "may_go = threading.Event()\n"
        "def wait_and_call(): may_go.wait(); call()\n"
        "early = threading.Thread(target=wait_and_call); early.start()\n"
        "print(forbid_syscalls())\n"
        "call()\n"
        "may_go.set(); early.join()"
    )
    assert ended.stdout.split() == ["True", "refused", "refused"], ended.stderr
