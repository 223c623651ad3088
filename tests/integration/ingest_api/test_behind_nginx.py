"""The configuration of nginx that is shipped, with the API behind it."""

import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.integration.ingest_api.wire import (
    EVENTS,
    UPLOAD,
    EdgeApi,
    edge_api,
    last_answer,
    request,
)
from tests.support.services.nginx import NAME, Nginx
from tests.support.services.ports import free_ports
from tests.support.services.programs import NotInstalledError
from tests.support.within import crowd
from tests.unit.ingest_api.pictures import picture

KEY = {"Authorization": "Bearer acme-key"}


@dataclass(frozen=True, slots=True)
class Behind:
    nginx: Nginx
    api: EdgeApi

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Of another address of this machine, if wanted."""
        transport = httpx.HTTPTransport(verify=self.nginx.trust, local_address=address)
        url = f"https://127.0.0.1:{self.nginx.port}"
        return httpx.Client(transport=transport, base_url=url, headers={"Host": NAME}, timeout=15)

    def connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.nginx.port), timeout=15)
        return self.nginx.trust.wrap_socket(plain, server_hostname=NAME)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    settings = {
        "trusted_proxies": ["127.0.0.1/32"],
        "allowed_hosts": [NAME],
        "public_url": f"https://{NAME}",
    }
    with edge_api(tmp_path_factory.mktemp("api"), **settings) as api:
        port, plain = free_ports(2)
        folder = tmp_path_factory.mktemp("nginx")
        nginx = Nginx(folder, port, plain_port=plain, api_port=api.port)
        try:
            nginx.start()
        except NotInstalledError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))
        with nginx:
            yield Behind(nginx, api)


def test_nginx_finds_nothing_wrong_with_it(behind: Behind) -> None:
    assert behind.nginx.fault() is None


def test_a_request_and_its_result(behind: Behind) -> None:
    with behind.client() as client:
        answer = client.post(UPLOAD, files={"image": picture()}, headers=KEY)
        assert answer.status_code == 200
        assert answer.json()["total_objects_detected"] == 1
        assert answer.headers["strict-transport-security"]
        later = client.post(
            UPLOAD, files={"image": picture()}, headers=KEY | {"Prefer": "respond-async"}
        )
        assert later.headers["location"].startswith(f"https://{NAME}/")


def test_events_come_as_they_happen(behind: Behind) -> None:
    with behind.client() as client, client.stream("GET", EVENTS, headers=KEY) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: connected"
        with behind.client() as other:
            said = other.post(UPLOAD, files={"image": picture()}, headers=KEY).json()
        assert said["request_id"] in next(line for line in lines if "request_id" in line)


def test_a_stranger_is_refused_though_its_body_is_large(behind: Behind) -> None:
    with behind.client() as client:
        answer = client.post(UPLOAD, content=b"x" * 5_000_000)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"


def test_half_a_gigabyte_is_refused_by_its_length(behind: Behind) -> None:
    with behind.connect() as wire:
        head = request("POST", UPLOAD, "Content-Length: 500000000", host=f"Host: {NAME}")
        began = time.monotonic()
        wire.sendall(head + b"x" * 1_000_000)
        answer = last_answer(wire)
        assert time.monotonic() - began < 5 * crowd()
    assert answer.status == 413


def _left(client: httpx.Client, claimed: str) -> int:
    """How much of the limit of its address a client has left, as the API says."""
    answer = client.get(
        "/docs", headers={"X-Forwarded-For": claimed, "Forwarded": f"for={claimed}"}
    )
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


def test_a_client_has_its_own_address_and_no_other_that_it_claims(behind: Behind) -> None:
    with behind.client("127.0.0.2") as one, behind.client("127.0.0.3") as other:
        fresh = _left(other, "198.51.100.1")
        for number in range(5):
            left = _left(one, f"198.51.100.{number}")
        assert left < fresh
        assert _left(other, "127.0.0.2") > left


def test_other_names_and_what_is_for_machines_end_here(behind: Behind) -> None:
    with behind.client() as client:
        assert client.get("/health", headers={"Host": "evil.example"}).status_code == 421
        for path in ("/metrics", "/%6detrics", "//metrics", "/ready"):
            assert client.get(path).status_code in {401, 404}, path
        assert client.get("/health").status_code == 200
    plain = httpx.get(
        f"http://127.0.0.1:{behind.nginx.plain_port}/docs", headers={"Host": "evil.example"}
    )
    assert plain.headers["location"] == f"https://{NAME}/docs"


def test_headers_that_do_not_end_or_are_too_large(behind: Behind) -> None:
    with behind.connect() as wire:
        began = time.monotonic()
        wire.sendall(b"GET /health HTTP/1.1\r\nHost: a")
        while wire.recv(65536):
            pass
        assert time.monotonic() - began < 10 * crowd()
    with behind.connect() as wire:
        wire.sendall(request("GET", "/health", "X: " + "y" * 20_000, host=f"Host: {NAME}"))
        assert last_answer(wire).status in {400, 431}


def test_without_the_api_it_says_to_come_back(behind: Behind) -> None:
    """The last one: it ends the API."""
    behind.api.process.kill()
    behind.api.process.wait()
    with behind.client() as client:
        answer = client.get("/api/v1/analyses/x", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (503, "dependency_unavailable")
    assert answer.headers["retry-after"] == "5"
