"""A record of an inbox that is no event of the contract: its producer is told as far as it goes."""

import asyncio
import json
from dataclasses import replace

import pytest

from processors.settlement import Settlement
from schemas.failures import FailureCode
from tests.support.events import TRACEPARENT
from tests.support.eventually import eventually
from tests.unit.processors.admission import SECRETS, Admission, admission, asked, inbox_record
from tests.unit.processors.bench import Bench
from topics.catalog import ANALYSIS_FAILED, IMAGE_REQUESTED_INBOX
from topics.records import Record

DLQ = IMAGE_REQUESTED_INBOX.dead_letter_name
EVENT = asked()


def broken(body: bytes | None = None, **headers: str | None) -> Record:
    """Of `acme`, about EVENT, with no address in it."""
    good = inbox_record(EVENT, headers=headers)
    only = json.dumps({"request_id": str(EVENT.request_id)}).encode()
    return replace(good, value=only if body is None else body)


@pytest.fixture
async def inbox(bench: Bench) -> Admission:
    return await admission(bench)


@pytest.fixture
def settlement(bench: Bench, inbox: Admission) -> Settlement:
    return bench.settlement(inbox.admit, topic=IMAGE_REQUESTED_INBOX, explain=inbox.admit.explain)


async def test_a_known_producer_is_told_when_its_record_says_which_request_it_means(
    bench: Bench, inbox: Admission, settlement: Settlement
) -> None:
    await settlement.settle(broken())
    (letter,) = bench.written(DLQ)
    said = (letter.header("dlq-reason"), letter.header("dlq-tenantid"))
    assert said == ("body_invalid", "acme")
    assert letter.header("authorization") == "redacted"
    (failed,) = bench.failures()
    assert (failed.tenant_id, failed.request_id) == ("acme", EVENT.request_id)
    assert (failed.code, failed.attempts) == (FailureCode.INVALID_EVENT, 0)
    assert failed.message.startswith("body_invalid: image_url: ")
    assert bench.written(ANALYSIS_FAILED.name)[0].header("traceparent") == TRACEPARENT
    assert inbox.refused("key-of-acme", "body_invalid") == 1


async def test_one_that_means_no_request_is_counted_for_its_producer(
    bench: Bench, inbox: Admission, settlement: Settlement
) -> None:
    await settlement.settle(broken(b"[1, 2"))
    (letter,) = bench.written(DLQ)
    assert letter.header("dlq-tenantid") == "acme"
    assert not bench.failures()
    assert inbox.refused("key-of-acme", "body_invalid") == 1


async def test_whoever_is_not_known_is_told_nothing(
    bench: Bench, inbox: Admission, settlement: Settlement
) -> None:
    for authorization in (None, "Bearer nobody"):
        await settlement.settle(broken(authorization=authorization))
    assert [letter.header("dlq-reason") for letter in bench.written(DLQ)] == ["body_invalid"] * 2
    assert all(letter.header("dlq-tenantid") is None for letter in bench.written(DLQ))
    assert not bench.failures()
    assert inbox.refused("unknown", "body_invalid") == 2


async def test_a_request_that_was_accepted_is_not_ended_by_what_means_it(
    bench: Bench, inbox: Admission, settlement: Settlement
) -> None:
    await inbox.take(inbox_record(EVENT))
    await settlement.settle(broken())
    assert len(bench.written(DLQ)) == 1
    assert not bench.failures()


async def test_it_is_told_to_the_tenant_of_the_credential_and_to_nobody_named(
    bench: Bench, settlement: Settlement
) -> None:
    body = {"request_id": str(EVENT.request_id), "tenant_id": "globex"}
    await settlement.settle(broken(json.dumps(body).encode(), ce_tenantid="globex"))
    assert [failed.tenant_id for failed in bench.failures()] == ["acme"]


async def test_headers_of_no_event_are_explained_alike(
    bench: Bench, inbox: Admission, settlement: Settlement
) -> None:
    await settlement.settle(broken(ce_type="com.example.cat-adopted.v1"))
    await settlement.settle(broken(ce_id=None))
    assert inbox.refused("key-of-acme", "type_unknown") == 1
    assert inbox.refused("key-of-acme", "headers_invalid") == 1
    assert len(bench.failures()) == 2


async def test_without_the_record_it_waits_until_it_is_known_who_is_to_be_told(
    bench: Bench, settlement: Settlement
) -> None:
    bench.analyses.is_down = True
    work = asyncio.create_task(settlement.settle(broken()))
    await eventually(lambda: settlement.pulse.holds == {"postgres": 1})
    assert not bench.log.in_order
    bench.analyses.is_down = False
    await work
    assert len(bench.written(DLQ)) == 1
    assert len(bench.failures()) == 1


async def test_its_credential_is_nowhere(bench: Bench, settlement: Settlement) -> None:
    await settlement.settle(broken())
    assert SECRETS["acme"].encode() not in repr(bench.log.in_order).encode()
