"""A worker killed the hard way takes everything below it along."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.process_tree import descendants, is_alive, wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
WORKER = """
import asyncio
from processors.detectors.pool import ChildProcessDetector
from tests.support.detector_models import bundled_models, selection
from tests.support.hostile_images import slow_png

async def main() -> None:
    detector = ChildProcessDetector(bundled_models(), children=2)
    await detector.start()
    print("started", flush=True)
    while True:
        await asyncio.gather(
            *(detector.detect(slow_png(), selection(), model=None) for _ in range(3))
        )

asyncio.run(main())
"""


def test_nothing_survives_the_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        while "started" not in worker.stdout.readline():
            assert worker.poll() is None
        below = descendants(worker.pid)
        assert len(below) >= 4
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in below), within_s=3)


def test_the_parent_never_imports_what_only_children_need() -> None:
    heavy = ("cv2", "onnxruntime", "numpy", "PIL", "httpx")
    script = (
        "import sys, processors.detectors.pool, processors.detectors.install, "
        "processors.detectors.memory\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
