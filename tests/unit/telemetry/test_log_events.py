"""The list of events is what the code writes: no more and no less, each at its level."""

from collections import Counter

from telemetry.log_events import LOG_EVENTS
from telemetry.pages import logs_page
from tests.support.log_calls import log_calls

KNOWN = {event.name: event for event in LOG_EVENTS}
WRITTEN_BY_THE_PIPE = {"log_lines_dropped"}


def test_each_event_is_listed_once() -> None:
    assert [
        name for name, times in Counter(event.name for event in LOG_EVENTS).items() if times > 1
    ] == []


def test_every_line_is_an_event_of_the_list_at_its_level() -> None:
    for call in log_calls():
        assert call.event is not None, f"{call.at}: the event is no literal"
        assert call.event in KNOWN, f"{call.at}: {call.event} is not in telemetry/log_events.py"
        assert call.level == KNOWN[call.event].level, call.at


def test_nothing_is_listed_that_nobody_writes() -> None:
    assert set(KNOWN) - {call.event for call in log_calls()} == WRITTEN_BY_THE_PIPE


def test_the_page_tells_each() -> None:
    page = logs_page()
    assert all(
        f"| `{name}` | {event.level} | {event.meaning} |" in page for name, event in KNOWN.items()
    )
