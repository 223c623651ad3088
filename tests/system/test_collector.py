"""The collector of docker-compose.yml, with the configuration that is shipped: what it is sent by
either protocol reaches the store of traces. Its first run builds the collector, which takes
minutes."""

import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.support.compose_model import ROOT
from tests.support.otlp_receiver import GrpcReceiver
from tests.support.services.local_service import LocalService
from tests.support.services.otel_collector import missing_tools, otel_collector
from tests.support.services.ports import free_ports
from tests.support.services.processes import Command

pytestmark = pytest.mark.slow
CONFIGURATION = ROOT / "deployment/monitoring/otel-collector.yaml"


class Collector(LocalService):
    """`port` takes OTLP over gRPC, `http_port` over HTTP; `store` is where traces go."""

    name = "otel-collector"

    def __init__(self, folder: Path, store: str) -> None:
        port, self.http_port, self.metrics_port = free_ports(3)
        super().__init__(folder, port)
        self._store = store

    @property
    def configuration(self) -> Path:
        return self.folder / "collector.yaml"

    def _prepare(self) -> None:
        text = CONFIGURATION.read_text(encoding="utf-8")
        for there, here in (
            ("0.0.0.0:4317", f"127.0.0.1:{self.port}"),
            ("0.0.0.0:4318", f"127.0.0.1:{self.http_port}"),
            ("jaeger:4317", self._store),
            ("host: 0.0.0.0, port: 8888", f"host: 127.0.0.1, port: {self.metrics_port}"),
        ):
            assert text.count(there) == 1
            text = text.replace(there, here)
        self.configuration.write_text(text, encoding="utf-8")

    def _command(self) -> Command:
        return Command((str(otel_collector()), f"--config={self.configuration}"), self.folder)

    def _answers(self) -> bool:
        for port in (self.port, self.http_port, self.metrics_port):
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True


@pytest.fixture(scope="module")
def store() -> Iterator[GrpcReceiver]:
    with GrpcReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def collector(store: GrpcReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    if missing_tools():
        pytest.skip(f"needs {missing_tools()}")
    address = f"127.0.0.1:{store.port}"
    with Collector(tmp_path_factory.mktemp("collector"), address) as running:
        yield running


def one_span(name: str) -> ExportTraceServiceRequest:
    export = ExportTraceServiceRequest()
    resource = export.resource_spans.add()
    attribute = resource.resource.attributes.add(key="service.name")
    attribute.value.string_value = "image-analyzer-api"
    resource.scope_spans.add().spans.add(
        trace_id=bytes(range(1, 17)), span_id=bytes(range(1, 9)), name=name, kind=2,
        start_time_unix_nano=1, end_time_unix_nano=2,
    )  # fmt: skip
    return export


def test_the_shipped_configuration_is_valid_and_asks_for_nothing_old(collector: Collector) -> None:
    validated = subprocess.run(
        (otel_collector(), "validate", f"--config={CONFIGURATION}"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert validated.returncode == 0, validated.stderr
    assert "deprecated" not in collector.log_file.read_text()


def test_what_comes_over_grpc_reaches_the_store(collector: Collector, store: GrpcReceiver) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{collector.port}") as channel:
        TraceServiceStub(channel).Export(one_span("over grpc"))  # type: ignore[no-untyped-call] # generated, without types
    store.received.wait_for(lambda spans: "over grpc" in {span.name for span in spans})


def test_what_comes_over_http_reaches_the_store(collector: Collector, store: GrpcReceiver) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{collector.http_port}/v1/traces",
        data=one_span("over http").SerializeToString(),
        headers={"Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback only
        assert answer.status == 200
    store.received.wait_for(lambda spans: "over http" in {span.name for span in spans})


def test_it_tells_of_itself_where_prometheus_asks(collector: Collector) -> None:
    address = f"http://127.0.0.1:{collector.metrics_port}/metrics"
    with urllib.request.urlopen(address) as answer:
        assert "otelcol_exporter_queue_size" in answer.read().decode()
