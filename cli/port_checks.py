"""Whether a process can listen where its settings say, before it starts."""

import socket

from cli.settings import Settings
from cli.start_checks import Check, UnfitError


def api_ports(settings: Settings) -> dict[str, Check]:
    found = {"port": _port_check("ANALYZER_API__PORT", settings.api.host, settings.api.port)}
    told = settings.metrics
    if told.port is not None:
        found["metrics"] = _port_check("ANALYZER_METRICS__PORT", told.host, told.port)
    return found


def worker_ports(settings: Settings) -> dict[str, Check]:
    worker = settings.worker
    variable = "ANALYZER_WORKER__HEALTH_PORT"
    return {"port": _port_check(variable, worker.health_host, worker.health_port)}


def _port_check(variable: str, host: str, port: int) -> Check:
    """Hole: somebody may take it between this and the start."""

    async def check() -> None:
        try:
            _listen(host, port)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnfitError(
                f"cannot listen on {host}:{port}: {reason}; correct {variable}, or stop "
                "whoever has it"
            ) from error

    return check


def _listen(host: str, port: int) -> None:
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
