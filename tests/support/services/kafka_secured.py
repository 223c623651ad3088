"""Kafka with two more doors: who comes in by them must log in, and may do what a rule allows."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.certificates import write_certificate
from tests.support.services.kafka import WARNINGS_ONLY, Kafka

REFUSALS_TOO = """logger.rules.name = kafka.authorizer.logger
logger.rules.level = info
"""
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


class SecuredKafka(Kafka):
    """The first door stays as it was: whoever comes in by it may do everything, and needs no name.
    `passwords` are the users; `wipe` keeps them and forgets every rule. By the third door all is
    encrypted, and both sides show the same certificate."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        controller_port: int,
        secured_port: int,
        encrypted_port: int,
        passwords: Mapping[str, str],
    ) -> None:
        super().__init__(folder, port, controller_port=controller_port)
        self._secured_port = secured_port
        self._encrypted_port = encrypted_port
        self.passwords = passwords
        doors = (
            f"CLIENTS://127.0.0.1:{port},SECURED://127.0.0.1:{secured_port},"
            f"ENCRYPTED://127.0.0.1:{encrypted_port}"
        )
        self._security = {
            "listeners": f"{doors},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": doors,
            "listener.security.protocol.map": (
                "CLIENTS:PLAINTEXT,SECURED:SASL_PLAINTEXT,ENCRYPTED:SASL_SSL,CONTROLLER:PLAINTEXT"
            ),
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.secured.scram-sha-512.sasl.jaas.config": _LOGIN,
            "listener.name.encrypted.scram-sha-512.sasl.jaas.config": _LOGIN,
            "listener.name.encrypted.ssl.client.auth": "required",
            "listener.name.encrypted.ssl.keystore.type": "PEM",
            "listener.name.encrypted.ssl.keystore.location": str(self._identity),
            "listener.name.encrypted.ssl.truststore.type": "PEM",
            "listener.name.encrypted.ssl.truststore.location": str(self.certificate),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "allow.everyone.if.no.acl.found": "false",
        }

    @property
    def secured_servers(self) -> str:
        """SASL_PLAINTEXT with SCRAM-SHA-512."""
        return f"127.0.0.1:{self._secured_port}"

    @property
    def encrypted_servers(self) -> str:
        """SASL_SSL with SCRAM-SHA-512; the client has to show `certificate` and its `key`."""
        return f"127.0.0.1:{self._encrypted_port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    def refusals_of(self, name: str) -> list[str]:
        """What the broker has refused that user since it was started first, a line for each."""
        lines = self.log_file.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if f"Principal = User:{name} is Denied" in line]

    def _prepare(self) -> None:
        super()._prepare()
        if not self._identity.exists():
            files = write_certificate(self.folder)
            self._identity.touch(mode=0o600)
            self._identity.write_bytes(b"".join(file.read_bytes() for file in reversed(files)))
        said = self.folder / "log4j2.properties"
        said.write_text(WARNINGS_ONLY + REFUSALS_TOO, encoding="utf-8")
        with self._properties_file.open("a", encoding="utf-8") as properties:
            # Of a property that is given twice, Java keeps the last.
            properties.writelines(f"{name}={text}\n" for name, text in self._security.items())

    @property
    def _identity(self) -> Path:
        """Key and certificate in one file, as Kafka wants them."""
        return self.folder / "identity.pem"

    def _format_options(self) -> tuple[str, ...]:
        users = self.passwords.items()
        return tuple(
            part
            for name, password in users
            for part in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
        )
