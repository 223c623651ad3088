"""The contract of AnalysisStore: what the sweeper asks of it."""

from datetime import timedelta

import pytest

from schemas.pictures import object_key
from storage.ports import AnalysisStore, Backlog, Request, Unannounced
from tests.contract.storage.examples import (
    NOON,
    SECOND,
    analyzed,
    failed,
    upload_request,
    url_request,
)


async def test_unfinished_are_counted_up_to_the_limit(analyses: AnalysisStore) -> None:
    requests: list[Request] = [url_request(), upload_request("globex"), url_request()]
    requests.append(url_request())
    for request in requests:
        await analyses.accept(request)
    await analyses.record([analyzed(requests[0]), failed(requests[1])])
    assert await analyses.count_unfinished(100) == 2
    assert await analyses.count_unfinished(1) == 1


async def test_a_backlog_is_told_by_lane_with_its_oldest(analyses: AnalysisStore) -> None:
    oldest, ended, newer = (url_request(accepted_at=NOON + number * SECOND) for number in range(3))
    bulk = upload_request(accepted_at=NOON + 3 * SECOND)
    for request in (newer, oldest, ended):
        await analyses.accept(request)
    await analyses.accept(bulk, lane="bulk")
    await analyses.record([failed(ended)])
    found = {one.lane: one for one in await analyses.backlogs(100)}
    assert found == {
        "interactive": Backlog("interactive", "standard", 2, oldest.accepted_at),
        "bulk": Backlog("bulk", "standard", 1, bulk.accepted_at),
    }
    assert [one.count for one in await analyses.backlogs(1)] == [1]


async def test_only_what_is_unfinished_and_old_enough_is_unannounced(
    analyses: AnalysisStore,
) -> None:
    old, newer, too_new, ended = (
        upload_request(accepted_at=NOON - 2 * SECOND),
        url_request(accepted_at=NOON - SECOND),
        url_request(accepted_at=NOON),
        url_request(accepted_at=NOON - 3 * SECOND),
    )
    requests: list[Request] = [newer, old, too_new, ended]
    for request in requests:
        await analyses.accept(request)
    await analyses.record([failed(ended)])
    assert [one.request for one in await analyses.find_unannounced(NOON, 10)] == [old, newer]
    assert [one.request for one in await analyses.find_unannounced(NOON, 1)] == [old]
    assert [
        one.request for one in await analyses.find_unannounced(NOON - timedelta(days=1), 10)
    ] == []


async def test_a_late_announcement_knows_the_trace_of_the_acceptance(
    analyses: AnalysisStore,
) -> None:
    """The first acceptance's: a repeat of the request changes nothing."""
    request = url_request(accepted_at=NOON - SECOND)
    here = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await analyses.accept(request, traceparent=here)
    await analyses.accept(request, traceparent=here.replace("4bf9", "0000"))
    await analyses.request_cancel("acme", request.request_id, NOON - SECOND)
    assert [one.traceparent for one in await analyses.find_unannounced(NOON, 10)] == [here]
    asked = await analyses.find_unannounced_cancels(NOON, NOON, 10)
    assert [one.traceparent for one in asked] == [here]


async def test_what_was_announced_waits_until_that_is_old_too(analyses: AnalysisStore) -> None:
    one, other = (url_request(accepted_at=NOON + number * SECOND) for number in range(2))
    await analyses.accept(one)
    await analyses.accept(other)
    announced = NOON + timedelta(minutes=1)
    await analyses.mark_announced([other, one, one], announced)
    await analyses.mark_announced([], announced)
    assert [one.request for one in await analyses.find_unannounced(announced, 10)] == []
    assert [one.request for one in await analyses.find_unannounced(announced + SECOND, 10)] == [
        one,
        other,
    ]


async def test_an_earlier_announcement_told_late_changes_nothing(analyses: AnalysisStore) -> None:
    request = url_request(accepted_at=NOON)
    await analyses.accept(request)
    await analyses.mark_announced([request], NOON + 20 * SECOND)
    await analyses.mark_announced([request], NOON + 10 * SECOND)
    assert [one.request for one in await analyses.find_unannounced(NOON + 20 * SECOND, 10)] == []


async def test_one_sweeps_at_a_time(analyses: AnalysisStore, other_analyses: AnalysisStore) -> None:
    async with analyses.sweeping() as mine:
        assert mine
        async with other_analyses.sweeping() as theirs:
            assert not theirs
        async with other_analyses.sweeping() as still:
            assert not still
    async with other_analyses.sweeping() as now:
        assert now


async def test_an_error_while_sweeping_lets_the_next_one_in(
    analyses: AnalysisStore, other_analyses: AnalysisStore
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with analyses.sweeping():
            raise ZeroDivisionError
    async with other_analyses.sweeping() as now:
        assert now


async def test_what_is_unannounced_is_told_with_its_lane(analyses: AnalysisStore) -> None:
    waiting, bulk = url_request(accepted_at=NOON - SECOND), upload_request()
    await analyses.accept(bulk, lane="bulk")
    await analyses.accept(waiting)
    await analyses.accept(bulk, lane="interactive")
    found = await analyses.find_unannounced(NOON + SECOND, 10)
    assert found == [Unannounced(waiting, "interactive"), Unannounced(bulk, "bulk")]
    known = await analyses.find("acme", bulk.request_id)
    assert known is not None
    assert known.lane == "bulk"


async def test_an_object_of_ours_without_a_request_is_told_from_all_others(
    analyses: AnalysisStore,
) -> None:
    known, ended, unknown = upload_request(), url_request(), upload_request()
    await analyses.accept(known)
    await analyses.accept(ended)
    await analyses.record([failed(ended)])
    orphan = object_key("acme", unknown.request_id, "a" * 64)
    keys = [
        object_key("acme", known.request_id, "a" * 64),
        object_key("acme", ended.request_id, "b" * 64),
        orphan,
        object_key("globex", known.request_id, "a" * 64),
        "acme/cameras/north/17.jpg",
        f"dead-letters/{unknown.request_id}",
    ]
    theirs = keys[3]
    assert sorted(await analyses.without_row(keys)) == sorted([orphan, theirs])
    assert await analyses.without_row([]) == []
    assert await analyses.without_row(["acme/cameras/north/17.jpg"]) == []
