"""Run the API in this process until it is told to stop."""

import signal
import sys

import uvicorn
from starlette.types import ASGIApp

from ingest_api.settings import ApiSettings


class StartFailedError(Exception):
    """The lifespan did not come up; its log line says why."""


def serve(app: ASGIApp, settings: ApiSettings) -> None:
    """Returns after SIGTERM or SIGINT, when what was under way is answered or the grace is over.

    Raises StartFailedError; ends with SystemExit when the port cannot be had.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    server = server_for(app, settings)
    try:
        server.run()
    except SystemExit as ended:
        if ended.code:
            raise
        return
    if not server.started:
        raise StartFailedError("the API did not start")


def server_for(app: ASGIApp, settings: ApiSettings) -> uvicorn.Server:
    """No header of a proxy is believed, nothing names the server, requests are logged by us."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            limit_concurrency=settings.limit_concurrency,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=settings.graceful_shutdown_s,
        )
    )


def _end(*_: object) -> None:
    """uvicorn raises the signal again once it has stopped gracefully: nothing is left to do."""
    sys.exit(0)
