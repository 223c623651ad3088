"""A line that concerns a request names its tenant and itself, whatever became of the record."""

from dataclasses import replace

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from processors.errors import TransientWorkError
from tests.support.events import image_submitted, record_of
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_SUBMITTED, IMAGE_SUBMITTED_INBOX
from topics.codec import Envelope
from topics.whose import names_of


async def fails(_: Envelope) -> None:
    raise TransientWorkError("not today")


async def breaks(_: Envelope) -> None:
    raise ZeroDivisionError


async def test_every_line_of_a_record_names_whose_it_is(bench: Bench) -> None:
    event = image_submitted()
    whose = {"tenant_id": event.tenant_id, "request_id": str(event.request_id)}
    unreadable = replace(record_of(event), value=b"{")
    for handle, record in (
        (fails, record_of(event)),
        (breaks, record_of(event)),
        (fails, unreadable),
    ):
        with capture_logs(processors=[merge_contextvars]) as lines:
            await bench.settlement(handle).settle(record)
        assert lines
        assert [line for line in lines if not whose.items() <= line.items()] == []


def test_whoever_writes_an_inbox_is_not_believed() -> None:
    record = record_of(image_submitted())
    assert names_of(record, IMAGE_SUBMITTED)
    assert names_of(record, IMAGE_SUBMITTED_INBOX) == {}


def test_a_key_that_is_not_ours_names_nobody() -> None:
    record = record_of(image_submitted())
    for key in (None, b"", b"nobody", b"a/" + 300 * b"b"):
        assert names_of(replace(record, key=key), IMAGE_SUBMITTED) == {}
