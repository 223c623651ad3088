"""The fan-out by itself: bounded memories, and what happens when the log is another one."""

import asyncio

from ingest_api.live import Hub
from ingest_api.mailbox import Closing, Mailbox
from ingest_api.news import News
from ingest_api.recent import Once, RecentOutcomes
from schemas.failures import FailureCode
from telemetry.metrics import Metrics
from tests.unit.ingest_api.outcomes import failed, somebodys
from topics.catalog import ANALYSIS_FAILED, IMAGE_ANALYZED, RESULTS
from topics.codec import encode
from topics.memory import MemoryLog, MemoryTail
from topics.records import Record


def record(offset: int = 0, size: int | None = None) -> Record:
    event = somebodys()
    out = encode(event, IMAGE_ANALYZED, source="test", traceparent=None)
    value = out.value if size is None else bytes(size)
    return Record(out.topic, 0, offset, 0, out.key, value, out.headers)


def test_recent_outcomes_are_bounded_by_number_and_bytes() -> None:
    recent = RecentOutcomes(max_records=10, max_bytes=100_000)
    kept = [record() for _ in range(20)]
    for each in kept:
        recent.keep(each)
    found = [each for each in kept if recent.find((each.key or b"").decode()) is not None]
    assert found == kept[10:]
    big = [record(size=40_000) for _ in range(3)]
    for each in big:
        recent.keep(each)
    assert recent.find((big[0].key or b"").decode()) is None
    assert recent.find((big[2].key or b"").decode()) is big[2]


def test_a_result_is_not_replaced_by_a_failure_but_replaces_one() -> None:
    event = somebodys()
    result = encode(event, IMAGE_ANALYZED, source="test", traceparent=None)
    failure = encode(
        failed(event, FailureCode.CANCELLED), ANALYSIS_FAILED, source="test", traceparent=None
    )
    for order in ((result, failure), (failure, result)):
        recent = RecentOutcomes()
        for out in order:
            recent.keep(Record(out.topic, 0, 0, 0, out.key, out.value, out.headers))
        kept = recent.find(event.key)
        assert kept is not None
        assert kept.topic == IMAGE_ANALYZED.name


def test_once_forgets_the_oldest() -> None:
    once = Once(2)
    assert [once.is_new(name) for name in ("a", "b", "a", "c", "a")] == [
        True, True, False, True, True,
    ]  # fmt: skip


async def test_another_log_is_another_place() -> None:
    log = MemoryLog()
    hub = Hub(metrics=Metrics(), max_streams=9)
    tail = MemoryTail(log, RESULTS, hub.on_record)
    hub.follow(tail)
    assert hub.place().identity == ""
    await tail.start()
    hub.on_record(record(41))
    assert hub.place().offsets["image-analyzed", 0] == 42
    tail.log_identity = "a new log"
    place = hub.place()
    assert place.identity == "a new log"
    assert place.offsets["image-analyzed", 0] == 0


async def test_a_mailbox_hands_out_what_came_before_it_was_closed() -> None:
    mailbox = Mailbox(2)
    news = _news()
    for _ in range(3):
        mailbox.put(news)
    assert [await mailbox.next(1) for _ in range(3)] == [news, news, Closing.SLOW]
    mailbox.close(Closing.DRAINING)
    assert await mailbox.next(1) is Closing.SLOW


async def test_a_client_that_is_gone_gets_nothing_more() -> None:
    mailbox = Mailbox(2)
    mailbox.put(_news())
    mailbox.close(Closing.GONE)
    assert await mailbox.next(1) is Closing.GONE


async def test_a_mailbox_wakes_who_waits_and_gives_up_in_time() -> None:
    mailbox = Mailbox(2)
    assert await mailbox.next(0.01) is None
    waiting = asyncio.create_task(mailbox.next(5))
    await asyncio.sleep(0)
    news = _news()
    mailbox.put(news)
    assert await asyncio.wait_for(waiting, 1) is news


def _news() -> News:
    hub = Hub(metrics=Metrics(), max_streams=9)
    each = record()
    hub.on_record(each)
    news = hub.recall((each.key or b"").decode())
    assert news is not None
    return news
