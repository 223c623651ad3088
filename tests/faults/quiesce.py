"""After a fault: everything gets its time to come to rest, and then everything is looked at."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.faults.client import TenantClient
from tests.faults.deployment import REAP_AFTER_S
from tests.faults.evidence import Evidence, Received, Row
from tests.faults.scene import Scene
from tests.faults.streams import Listener
from tests.faults.topic_scan import Places, records_since, until_worked_off

_QUIESCE_S = 60.0
_REREAD_S = 2.0
_LAG_S = 30.0
_STREAM_S = 10.0
_REAPING_S = 30.0
_POLL_S = 0.5


async def quiesce(
    scene: Scene[Any], since: Places, *, injected_at: float, healed_at: float, afterwards_s: float
) -> Evidence:
    """The load goes on for a moment, stops, and everything gets its time to come to rest."""
    healed = time.time()
    rig = scene.rig
    recovery = asyncio.create_task(_recovery(scene, healed, healed_at))
    await asyncio.sleep(afterwards_s)
    await scene.load.stop()
    recovered_s = await recovery
    await scene.load.settle(within_s=20)
    await _until_final(scene, healed_at + _QUIESCE_S)
    lags = await until_worked_off(rig.kafka.bootstrap_servers, within_s=_LAG_S)
    rows = await scene.rows()
    await _until_told(scene, rows)
    await _until_well(scene)
    await asyncio.sleep(_REREAD_S)
    return Evidence(
        operations=scene.ledger.operations,
        earlier_rows=tuple(scene.witnessed),
        rows=rows,
        later_rows=await scene.rows(),
        records=tuple(
            one
            for one in (*scene.records, *await records_since(rig.kafka.bootstrap_servers, since))
            if one.topic.endswith("-dlq") or one.names.partition("/")[0] in scene.tenants
        ),
        objects=await _objects(scene, rows),
        lags=tuple(lags),
        received=tuple(
            _received(*pair) for pair in zip(scene.clients, scene.listeners, strict=True)
        ),
        samples=tuple(scene.sampler.samples),
        intruders_let_in=scene.readers.intruders_let_in,
        injected_at=injected_at,
        healed_at=healed_at,
        recovered_s=recovered_s,
    )


async def _recovery(scene: Scene[Any], healed: float, healed_at: float) -> float | None:
    """Seconds until all that was accepted before the healing was final; None after 60."""
    before = {
        request_id
        for one in scene.ledger.operations
        if one.accepted_at is not None and one.accepted_at <= healed
        for request_id in one.ids
    }
    while time.monotonic() < healed_at + _QUIESCE_S:
        states = await scene.states()
        if all(states.get(request_id, "accepted") != "accepted" for request_id in before):
            return time.monotonic() - healed_at
        await asyncio.sleep(_POLL_S)
    return None


async def _until_final(scene: Scene[Any], deadline: float) -> None:
    while time.monotonic() < deadline:
        if "accepted" not in (await scene.states()).values():
            return
        await asyncio.sleep(_POLL_S)


async def _until_told(scene: Scene[Any], rows: tuple[Row, ...]) -> None:
    """Streams trail the record by a moment."""
    wanted = {row.request_id for row in rows if row.is_final}
    await _until(
        lambda: (
            wanted <= {fact.request_id for listener in scene.listeners for fact in listener.told}
        ),
        within_s=_STREAM_S,
    )


async def _until_well(scene: Scene[Any]) -> None:
    """Sampled ready, all of them, or the invariants will say who is not."""
    names = [process.name for process in scene.rig.processes]

    def all_well() -> bool:
        last = {one.process: one for one in scene.sampler.samples}
        return all(last[name].ready == 200 and not last[name].told_down for name in names)

    await _until(all_well, within_s=_LAG_S)


async def _until(is_so: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return
        await asyncio.sleep(_POLL_S)


async def _objects(scene: Scene[Any], rows: tuple[Row, ...]) -> frozenset[str]:
    """What lies in the bucket, once the reaper has had its time with what has no row."""
    ids = {row.request_id for row in rows}
    deadline = time.monotonic() + REAP_AFTER_S + _REAPING_S
    while True:
        found = await scene.objects()
        if all(key.split("/")[1] in ids for key in found) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(_POLL_S)


def _received(client: TenantClient, listener: Listener) -> Received:
    return Received(
        tenant=client.tenant,
        told=tuple(listener.told),
        gaps=tuple(listener.gaps),
        text=(*client.heard.text, *listener.text),
        refused=tuple(client.heard.refused),
        wrong=tuple(client.heard.wrong),
    )


def _all_received(scene: Scene[Any]) -> tuple[Received, ...]:
    pairs = zip(scene.clients, scene.listeners, strict=True)
    return tuple(_received(client, listener) for client, listener in pairs)
