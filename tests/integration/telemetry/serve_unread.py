"""The API on twins, as it is served for good, with a small queue for its log lines.

`python -m tests.integration.telemetry.serve_unread PORT`
"""

import sys
from contextlib import AsyncExitStack

from ingest_api.app import create_app
from ingest_api.limit_settings import Limits
from ingest_api.serve import serve
from ingest_api.settings import ApiSettings
from telemetry.logs import LogSettings, configure_logs
from telemetry.process_watch import watched_process
from tests.unit.ingest_api.twin_api import TwinApi


def main(port: int) -> None:
    configure_logs(LogSettings(queue_bytes=20_000), process="api")
    settings = ApiSettings(port=port, graceful_shutdown_s=2, metrics_for="everybody")
    twin = TwinApi(settings)

    async def watch(stack: AsyncExitStack) -> None:
        await twin._open(stack)
        await stack.enter_async_context(watched_process(twin.metrics))

    serve(create_app(twin._parts(settings, Limits()), opening=watch), settings, twin.metrics)


if __name__ == "__main__":
    main(int(sys.argv[1]))
