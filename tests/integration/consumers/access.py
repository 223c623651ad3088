"""How an outside consumer comes in: with its own name and password, to read and nothing else."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest

from tests.support.services.connections import KafkaServer
from tests.support.services.kafka_secured import SecuredKafka
from topics.catalog import RESULTS

USER = "consumer"
_TOPIC, _GROUP = 2, 3
_LITERAL, _PREFIXED = 3, 4
_READ, _ALLOW = 3, 3
_NOT_ALLOWED = 29


async def environment_for(kafka: KafkaServer) -> dict[str, str]:
    """What the examples are told. A broker that somebody else started has one door only."""
    if not isinstance(kafka, SecuredKafka):
        return {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    await _allow_reading(kafka)
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.secured_servers,
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD": kafka.passwords[USER],
    }


async def _allow_reading(kafka: SecuredKafka) -> None:
    """Groups that begin with `ext-`, and the two topics; returns when it is in force."""
    rules = [(_GROUP, "ext-", _PREFIXED), *((_TOPIC, topic.name, _LITERAL) for topic in RESULTS)]
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await client.start()
    try:
        for kind, name, pattern in rules:
            answer = await client._send_to_controller(
                CreateAclsRequest(kind, name, pattern, f"User:{USER}", "*", _READ, _ALLOW)
            )
            assert all(result[0] == 0 for result in answer.creation_responses), answer
    finally:
        await client.close()
    async with asyncio.timeout(10):
        while not await _may_see_topics(kafka):  # noqa: ASYNC110 - brokers cannot notify
            await asyncio.sleep(0.05)


async def _may_see_topics(kafka: SecuredKafka) -> bool:
    client = AIOKafkaAdminClient(
        bootstrap_servers=kafka.secured_servers,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=USER,
        sasl_plain_password=kafka.passwords[USER],
    )
    await client.start()
    try:
        found = await client.describe_topics([topic.name for topic in RESULTS])
    finally:
        await client.close()
    return all(topic["error_code"] != _NOT_ALLOWED for topic in found)
