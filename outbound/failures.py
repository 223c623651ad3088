"""Errors of the resolver, TLS, httpcore and h11 -> the decisions of `outbound.errors`."""

import socket

import httpcore

from outbound.errors import BlockedAddressError, FetchFailedError, InvalidUrlError, OutboundError


def to_outbound_error(error: Exception) -> OutboundError:
    """The decision for anything raised while fetching.

    A URL that does not parse (the first one or a redirect's) counts as refused. What is not in
    the table is a failure that is not worth a retry. The original is for the caller to chain.
    """
    if isinstance(error, InvalidUrlError):
        return BlockedAddressError(f"the URL {error}")
    if isinstance(error, TimeoutError | httpcore.TimeoutException):
        return FetchFailedError("took too long", retryable=True)
    if isinstance(error, socket.gaierror):
        is_unknown = error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}
        return FetchFailedError("the name could not be resolved", retryable=not is_unknown)
    is_transport = isinstance(error, httpcore.NetworkError | httpcore.RemoteProtocolError | OSError)
    return FetchFailedError(f"no usable answer: {type(error).__name__}", retryable=is_transport)
