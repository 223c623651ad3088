"""Everything that breaks the contract, on every topic: set aside, told, and in nobody's way."""

import gzip
import json
from uuid import UUID

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from processors.app import ROLES
from schemas.failures import FailureCode
from storage.analyses_postgres import PostgresAnalysisStore
from storage.ports import Pending
from tests.contract.storage.migrated import opened_pool
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.integration.processors.strangers import (
    CONSUMED,
    Written,
    good,
    let_in,
    poison,
    stranger,
    write,
)
from tests.support.events import image_submitted
from tests.support.hostile_batches import batch_of, produce, record
from tests.support.poison_records import PoisonRecord
from topics.catalog import ANALYSIS_FAILED, DEAD_LETTER_BYTES, DEAD_LETTERS, RESULTS, Topic
from topics.codec import claims_of, request_id_in
from topics.records import Record

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]

_OVERHEAD_BYTES = 74  # of a batch with one record of a megabyte


async def write_at_the_limit(flow: Flow, topic: Topic) -> Written:
    """One that the broker just takes: a byte more, and it refuses it."""
    most, key = topic.broker_limit_bytes, flow.tenant.encode()
    value = bytes(most - _OVERHEAD_BYTES - len(key))
    largest = batch_of([record(value, key=key)]).to_bytes()
    assert len(largest) == most
    larger = batch_of([record(value + b"x", key=key)]).to_bytes()
    async with stranger(flow) as producer:
        with pytest.raises(MessageSizeTooLargeError):
            await produce(producer, topic.name, larger)
        offset = await produce(producer, topic.name, largest)
    poison = PoisonRecord("at_the_size_limit", "headers_invalid", key, value, ())
    return Written(poison, topic, 0, offset)


async def test_poison_on_every_topic_is_set_aside_and_stops_nobody(flow: Flow) -> None:
    credential = await let_in(flow)
    worker = await flow.start(*ROLES, "retry", hold_probe_s=1.0)
    watched = [ANALYSIS_FAILED.name, *(topic.name for topic in DEAD_LETTERS)]
    async with Outlet.opened(flow.kafka, watched) as outlet:
        written = [
            one
            for topic in CONSUMED
            for one in (
                *await write(flow, topic, poison(topic, flow.tenant, credential)),
                await write_at_the_limit(flow, topic),
            )
        ]
        letters: dict[tuple[str | None, str | None, str | None], Record] = {}

        def all_set_aside() -> bool:
            letters.update({place_of(one): one for one in outlet.records if "-dlq" in one.topic})
            return {one.place for one in written} <= set(letters)

        await outlet.until(all_set_aside, within_s=60)
        for one in written:
            await check_letter(flow, one, letters[one.place])
        told = owed(written, flow.tenant)
        await outlet.until(lambda: told <= failed_keys(outlet), within_s=20)
        await outlet.read(for_s=1)
        assert failed_keys(outlet) & {one.poison.key for one in written} == told
        await check_good_ones_behind_them(flow, outlet, credential)
        for topic in CONSUMED:
            await until_worked_off(flow.kafka, topic.groups[0], [topic], within_s=10)
    assert worker.running
    assert worker.ask("/ready")[0] == 200


def place_of(letter: Record) -> tuple[str | None, str | None, str | None]:
    return letter.header("dlq-topic"), letter.header("dlq-partition"), letter.header("dlq-offset")


async def check_letter(flow: Flow, written: Written, letter: Record) -> None:
    poison = written.poison
    assert letter.topic == written.topic.dead_letter_name
    assert letter.header("dlq-reason") == poison.reason, poison.name
    assert letter.key == poison.key, poison.name
    parked = letter.header("dlq-object-key")
    value = letter.value
    if parked is not None:
        value = gzip.decompress(await flow.images.get(parked, max_bytes=10**8))
    assert value == poison.value, poison.name
    assert (parked is not None) == (len(poison.value or b"") > DEAD_LETTER_BYTES), poison.name
    kept = [(n, v) for n, v in letter.headers if not n.startswith("dlq-")]
    secret = "authorization"
    assert kept == [(n, b"redacted" if n == secret else v) for n, v in poison.headers], poison.name


def failed_keys(outlet: Outlet) -> set[bytes | None]:
    """Whose requests failed for an invalid event, as the product said."""
    return {
        record.key
        for record in outlet.records
        if record.topic == ANALYSIS_FAILED.name
        and record.header("ce_source") != "test"
        and (record.header("ce_type") or "").endswith("analysis-failed.v1")
        and is_invalid_event(record)
    }


def owed(written: list[Written], tenant_id: str) -> set[bytes | None]:
    """Whoever's request such a record names learns that it has failed, and so does a producer who
    is known, of the request that its record means; nobody else does."""
    return {
        one.poison.key for one in written if one.poison.names_request or is_answered(one, tenant_id)
    }


def is_answered(one: Written, tenant_id: str) -> bool:
    """An inbox record with a credential, and the name of a request where its key has it too."""
    poison = one.poison
    record = Record(one.topic.name, 0, 0, 0, poison.key, poison.value, poison.headers)
    request_id = request_id_in(record) if one.topic.is_inbox else None
    is_known = claims_of(record).credential is not None and poison.reason[:10] != "credential"
    if request_id is None or not is_known:
        return False
    return poison.key == f"{tenant_id}/{request_id}".encode()


def is_invalid_event(record: Record) -> bool:
    return f'"code":"{FailureCode.INVALID_EVENT}"'.encode() in (record.value or b"")


async def check_good_ones_behind_them(flow: Flow, outlet: Outlet, credential: str) -> None:
    """Requests get an outcome, outcomes are recorded."""
    requests = [topic for topic in CONSUMED if topic not in RESULTS]
    behind = {topic: good(topic, flow.tenant, credential) for topic in CONSUMED}
    async with opened_pool(flow.dsn) as pool:
        rows = PostgresAnalysisStore(pool)
        for topic in RESULTS:
            request_id = UUID(json.loads(behind[topic].value or b"")["request_id"])
            await rows.accept(image_submitted(flow.tenant, request_id=request_id))
        for topic, one in behind.items():
            await write(flow, topic, (one,))
        awaited = {behind[topic].key for topic in requests}
        await outlet.until(
            lambda: awaited <= {record.key for record in outlet.of(ANALYSIS_FAILED, flow.tenant)},
            within_s=10,
        )
        for topic in RESULTS:
            await until_worked_off(flow.kafka, "recorder", [topic], within_s=10)
            tenant, request_id_text = (behind[topic].key or b"").decode().split("/")
            found = await rows.find(tenant, UUID(request_id_text))
            assert found is not None
            assert not isinstance(found.outcome, Pending)
