"""A worker says what it leans on and what is gone, whether or not it has work to find out by."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.processors.flow import Flow
from tests.support.eventually import eventually
from tests.support.services.kafka import Kafka
from tests.support.services.postgres import Postgres
from tests.support.services.s3 import S3
from tests.support.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


def ready(worker: WorkerProcess) -> tuple[int, dict[str, Any]]:
    status, body = worker.ask("/ready")
    return status, dict(json.loads(body)) if body else {}


def shown(worker: WorkerProcess) -> dict[str, tuple[str, str]]:
    """What the page and the metrics say of each."""
    reports = ready(worker)[1].get("dependencies", {})
    return {name: (report["status"], gauge(worker, name)) for name, report in reports.items()}


def gauge(worker: WorkerProcess, name: str) -> str:
    series = f'analyzer_dependency_up{{dependency="{name}"}} '
    lines = metrics(worker).splitlines()
    return next((line.removeprefix(series) for line in lines if line.startswith(series)), "")


def metrics(worker: WorkerProcess) -> str:
    return worker.ask("/metrics")[1]


async def shows(worker: WorkerProcess, *down: str, within_s: float) -> None:
    names = ("kafka", "postgres", "bucket")
    wanted = {name: ("down", "0.0") if name in down else ("up", "1.0") for name in names}
    await eventually(lambda: shown(worker) == wanted, within_s=within_s)


async def test_stores_that_are_gone_show_and_an_idle_worker_stays_ready(
    flow: Flow, postgres_to_break: Postgres, s3_to_break: S3
) -> None:
    worker = await flow.start("record")
    await shows(worker, within_s=10)
    postgres_to_break.pause()
    s3_to_break.kill()
    await shows(worker, "bucket", "postgres", within_s=10)
    status, body = ready(worker)
    assert (status, body["ready"], body["holding"]) == (200, True, [])
    for report in body["dependencies"].values():
        assert report["meaning"].startswith("without it")

    postgres_to_break.resume()
    s3_to_break.start()
    await shows(worker, within_s=30)


async def test_a_broker_that_is_gone_shows_to_a_worker_that_consumes_nothing(
    flow: Flow, kafka_to_break: Kafka
) -> None:
    worker = flow.start_soon("sweep")
    await asyncio.to_thread(worker.wait_until_ready)
    await shows(worker, within_s=10)
    kafka_to_break.pause()
    await shows(worker, "kafka", within_s=10)
    kafka_to_break.resume()
    await shows(worker, within_s=30)
    assert worker.running


async def test_all_that_was_held_goes_on_promptly_after_the_healing(
    flow: Flow, s3_to_break: S3
) -> None:
    """With a breaker one message in work asks, the others are told; then it goes on for all."""
    worker = await flow.start("detect")
    submitted = [flow.announced(number) for number in range(1, 65)]
    await flow.store(submitted)
    s3_to_break.kill()
    await asyncio.gather(*(flow.publisher.publish(event) for event in submitted))
    await eventually(lambda: 'breaker_state{dependency="bucket"} 0.0' not in metrics(worker))
    await shows(worker, "bucket", within_s=10)
    assert ready(worker)[0] == 503
    s3_to_break.start()
    labels = 'messaging_destination_name="image-submitted",outcome="done"'
    done = f"messaging_process_duration_seconds_count{{{labels}}} 64.0"
    await eventually(lambda: done in metrics(worker), within_s=10)
    await shows(worker, within_s=30)
    assert ready(worker)[0] == 200
    assert 'breaker_opened_total{dependency="bucket"} 1.0' in metrics(worker)
