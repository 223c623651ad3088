"""The hand-written FastAPI server under the same load as the product."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.checkout import ROOT
from benchmarks.http_probe import answers_ok
from benchmarks.load_figures import LoadOrder
from benchmarks.load_process import LoadRun, run_load
from benchmarks.meter import Part
from benchmarks.plan import Plan
from tests.support.services.processes import Command, ServerProcess

_APP = "benchmarks.peers.fastapi_server:create_app"


def run_peer(plan: Plan, folder: Path) -> tuple[LoadRun, ...]:
    """One load for each number of clients."""
    with _server(plan, folder) as server:
        return tuple(
            run_load(_order(plan, clients), [Part("server", server.pid)])
            for clients in plan.clients
        )


def _order(plan: Plan, clients: int) -> LoadOrder:
    return LoadOrder(
        port=plan.port, path="/predict", form="raw", headers=(), images=str(plan.images),
        clients=clients, warm_up_s=plan.warm_up_s, seconds=plan.seconds,
    )  # fmt: skip


@contextmanager
def _server(plan: Plan, folder: Path) -> Iterator[ServerProcess]:
    """Without an access log: what costs nothing to leave out is left out."""
    uvicorn = (sys.executable, "-m", "uvicorn", "--factory", _APP, "--no-access-log")
    options = ("--workers", str(plan.cores), "--port", str(plan.port), "--log-level", "warning")
    command = Command(
        argv=(*uvicorn, *options),
        folder=ROOT,
        environment={"BENCHMARK_MODEL": str(plan.model.path)},
    )
    server = ServerProcess(command, folder / "fastapi.log")
    try:
        server.wait_until(lambda: answers_ok(plan.port, "/ready"), timeout_s=60)
        yield server
    finally:
        server.stop(timeout_s=10)
