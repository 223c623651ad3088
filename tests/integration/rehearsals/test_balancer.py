"""The balancer sends to those it was told of, and never sends a request twice."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.rehearsals.balancer import Balancer
from tests.support.services.ports import free_ports
from tests.support.services.programs import NotInstalledError


@contextmanager
def replica(port: int, answer: bytes) -> Iterator[list[bytes]]:
    """Answers each connection with those bytes and ends it; what it was sent, in order."""
    heard: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", port))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with closing(connection):
                    heard.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield heard
        listening.shutdown(socket.SHUT_RDWR)


def said(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def post(balancer: Balancer) -> str:
    with urllib.request.urlopen(f"{balancer.base_url}/", data=b"x", timeout=5) as answer:  # noqa: S310 - loopback only
        return str(answer.read().decode())


@pytest.fixture
def ports() -> list[int]:
    return free_ports(3)


@pytest.fixture
def balancer(tmp_path: Path, ports: list[int]) -> Iterator[Balancer]:
    try:
        with Balancer(tmp_path, ports[0], ports[1:]) as running:
            yield running
    except NotInstalledError as error:
        pytest.skip(str(error))


def test_whoever_refuses_the_connection_is_passed_over(
    balancer: Balancer, ports: list[int]
) -> None:
    with replica(ports[2], said("second")):
        assert [post(balancer) for _ in range(4)] == ["second"] * 4


def test_a_request_that_was_sent_is_not_sent_again(balancer: Balancer, ports: list[int]) -> None:
    with replica(ports[1], b"") as first, replica(ports[2], b"") as second:
        with pytest.raises(urllib.error.HTTPError, match="502"):
            post(balancer)
        assert len(first) + len(second) == 1


def test_once_told_it_sends_to_nobody_else(balancer: Balancer, ports: list[int]) -> None:
    with replica(ports[1], said("first")), replica(ports[2], said("second")):
        assert {post(balancer) for _ in range(4)} == {"first", "second"}
        balancer.send_to(ports[2:])
        assert {post(balancer) for _ in range(4)} == {"second"}


def test_without_a_replica_it_runs_and_has_nobody_to_send_to(balancer: Balancer) -> None:
    balancer.send_to([])
    with pytest.raises(urllib.error.HTTPError, match="502"):
        post(balancer)
