"""nginx from Debian: how it is had, and how it runs with the configuration that is shipped."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

from tests.support.certificates import write_certificate
from tests.support.services import recipes
from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command
from tests.support.services.programs import NotInstalledError

CONFIGURATION = Path(__file__).parents[3] / "deployment" / "nginx" / "nginx.conf"
NAME = "analyzer.example"


class Nginx(LocalService):
    """The shipped configuration with other addresses, in a folder of its own; `port` is TLS."""

    name = "nginx"

    def __init__(self, folder: Path, port: int, *, plain_port: int, api_port: int) -> None:
        super().__init__(folder, port)
        self.plain_port = plain_port
        self._api_port = api_port

    @property
    def trust(self) -> ssl.SSLContext:
        """Of a client that knows its certificate."""
        return ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))

    def fault(self) -> str | None:
        """What `nginx -t` has against the configuration."""
        self._prepare()
        argv = (str(nginx_program()), "-t", *self._arguments())
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode or "[warn]" in done.stderr else None

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "key.pem").exists():
            write_certificate(self.folder, (NAME,))
        text = CONFIGURATION.read_text(encoding="utf-8")
        for shipped, ours, times in (
            ("/tmp/nginx", str(self.folder), 7),
            ("/etc/nginx/tls", str(self.folder), 2),
            ("server api:8080;", f"server 127.0.0.1:{self._api_port};", 1),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl", 2),
            ("listen 80 ", f"listen 127.0.0.1:{self.plain_port} ", 1),
        ):
            assert text.count(shipped) == times, f"{shipped} is not in nginx.conf as it was"
            text = text.replace(shipped, ours)
        (self.folder / "nginx.conf").write_text(text, encoding="utf-8")

    def _command(self) -> Command:
        user = " user root;" if os.geteuid() == 0 else ""  # who else may not enter our folder
        argv = (str(nginx_program()), *self._arguments(), "-g", f"daemon off;{user}")
        return Command(argv=argv, folder=self.folder)

    def _arguments(self) -> tuple[str, ...]:
        log = str(self.folder / "start.log")
        return ("-p", str(self.folder), "-e", log, "-c", str(self.folder / "nginx.conf"))

    def _answers(self) -> bool:
        return bool(ssl.get_server_certificate(("127.0.0.1", self.port), timeout=2))


def nginx_program() -> Path:
    """Debian puts it where only root looks."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        raise NotInstalledError("nginx")
    return Path(found)


def nginx_recipe() -> recipes.Recipe:
    return recipes._from_debian("nginx", "nginx", nginx_program, is_optional=True)
