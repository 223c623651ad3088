"""The product on real servers of its own, started once for all system tests that want it."""

import os
from collections.abc import Iterator

import pytest

from tests.support.otlp_receiver import GrpcReceiver, HttpReceiver, Received
from tests.support.product_processes import Product, describe_product
from tests.support.services.programs import NotInstalledError
from tests.support.services.stack import Stack

PICTURES_FROM_HERE = {
    "ANALYZER_API__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
    "ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
}
CALLBACKS_TO_HERE = {
    "ANALYZER_WEBHOOKS__MASTER_SECRET": "what the secrets of receivers are derived from, in tests",
    "ANALYZER_WEBHOOKS__ALLOW_HTTP": "true",
    "ANALYZER_WEBHOOKS__FIRST_PAUSE_S": "0.2",
}


@pytest.fixture(scope="session")
def received_spans() -> Received:
    """Of requests whose caller says that they are sampled, and of no others."""
    return Received()


@pytest.fixture(scope="session")
def trace_receivers(received_spans: Received) -> Iterator[tuple[GrpcReceiver, HttpReceiver]]:
    with GrpcReceiver(received_spans) as grpc, HttpReceiver(received_spans) as http:
        yield grpc, http


@pytest.fixture(scope="session")
def trace_settings(
    trace_receivers: tuple[GrpcReceiver, HttpReceiver],
) -> dict[str, dict[str, str]]:
    """Of each process; both ways of OTLP are taken."""
    grpc, http = trace_receivers
    by_grpc = {"ANALYZER_TRACES__ENDPOINT": grpc.endpoint}
    by_http = {"ANALYZER_TRACES__ENDPOINT": http.endpoint, "ANALYZER_TRACES__PROTOCOL": "http"}
    rare = {"ANALYZER_TRACES__SAMPLE_RATIO": "0", "ANALYZER_TRACES__EVERY_S": "0.1"}
    named = {"ANALYZER_TRACES__SERVICE_NAME": "image-analyzer-io"}
    return {"api": by_grpc | rare, "detect": by_http | rare, "io": by_grpc | rare | named}


@pytest.fixture(scope="session")
def product(
    tmp_path_factory: pytest.TempPathFactory, trace_settings: dict[str, dict[str, str]]
) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("system")
    try:
        with Stack.start(folder / "services") as stack:
            described = describe_product(
                stack, folder, settings=PICTURES_FROM_HERE | CALLBACKS_TO_HERE, own=trace_settings
            )
            try:
                described.start()
                yield described
            finally:
                described.stop()
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
