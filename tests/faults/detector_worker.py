"""`python -m tests.faults.detector_worker NAME…`: `image-analyzer worker` with the grid detector.

Settings, clients, guard and liveness are the product's own; only the model is not.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from cli.settings import load_settings, require
from processors.app import run_parts
from processors.parts import WorkerConfig, make_parts
from telemetry.logs import configure_logs
from tests.faults.grid_detector import GridDetector


def main(names: Sequence[str], detector: GridDetector | None = None) -> int:
    settings = load_settings(os.environ)
    config = WorkerConfig(
        kafka=settings.kafka,
        postgres=require(settings.postgres, "ANALYZER_POSTGRES__DSN"),
        bucket=require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT"),
        worker=settings.worker,
    )
    configure_logs(settings.log, process="-".join(names))
    parts = make_parts(config, process=names[0], runs=names, needs_detector=False)
    return run_parts(names, replace(parts, detector=detector or GridDetector()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
