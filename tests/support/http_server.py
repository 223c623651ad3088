"""An HTTP server in a thread of its own, for as long as a block lasts."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

_Owner = TypeVar("_Owner")


class HttpServer(Generic[_Owner]):
    """On 127.0.0.1 at `port`. Each request is handled by a `handler`, whose `owner` is what it
    answers from. It ends when every request has been answered: who lets some wait is told before,
    by `release`."""

    def __init__(
        self, handler: "type[OwnedHandler[_Owner]]", owner: _Owner, *, port: int = 0
    ) -> None:
        self._server = _Server(("127.0.0.1", port), handler)
        self._server.owner = owner
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def release(self) -> None:
        """Nothing waits in this one."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    owner: object


class OwnedHandler(BaseHTTPRequestHandler, Generic[_Owner]):
    """Subclasses say what they do with a GET and a POST; one of which they say nothing gets 501."""

    def get(self) -> None:
        self.send_error(501)

    def post(self) -> None:
        self.send_error(501)

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    @property
    def owner(self) -> _Owner:
        return cast("_Owner", cast("_Server", self.server).owner)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, content: bytes, **headers: str) -> None:
        """As JSON, unless a header says otherwise; `_` in their names is `-`."""
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Type": "application/json"} | named).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Not to standard error."""
