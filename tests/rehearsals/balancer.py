"""nginx before the replicas of the API, told which are ready, as a Service of a cluster is."""

import http.client
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.services.local_service import LocalService
from tests.support.services.nginx import nginx_program
from tests.support.services.process_family import family_of
from tests.support.services.processes import Command, NotReadyError

_CONFIGURATION = """
pid {folder}/nginx.pid;
error_log stderr error;
{user}
worker_processes 1;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 16m;
    # A change closes idle connections, and a client may be sending on one at that moment.
    keepalive_timeout 0;
    upstream replicas {{
{servers}
    }}
    server {{
        listen 127.0.0.1:{port};
        location = /generation {{ return 200 "{generation}"; }}
        location / {{
            proxy_pass http://replicas;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_connect_timeout 2s;
            proxy_read_timeout 75s;
            proxy_buffering off;
            # Another replica is tried when one refuses the connection; of a request that was sent,
            # and may have been accepted, the failure is the client's to see.
            proxy_next_upstream error;
        }}
    }}
}}
"""
_TAKEN_WITHIN_S = 10.0


class Balancer(LocalService):
    """Open connections outlive a change of the replicas: they end where they began."""

    name = "balancer"

    def __init__(self, folder: Path, port: int, replicas: Sequence[int]) -> None:
        super().__init__(folder, port)
        self._replicas = tuple(replicas)
        self._generation = 1

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send_to(self, replicas: Sequence[int]) -> None:
        """Those ports get all new requests once this has returned. Raises NotReadyError."""
        self._replicas = tuple(replicas)
        self._generation += 1
        self._prepare()
        before = [one for one in family_of(self.pid) if one != self.pid]
        os.kill(self.pid, signal.SIGHUP)
        deadline = time.monotonic() + _TAKEN_WITHIN_S
        while not (self._answers() and all(map(_accepts_no_more, before))):
            if time.monotonic() > deadline:
                raise NotReadyError("the balancer does not take its new configuration")
            time.sleep(0.05)

    def _prepare(self) -> None:
        servers = [f"        server 127.0.0.1:{port} max_fails=0;" for port in self._replicas]
        servers = servers or ["        server 127.0.0.1:1 down;"]  # nginx wants one at least
        text = _CONFIGURATION.format(
            folder=self.folder, port=self.port, generation=self._generation,
            servers="\n".join(servers), user="user root;" if os.geteuid() == 0 else "",
        )  # fmt: skip
        (self.folder / "balancer.conf").write_text(text, encoding="utf-8")

    def _command(self) -> Command:
        configuration, log = str(self.folder / "balancer.conf"), str(self.folder / "start.log")
        argv = (str(nginx_program()), "-p", str(self.folder), "-e", log, "-c", configuration)
        return Command((*argv, "-g", "daemon off;"), self.folder)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/generation")
            return connection.getresponse().read() == str(self._generation).encode()
        finally:
            connection.close()


def _accepts_no_more(worker: int) -> bool:
    """It is gone, or has only the connections that it still has: its title says so."""
    try:
        return b"shutting down" in Path(f"/proc/{worker}/cmdline").read_bytes()
    except OSError:
        return True
