"""image-requested -> fetch -> image-submitted, and what is said of addresses that give none."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from outbound.client import GuardedClient
from outbound.errors import (
    BlockedAddressError,
    FetchFailedError,
    FetchTooLargeError,
    InvalidUrlError,
)
from outbound.responses import Fetched
from processors.counted_client import CountedClient
from processors.fetch import FetchImage
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from storage.audit import AuditLog
from storage.audit_events import AuditQuery
from storage.errors import StoreUnavailableError
from tests.support.events import TRACEPARENT, image_requested, image_submitted
from tests.unit.processors.bench import Bench
from topics.catalog import ANALYSIS_FAILED, IMAGE_SUBMITTED, IMAGE_SUBMITTED_BULK, Topic
from topics.codec import Envelope
from topics.errors import LogUnavailableError

JPEG = b"\xff\xd8\xff\xe0 and so on"


class TwinClient(GuardedClient):
    """Answers what it was told to, one after the other, the last for ever."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def get(self, url: str) -> Fetched:
        self.asked.append(url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Fetched(answer, "text/plain", url)


def handler(bench: Bench, client: TwinClient, topic: Topic = IMAGE_SUBMITTED) -> FetchImage:
    return FetchImage(
        client=CountedClient(client, bench.metrics), images=bench.images,
        publisher=bench.publisher, outcomes=bench.outcomes,
        audit=AuditLog(bench.audit, bench.metrics), clock=bench.clock, announce_on=topic, pause_s=0,
    )  # fmt: skip


async def test_the_picture_is_stored_and_announced_by_its_bytes(bench: Bench) -> None:
    requested = image_requested(options=AnalysisOptions(max_objects=3))
    client = TwinClient(JPEG)
    await handler(bench, client)(Envelope(requested, "an-id", TRACEPARENT))
    (record,) = bench.written(IMAGE_SUBMITTED.name)
    submitted = ImageSubmitted.read(record.value or b"")
    sha256 = hashlib.sha256(JPEG).hexdigest()
    assert submitted == ImageSubmitted(
        request_id=requested.request_id,
        tenant_id=requested.tenant_id,
        accepted_at=requested.accepted_at,
        deadline_at=requested.deadline_at,
        object_key=f"{requested.tenant_id}/{requested.request_id}/{sha256}",
        sha256=sha256,
        size_bytes=len(JPEG),
        content_type="image/jpeg",
        options=requested.options,
    )
    assert await bench.images.get(submitted.object_key, max_bytes=100) == JPEG
    assert record.header("traceparent") == TRACEPARENT
    assert client.asked == [requested.image_url]


async def test_the_bulk_lane_stays_the_bulk_lane(bench: Bench) -> None:
    bulk = handler(bench, TwinClient(JPEG), IMAGE_SUBMITTED_BULK)
    await bulk(Envelope(image_requested(), "an-id", None))
    assert bench.written(IMAGE_SUBMITTED_BULK.name)
    assert not bench.written(IMAGE_SUBMITTED.name)


async def test_nothing_is_announced_that_is_not_stored(bench: Bench) -> None:
    bench.images.is_down = True
    with pytest.raises(StoreUnavailableError):
        await handler(bench, TwinClient(JPEG))(Envelope(image_requested(), "an-id", None))
    assert not bench.log.records


async def test_what_cannot_be_announced_is_left_to_the_guard(bench: Bench) -> None:
    bench.log.is_down = True
    with pytest.raises(LogUnavailableError):
        await handler(bench, TwinClient(JPEG))(Envelope(image_requested(), "an-id", None))


SECRET = "10.0.0.7 said: root password"


@pytest.mark.parametrize(
    ("answer", "code", "retryable", "tries"),
    [
        (BlockedAddressError(SECRET), FailureCode.ADDRESS_NOT_ALLOWED, False, 1),
        (InvalidUrlError(SECRET), FailureCode.ADDRESS_NOT_ALLOWED, False, 1),
        (FetchTooLargeError(SECRET), FailureCode.IMAGE_TOO_LARGE, False, 1),
        (FetchFailedError(SECRET, retryable=False), FailureCode.FETCH_FAILED, False, 1),
        (FetchFailedError(SECRET, retryable=True), FailureCode.FETCH_FAILED, True, 3),
        (b"<html>", FailureCode.IMAGE_UNSUPPORTED, False, 1),
        (b"", FailureCode.IMAGE_UNSUPPORTED, False, 1),
    ],
)
async def test_what_is_wrong_with_an_address_is_a_code_and_none_of_its_words(
    bench: Bench, answer: bytes | Exception, code: FailureCode, retryable: bool, tries: int
) -> None:
    client = TwinClient(answer)
    await handler(bench, client)(Envelope(image_requested(), "an-id", None))
    (failed,) = bench.failures()
    assert (failed.code, failed.retryable) == (code, retryable)
    assert "10.0.0.7" not in failed.message
    assert len(client.asked) == tries
    assert not bench.written(IMAGE_SUBMITTED.name)


async def test_a_slow_server_is_asked_again(bench: Bench) -> None:
    client = TwinClient(FetchFailedError("took too long", retryable=True), JPEG)
    await handler(bench, client)(Envelope(image_requested(), "an-id", None))
    assert len(bench.written(IMAGE_SUBMITTED.name)) == 1
    assert not bench.failures()


async def test_nobody_is_asked_after_the_deadline(bench: Bench) -> None:
    requested = image_requested()
    bench.now = requested.deadline_at + timedelta(seconds=1)
    client = TwinClient(JPEG)
    await handler(bench, client)(Envelope(requested, "an-id", None))
    assert [failed.code for failed in bench.failures()] == [FailureCode.DEADLINE_EXCEEDED]
    assert not client.asked


async def test_an_event_of_another_class_is_a_fault_of_our_own(bench: Bench) -> None:
    with pytest.raises(TypeError, match="ImageSubmitted"):
        await handler(bench, TwinClient(JPEG))(Envelope(image_submitted(), "an-id", None))


async def test_nobody_is_asked_for_what_is_cancelled(bench: Bench) -> None:
    requested, client = image_requested(), TwinClient(JPEG)
    bench.cancel(requested)
    await handler(bench, client)(Envelope(requested, "an-id", TRACEPARENT))
    assert [failed.code for failed in bench.failures()] == [FailureCode.CANCELLED]
    assert bench.written(ANALYSIS_FAILED.name)[0].header("traceparent") == TRACEPARENT
    assert not client.asked


class SlowClient(TwinClient):
    """Something happens while it downloads."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(JPEG)
        self._meanwhile = meanwhile

    async def get(self, url: str) -> Fetched:
        self._meanwhile()
        return await super().get(url)


async def test_what_is_cancelled_during_the_download_is_not_stored(bench: Bench) -> None:
    requested = image_requested()
    client = SlowClient(lambda: bench.cancel(requested))
    await handler(bench, client)(Envelope(requested, "an-id", None))
    assert [failed.code for failed in bench.failures()] == [FailureCode.CANCELLED]
    assert client.asked
    assert await bench.images.page("", 10) == []
    assert not bench.written(IMAGE_SUBMITTED.name)


async def test_what_is_late_after_the_download_is_not_stored(bench: Bench) -> None:
    requested = image_requested()

    def wait() -> None:
        bench.now = requested.deadline_at + timedelta(seconds=1)

    await handler(bench, SlowClient(wait))(Envelope(requested, "an-id", None))
    assert [failed.code for failed in bench.failures()] == [FailureCode.DEADLINE_EXCEEDED]
    assert await bench.images.page("", 10) == []


async def test_a_blocked_address_is_audited_by_its_host_alone(bench: Bench) -> None:
    requested = image_requested(image_url="http://u:secret@10.0.0.1/path?token=secret")
    client = TwinClient(BlockedAddressError("10.0.0.1 is not public"))
    await handler(bench, client)(Envelope(requested, "an-id", TRACEPARENT))
    (entry,) = await bench.audit.find(AuditQuery())
    event = entry.event
    assert (event.action, event.outcome) == ("address.blocked", "refused")
    assert (event.tenant_id, event.target) == (requested.tenant_id, str(requested.request_id))
    assert event.details == {"host": "10.0.0.1"}
    assert event.trace_id == TRACEPARENT.split("-")[1]
