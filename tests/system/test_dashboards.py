"""A real Prometheus reads the product under a short load: each query of the dashboards returns
data, and no nonsense."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import httpx
import pytest

from tests.support.dashboards import Asked, asked, dashboards, panels, promql
from tests.support.product_processes import Product
from tests.support.prometheus_beside import WINDOW, Asking, Series, prometheus_beside
from tests.support.services.ports import free_port
from tests.support.services.programs import NotInstalledError
from tests.support.webhook_receiver import OK, Receiver
from tests.system.http_client import SAMPLES, connected, upload
from tests.system.test_metrics import work
from tests.system.test_second_door import send

_PICTURE: Final = SAMPLES[0].read_bytes()
_CAUGHT_UP_WITHIN_S: Final = 30.0
_TOLD: Final = 'analyzer_webhook_deliveries_total{outcome="delivered"}'
_LINKED: Final = "http_server_request_duration_seconds_bucket"
_SET_ASIDE: Final = "sum(analyzer_dead_letters_total) >="
PROCESSES: Final = ("api", "detect", "io")
NEEDS_A_FAULT: Final = {
    "overview: Alerts that fire A": "an alert",
    "overview: Statements that fail A": "a database that refuses or is away",
    "overview: Sends that fail A": "a broker that does not confirm",
    "overview: Doors that a known picture comes out of A": "the probe, which does not run here",
    "overview: How long a known picture takes A": "the probe, which does not run here",
    "overview: Since the last round of the probe A": "the probe, which does not run here",
    "pipeline: Tries that fail A": "a transient error",
    "pipeline: Fetch: errors A": "a transient error",
    "pipeline: Detect: errors A": "a transient error",
    "pipeline: Record: errors A": "a transient error",
    "pipeline: Record: errors B": "a record of ours that is none",
    "dead-letters: Tries that failed, by topic A": "a transient error",
    "pipeline: Held for a dependency A": "a dependency that is away",
    "pipeline: Back from retry topics A": "a retry whose pause, 20 s, is over",
    "pipeline: Duration of scans A": "a scanner; none runs here",
    "pipeline: Duration of scans B": "a scanner; none runs here",
    "pipeline: Duration of scans C": "a scanner; none runs here",
    "pipeline: Calls that the cache failed A": "a Redis that fails",
}
"""What the load does not bring; these queries are judged by the registry alone."""
MORE_THAN: Final = {
    ("overview: Requests by route A", "/analyze/upload"): 0.0,
    ("overview: Duration of requests A", ""): 0.0,
    ("overview: Outcomes by code A", "code=completed"): 0.0,
    ("overview: Share of outcomes that are failures A", ""): 0.0,
    ("overview: Resident memory A", "job=api"): 20e6,
    ("pipeline: Duration of the model A", ""): 0.0,
    ("pipeline: Share of hits A", ""): 0.0,
    ("pipeline: Children A", ""): 0.0,
    ("dead-letters: Dead letters A", ""): 5.0,
    ("dead-letters: Refused from inboxes A", ""): 1.0,
}
"""By a query and what is in the labels of its series; three dead letters in each of two loads."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What each query returned, by its name; `traces` are those that exemplars lead to."""

    series: dict[str, Series]
    traces: list[str]

    def most(self, name: str, label: str = "") -> float:
        """The largest value among its series with that in their labels; 0 of none."""
        found = (max(values) for at, values in self.series[name].items() if label in at)
        return max(found, default=0)

    def shows(self, asking: tuple[str, str]) -> bool:
        """One of MORE_THAN."""
        return self.most(*asking) > MORE_THAN[asking]

    @property
    def is_complete(self) -> bool:
        without = {name for name, series in self.series.items() if not series}
        return without <= NEEDS_A_FAULT.keys() and all(self.shows(one) for one in MORE_THAN)


@pytest.fixture(scope="module")
def seen(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    server = prometheus_beside(tmp_path_factory.mktemp("prometheus"), product.metrics_urls)
    try:
        with server, contextlib.closing(Asking(server)) as asking:
            yield asyncio.run(watch(product, asking))
    except NotInstalledError as missing:
        pytest.skip(str(missing))


async def watch(product: Product, asking: Asking) -> Seen:
    """Asks until each query has returned something, or long enough."""
    since = time.time()
    await _until(lambda: asking.holds(f"sum(up) == {len(PROCESSES)}"))
    await asyncio.gather(work(product), trouble(product))
    # A series that began with its first count grows by the second only: all of it once more.
    await _until(lambda: asking.holds(_TOLD) and asking.holds(f"{_SET_ASIDE} 3"))
    await asyncio.gather(work(product), trouble(product))
    queries = [one for one in asked() if not one.is_sql]
    seen = Seen({}, [])

    def has_seen_all() -> bool:
        until = time.time()
        seen.series.update({one.name: _ask(asking, one, since, until) for one in queries})
        seen.traces[:] = asking.exemplars(_LINKED, since=since, until=until)
        return seen.is_complete

    with contextlib.suppress(TimeoutError):
        await _until(has_seen_all)
    return seen


def _ask(asking: Asking, query: Asked, since: float, until: float) -> Series:
    text = promql(query.text, window=WINDOW, shown="10m")
    if query.at_end:
        return asking.at_end(text, until=until)
    return asking.over(text, since=since, until=until)


async def _until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(_CAUGHT_UP_WITHIN_S):
        while True:
            if await asyncio.to_thread(is_true):
                return
            await asyncio.sleep(0.5)


async def trouble(product: Product) -> None:
    """A picture that is none, an address that nobody answers, a receiver that is told, bad
    records, a head that is no HTTP, and what a key may not."""
    async with connected(product.base_url, product.api_key) as client, Receiver(OK) as receiver:
        broken = await upload(client, _PICTURE[: len(_PICTURE) // 2], prefer="wait=30")
        assert broken.status == 422, broken.body
        nobody = {"image_url": f"http://127.0.0.1:{free_port()}/x.png"}
        assert (await client.post("/api/v1/analyze/url", json=nobody)).status_code == 422
        told = await upload(client, _PICTURE, prefer="wait=30", callback_url=receiver.url("/in"))
        assert told.status == 200
        await receiver.wait_for(1)
        for _ in range(2):
            await client.get(f"/api/v1/analyses/{told.request_id}")
        assert (await client.post("/api/v1/keys", json={"name": "x"})).status_code == 403
        for topic in ("image-requested-inbox", "image-requested", "image-submitted"):
            await send(product, str(uuid.uuid4()), {"what": "is this"}, topic=topic)
        await no_http(client)


async def no_http(client: httpx.AsyncClient) -> None:
    host, port = str(client.base_url.host), client.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()


def test_every_query_returns_data(seen: Seen) -> None:
    without = {name for name, series in seen.series.items() if not series}
    assert sorted(without - NEEDS_A_FAULT.keys()) == []


def test_what_needs_a_fault_is_a_query() -> None:
    assert NEEDS_A_FAULT.keys() <= {one.name for one in asked()}


def test_nothing_is_negative_and_shares_are_at_most_1(seen: Seen) -> None:
    units = {
        f"{name}: {panel['title']}": panel["fieldConfig"]["defaults"]["unit"]
        for name, dashboard in dashboards().items()
        for panel in panels(dashboard)
    }
    for name, series in seen.series.items():
        if "Budget" in name:
            continue
        least = min((min(values) for values in series.values()), default=0.0)
        most = max((max(values) for values in series.values()), default=0.0)
        assert least >= 0, name
        if units[name[:-2]] == "percentunit":
            assert most <= 1, name


def test_what_was_done_is_what_is_shown(seen: Seen) -> None:
    assert {asking: seen.most(*asking) for asking in MORE_THAN if not seen.shows(asking)} == {}
    assert seen.most("overview: Requests by route A") < 100
    assert seen.most("overview: Duration of requests A") < 30
    assert seen.most("pipeline: Duration of the model A") < 30
    assert {seen.most("overview: Processes that answer A", name) for name in PROCESSES} == {1}
    assert seen.most("overview: Dependencies A", "dependency=postgres") == 1
    assert seen.most("pipeline: Limits are shared A") == 1


def test_a_budget_is_whole_while_nothing_fails(seen: Seen) -> None:
    assert seen.most("overview: Budget of errors left A") == 1


def test_exemplars_lead_to_traces(seen: Seen) -> None:
    assert seen.traces
    assert all(len(trace) == 32 for trace in seen.traces)
