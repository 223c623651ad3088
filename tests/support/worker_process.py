"""Real worker processes; `python -m tests.support.worker_process FILE` is what runs in them."""

import http.client
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from outbound.settings import WebhookSettings
from processors.app import run_parts
from processors.detectors.memory import MemoryDetector
from processors.parts import WorkerConfig, make_parts
from processors.scan.settings import ScannerSettings
from processors.settings import WorkerSettings
from storage.settings import BucketSettings, PostgresSettings
from telemetry.logs import LogSettings, configure_logs
from tests.support.services.ports import free_port
from tests.support.services.processes import Command, ServerProcess
from topics.settings import KafkaSettings

_ROOT = Path(__file__).resolve().parents[2]


class WorkerPlan(BaseModel):
    """What one process runs, against which servers. The detector is the twin, which takes
    `twin_delay_s` for a picture; None for the real one with what models are installed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    kafka: KafkaSettings
    postgres_dsn: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    bucket: str
    worker: WorkerSettings
    scanner: ScannerSettings = ScannerSettings()
    webhooks: dict[str, Any] = {}
    twin_delay_s: float | None = 0.0

    @property
    def config(self) -> WorkerConfig:
        return WorkerConfig(
            kafka=self.kafka,
            postgres=PostgresSettings(dsn=SecretStr(self.postgres_dsn)),
            bucket=BucketSettings(
                endpoint=self.s3_endpoint,
                access_key=SecretStr(self.s3_access_key),
                secret_key=SecretStr(self.s3_secret_key),
                bucket=self.bucket,
            ),
            worker=self.worker,
            scanner=self.scanner,
            webhooks=WebhookSettings.model_validate(self.webhooks),
        )


class WorkerProcess(ServerProcess):
    """A worker as an operator has it: started, asked for its health, stopped or killed."""

    def __init__(self, plan: WorkerPlan, log_file: Path) -> None:
        self.port = free_port()
        self.log_file = log_file
        worker = plan.worker.model_copy(update={"health_port": self.port})
        plan_file = log_file.with_suffix(".plan.json")
        plan_file.write_text(plan.model_copy(update={"worker": worker}).model_dump_json())
        module = "tests.support.worker_process"
        super().__init__(
            Command(argv=(sys.executable, "-m", module, str(plan_file)), folder=_ROOT), log_file
        )

    def wait_until_ready(self) -> None:
        """Its groups have given it partitions, or need not."""
        self.wait_until(lambda: self.ask("/ready")[0] == 200, timeout_s=40)

    def ask(self, path: str) -> tuple[int, str]:
        """Status and body; status 0 when it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def health(self) -> dict[str, Any]:
        """Of `/health`; empty when it does not answer."""
        body = self.ask("/health")[1]
        return dict(json.loads(body)) if body else {}

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def exit_code(self, *, within_s: float) -> int:
        """Of a process that ends; TimeoutExpired when it does not in time."""
        return self._process.wait(within_s)

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


def main(plan_file: Path) -> int:
    plan = WorkerPlan.model_validate_json(plan_file.read_text(encoding="utf-8"))
    configure_logs(LogSettings(format="text"), process="-".join(plan.names))
    detects = any(name.startswith("detect") for name in plan.names)
    is_real = detects and plan.twin_delay_s is None
    parts = make_parts(
        plan.config, process=plan.names[0], runs=plan.names, needs_detector=is_real,
        needs_webhooks="deliver" in plan.names,
    )  # fmt: skip
    if detects and plan.twin_delay_s is not None:
        parts = replace(parts, detector=MemoryDetector(delay_s=plan.twin_delay_s))
    return run_parts(plan.names, parts)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
