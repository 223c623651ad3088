"""The five programs of an embedded instance and how each is started."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.data_folder import DataFolder
from cli.embedded.broker import broker_program
from cli.embedded.child import Program
from cli.embedded.database import Database
from cli.embedded.environment import process_environment, python_program
from cli.embedded.ports import answers
from cli.embedded.readiness import api_is_ready, worker_is_ready
from cli.embedded.supervisor import Unit

WORKERS = {
    "detect": ("detect", "detect-bulk"),
    "io": ("admit", "fetch", "fetch-bulk", "record", "retry", "sweep", "deliver"),
}

SIGNING_KEY = "ANALYZER_AUTH__SIGNING_KEY"
WEBHOOK_SECRET = "ANALYZER_WEBHOOKS__MASTER_SECRET"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Ports:
    api: int
    broker: int
    workers: Mapping[str, int]


class Instance:
    """Names, programs and questions; it starts nothing itself."""

    def __init__(
        self, folder: DataFolder, ports: Ports, base: Mapping[str, str], model: str | None
    ) -> None:
        self.folder = folder
        self.ports = ports
        self.database = Database(folder.postgres, folder.log("postgres"))
        self.broker = f"127.0.0.1:{ports.broker}"
        self.environment = process_environment(
            base, folder, broker=self.broker, dsn=self.database.dsn, api_port=ports.api
        )
        if model is not None:
            self.environment["ANALYZER_WORKER__PREFERRED_MODEL"] = model

    def servers(self, create_topics: Callable[[], None]) -> tuple[Unit, Unit]:
        """`create_topics` runs after each restart of the broker, before its clients do."""
        return (
            Unit(
                "broker",
                lambda: broker_program(self.ports.broker, self.folder.log("broker")),
                after_restart=create_topics,
                is_server=True,
            ),
            Unit("postgres", self.database.program, is_server=True),
        )

    def processes(self) -> tuple[Unit, ...]:
        own = {**self._signing(), **self._webhooks()}
        api = Unit("api", lambda: self._python("api", ("api",), own))
        return (api, *(self._worker(name) for name in WORKERS))

    def command(self, *arguments: str) -> Program:
        """A short process of ours; its words go to `setup.log`."""
        return self._python("setup", arguments, {})

    def servers_are_ready(self) -> bool:
        return self.database.is_ready() and answers(self.ports.broker)

    def missing(self) -> list[str]:
        """The processes that are not ready yet."""
        names = [] if api_is_ready(self.ports.api) else ["api"]
        return names + [
            name for name, port in self.ports.workers.items() if not worker_is_ready(port)
        ]

    def _signing(self) -> Mapping[str, str]:
        """For the API alone, and not in place of a key that somebody has set."""
        if any(name.startswith(SIGNING_KEY) for name in self.environment):
            return {}
        return {f"{SIGNING_KEY}_FILE": str(self.folder.signing_key)}

    def _webhooks(self) -> Mapping[str, str]:
        """For who takes callbacks and who signs them: never for a detector."""
        if any(name.startswith(WEBHOOK_SECRET) for name in self.environment):
            return {}
        return {f"{WEBHOOK_SECRET}_FILE": str(self.folder.webhook_secret)}

    def _worker(self, name: str) -> Unit:
        own = {"ANALYZER_WORKER__HEALTH_PORT": str(self.ports.workers[name])}
        if "deliver" in WORKERS[name]:
            own |= self._webhooks()
        arguments = ("worker", *WORKERS[name])
        return Unit(name, lambda: self._python(name, arguments, own), needs=("broker",))

    def _python(self, name: str, arguments: tuple[str, ...], more: Mapping[str, str]) -> Program:
        environment = {**self.environment, **more}
        return python_program(name, arguments, environment, self.folder.log(name))


def samples_folder() -> Path | None:
    """The photographs of the checkout; None when the code is installed without them."""
    folder = Path(__file__).resolve().parents[2] / "samples"
    return folder if folder.is_dir() else None
