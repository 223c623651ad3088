"""A process that serves the API on twins, as it is served for good; for tests and measurements.

`python -m tests.unit.ingest_api.serve_twins PORT [idle]`: the worker answers every request at
once, or with `idle` never.
"""

import sys

from ingest_api.serve import serve
from ingest_api.settings import ApiSettings
from telemetry.logs import LogSettings, configure_logs
from tests.unit.ingest_api.twin_api import TwinApi, nothing_yet


def main(port: int, *, is_idle: bool) -> None:
    configure_logs(LogSettings(), process="api")
    settings = ApiSettings(port=port, graceful_shutdown_s=8, metrics_for="everybody")
    twin = TwinApi(settings)
    if is_idle:
        twin.answer = nothing_yet
    serve(twin.app, settings, twin.metrics)


if __name__ == "__main__":
    main(int(sys.argv[1]), is_idle="idle" in sys.argv)
