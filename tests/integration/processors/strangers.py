"""Whoever may write to the topics, and what such a one writes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from processors.app import ROLES
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.key_format import hash_api_key, mint_api_key
from storage.ports import ApiKey, KeyNote
from tests.contract.storage.migrated import opened_pool
from tests.integration.processors.flow import Flow
from tests.support.poison_inbox import good_inbox_record, poison_inbox_records
from tests.support.poison_records import PoisonRecord, good_record, poison_records
from topics.catalog import Topic

CONSUMED = tuple(topic for role in ROLES.values() for topic in role.topics)


@dataclass(frozen=True, slots=True)
class Written:
    poison: PoisonRecord
    topic: Topic
    partition: int
    offset: int

    @property
    def place(self) -> tuple[str | None, str | None, str | None]:
        return self.topic.name, str(self.partition), str(self.offset)


def good(topic: Topic, tenant: str, credential: str) -> PoisonRecord:
    """The lanes share their examples."""
    if topic.is_inbox:
        return good_inbox_record(topic.name, tenant_id=tenant, credential=credential)
    return good_record(topic.name.removesuffix("-bulk"), tenant_id=tenant)


def poison(topic: Topic, tenant: str, credential: str) -> tuple[PoisonRecord, ...]:
    """Without the one that this client cannot write."""
    if topic.is_inbox:
        every = poison_inbox_records(topic.name, tenant_id=tenant, credential=credential)
    else:
        every = poison_records(topic.name.removesuffix("-bulk"), tenant_id=tenant)
    return tuple(one for one in every if (one.key, one.value) != (None, None))


async def let_in(flow: Flow) -> str:
    """A credential of the flow's tenant for the inboxes."""
    key = mint_api_key()
    async with opened_pool(flow.dsn) as pool:
        known = ApiKey(key_id=f"id-{flow.tenant}", tenant_id=flow.tenant)
        note = KeyNote("outside")
        await PostgresApiKeyStore(pool).add_api_key(known, hash_api_key(key), note=note)
    return key


@asynccontextmanager
async def stranger(flow: Flow) -> AsyncIterator[AIOKafkaProducer]:
    """Compresses, so that the broker takes more than a megabyte."""
    producer = AIOKafkaProducer(
        bootstrap_servers=flow.kafka.bootstrap_servers, compression_type="gzip",
        max_request_size=32_000_000,
    )  # fmt: skip
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write(flow: Flow, topic: Topic, records: Sequence[PoisonRecord]) -> list[Written]:
    async with stranger(flow) as producer:
        placed = [
            await producer.send_and_wait(
                topic.name, one.value, key=one.key, headers=list(one.headers), partition=0
            )
            for one in records
        ]
    return [
        Written(one, topic, at.partition, at.offset)
        for one, at in zip(records, placed, strict=True)
    ]
