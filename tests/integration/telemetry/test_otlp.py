"""Spans really leave, by both protocols; and whatever the receiver does, the work goes on."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.export import Exports, exporting
from telemetry.spans import step
from telemetry.trace_settings import TraceSettings
from telemetry.traces import to_trace
from tests.support.otlp_receiver import GrpcReceiver, HttpReceiver
from tests.support.otlp_spans import tree_of
from tests.support.process_tree import wait_until
from tests.support.services.ports import free_port
from tests.support.within import crowd

CALLER = to_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "acme=1")
ROOT = Path(__file__).resolve().parents[3]
Receiver = GrpcReceiver | HttpReceiver


def settings(endpoint: str, protocol: str, **more: object) -> TraceSettings:
    known = {"endpoint": endpoint, "protocol": protocol, "every_s": 0.05, "timeout_s": 1}
    return TraceSettings.model_validate(known | more)


@contextlib.contextmanager
def exported(chosen: TraceSettings) -> Iterator[Exports]:
    with exporting(chosen, AzureMonitorSettings(), process="test") as exports:
        yield exports


@pytest.fixture(params=["grpc", "http"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def receiver(protocol: str) -> Iterator[Receiver]:
    with GrpcReceiver() if protocol == "grpc" else HttpReceiver() as receiver:
        yield receiver


def test_what_is_done_inside_hangs_below_what_was_asked(receiver: Receiver, protocol: str) -> None:
    headers = SecretStr("x-api-key=abc def,x-team=vision")
    with exported(settings(receiver.endpoint, protocol, headers=headers)) as exports:
        other = to_trace("00-11111111111111111111111111111111-2222222222222222-01")
        assert other is not None
        with exports.tracer.span("outer", "server", under=CALLER, links=[other]) as outer:
            outer.note({"http.route": "/x", "n": 1})
            with contextlib.suppress(KeyError), step("inner", "client"):
                raise KeyError("never told")
    spans = receiver.received.wait_for(lambda spans: len(spans) == 2)
    (outer_seen,) = (span for span in spans if span.name == "outer")
    (inner_seen,) = (span for span in spans if span.name == "inner")
    assert tree_of(spans, outer_seen) == ["test: outer (server)", "  test: inner (client)"]
    assert CALLER is not None
    assert (outer_seen.trace_id, outer_seen.parent_id) == (CALLER.trace_id, CALLER.span_id)
    assert outer_seen.state == "acme=1"
    assert outer_seen.links == ((other.trace_id, other.span_id),)
    assert outer_seen.attributes == {"http.route": "/x", "n": 1}
    assert inner_seen.is_error
    assert inner_seen.attributes == {"error.type": "KeyError"}
    assert not outer_seen.is_error
    sent = receiver.received.headers[0]
    assert (sent["x-api-key"], sent["x-team"]) == ("abc def", "vision")


def test_what_is_not_sampled_is_not_exported(receiver: Receiver, protocol: str) -> None:
    with exported(settings(receiver.endpoint, protocol, sample_ratio=0)) as exports:
        unsampled = to_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
        for under in (None, unsampled):
            with exports.tracer.span("not told", "server", under=under) as span:
                assert not span.trace.is_sampled
                with step("nor this", "client") as below:
                    assert below.trace == span.trace
        with exports.tracer.span("told", "server", under=CALLER):
            pass
    assert [one.name for one in receiver.received.wait_for(bool)] == ["told"]


def test_a_receiver_that_hangs_keeps_nobody_waiting(receiver: Receiver, protocol: str) -> None:
    receiver.may_answer.clear()
    chosen = settings(receiver.endpoint, protocol, flush_s=0.5, queue_size=100, batch_size=10)
    began = time.monotonic()
    with exported(chosen) as exports:
        work(exports, 1000)
        assert time.monotonic() - began < 2 * crowd()
        closing = time.monotonic()
    assert time.monotonic() - closing < 1.5 * crowd()


def test_a_receiver_that_is_stopped_keeps_nobody_waiting() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.support.otlp_receiver", "grpc", str(port)]
    receiver = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: listens(port), within_s=30)
        with exported(settings(f"http://127.0.0.1:{port}", "grpc", flush_s=0.5)) as exports:
            work(exports, 10)
            receiver.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            work(exports, 3000)
            assert time.monotonic() - began < 3 * crowd()
            closing = time.monotonic()
        assert time.monotonic() - closing < 1.5 * crowd()
    finally:
        receiver.kill()
        receiver.wait()


def work(exports: Exports, times: int) -> None:
    for _ in range(times):
        with exports.tracer.span("work", "internal", under=None):
            pass


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def test_nothing_is_imported_where_nothing_is_exported() -> None:
    """Memory: the framework itself imports OpenTelemetry's API, where it is installed."""
    program = (
        "import sys, cli.processes, ingest_api.wiring, processors.app\n"
        "from cli.settings import load_settings\n"
        "from cli.exports import exports_of\n"
        "with exports_of('api', load_settings({})): pass\n"
        "print(*sorted({'grpc', 'opentelemetry.sdk', 'requests', 'azure'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split() == []


def test_nobody_listens_and_nobody_waits(protocol: str) -> None:
    chosen = settings(f"http://127.0.0.1:{free_port()}", protocol, flush_s=0.5)
    began = time.monotonic()
    with exported(chosen) as exports:
        work(exports, 1000)
    assert time.monotonic() - began < 3 * crowd()
