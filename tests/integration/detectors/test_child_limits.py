"""The limits the kernel enforces, each tried in a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


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
