"""`python -m benchmarks.span_cost`: what recording and exporting spans costs a process.

Prints, with spans switched off and for each way of OTLP, the processor time of a request of five
spans, export included, and the memory of the process. The receiver is a process of its own.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.export import exporting
from telemetry.spans import Attributes, Tracer, step
from telemetry.trace_settings import TraceSettings
from tests.support.services.ports import free_ports

_REQUESTS, _ROUNDS = 200, 10
_ATTRIBUTES: Attributes = {
    "http.request.method": "POST",
    "http.route": "/x",
    "http.response.status_code": 200,
}


def main() -> None:
    if len(sys.argv) > 1:
        print(_measured(sys.argv[1], sys.argv[2]))
        return
    with _receivers() as (grpc, http):
        for protocol, endpoint in (("off", "-"), ("grpc", grpc), ("http", http)):
            command = [sys.executable, "-m", "benchmarks.span_cost", protocol, endpoint]
            subprocess.run(command, check=True)


def _measured(protocol: str, endpoint: str) -> str:
    chosen = {} if protocol == "off" else {"endpoint": endpoint, "protocol": protocol}
    settings = TraceSettings.model_validate({**chosen, "every_s": 0.5})
    before = _resident_mb()
    with exporting(settings, AzureMonitorSettings(), process="measured") as exports:
        _ask(exports.tracer, 10)
        time.sleep(1)
        began = time.process_time()
        for _ in range(_ROUNDS):
            _ask(exports.tracer, _REQUESTS)
            time.sleep(0.5)
        took_us = (time.process_time() - began) / (_ROUNDS * _REQUESTS) * 1e6
        return f"{protocol}: {took_us:.0f} us a request, {_resident_mb() - before} MB"


def _ask(tracer: Tracer, times: int) -> None:
    for _ in range(times):
        with tracer.span("POST /x", "server", under=None) as span:
            span.note(_ATTRIBUTES)
            for name in ("stored", "recorded", "sent", "told"):
                with step(name, "client", {"db.system.name": "postgresql", "n": 1}):
                    pass


def _resident_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


@contextmanager
def _receivers() -> Iterator[tuple[str, str]]:
    ports = free_ports(2)
    module = "tests.support.otlp_receiver"
    started = [
        subprocess.Popen([sys.executable, "-m", module, protocol, str(port)])
        for protocol, port in zip(("grpc", "http"), ports, strict=True)
    ]
    time.sleep(3)
    try:
        yield f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
    finally:
        for process in started:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
