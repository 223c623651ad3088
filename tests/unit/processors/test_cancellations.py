"""cancel-requested -> what every worker knows of it."""

from dataclasses import replace

from structlog.types import EventDict

from processors.cancellations import Cancellations
from tests.support.events import cancel_requested, image_requested, record_of


def test_what_somebody_asked_to_end_is_known_by_its_key() -> None:
    cancelled = Cancellations()
    event = cancel_requested("globex")
    assert event.key not in cancelled
    for _ in range(2):
        cancelled.on_record(record_of(event))
    assert event.key in cancelled
    assert f"acme/{event.request_id}" not in cancelled
    assert cancel_requested("globex").key not in cancelled


def test_what_cannot_be_read_cancels_nobody_and_is_logged(log: list[EventDict]) -> None:
    cancelled = Cancellations()
    event = cancel_requested()
    good = record_of(event, offset=7)
    other = image_requested(request_id=event.request_id)
    for bad in (
        replace(good, value=b"{}"),
        replace(good, headers=()),
        replace(good, key=b"globex/1"),
        replace(good, value=None),
        replace(record_of(other), topic=good.topic),
    ):
        cancelled.on_record(bad)
    assert event.key not in cancelled
    assert [entry["event"] for entry in log] == ["cancel_unreadable"] * 5
    assert log[0]["at"] == "cancel-requested[0]@7"


def test_the_oldest_are_forgotten_beyond_a_hundred_thousand() -> None:
    cancelled = Cancellations()
    first, second, last = cancel_requested(), cancel_requested(), cancel_requested()
    cancelled.on_record(record_of(first))
    cancelled.on_record(record_of(second))
    cancelled._keys.update(dict.fromkeys(f"acme/{number}" for number in range(99_998)))
    assert first.key in cancelled
    cancelled.on_record(record_of(last))
    assert first.key not in cancelled
    assert second.key in cancelled
    assert last.key in cancelled
