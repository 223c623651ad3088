"""Every error of the layers below becomes one of the decisions."""

import socket
import ssl

import h11
import httpcore
import pytest

from outbound.errors import BlockedAddressError, FetchFailedError, InvalidUrlError
from outbound.failures import to_outbound_error

RETRYABLE = [
    TimeoutError(),
    httpcore.ConnectTimeout(),
    httpcore.ReadTimeout(),
    httpcore.PoolTimeout(),
    httpcore.ConnectError(),
    httpcore.ReadError(),
    httpcore.RemoteProtocolError("peer closed"),
    socket.gaierror(socket.EAI_AGAIN, "try again"),
    ConnectionResetError(),
    ssl.SSLError(1, "wrong version number"),
]
FINAL = [
    socket.gaierror(socket.EAI_NONAME, "unknown"),
    socket.gaierror(socket.EAI_NODATA, "no address"),
    httpcore.LocalProtocolError("illegal"),
    httpcore.UnsupportedProtocol("odd"),
    h11.RemoteProtocolError("garbage"),
    UnicodeError("label too long"),
    ValueError("odd"),
    RuntimeError("unheard of"),
]


@pytest.mark.parametrize("error", RETRYABLE, ids=repr)
def test_what_a_later_try_may_heal_is_retryable(error: Exception) -> None:
    outcome = to_outbound_error(error)
    assert isinstance(outcome, FetchFailedError)
    assert outcome.retryable


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_everything_else_is_final(error: Exception) -> None:
    outcome = to_outbound_error(error)
    assert isinstance(outcome, FetchFailedError)
    assert not outcome.retryable
    assert str(error) not in str(outcome)


def test_a_url_that_does_not_parse_counts_as_refused() -> None:
    assert isinstance(to_outbound_error(InvalidUrlError("is odd")), BlockedAddressError)
