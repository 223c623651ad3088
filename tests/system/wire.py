"""What outsiders can see of the product: rows, and records read with the published schemas only."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.support.schema_checks import faults

_SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "json"


def states(dsn: str, request_ids: Sequence[str]) -> dict[str, int]:
    """How many of those requests are in which state."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT state, count(*) FROM analyses WHERE request_id = ANY(%s::uuid[]) GROUP BY 1",
            (list(request_ids),),
        ).fetchall()
    return {str(state): int(count) for state, count in rows}


async def wait_until_all(
    dsn: str, request_ids: Sequence[str], state: str, *, within_s: float
) -> None:
    """Every one of them has a row, and that state."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    found: dict[str, int] = {}
    while loop.time() < deadline:
        found = await asyncio.to_thread(states, dsn, request_ids)
        if found == {state: len(request_ids)}:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"{len(request_ids)} requests after {within_s} s: {found}")


async def results_of(
    bootstrap_servers: str, request_ids: Sequence[str]
) -> list[tuple[str, dict[str, Any]]]:
    """`(ce_id, body)` of each record on image-analyzed about one of them, validated."""
    schema = json.loads((_SCHEMAS / "image-analyzed.v1.json").read_text())
    wanted = set(request_ids)
    found = []
    for message in await _everything(bootstrap_servers, "image-analyzed"):
        body = json.loads(message.value)
        if body["request_id"] in wanted:
            assert faults(schema, body) == []
            found.append((dict(message.headers)["ce_id"].decode(), body))
    return found


async def _everything(bootstrap_servers: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        ends = await consumer.end_offsets(places)
        messages: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for batch in (await consumer.getmany(timeout_ms=1000)).values():
                messages += batch
        return messages
    finally:
        await consumer.stop()
