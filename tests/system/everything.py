"""All that the product has written anywhere, as bytes to look through."""

from pathlib import Path

import psycopg
from aiokafka import AIOKafkaConsumer
from psycopg import sql

from tests.support.product_processes import Product
from tests.system.wire import _everything


async def everything_written(product: Product) -> dict[str, bytes]:
    """Rows, records and logs by where they are. Pictures in the bucket are not among them."""
    return {
        **_rows(product.stack.postgres_dsn),
        **await records_of(product.stack.kafka_bootstrap_servers),
        **_logs(product),
    }


def _rows(dsn: str) -> dict[str, bytes]:
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        found = {}
        for (name,) in names:
            query = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(name))
            lines = [str(row) for (row,) in connection.execute(query).fetchall()]
            found[f"table {name}"] = "\n".join(lines).encode()
    return found


async def records_of(bootstrap_servers: str) -> dict[str, bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers)
    await consumer.start()
    try:
        names = await consumer.topics()
    finally:
        await consumer.stop()
    found = {}
    for name in sorted(names):
        records = await _everything(bootstrap_servers, name)
        parts = [part for one in records for part in (one.key, one.value, *_headers(one))]
        found[f"topic {name}"] = b"\n".join(part or b"" for part in parts)
    return found


def _headers(record: object) -> list[bytes]:
    return [name.encode() + b"=" + value for name, value in record.headers]  # type: ignore[attr-defined] # aiokafka has no types


def _logs(product: Product) -> dict[str, bytes]:
    files: list[Path] = [one.log_file for one in (product.api, product.detect, product.io)]
    return {f"log {file.name}": file.read_bytes() for file in files}
