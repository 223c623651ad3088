"""Kafka with a second way in, whose address leads through a proxy."""

from pathlib import Path

from tests.support.services.kafka import Kafka


class ProxiedKafka(Kafka):
    """Whoever comes in by `proxied_port` is told that the broker lives at `advertised_port`; the
    harness itself comes in directly and sees the log whatever the proxy does."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        controller_port: int,
        proxied_port: int,
        advertised_port: int,
    ) -> None:
        super().__init__(folder, port, controller_port=controller_port)
        self._listeners = {
            "listeners": f"CLIENTS://127.0.0.1:{port},PROXIED://127.0.0.1:{proxied_port},"
            f"CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"CLIENTS://127.0.0.1:{port},"
            f"PROXIED://127.0.0.1:{advertised_port}",
            "listener.security.protocol.map": "CLIENTS:PLAINTEXT,PROXIED:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT",
        }

    def _prepare(self) -> None:
        super()._prepare()
        with self._properties_file.open("a", encoding="utf-8") as properties:
            # Of a property that is given twice, Java keeps the last.
            properties.writelines(f"{name}={text}\n" for name, text in self._listeners.items())
