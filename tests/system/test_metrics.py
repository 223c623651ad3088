"""Under some load each process tells what the page of metrics says that it tells, and no more."""

import asyncio
import re
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Exemplar

from tests.faults.picture_server import serving_pictures
from tests.support.eventually import eventually
from tests.support.product_processes import Product
from tests.support.services.programs import NotInstalledError
from tests.support.services.prometheus import check_metrics
from tests.system.http_client import SAMPLES, connected, frames, upload_many

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
RUNS = {
    "api": {"api"},
    "detect": {"worker", "detect", "detect-bulk"},
    "io": {"worker", "admit", "fetch", "fetch-bulk", "record", "retry", "sweep", "deliver"},
}
ONLY_IN_TROUBLE = {
    "analyzer_http_refused_total", "analyzer_attempts_failed_total", "analyzer_dead_letters_total",
    "analyzer_retries_returned_total", "analyzer_inbox_refused_total",
    "analyzer_cache_failures_total", "analyzer_webhook_deliveries_total",
    "analyzer_audit_events_total",
}  # fmt: skip
"""Told with the first fault, or by a door of its own: tests of those count them."""
NOT_HERE = {("io", "analyzer_requests_accepted_total"): "the load brings no record of an inbox"}


@dataclass(frozen=True, slots=True)
class Line:
    """Of the page."""

    name: str
    kind: str
    by: frozenset[str]

    def is_for(self, process: str) -> bool:
        return not self.by.isdisjoint(RUNS[process])


def page() -> list[Line]:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+)[^|]*\|[^|]*\| ([^|]+) \|", PAGE.read_text(), re.MULTILINE
    )
    return [Line(name, kind, frozenset(re.findall(r"`([\w-]+)`", by))) for name, kind, by in rows]


def told_by(product: Product, process: str, accept: str = "") -> str:
    request = urllib.request.Request(product.metrics_urls[process])  # noqa: S310 - loopback only
    request.add_header("Accept", accept)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback only
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def busy(product: Product) -> Product:
    """Has worked something through the doors of HTTP, and told it to a stream."""
    asyncio.run(work(product))
    return product


async def work(product: Product) -> None:
    sampled = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    async with connected(product.base_url, product.api_key) as client, serving_pictures() as pages:
        following = asyncio.create_task(first_outcome(product))
        await upload_many(client, 4, clients=2, prefer="wait=30")
        by_url = await client.post(
            "/api/v1/analyze/url", json={"image_url": f"{pages}/7.png"},
            headers={"Prefer": "wait=30", "traceparent": sampled},
        )  # fmt: skip
        assert by_url.status_code == 200, by_url.text
        bulk = {"image": ("x.jpg", SAMPLES[0].read_bytes(), "image/jpeg")}
        answer = await client.post("/api/v1/analyze/upload", files=bulk, data={"lane": "bulk"})
        assert answer.status_code in {200, 202}, answer.text
        await client.get(f"/api/v1/analyses/{by_url.json()['request_id']}")
        await asyncio.wait_for(following, 30)


async def first_outcome(product: Product) -> None:
    async with connected(product.base_url, product.api_key) as client:
        async for frame in frames(client, "/api/v1/events"):
            if frame.event != "connected":
                return


@pytest.mark.parametrize("process", RUNS)
async def test_each_process_tells_what_the_page_says_and_no_more(
    busy: Product, process: str
) -> None:
    told = told_by(busy, process)
    declared = set(re.findall(r"^# TYPE (\w+) ", told, re.MULTILINE))
    lines = page()
    assert len(lines) > 60
    expected = {line.name for line in lines if line.is_for(process)}
    own = {name for name in declared if not name.startswith(("process_", "python_"))}
    assert own == expected


@pytest.mark.parametrize("process", RUNS)
async def test_under_load_each_has_a_value(busy: Product, process: str) -> None:
    """The sweeper's come with its next round."""
    wanted = [
        line.name
        for line in page()
        if line.is_for(process)
        and line.name not in ONLY_IN_TROUBLE
        and (process, line.name) not in NOT_HERE
    ]

    def missing() -> list[str]:
        told = told_by(busy, process)
        return [
            name for name in wanted if not re.search(rf"^{name}(_count)?[{{ ]", told, re.MULTILINE)
        ]

    try:
        await eventually(lambda: not missing(), within_s=20)
    except AssertionError:
        assert missing() == []


@pytest.mark.parametrize("process", RUNS)
async def test_promtool_finds_nothing_to_say(busy: Product, process: str) -> None:
    try:
        assert check_metrics(told_by(busy, process)) == (0, "")
    except NotInstalledError as error:
        pytest.skip(str(error))


async def test_a_sampled_request_is_linked_to_its_trace(busy: Product) -> None:
    text = told_by(busy, "io", "application/openmetrics-text; version=1.0.0")
    linked = {
        family.name
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call] # theirs
        for sample in family.samples
        if isinstance(sample.exemplar, Exemplar) and "trace_id" in sample.exemplar.labels
    }
    assert {"messaging_process_duration_seconds", "http_client_request_duration_seconds"} <= linked
    assert "trace_id" not in told_by(busy, "io")


def test_the_public_port_of_the_api_tells_no_metrics(product: Product) -> None:
    with (
        pytest.raises(urllib.error.HTTPError) as refused,
        urllib.request.urlopen(  # noqa: S310 - as above
            f"{product.base_url}/metrics", timeout=10
        ),
    ):
        pass
    with refused.value as answer:
        assert answer.code == 404
