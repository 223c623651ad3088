"""`python -m tests.integration.telemetry.azure_process CONNECTION_STRING`: a process that exports
to Azure Monitor, and writes which hosts it looked for. Only this machine is ever found."""

import json
import random
import socket
import sys
import time
from typing import Any

_HERE = "127.0.0.1"
_find = socket.getaddrinfo
LOOKED_FOR: set[str] = set()


def _found(host: Any, *arguments: Any, **more: Any) -> Any:
    LOOKED_FOR.add(str(host))
    if host != _HERE:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is not on this machine")
    return _find(host, *arguments, **more)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    """Addresses that are reached without a name: the metadata of a machine in Azure."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        LOOKED_FOR.add(str(arguments[1][0]))


def _at_once(a: float, b: float) -> float:
    del a, b
    return 0.0


def main(connection_string: str) -> None:
    """Long enough for what the exporter would do by itself at its start, which is not put off by
    chance here."""
    socket.getaddrinfo = _found
    random.uniform = _at_once
    sys.addaudithook(_note)
    from pydantic import SecretStr  # noqa: PLC0415 - the hook is first

    from telemetry.azure_monitor_settings import AzureMonitorSettings  # noqa: PLC0415 - as above
    from telemetry.export import exporting  # noqa: PLC0415 - as above
    from telemetry.logs import LogSettings, configure_logs, get_logger  # noqa: PLC0415 - as above
    from telemetry.trace_settings import TraceSettings  # noqa: PLC0415 - as above

    azure = AzureMonitorSettings(connection_string=SecretStr(connection_string))
    traces = TraceSettings(every_s=0.05)
    with exporting(traces, azure, process="lone") as exports:
        configure_logs(LogSettings(level="error"), process="lone", also=exports.log)
        with exports.tracer.span("lone", "server", under=None):
            get_logger("lone").error("something_broke")
        time.sleep(4)
    sys.stdout.write(json.dumps(sorted(LOOKED_FOR)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
