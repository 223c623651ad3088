"""`python -m benchmarks.sleeping_worker SECONDS`: a detector whose model sleeps.

Settings, clients, guard and liveness are the product's own. What takes time is no processor, so
that several fit on few cores.
"""

import os
import sys
from dataclasses import replace

from cli.settings import load_settings, require
from processors.app import run_parts
from processors.parts import WorkerConfig, make_parts
from telemetry.logs import configure_logs
from tests.faults.grid_detector import GridDetector

_NAMES = ("detect",)


def main(delay_s: float) -> int:
    settings = load_settings(os.environ)
    config = WorkerConfig(
        kafka=settings.kafka,
        postgres=require(settings.postgres, "ANALYZER_POSTGRES__DSN"),
        bucket=require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT"),
        worker=settings.worker,
    )
    configure_logs(settings.log, process="detect")
    parts = make_parts(config, process="detect", runs=_NAMES, needs_detector=False)
    return run_parts(_NAMES, replace(parts, detector=GridDetector(delay_s)))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
