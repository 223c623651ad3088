"""Run the API in this process until it is told to stop."""

import signal
import sys

import uvicorn
from starlette.types import ASGIApp

from ingest_api.protocol import guarded_protocol
from ingest_api.settings import ApiSettings
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)


class StartFailedError(Exception):
    """The lifespan did not come up; its log line says why."""


def serve(app: ASGIApp, settings: ApiSettings, metrics: Metrics) -> None:
    """Returns after SIGTERM or SIGINT, when what was under way is answered or the grace is over.

    Raises StartFailedError; ends with SystemExit when the port cannot be had.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    _warn_of_open_doors(settings)
    server = server_for(app, settings, metrics)
    try:
        server.run()
    except SystemExit as ended:
        if ended.code:
            raise
        return
    if not server.started:
        raise StartFailedError("the API did not start")


def server_for(app: ASGIApp, settings: ApiSettings, metrics: Metrics) -> uvicorn.Server:
    """uvicorn believes no header of a proxy, nothing names the server, we log the requests."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=guarded_protocol(settings, metrics),
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=settings.graceful_shutdown_s,
        )
    )


def _warn_of_open_doors(settings: ApiSettings) -> None:
    is_local = settings.host in {"127.0.0.1", "::1", "localhost"}
    if not (is_local or settings.allowed_hosts):
        _log.warning("any_host_is_answered", remedy="set ANALYZER_API__ALLOWED_HOSTS")


def _end(*_: object) -> None:
    """uvicorn raises the signal again once it has stopped gracefully: nothing is left to do."""
    sys.exit(0)
