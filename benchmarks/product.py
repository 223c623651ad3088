"""The product on real services: started, loaded, and its promises counted."""

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.deployment import Ready, product_settings, running_processes, set_up
from benchmarks.load_figures import LoadOrder
from benchmarks.load_process import LoadRun, run_load
from benchmarks.meter import Cost, Part, measure_idle
from benchmarks.plan import Plan
from benchmarks.reckoning import Reckoning, reckon
from tests.support.services.stack import Stack

_IDLE_S = 5.0


@dataclass(frozen=True, slots=True)
class ProductRun:
    """`fresh` was measured before the first picture came, `rested` after the last was done."""

    ready: tuple[Ready, ...]
    fresh: tuple[Cost, ...]
    rested: tuple[Cost, ...]
    loads: tuple[LoadRun, ...]
    reckoning: Reckoning


def run_product(plan: Plan, folder: Path) -> ProductRun:
    """Everything is started fresh and stopped again; PostgreSQL syncs to disk."""
    with Stack.start(folder / "services", durable=True) as servers:
        settings = product_settings(plan, servers)
        key = set_up(settings)
        with running_processes(settings, folder, api_port=plan.port) as deployment:
            parts = (*deployment.parts, *_service_parts(servers))
            fresh = measure_idle(parts, _IDLE_S)
            settling = run_load(_settling(plan, key), parts)
            loads = tuple(run_load(_order(plan, n, key), parts) for n in plan.clients)
            counted = reckon(
                [load.seen for load in (settling, *loads)],
                dsn=servers.postgres_dsn,
                bootstrap_servers=servers.kafka_bootstrap_servers,
            )
            rested = measure_idle(parts, _IDLE_S)
        kept = tuple(replace(load, seen=load.seen.without_ids()) for load in loads)
        return ProductRun(deployment.ready, fresh, rested, kept, counted)


def _order(plan: Plan, clients: int, key: str) -> LoadOrder:
    return LoadOrder(
        port=plan.port, path="/api/v1/analyze/upload", form="multipart",
        headers=(f"Authorization: Bearer {key}",), images=str(plan.images),
        clients=clients, warm_up_s=plan.warm_up_s, seconds=plan.seconds,
    )  # fmt: skip


def _settling(plan: Plan, key: str) -> LoadOrder:
    return replace(_order(plan, max(plan.clients), key), seconds=plan.settle_s, warm_up_s=0.5)


def _service_parts(servers: Stack) -> tuple[Part, ...]:
    return (
        Part("kafka", servers.kafka.pid),
        Part("postgres", servers.postgres.pid),
        Part("redis", servers.redis.pid),
        Part("s3", servers.s3.pid),
    )
