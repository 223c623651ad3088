"""Spans and warnings arrive at Azure Monitor, and no trouble of Azure's is trouble of ours."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.export import Exports, exporting
from telemetry.spans import step
from telemetry.trace_settings import TraceSettings
from telemetry.traces import to_trace
from tests.support.azure_ingestion import KEY, AzureIngestion
from tests.support.within import within

LONE = "tests.integration.telemetry.azure_process"
AT_ONCE = dict.fromkeys(
    (
        "APPLICATIONINSIGHTS_SDKSTATS_EXPORT_INTERVAL",
        "APPLICATIONINSIGHTS_STATS_LONG_EXPORT_INTERVAL",
        "APPLICATIONINSIGHTS_STATS_SHORT_EXPORT_INTERVAL",
    ),
    "1",
)
"""What the exporter would tell of its own use every 15 minutes it would tell every second."""
ROOT = Path(__file__).resolve().parents[3]
QUICK = TraceSettings(every_s=0.05, timeout_s=1, flush_s=0.5)
CALLER = to_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


@pytest.fixture(autouse=True)
def environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter is told by variables what it must not do; they end with the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.fixture
def azure() -> Iterator[AzureIngestion]:
    with AzureIngestion() as ingestion:
        yield ingestion


@contextlib.contextmanager
def exported(azure: AzureIngestion, spool: Path | None = None) -> Iterator[Exports]:
    settings = AzureMonitorSettings(
        connection_string=SecretStr(azure.connection_string), spool_folder=spool
    )
    with exporting(QUICK, settings, process="api") as exports:
        yield exports


def work(exports: Exports, name: str) -> None:
    with exports.tracer.span(name, "server", under=CALLER) as span, step(f"{name} below", "client"):
        span.note({"http.request.method": "GET"})
        log(exports, event=f"{name} warned", level="warning", module="here", count=3)


def log(exports: Exports, **line: object) -> None:
    assert exports.log is not None
    assert exports.log(structlog.get_logger(), "msg", dict(line)) == line


def test_spans_and_warnings_arrive(azure: AzureIngestion) -> None:
    with exported(azure) as exports:
        work(exports, "asked")
        log(exports, event="not worth telling", level="info", module="here")
        log(exports, event="of the exporter itself", level="error", module="azure.core.pipeline")
        azure.wait_for("asked", "asked below", "asked warned")
    assert set(azure.paths) == {"/v2.1/track"}
    assert {item["iKey"] for item in azure.items} == {KEY}
    request, below, warned = (azure.named(n) for n in ("asked", "asked below", "asked warned"))
    assert CALLER is not None
    assert {one["tags"]["ai.operation.id"] for one in (request, below, warned)} == {CALLER.trace_id}
    assert request["tags"]["ai.operation.parentId"] == CALLER.span_id
    assert request["tags"]["ai.cloud.role"] == "image-analyzer.image-analyzer-api"
    assert below["tags"]["ai.operation.parentId"] == request["data"]["baseData"]["id"]
    assert warned["tags"]["ai.operation.parentId"] == below["data"]["baseData"]["id"]
    assert warned["data"]["baseData"]["properties"]["count"] == "3"
    assert len(azure.items) == 3


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_is_refused_once_is_sent_again(azure: AzureIngestion, status: int) -> None:
    azure.refuse_next = [status, status]
    with exported(azure) as exports:
        work(exports, "asked")
        azure.wait_for("asked below", "asked warned")


def test_a_part_that_is_refused_is_not_the_end_of_it(azure: AzureIngestion) -> None:
    azure.refused = {"first below"}
    with exported(azure) as exports:
        work(exports, "first")
        azure.wait_for("first", "first warned")
        work(exports, "second")
        azure.wait_for("second below", "second warned")


def test_what_is_not_taken_waits_on_disk_where_a_folder_is_given(
    azure: AzureIngestion, tmp_path: Path
) -> None:
    azure.refuse_next = [500] * 100
    with exported(azure, spool=tmp_path) as exports:
        work(exports, "kept")
        deadline = time.monotonic() + 20
        while not list(tmp_path.rglob("*.blob*")):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_azure_that_hangs_keeps_nobody_waiting(
    azure: AzureIngestion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    azure.may_answer.clear()
    with contextlib.ExitStack() as closing:
        with within(2):
            exports = closing.enter_context(exported(azure))
            for number in range(500):
                work(exports, f"work {number}")
        with within(2):
            closing.close()
    assert list(tmp_path.iterdir()) == []


def looked_for(connection_string: str, folder: Path) -> set[str]:
    """By a process of its own that exports there; nothing of it is left in `folder`."""
    direct = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, "-m", LONE, connection_string],
        cwd=ROOT, env=direct | AT_ONCE | {"TMPDIR": str(folder)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == []
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_process_reaches_the_given_address(azure: AzureIngestion, tmp_path: Path) -> None:
    assert looked_for(azure.connection_string, tmp_path) == {"127.0.0.1"}
    azure.wait_for("lone", "something_broke")


def test_nobody_but_the_given_address_is_spoken_to(tmp_path: Path) -> None:
    """Neither statistics of its use, which it keeps where the address is in a region of Azure, nor
    its remote configuration, nor the machine's metadata."""
    region = "westeurope-5.in.applicationinsights.azure.com"
    given = f"InstrumentationKey={KEY};IngestionEndpoint=https://{region}/"
    assert looked_for(given, tmp_path) == {region}
