"""The product as seven processes, so that each can be broken by itself."""

import fcntl
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.rig import Rig
from tests.faults.supervised import Supervised
from tests.support.services.ports import free_ports

_PIPE_BYTES: Final = 4096
_SHORT_LOG_BYTES: Final = 4000
_LOG_IS_PIPED: Final = "detect"

WORKERS: Final = {
    "detect": ("detect",),
    "detect-bulk": ("detect-bulk",),
    "io": ("admit", "fetch", "fetch-bulk", "record", "retry"),
    "sweep": ("sweep",),
    "deliver": ("deliver",),
    "spare": ("retry",),
}
"""`spare` is one more for retries, for what may happen to any process."""

SETTINGS: Final = {
    "ANALYZER_WORKER__CHILDREN": "1",
    "ANALYZER_WORKER__PREFERRED_MODEL": "centernet-mbv3",  # the quickest of those bundled
    "ANALYZER_WORKER__ITEM_TIMEOUT_S": "60",  # longer than a child hangs here
    "ANALYZER_WORKER__RETRY_DELAY_S": "2",
    "ANALYZER_WORKER__SWEEP_EVERY_S": "1",
    "ANALYZER_API__STREAM_SEND_TIMEOUT_S": "1",
    "ANALYZER_WEBHOOKS__MASTER_SECRET": "what the secrets of receivers are derived from, in tests",
    "ANALYZER_WEBHOOKS__ALLOW_HTTP": "true",
    "ANALYZER_WEBHOOKS__FIRST_PAUSE_S": "0.2",
    "ANALYZER_WEBHOOKS__LONGEST_PAUSE_S": "1",
    "ANALYZER_WEBHOOKS__MAX_ATTEMPTS": "2",
    "ANALYZER_WEBHOOKS__MAX_IN_FLIGHT": "1",
    "ANALYZER_WEBHOOKS__TIMEOUT_S": "5",
    "ANALYZER_WEBHOOKS__LEASE_S": "10",
}
"""Of all: what else would take longer than the shortened rules leave, or be too much to fill."""


@dataclass(slots=True)
class Piped(Supervised):
    """Writes into a pipe whose reader can be stopped."""

    _may_read: threading.Event = field(default_factory=threading.Event)

    def open_pipe(self) -> None:
        os.mkfifo(self.log_file)
        reader = os.open(self.log_file, os.O_RDWR)  # for writing too: it never sees an end
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._may_read.set()
        threading.Thread(target=self._read_for_ever, args=(reader,), daemon=True).start()

    def stop_reading(self) -> None:
        self._may_read.clear()

    def go_on_reading(self) -> None:
        self._may_read.set()

    def log_end(self) -> str:
        return self._kept.read_text(encoding="utf-8", errors="replace")[-2000:]

    @property
    def _kept(self) -> Path:
        return self.log_file.with_suffix(".kept")

    def _read_for_ever(self, reader: int) -> None:
        with self._kept.open("ab", buffering=0) as kept:
            while self._may_read.wait():
                kept.write(os.read(reader, _PIPE_BYTES))


@dataclass(slots=True)
class Processes:
    """Where each tells its metrics is in `metrics_ports`, by its job."""

    spool: Path
    scanner: str
    metrics_ports: dict[str, int] = field(default_factory=dict)
    workers: dict[str, Supervised] = field(default_factory=dict)

    def put_into(self, rig: Rig) -> None:
        """In the place of the rig's own."""
        rig.settings = {**rig.settings, **SETTINGS, "ANALYZER_SCANNER__ADDRESS": self.scanner}
        rig.api = self._api(rig)
        for job, names in WORKERS.items():
            self.workers[job] = self._worker(rig, job, names)
        rig.detect, rig.io = self.workers["detect"], self.workers["io"]
        rig.extra = [self.workers[job] for job in ("detect-bulk", "sweep", "deliver", "spare")]

    def _api(self, rig: Rig) -> Supervised:
        port, metrics_port = free_ports(2)
        self.metrics_ports["api"] = metrics_port
        own = {
            "ANALYZER_API__PORT": str(port),
            "ANALYZER_METRICS__PORT": str(metrics_port),
            "TMPDIR": str(self.spool),
        }
        log_file = rig.folder / "api.log"
        return Supervised("api", "cli.main", ("api",), {**rig.settings, **own}, port, log_file)

    def _worker(self, rig: Rig, job: str, names: tuple[str, ...]) -> Supervised:
        (port,) = free_ports(1)
        self.metrics_ports[job] = port
        environment = {**rig.settings, "ANALYZER_WORKER__HEALTH_PORT": str(port)}
        module = "tests.alerts.hoarder" if job == "spare" else "cli.main"
        if job != _LOG_IS_PIPED:
            log_file = rig.folder / f"{job}.log"
            return Supervised(job, module, ("worker", *names), environment, port, log_file)
        environment["ANALYZER_LOG__QUEUE_BYTES"] = str(_SHORT_LOG_BYTES)
        pipe = rig.folder / f"{job}.pipe"
        piped = Piped(job, module, ("worker", *names), environment, port, pipe)
        piped.open_pipe()
        return piped
