"""What is not admitted: no row, no work; the reason where the producer, or nobody, reads it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from outbound.callbacks import CallbackRules
from outbound.settings import WebhookSettings
from processors.inbox_checks import InboxLimits
from processors.settings import WorkerSettings
from schemas.events import ImageSubmittedInbox, InboxEvent
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from tests.support.events import TRACEPARENT
from tests.unit.processors.admission import (
    LIMITS,
    PICTURE,
    SECRETS,
    Admission,
    admission,
    another_key,
    asked,
    brought,
    inbox_record,
)
from tests.unit.processors.bench import NOW, Bench
from topics.catalog import ANALYSIS_FAILED, IMAGE_REQUESTED_INBOX, IMAGE_SUBMITTED_INBOX
from topics.errors import InvalidMessageError

GIF = b"GIF89a and so on"


@dataclass(frozen=True, slots=True)
class Case:
    """`stored` is what lies at the object's key, if anything does."""

    reason: str
    event: InboxEvent
    headers: Mapping[str, str | None] = field(default_factory=dict)
    stored: bytes | None = None


def calling(url: str) -> AnalysisOptions:
    return AnalysisOptions(callback_url=url)


OF_KNOWN = {
    "subject of another request": Case("key_mismatch", asked(), {"ce_subject": another_key()}),
    "subject of another tenant": Case(
        "key_mismatch", asked(), {"ce_subject": another_key("globex")}
    ),
    "tenant header of another": Case("key_mismatch", asked(), {"ce_tenantid": "globex"}),
    "deadline a moment too far": Case(
        "deadline_too_far",
        asked(deadline_at=NOW + LIMITS.deadline_most + timedelta(microseconds=1)),
    ),
    "no URL": Case("url_invalid", asked(image_url="street.jpg")),
    "another scheme": Case("url_invalid", asked(image_url="file:///etc/passwd")),
    "private address": Case("address_not_allowed", asked(image_url="http://127.0.0.1/a.jpg")),
    "metadata service": Case("address_not_allowed", asked(image_url="http://169.254.169.254/")),
    "callback over http": Case("url_invalid", asked(options=calling("http://hooks.example/"))),
    "callback to a private address": Case(
        "address_not_allowed", brought(options=calling("https://127.0.0.1/")), stored=PICTURE
    ),
    "callback with a password": Case(
        "address_not_allowed", asked(options=calling("https://a:b@hooks.example/"))
    ),
    "object of another tenant": Case(
        "object_foreign", brought(object_key="globex/17.jpg"), stored=PICTURE
    ),
    "object of a tenant that begins alike": Case(
        "object_foreign", brought(object_key="acme2/17.jpg"), stored=PICTURE
    ),
    "object at the root": Case("object_foreign", brought(object_key="acme"), stored=PICTURE),
    "claims to be too large": Case("object_too_large", brought(size_bytes=1001), stored=PICTURE),
    "is too large": Case("object_too_large", brought(), stored=b"x" * 1001),
    "no object": Case("object_missing", brought()),
    "another size": Case("object_differs", brought(size_bytes=7), stored=PICTURE),
    "another hash": Case("object_differs", brought(sha256="0" * 64), stored=PICTURE),
    "other bytes of the same size": Case("object_differs", brought(), stored=PICTURE[:-1] + b"!"),
    "another kind": Case("object_differs", brought(content_type="image/png"), stored=PICTURE),
    "another kind by its bytes": Case(
        "object_differs",
        brought(sha256=hashlib.sha256(GIF).hexdigest(), size_bytes=len(GIF)),
        stored=GIF,
    ),
    "no picture": Case(
        "object_differs",
        brought(sha256=hashlib.sha256(b"text").hexdigest(), size_bytes=4),
        stored=b"text",
    ),
}


async def refusal_of(inbox: Admission, case: Case) -> InvalidMessageError:
    if isinstance(case.event, ImageSubmittedInbox) and case.stored is not None:
        await inbox.put(case.event, case.stored)
    with pytest.raises(InvalidMessageError) as refused:
        await inbox.take(inbox_record(case.event, headers=case.headers))
    return refused.value


@pytest.mark.parametrize("name", OF_KNOWN)
async def test_a_known_producer_is_told_by_analysis_failed(bench: Bench, name: str) -> None:
    inbox, case = await admission(bench), OF_KNOWN[name]
    refused = await refusal_of(inbox, case)
    assert (refused.reason, refused.tenant_id) == (case.reason, "acme")
    assert await bench.analyses.count_unfinished(10) == 0
    assert {record.topic for record in bench.log.in_order} == {ANALYSIS_FAILED.name}
    (failed,) = bench.failures()
    assert (failed.tenant_id, failed.request_id) == ("acme", case.event.request_id)
    assert (failed.code, failed.retryable) == (FailureCode.INVALID_EVENT, False)
    assert (failed.accepted_at, failed.attempts) == (NOW, 0)
    assert failed.message == f"{case.reason}: {refused.detail}"
    assert bench.written(ANALYSIS_FAILED.name)[0].header("traceparent") == TRACEPARENT
    assert inbox.refused("key-of-acme", case.reason) == 1


def test_every_reason_of_the_checks_is_among_them() -> None:
    assert {case.reason for case in OF_KNOWN.values()} == {
        "key_mismatch",
        "deadline_too_far",
        "url_invalid",
        "address_not_allowed",
        "object_foreign",
        "object_too_large",
        "object_missing",
        "object_differs",
    }


async def test_what_differs_is_named(bench: Bench) -> None:
    inbox = await admission(bench)
    event = brought(size_bytes=7, sha256="0" * 64, content_type="image/png")
    refused = await refusal_of(inbox, Case("object_differs", event, stored=PICTURE))
    assert refused.detail == "the object has another size_bytes, sha256, content_type"


async def test_an_object_of_another_tenant_is_not_even_looked_at(bench: Bench) -> None:
    """Whether it is there would be told otherwise."""
    bench.images.is_down = True
    refused = await refusal_of(
        await admission(bench), Case("object_foreign", brought(object_key="globex/17.jpg"))
    )
    assert refused.reason == "object_foreign"


async def test_a_refused_record_with_the_id_of_a_request_ends_nothing(bench: Bench) -> None:
    inbox = await admission(bench)
    event = asked()
    await inbox.take(inbox_record(event))
    with pytest.raises(InvalidMessageError, match="key_mismatch"):
        await inbox.take(inbox_record(event, headers={"ce_tenantid": "globex"}))
    assert not bench.failures()
    assert await bench.analyses.count_unfinished(10) == 1


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "credential_missing"),
        ("", "credential_invalid"),
        ("Bearer", "credential_invalid"),
        ("Bearer nobody", "credential_invalid"),
        ("Bearer " + "x" * 600, "credential_invalid"),
        (f"Basic {SECRETS['acme']}", "credential_invalid"),
        (SECRETS["acme"], "credential_invalid"),
        (f"Bearer {SECRETS['acme']} {SECRETS['globex']}", "credential_invalid"),
    ],
    ids=["none", "empty", "no key", "wrong", "long", "basic", "bare", "two"],
)
async def test_whoever_is_not_known_is_told_nothing(
    bench: Bench, authorization: str | None, reason: str
) -> None:
    inbox = await admission(bench)
    with pytest.raises(InvalidMessageError) as refused:
        await inbox.take(inbox_record(asked(), headers={"authorization": authorization}))
    assert (refused.value.reason, refused.value.tenant_id) == (reason, "")
    assert SECRETS["acme"] not in str(refused.value)
    assert not bench.log.in_order
    assert await bench.analyses.count_unfinished(10) == 0
    assert inbox.refused("unknown", reason) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_the_scheme_is_written_in_any_case(bench: Bench, scheme: str) -> None:
    inbox = await admission(bench)
    header = {"authorization": f"{scheme} {SECRETS['acme']}"}
    await inbox.take(inbox_record(asked(), headers=header))
    assert len(inbox.announced()) == 1


@pytest.mark.parametrize("tenant_id", ["acme", "globex"])
async def test_the_dead_letter_says_why_and_whose_and_holds_no_credential(
    bench: Bench, tenant_id: str
) -> None:
    inbox = await admission(bench)
    event = brought(tenant_id)
    settlement = bench.settlement(inbox.admit, topic=IMAGE_SUBMITTED_INBOX)
    await settlement.settle(inbox_record(event, tenant_id))
    (letter,) = bench.written(IMAGE_SUBMITTED_INBOX.dead_letter_name)
    assert letter.header("dlq-reason") == "object_missing"
    assert letter.header("dlq-tenantid") == tenant_id
    assert letter.header("authorization") == "redacted"
    assert SECRETS[tenant_id].encode() not in repr(bench.log.in_order).encode()
    assert [failed.tenant_id for failed in bench.failures()] == [tenant_id]


async def test_a_dead_letter_of_nobody_known_names_no_tenant(bench: Bench) -> None:
    inbox = await admission(bench)
    settlement = bench.settlement(inbox.admit, topic=IMAGE_REQUESTED_INBOX)
    await settlement.settle(inbox_record(asked(), credential="guess"))
    (letter,) = bench.written(IMAGE_REQUESTED_INBOX.dead_letter_name)
    assert letter.header("dlq-reason") == "credential_invalid"
    assert letter.header("dlq-tenantid") is None
    assert b"guess" not in repr(letter).encode()
    assert not bench.failures()


async def test_callbacks_are_refused_where_nothing_signs_them(bench: Bench) -> None:
    off = replace(LIMITS, callbacks=CallbackRules())
    ours = await admission(bench, limits=off)
    event = asked(options=calling("https://hooks.example/"))
    with pytest.raises(InvalidMessageError) as caught:
        await ours.take(inbox_record(event))
    assert caught.value.reason == "webhooks_off"
    (told,) = bench.failures()
    assert told.code is FailureCode.INVALID_EVENT
    assert not bench.analyses.deliveries


@pytest.mark.parametrize(
    "event",
    [
        asked(image_url="https://analyzer.example/api/v1/analyses"),
        asked(options=calling("https://Analyzer.Example/")),
    ],
    ids=["picture", "callback"],
)
async def test_the_service_s_own_names_are_no_place_for_anything(
    bench: Bench, event: InboxEvent
) -> None:
    worker = WorkerSettings(own_hosts=("analyzer.example",))
    told = WebhookSettings(master_secret=SecretStr("x" * 40))
    ours = await admission(bench, limits=InboxLimits.of(worker, told))
    with pytest.raises(InvalidMessageError, match="address_not_allowed"):
        await ours.take(inbox_record(event))


async def test_a_callback_is_kept_as_it_will_be_called(bench: Bench) -> None:
    ours = await admission(bench)
    event = asked(options=calling("https://Hooks.Example:443/in#x"))
    await ours.take(inbox_record(event))
    await ours.take(inbox_record(event))
    known = await bench.analyses.find("acme", event.request_id)
    assert known is not None
    assert known.request.options.callback_url == "https://hooks.example/in"
