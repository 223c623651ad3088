"""An S3 server (versitygw) over a folder: buckets are folders, objects are files in them."""

import http.client
from pathlib import Path

from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command
from tests.support.services.recipes import VERSITYGW


class S3(LocalService):
    """Keeps what it was given between starts; with `is_read_only` it is given nothing. Hole: it
    never fsyncs, durable or not."""

    name = "s3"

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        access_key: str,
        secret_key: str,
        is_read_only: bool = False,
    ) -> None:
        super().__init__(folder, port)
        self.access_key = access_key
        self.secret_key = secret_key
        self._is_read_only = is_read_only

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        (self.folder / "buckets").mkdir(exist_ok=True)

    def _command(self) -> Command:
        listen = ["--keep-alive", "--quiet", "--port", f"127.0.0.1:{self.port}"]
        if self._is_read_only:
            listen.append("--readonly")
        return Command(
            argv=(str(VERSITYGW.path()), *listen, "posix", str(self.folder / "buckets")),
            folder=self.folder,
            environment={
                "ROOT_ACCESS_KEY": self.access_key,
                "ROOT_SECRET_KEY": self.secret_key,
            },
        )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        except http.client.HTTPException:
            return False
        finally:
            connection.close()
