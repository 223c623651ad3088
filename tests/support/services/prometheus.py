"""Prometheus from Debian: how it is had, and how it runs with the configuration that is shipped."""

import http.client
import subprocess
from functools import partial
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command
from tests.support.services.programs import on_path

CONFIGURATION = Path(__file__).parents[3] / "deployment" / "monitoring" / "prometheus"


class Prometheus(LocalService):
    """The shipped configuration with the options of docker-compose.yml; `options` are those."""

    name = "prometheus"

    def __init__(self, folder: Path, port: int, *, options: tuple[str, ...]) -> None:
        super().__init__(folder, port)
        self._options = options

    def _command(self) -> Command:
        options = (
            option.replace("/etc/prometheus", str(CONFIGURATION)).replace(
                "=/prometheus", f"={self.folder / 'data'}"
            )
            for option in self._options
        )
        listen = f"--web.listen-address=127.0.0.1:{self.port}"
        return Command((str(on_path("prometheus")), *options, listen), self.folder)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        finally:
            connection.close()


def promtool(*arguments: str) -> tuple[int, str]:
    """How `promtool` ends with these arguments, and what it says."""
    done = subprocess.run(
        (on_path("promtool"), *arguments), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def check_metrics(text: str) -> tuple[int, str]:
    """What `promtool check metrics` says of what a process tells."""
    done = subprocess.run(
        (on_path("promtool"), "check", "metrics"), input=text, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def prometheus_recipe() -> recipes.Recipe:
    promtool = partial(on_path, "promtool")
    return recipes._from_debian("prometheus", "prometheus", promtool, is_optional=True)
