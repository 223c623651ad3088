"""Links that can be broken: Toxiproxy between the product's processes and their servers."""

import http.client
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command, NotReadyError
from tests.support.services.toxiproxy import TOXIPROXY


class Toxiproxy(LocalService):
    """Every link is whole until a toxic is put into it."""

    name = "toxiproxy"

    def link(self, name: str, *, listen: int, upstream: int) -> "Link":
        """A new link: what connects to `listen` reaches `upstream`."""
        self.ask(
            "POST",
            "/proxies",
            {
                "name": name,
                "listen": f"127.0.0.1:{listen}",
                "upstream": f"127.0.0.1:{upstream}",
                "enabled": True,
            },
        )
        return Link(self, name, upstream)

    def reset(self) -> None:
        """Every link is enabled and free of toxics."""
        self.ask("POST", "/reset")

    def ask(self, method: str, path: str, body: Any = None) -> None:
        """Raises NotReadyError with its words when it refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            raise NotReadyError(f"toxiproxy: {method} {path}: {answer.status} {text}")

    def _command(self) -> Command:
        where = ("-host", "127.0.0.1", "-port", str(self.port))
        return Command(
            (str(TOXIPROXY.path()), *where), self.folder, environment={"LOG_LEVEL": "error"}
        )

    def _answers(self) -> bool:
        self.ask("GET", "/version")
        return True


@dataclass(frozen=True, slots=True)
class Link:
    """One direction of trust: a product process to one server."""

    proxy: Toxiproxy
    name: str
    upstream: int

    @contextmanager
    def led_to(self, port: int) -> Iterator[None]:
        """Whoever connects reaches another server."""
        self._lead_to(port)
        try:
            yield
        finally:
            self._lead_to(self.upstream)

    @contextmanager
    def refused(self) -> Iterator[None]:
        """Open connections are cut, new ones refused, as long as the block lasts."""
        self._set_enabled(is_enabled=False)
        try:
            yield
        finally:
            self._set_enabled(is_enabled=True)

    def dumb(self) -> AbstractContextManager[None]:
        """Connections are made and stay open, and no byte comes back: a half-open link."""
        return self._toxic("timeout", timeout=0)

    def slow(self, *, latency_ms: int) -> AbstractContextManager[None]:
        return self._toxic("latency", latency=latency_ms)

    def narrow(self, *, kilobytes_per_s: int) -> AbstractContextManager[None]:
        return self._toxic("bandwidth", rate=kilobytes_per_s)

    def torn(self) -> AbstractContextManager[None]:
        """Whatever sends gets a reset."""
        return self._toxic("reset_peer", timeout=0)

    def cut_after(self, *, answer_bytes: int) -> AbstractContextManager[None]:
        """The request goes through; its answer ends after so many bytes of the connection."""
        return self._toxic("limit_data", bytes=answer_bytes)

    @contextmanager
    def _toxic(self, kind: str, **attributes: int) -> Iterator[None]:
        path = f"/proxies/{self.name}/toxics"
        toxic = {"name": kind, "type": kind, "stream": "downstream", "attributes": attributes}
        self.proxy.ask("POST", path, toxic)
        try:
            yield
        finally:
            self.proxy.ask("DELETE", f"{path}/{kind}")

    def _lead_to(self, port: int) -> None:
        self.proxy.ask("POST", f"/proxies/{self.name}", {"upstream": f"127.0.0.1:{port}"})

    def _set_enabled(self, *, is_enabled: bool) -> None:
        self.proxy.ask("POST", f"/proxies/{self.name}", {"enabled": is_enabled})
