"""Server-sent events: what comes, in which order, once; and how a stream goes on and ends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from starlette.types import Message

from ingest_api.event_ids import IdSealer, LogPlace
from ingest_api.limit_settings import Limits, StandardTier
from ingest_api.settings import ApiSettings
from schemas.events import ImageAnalyzed
from schemas.failures import FailureCode
from tests.unit.ingest_api.outcomes import NOON, analyzed, failed, somebodys
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.stream_client import Frame, StreamClient
from tests.unit.ingest_api.twin_api import ASYNC, SECRET, TwinApi, nothing_yet
from topics.catalog import ANALYSIS_FAILED, IMAGE_ANALYZED
from topics.records import OutgoingRecord

EVENTS = "/api/v1/events"
UPLOAD = "/api/v1/analyze/upload"


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(
        stream_ping_s=0.05, stream_send_timeout_s=0.3, stream_queue=5, max_replayed_records=300,
    )  # fmt: skip


@pytest.fixture
def limits() -> Limits:
    return Limits(standard=StandardTier(streams=3))


def ids_of(frames: list[Frame]) -> list[str]:
    return [json.loads(frame.data)["request_id"] for frame in frames]


async def told(stream: StreamClient, count: int) -> list[Frame]:
    """The next so many events, whatever pings lie between."""
    frames: list[Frame] = []
    while len(frames) < count:
        frame = await stream.next()
        if frame.event:
            frames.append(frame)
    return frames


async def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_the_first_frame_has_an_id_and_every_outcome_follows(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        (first,) = await told(stream, 1)
        assert (first.event, first.data, first.retry) == ("connected", "{}", "2000")
        assert first.id
        said = somebodys()
        api.say(said)
        (frame,) = await told(stream, 1)
        assert frame.event == "image-analyzed"
        assert ImageAnalyzed.read(frame.data.encode()) == said
        assert frame.id not in {"", first.id}
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        assert "content-length" not in stream.headers


async def test_other_tenants_are_not_heard(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        api.say(somebodys("globex"))
        mine = somebodys()
        api.say(mine)
        assert ids_of(await told(stream, 1)) == [str(mine.request_id)]


async def test_a_repeat_of_the_same_fact_is_told_once(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        first, second = somebodys(), somebodys()
        for event in (first, first, second, first):
            api.say(event)
        frames = await told(stream, 2)
        assert ids_of(frames) == [str(first.request_id), str(second.request_id)]


async def test_a_record_that_breaks_the_contract_disturbs_nobody(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        headers = (("ce_id", b"x"), ("ce_tenantid", b"acme"))
        key = b"acme/" + str(uuid4()).encode()
        for value in (b"garbage", None, b"{}", b"\xff"):
            api.log.append(OutgoingRecord("image-analyzed", key, value, headers))
            api.log.append(OutgoingRecord("image-analyzed", None, value, ()))
        good = somebodys()
        api.say(good)
        assert ids_of(await told(stream, 1)) == [str(good.request_id)]


async def test_pings_come_and_move_the_id_on(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        (first,) = await told(stream, 1)
        assert (await stream.next()).comment == "ping"
        api.say(somebodys("globex"))
        frame = await stream.next()
        while not frame.id:
            frame = await stream.next()
        assert (frame.event, frame.comment) == ("", "ping")
        assert frame.id != first.id


async def first_id(api: TwinApi) -> str:
    async with StreamClient(api.app, EVENTS) as stream:
        return (await told(stream, 1))[0].id


async def test_a_resume_tells_what_was_missed_and_then_what_is_new(api: TwinApi) -> None:
    last_id = await first_id(api)
    missed = [somebodys(), somebodys()]
    api.say(somebodys("globex"))
    for event in (*missed, missed[0]):
        api.say(event)
    async with StreamClient(api.app, EVENTS, last_id=last_id) as stream:
        frames = await told(stream, 3)
        assert [frame.event for frame in frames] == ["connected"] + ["image-analyzed"] * 2
        assert ids_of(frames[1:]) == [str(event.request_id) for event in missed]
        new = somebodys()
        api.say(new)
        api.say(missed[1])
        newer = somebodys()
        api.say(newer)
        assert ids_of(await told(stream, 2)) == [str(new.request_id), str(newer.request_id)]


async def test_every_id_is_a_place_to_go_on_from(api: TwinApi) -> None:
    events = [somebodys() for _ in range(20)]
    last_id = await first_id(api)
    for event in events:
        api.say(event)
    seen: list[str] = []
    for _ in range(5):
        async with StreamClient(api.app, EVENTS, last_id=last_id) as stream:
            frames = (await told(stream, 5))[1:]
            seen += ids_of(frames)
            last_id = frames[-1].id
    assert seen == [str(event.request_id) for event in events]


async def test_a_resume_works_at_another_replica_even_one_that_lags(api: TwinApi) -> None:
    async with TwinApi(ApiSettings(), log=api.log).running() as other:
        assert other.tail is not None
        await other.tail.aclose()
        async with StreamClient(api.app, EVENTS) as stream:
            await told(stream, 1)
            for event in (somebodys(), somebodys()):
                api.say(event)
            last_id = (await told(stream, 2))[1].id
        async with StreamClient(other.app, EVENTS, last_id=last_id) as late:
            await told(late, 1)
            new = somebodys()
            api.say(new)
            for record in api.log.records["image-analyzed"]:
                other.tail.see(record)
            assert ids_of(await told(late, 1)) == [str(new.request_id)]


async def test_a_client_that_is_back_before_the_log_is_loses_nothing(api: TwinApi) -> None:
    last_id = await first_id(api)
    missed = somebodys()
    api.say(missed)
    assert api.tail is not None
    api.tail.log_identity = ""
    async with StreamClient(api.app, EVENTS, last_id=last_id) as stream:
        await until(lambda: stream.status == 200)
        assert stream.has_nothing
        api.tail.log_identity = api.log.identity
        connected, frame = await told(stream, 2)
        assert connected.event == "connected"
        assert ids_of([frame]) == [str(missed.request_id)]


async def test_a_log_that_does_not_come_is_a_gap() -> None:
    async with TwinApi(ApiSettings(stream_log_wait_s=0.05)).running() as api:
        last_id = await first_id(api)
        assert api.tail is not None
        api.tail.log_identity = ""
        async with StreamClient(api.app, EVENTS, last_id=last_id) as stream:
            _, gap = await told(stream, 2)
            assert json.loads(gap.data)["reason"] == "log_unavailable"


async def test_more_was_missed_than_the_queue_holds(api: TwinApi) -> None:
    last_id = await first_id(api)
    events = [somebodys() for _ in range(120)]
    for event in events:
        api.say(event)
    async with StreamClient(api.app, EVENTS, last_id=last_id) as stream:
        frames = await told(stream, 121)
        assert ids_of(frames[1:]) == [str(event.request_id) for event in events]


async def gap_of(api: TwinApi, last_id: str, key: str = "acme-key") -> str:
    """The reason of the gap; checks that the stream then goes on live."""
    tenant_id = key.removesuffix("-key")
    async with StreamClient(api.app, EVENTS, key=key, last_id=last_id) as stream:
        connected, gap = await told(stream, 2)
        assert connected.event == "connected"
        assert gap.event == "gap"
        assert gap.id
        notice = json.loads(gap.data)
        assert notice["link"] == "/api/v1/analyses/{request_id}"
        new = somebodys(tenant_id)
        api.say(new)
        assert ids_of(await told(stream, 1)) == [str(new.request_id)]
        return str(notice["reason"])


async def test_an_id_that_is_broken_made_up_or_anothers_is_a_gap(api: TwinApi) -> None:
    good = await first_id(api)
    made_up = IdSealer(b"x" * 40).seal("acme", LogPlace(api.log.identity))
    for bad in (
        "1",
        "x" * 9000,
        good[:-4],
        good[:-1] + "~",
        ("B" if good[0] == "A" else "A") + good[1:],
        made_up,
        "%00",
    ):
        assert await gap_of(api, bad) == "unreadable_id"
    assert await gap_of(api, good, "globex-key") == "unreadable_id"


async def test_an_id_of_another_log_is_a_gap(api: TwinApi) -> None:
    sealer = IdSealer(SECRET)
    elsewhere = sealer.seal("acme", LogPlace("another", {("image-analyzed", 0): 0}))
    assert await gap_of(api, elsewhere) == "other_log"
    strange = sealer.seal("acme", LogPlace(api.log.identity, {("image-resized", 3): 0}))
    assert await gap_of(api, strange) == "other_log"


async def test_a_resume_from_too_far_back_is_a_gap(api: TwinApi) -> None:
    last_id = await first_id(api)
    for _ in range(301):
        api.say(somebodys("globex"))
    assert await gap_of(api, last_id) == "too_far_back"


async def test_what_the_log_holds_no_more_is_a_gap(
    api: TwinApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_id = await first_id(api)
    api.say(somebodys())

    async def expired(*_: object) -> AsyncIterator[None]:
        raise LookupError("no longer in the log")
        yield

    monkeypatch.setattr(api.tail, "read_range", expired)
    assert await gap_of(api, last_id) == "expired"


async def test_a_log_that_does_not_answer_is_a_gap(api: TwinApi) -> None:
    last_id = await first_id(api)
    api.say(somebodys())
    api.log.is_down = True
    async with StreamClient(api.app, EVENTS, last_id=last_id) as stream:
        _, gap = await told(stream, 2)
        assert json.loads(gap.data)["reason"] == "log_unavailable"


async def test_a_client_that_does_not_keep_up_is_told_so_and_loses_nothing(api: TwinApi) -> None:
    events = [somebodys() for _ in range(12)]
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        for event in events:
            api.say(event)
        frames = await told(stream, 6)
        assert frames[-1].event == "slow-client"
        await stream.ended()
    async with StreamClient(api.app, EVENTS, last_id=frames[-2].id) as again:
        rest = await told(again, 8)
    assert ids_of(frames[:-1] + rest[1:]) == [str(event.request_id) for event in events]


async def test_a_client_that_takes_nothing_is_cut_off(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        stream.stall()
        await asyncio.wait_for(stream.task, 5)
    assert open_streams(api) == 0


def open_streams(api: TwinApi) -> float:
    return api.metrics.registry.get_sample_value("analyzer_sse_clients") or 0.0


async def test_a_client_that_disconnects_leaves_nothing_behind(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        assert open_streams(api) == 1
        stream.disconnect()
        await asyncio.wait_for(stream.task, 1)
    assert open_streams(api) == 0


async def test_a_revoked_key_ends_its_streams(settings: ApiSettings) -> None:
    forgetful = settings.model_copy(update={"auth_cache_s": 0.0})
    async with TwinApi(forgetful).running() as api, StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        api.postgres.is_down = True
        assert (await stream.next()).comment == "ping"
        assert (await stream.next()).comment == "ping"
        api.postgres.is_down = False
        api.api_keys.is_revoked = True
        assert [frame.event for frame in await told(stream, 1)] == ["credential-revoked"]
        await stream.ended()


async def test_a_revoked_key_ends_the_stream_of_one_analysis(settings: ApiSettings) -> None:
    forgetful = settings.model_copy(update={"auth_cache_s": 0.0})
    async with (
        TwinApi(forgetful).running() as api,
        api.client() as client,
        StreamClient(api.app, await submitted(api, client)) as stream,
    ):
        await told(stream, 1)
        api.api_keys.is_revoked = True
        assert [frame.event for frame in await told(stream, 1)] == ["credential-revoked"]
        await stream.ended()


async def test_streams_have_a_limit(api: TwinApi, client: httpx.AsyncClient) -> None:
    async with (
        StreamClient(api.app, EVENTS) as one,
        StreamClient(api.app, EVENTS) as two,
        StreamClient(api.app, EVENTS) as three,
    ):
        for stream in (one, two, three):
            await told(stream, 1)
        answer = await client.get(EVENTS)
        problem_of(answer, 429, "too_many_streams")
        assert int(answer.headers["retry-after"]) > 0
        async with StreamClient(api.app, EVENTS, key="globex-key") as other:
            await told(other, 1)


async def test_a_server_that_drains_says_so_at_once(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        api.drain()
        (last,) = await told(stream, 1)
        assert last.event == "server-draining"
        assert int(last.retry) > 0
        await stream.ended()
    async with StreamClient(api.app, EVENTS) as late:
        assert [frame.event for frame in await told(late, 2)] == ["connected", "server-draining"]


class HeldUp(StreamClient):
    """Takes so many chunks and no more until it is told to read on."""

    takes = 3
    _taken = 0

    async def _send(self, message: Message) -> None:
        await super()._send(message)
        self._taken += bool(message.get("body"))
        if self._taken == self.takes:
            self._taken += 1
            self.stall()
            await self._may_read.wait()


async def test_a_stream_that_is_drained_while_it_catches_up_leaves_nothing_out(
    api: TwinApi, settings: ApiSettings
) -> None:
    """What has come meanwhile lies beyond what was not read again: it is for the next stream."""
    async with StreamClient(api.app, EVENTS) as stream:
        (start,) = await told(stream, 1)
    said = [somebodys() for _ in range(6)]
    for event in said[:-1]:
        api.say(event)
    async with HeldUp(api.app, EVENTS, last_id=start.id) as cut:
        heard = (await told(cut, 3))[1:]
        api.say(said[-1])
        api.drain()
        cut.read_on()
        while heard[-1].event != "server-draining":
            heard += await told(cut, 1)
    last_id = [frame.id for frame in heard if frame.id][-1]
    del heard[-1]
    other = TwinApi(settings, log=api.log)
    async with other.running(), StreamClient(other.app, EVENTS, last_id=last_id) as resumed:
        heard += (await asyncio.wait_for(told(resumed, 1 + len(said) - len(heard)), 5))[1:]
    assert ids_of(heard) == [str(event.request_id) for event in said]


class HeldUpAtOnce(HeldUp):
    takes = 1


@pytest.fixture
async def suspicious(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    """Asks about a credential whenever it may."""
    changed = settings.model_copy(update={"auth_cache_s": 0.0, "stream_ping_s": 1e-6})
    async with TwinApi(changed).running() as api:
        yield api


async def test_a_revoked_key_ends_a_stream_that_catches_up(suspicious: TwinApi) -> None:
    start = await first_id(suspicious)
    said = [somebodys() for _ in range(20)]
    for event in said:
        suspicious.say(event)
    async with HeldUp(suspicious.app, EVENTS, last_id=start) as slow:
        heard = (await told(slow, 3))[1:]
        suspicious.api_keys.is_revoked = True
        slow.read_on()
        while heard[-1].event != "credential-revoked":
            heard += await told(slow, 1)
        await slow.ended()
    assert ids_of(heard[:-1]) == [str(event.request_id) for event in said[:2]]


async def test_a_revoked_key_ends_a_stream_that_reads_what_is_not_its_own(
    suspicious: TwinApi,
) -> None:
    start = await first_id(suspicious)
    for _ in range(20):
        suspicious.say(somebodys("globex"))
    suspicious.say(somebodys())
    async with HeldUpAtOnce(suspicious.app, EVENTS, last_id=start) as slow:
        (connected,) = await told(slow, 1)
        suspicious.api_keys.is_revoked = True
        slow.read_on()
        assert connected.event == "connected"
        assert [frame.event for frame in await told(slow, 1)] == ["credential-revoked"]
        await slow.ended()


async def test_a_server_that_drains_answers_who_waits(api: TwinApi) -> None:
    api.answer = nothing_yet
    async with api.client() as client:
        waiting = asyncio.create_task(client.post(UPLOAD, files={"image": picture()}))
        await until(lambda: bool(api.analyses.requests))
        api.drain()
        assert (await asyncio.wait_for(waiting, 2)).status_code == 202


async def submitted(api: TwinApi, client: httpx.AsyncClient) -> str:
    api.answer = nothing_yet
    answer = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    return f"{answer.headers['location']}/events"


async def test_one_analysis_is_streamed_to_its_outcome(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    path = await submitted(api, client)
    async with StreamClient(api.app, path) as stream:
        (state,) = await told(stream, 1)
        assert state.event == "state"
        assert state.id
        assert json.loads(state.data)["state"] == "accepted"
        api.say(somebodys())
        event = analyzed(api.analyses.requests[0])
        api.say(event)
        (last,) = await told(stream, 1)
        assert last.event == "image-analyzed"
        assert last.data.encode() == event.to_json()
        await stream.ended()


async def test_one_analysis_that_is_over_is_told_at_once(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    path = await submitted(api, client)
    row = api.analyses.requests[0]
    await api.analyses.record([failed(row, FailureCode.CANCELLED)])
    async with StreamClient(api.app, path) as stream:
        state, last = await told(stream, 2)
        assert json.loads(state.data)["state"] == "cancelled"
        assert last.event == "analysis-failed"
        assert json.loads(last.data)["code"] == "cancelled"
        await stream.ended()


async def test_an_outcome_that_only_the_record_knows_is_found_at_a_ping(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    path = await submitted(api, client)
    async with StreamClient(api.app, path) as stream:
        await told(stream, 1)
        await api.analyses.record([analyzed(api.analyses.requests[0])])
        (last,) = await told(stream, 1)
        assert last.event == "image-analyzed"


async def test_an_analysis_of_nobody_or_another_tenant_is_not_found(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    path = await submitted(api, client)
    async with api.client("globex") as other:
        problem_of(await other.get(path), 404, "not_found")
    for nobody in (str(uuid4()), "x", "../events", "%00"):
        problem_of(await client.get(f"/api/v1/analyses/{nobody}/events"), 404, "not_found")
    assert open_streams(api) == 0


async def test_failures_are_streamed_by_their_name(api: TwinApi) -> None:
    async with StreamClient(api.app, EVENTS) as stream:
        await told(stream, 1)
        api.say(failed(somebodys(), FailureCode.IMAGE_UNDECODABLE))
        (frame,) = await told(stream, 1)
        assert frame.event == ANALYSIS_FAILED.name != IMAGE_ANALYZED.name
        assert json.loads(frame.data)["accepted_at"] == NOON.isoformat().replace("+00:00", "Z")
