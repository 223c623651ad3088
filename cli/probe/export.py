"""What a round found, as Prometheus has it: in a file, at a gateway, or to be asked for."""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest, push_to_gateway

from cli.probe.finding import Finding, Verdict
from telemetry.metric_names import ProbeMetrics
from telemetry.metrics import Metrics

JOB: Final = "image-analyzer-probe"
_PATIENCE_S: Final = 10.0
_OWN: Final = (
    ProbeMetrics.probe_success.name,
    ProbeMetrics.probe_seconds.name,
    ProbeMetrics.probe_last_run.name,
)


def note(metrics: Metrics, findings: Sequence[Finding]) -> None:
    """A door that was not tried is as it was, with the moment of its own."""
    for one in findings:
        metrics.probe_success.labels(one.door).set(one.verdict is Verdict.RIGHT)
        metrics.probe_seconds.labels(one.door).set(one.took_s)
        metrics.probe_last_run.labels(one.door).set(time.time())


def write(metrics: Metrics, path: Path) -> None:
    """For the textfile collector: it sees the old file or the new one, and may read it. Those of
    the process are left out: it has its own by the same names. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(generate_latest(_own(metrics)))
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def push(metrics: Metrics, gateway: str) -> None:
    """In place of what this job has said before. Raises OSError."""
    push_to_gateway(gateway, job=JOB, registry=_own(metrics), timeout=_PATIENCE_S)


def _own(metrics: Metrics) -> CollectorRegistry:
    only: CollectorRegistry = metrics.registry.restricted_registry(_OWN)  # type: ignore[assignment] # what is returned has its method `collect`, which is all that is asked of it
    return only
