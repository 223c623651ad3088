"""Everything that breaks the contract, on every topic: set aside, told, and in nobody's way."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from schemas.failures import FailureCode
from storage.analyses_postgres import PostgresAnalysisStore
from storage.ports import Pending
from tests.contract.storage.migrated import opened_pool
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.support.events import image_submitted
from tests.support.poison_records import PoisonRecord, good_record, poison_records
from topics.catalog import ANALYSIS_FAILED, CONSUMED, DEAD_LETTERS, RESULTS, Topic
from topics.records import Record

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


@dataclass(frozen=True, slots=True)
class Written:
    poison: PoisonRecord
    topic: Topic
    partition: int
    offset: int

    @property
    def place(self) -> tuple[str | None, str | None, str | None]:
        return self.topic.name, str(self.partition), str(self.offset)


def example_of(topic: Topic) -> str:
    """The lanes share their examples."""
    return topic.name.removesuffix("-bulk")


async def write(flow: Flow, topic: Topic, records: tuple[PoisonRecord, ...]) -> list[Written]:
    """As a stranger may, compressed, so that the broker takes more than a megabyte."""
    producer = AIOKafkaProducer(
        bootstrap_servers=flow.kafka.bootstrap_servers, compression_type="gzip",
        max_request_size=4_000_000,
    )  # fmt: skip
    await producer.start()
    try:
        placed = [
            await producer.send_and_wait(
                topic.name, one.value, key=one.key, headers=list(one.headers), partition=0
            )
            for one in records
        ]
    finally:
        await producer.stop()
    return [
        Written(one, topic, at.partition, at.offset)
        for one, at in zip(records, placed, strict=True)
    ]


def poison(topic: Topic, tenant: str) -> tuple[PoisonRecord, ...]:
    """Without the one that this client cannot write."""
    every = poison_records(example_of(topic), tenant_id=tenant)
    return tuple(one for one in every if (one.key, one.value) != (None, None))


async def test_poison_on_every_topic_is_set_aside_and_stops_nobody(flow: Flow) -> None:
    names = ("fetch", "fetch-bulk", "detect", "detect-bulk", "record", "retry")
    worker = await flow.start(*names, hold_probe_s=1.0)
    watched = [ANALYSIS_FAILED.name, *(topic.name for topic in DEAD_LETTERS)]
    async with Outlet.opened(flow.kafka, watched) as outlet:
        written = [
            one
            for topic in CONSUMED
            for one in await write(flow, topic, poison(topic, flow.tenant))
        ]
        letters: dict[tuple[str | None, str | None, str | None], Record] = {}

        def all_set_aside() -> bool:
            letters.update({place_of(one): one for one in outlet.records if "-dlq" in one.topic})
            return {one.place for one in written} <= set(letters)

        await outlet.until(all_set_aside, within_s=60)
        for one in written:
            check_letter(one, letters[one.place])
        await outlet.read(for_s=1)
        check_told(written, outlet)
        await check_good_ones_behind_them(flow, outlet)
        for topic in CONSUMED:
            await until_worked_off(flow.kafka, topic.groups[0], [topic], within_s=10)
    assert worker.running
    assert worker.ask("/ready")[0] == 200


def place_of(letter: Record) -> tuple[str | None, str | None, str | None]:
    return letter.header("dlq-topic"), letter.header("dlq-partition"), letter.header("dlq-offset")


def check_letter(written: Written, letter: Record) -> None:
    poison = written.poison
    assert letter.topic == written.topic.dead_letter_name
    assert letter.header("dlq-reason") == poison.reason, poison.name
    assert (letter.key, letter.value) == (poison.key, poison.value), poison.name
    kept = [(n, v) for n, v in letter.headers if not n.startswith("dlq-")]
    assert kept == list(poison.headers), poison.name


def check_told(written: list[Written], outlet: Outlet) -> None:
    """Whoever's request such a record names learns that it has failed; nobody else does."""
    failed = {
        record.key
        for record in outlet.records
        if record.topic == ANALYSIS_FAILED.name
        and record.header("ce_source") != "test"
        and (record.header("ce_type") or "").endswith("analysis-failed.v1")
        and is_invalid_event(record)
    }
    keys = {one.poison.key for one in written}
    assert failed & keys == {one.poison.key for one in written if one.poison.names_request}


def is_invalid_event(record: Record) -> bool:
    return f'"code":"{FailureCode.INVALID_EVENT}"'.encode() in (record.value or b"")


async def check_good_ones_behind_them(flow: Flow, outlet: Outlet) -> None:
    """Requests get an outcome, outcomes are recorded."""
    requests = [topic for topic in CONSUMED if topic not in RESULTS]
    good = {topic: good_record(example_of(topic), tenant_id=flow.tenant) for topic in CONSUMED}
    async with opened_pool(flow.dsn) as pool:
        rows = PostgresAnalysisStore(pool)
        for topic in RESULTS:
            named = topic.event.read(good[topic].value or b"") if topic.event else None
            assert named is not None
            await rows.accept(image_submitted(flow.tenant, request_id=named.request_id))
        for topic, one in good.items():
            await write(flow, topic, (one,))
        awaited = {good[topic].key for topic in requests}
        await outlet.until(
            lambda: awaited <= {record.key for record in outlet.of(ANALYSIS_FAILED, flow.tenant)},
            within_s=10,
        )
        for topic in RESULTS:
            await until_worked_off(flow.kafka, "recorder", [topic], within_s=10)
            tenant, request_id = (good[topic].key or b"").decode().split("/")
            found = await rows.find(tenant, UUID(request_id))
            assert found is not None
            assert not isinstance(found.outcome, Pending)
