"""Users of a broker that looks at names: how each connects, and what each is given to do."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import SecretStr

from tests.support.services.kafka_secured import SecuredKafka
from topics.connection import client_arguments
from topics.settings import KafkaSettings


def as_user(kafka: SecuredKafka, name: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=kafka.secured_servers, security_protocol="SASL_PLAINTEXT",
        username=name, password=SecretStr(kafka.passwords[name]),
    )  # fmt: skip


def encrypted(kafka: SecuredKafka, name: str) -> KafkaSettings:
    """As that user, by the door where both sides show a certificate."""
    return KafkaSettings(
        bootstrap_servers=kafka.encrypted_servers, security_protocol="SASL_SSL",
        username=name, password=SecretStr(kafka.passwords[name]),
        ca_file=kafka.certificate, cert_file=kafka.certificate, key_file=kafka.key,
    )  # fmt: skip


def variables_of(settings: KafkaSettings) -> dict[str, str]:
    """What a process is set to connect like that."""
    assert settings.username is not None
    assert settings.password is not None
    return {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "ANALYZER_KAFKA__SECURITY_PROTOCOL": settings.security_protocol,
        "ANALYZER_KAFKA__USERNAME": settings.username,
        "ANALYZER_KAFKA__PASSWORD": settings.password.get_secret_value(),
    }


@asynccontextmanager
async def producing(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**client_arguments(settings), acks="all")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(
    settings: KafkaSettings, *topics: str, group: str | None = None
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        *topics, **client_arguments(settings), group_id=group, auto_offset_reset="earliest"
    )
    try:
        await asyncio.wait_for(consumer.start(), 20)
        yield consumer
    finally:
        await consumer.stop()


async def values_in(settings: KafkaSettings, topics: Collection[str]) -> dict[str, list[Any]]:
    """All that is in those topics now, by their names."""
    found: dict[str, list[Any]] = {name: [] for name in topics}
    async with consuming(settings, *topics) as consumer:
        places = consumer.assignment()
        left = {
            place: end for place, end in (await consumer.end_offsets(places)).items() if end > 0
        }
        while left:
            for place, messages in (await consumer.getmany(timeout_ms=1000)).items():
                found[place.topic] += [message.value for message in messages]
                if messages[-1].offset + 1 >= left.get(place, 0):
                    left.pop(place, None)
    return found
