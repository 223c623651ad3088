"""What the guarded protocol leans on in uvicorn: when it moves, this says where."""

import inspect
import re

import pytest
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ingest_api.protocol import GuardedProtocol, guarded_protocol
from ingest_api.serve import server_for
from ingest_api.settings import ApiSettings
from telemetry.metrics import Metrics

_SOURCE = inspect.getsource(HttpToolsProtocol)
_ATTRIBUTE = re.compile(r"self\.(\w+)(?:: [^=\n]+)? = ")

OVERRIDDEN = {
    "__init__": ["self", "config", "server_state", "app_state", "_loop"],
    "connection_made": ["self", "transport"],
    "connection_lost": ["self", "exc"],
    "pause_writing": ["self"],
    "resume_writing": ["self"],
    "data_received": ["self", "data"],
    "on_message_begin": ["self"],
    "on_url": ["self", "url"],
    "on_header": ["self", "name", "value"],
    "on_headers_complete": ["self"],
    "on_body": ["self", "body"],
    "on_message_complete": ["self"],
    "on_response_complete": ["self"],
    "send_400_response": ["self", "msg"],
}
ATTRIBUTES = (
    "client", "connections", "cycle", "flow", "headers", "loop", "parser", "pipeline", "scope",
    "tasks", "transport", "url",
)  # fmt: skip
CALLS = {
    "data_received": ["self.parser.feed_data(data)", "self.send_400_response(msg)"],
    "connection_made": ["FlowControl(transport)", "self.transport = transport"],
    "on_headers_complete": ["transport=self.transport", "on_response=self.on_response_complete"],
    "on_message_begin": ["self.headers = []"],
}


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_what_is_overridden_is_there_and_takes_the_same(name: str) -> None:
    assert list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters) == OVERRIDDEN[name]
    assert name in vars(GuardedProtocol)


def test_nothing_else_is_overridden_by_chance() -> None:
    """A later uvicorn may have names that are ours now."""
    ours = {name for name in vars(GuardedProtocol) if not name.startswith("__")}
    state = vars(GuardedProtocol)["__init__"].__code__.co_names
    theirs = set(dir(HttpToolsProtocol)) | set(_ATTRIBUTE.findall(_SOURCE))
    assert ours & theirs == set(OVERRIDDEN) - {"__init__"}
    assert not {name for name in state if name.startswith("_") and name in theirs} - {"__init__"}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_what_is_read_is_set(name: str) -> None:
    assert name in _ATTRIBUTE.findall(_SOURCE)


@pytest.mark.parametrize("name", CALLS)
def test_what_calls_us_still_does(name: str) -> None:
    source = inspect.getsource(getattr(HttpToolsProtocol, name))
    for call in CALLS[name]:
        assert call in source


def test_answers_go_through_the_transport_and_end_with_our_callback() -> None:
    source = inspect.getsource(RequestResponseCycle)
    for call in ("self.transport.write(", "self.transport.close()", "self.on_response()"):
        assert call in source
    assert "self.response_started = False" in source
    assert "self.read_paused" in inspect.getsource(FlowControl)
    assert httptools_impl.STATUS_LINE[431].startswith(b"HTTP/1.1 431")


def test_the_server_speaks_it() -> None:
    config = server_for(_app, ApiSettings(), Metrics()).config
    config.load()
    assert issubclass(config.http_protocol_class, GuardedProtocol)


def test_two_servers_count_their_connections_apart() -> None:
    one, other = (guarded_protocol(ApiSettings(), Metrics()) for _ in range(2))
    assert one.open_connections is not other.open_connections


async def _app(_scope: object, _receive: object, _send: object) -> None:
    """Answers nothing: it is not asked."""
