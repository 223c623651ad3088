"""A receiver of OTLP over gRPC and over HTTP, that can be told to answer badly.

`python -m tests.support.otlp_receiver grpc|http PORT` is one that takes all and keeps nothing, for
measurements and for tests that stop it.
"""

import gzip
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from tests.support.http_server import HttpServer, OwnedHandler
from tests.support.otlp_spans import SeenSpan, spans_in
from tests.support.within import crowd


class Received:
    """What came, whichever way; to be looked at while more comes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.spans: list[SeenSpan] = []
        self.headers: list[dict[str, str]] = []
        self.exports = 0

    def take(self, export: ExportTraceServiceRequest, headers: Mapping[str, str]) -> None:
        with self._changed:
            self.exports += 1
            self.spans += spans_in(export)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            self._changed.notify_all()

    def wait_for(
        self, is_there: Callable[[list[SeenSpan]], bool], *, within_s: float = 20.0
    ) -> list[SeenSpan]:
        """All spans, as soon as that is true of them; fails the test when it does not become."""
        with self._changed:
            came = self._changed.wait_for(lambda: is_there(self.spans), within_s * crowd())
            names = "\n".join(sorted(f"{span.service} {span.name}" for span in self.spans))
            assert came, f"not within {within_s:g} s; there are:\n{names}"
            return list(self.spans)


class GrpcReceiver:
    """While `may_answer` is not set no export is answered."""

    def __init__(self, received: Received | None = None, *, port: int = 0) -> None:
        self.received = received or Received()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._threads = ThreadPoolExecutor(4)
        self._server = grpc.server(self._threads)
        register: Any = add_TraceServiceServicer_to_server  # generated, without types
        register(_Servicer(self), self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.may_answer.set()
        self._server.stop(0).wait()
        self._threads.shutdown()


class _Servicer(TraceServiceServicer):
    def __init__(self, receiver: GrpcReceiver) -> None:
        self._receiver = receiver

    def Export(self, request: Any, context: Any) -> ExportTraceServiceResponse:  # noqa: N802 - the service's name
        self._receiver.may_answer.wait()
        metadata = {name: str(value) for name, value in context.invocation_metadata()}
        self._receiver.received.take(request, metadata)
        return ExportTraceServiceResponse()


class HttpReceiver(HttpServer["HttpReceiver"]):
    """Answers `status`, and takes what comes with a 200; while `may_answer` is not set it holds
    every request open."""

    def __init__(self, received: Received | None = None, *, port: int = 0) -> None:
        self.received = received or Received()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.status = 200
        super().__init__(_Handler, self, port=port)
        self.endpoint = self.url

    def release(self) -> None:
        self.may_answer.set()


class _Handler(OwnedHandler[HttpReceiver]):
    protocol_version = "HTTP/1.1"

    def post(self) -> None:
        receiver, body = self.owner, self.body()
        receiver.may_answer.wait()
        if receiver.status == 200 and self.path == "/v1/traces":
            packed = self.headers["content-encoding"] == "gzip"
            export = ExportTraceServiceRequest.FromString(gzip.decompress(body) if packed else body)
            receiver.received.take(export, dict(self.headers))
        self.answer(
            receiver.status if self.path == "/v1/traces" else 404,
            ExportTraceServiceResponse().SerializeToString(),
            Content_Type="application/x-protobuf",
        )


class _Nothing(Received):
    """Keeps nothing."""

    def take(self, export: ExportTraceServiceRequest, headers: Mapping[str, str]) -> None:
        del headers
        self.exports += len(export.resource_spans)


if __name__ == "__main__":
    maker = GrpcReceiver if sys.argv[1] == "grpc" else HttpReceiver
    with maker(_Nothing(), port=int(sys.argv[2])):
        signal.pause()
