"""Settings of everything that speaks to the broker."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, model_validator

from topics.certificates import read_certificates

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


class KafkaSettings(BaseModel):
    """`bootstrap_servers` is a comma-separated list of host:port. `fetch_max_wait_ms` is how long
    the broker may keep an empty fetch; a broker that does not wake it on new data needs 10.

    `security_protocol` is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; `sasl_mechanism` is
    SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN. With SASL a `username` and a `password` are needed.
    With SSL the broker's certificate must be signed by what is in `ca_file` (without one, by an
    authority that the machine trusts) and name the host that it is reached by; `cert_file` and
    `key_file` are a client certificate. All three are PEM files and are read once by each process:
    a renewed certificate counts from its next start."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    username: Annotated[str, Field(min_length=1)] | None = None
    password: Annotated[SecretStr, Field(min_length=1)] | None = None
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None
    partitions: Annotated[int, Field(ge=1, le=1000)] = 4
    replication_factor: Annotated[int, Field(ge=1, le=7)] = 1
    min_insync_replicas: Annotated[int, Field(ge=1, le=7)] = 1
    fetch_max_wait_ms: Annotated[int, Field(ge=1, le=5000)] = 2000
    tail_max_back: Annotated[int, Field(ge=0)] = 20_000

    @property
    def uses_sasl(self) -> bool:
        return self.security_protocol.startswith("SASL_")

    @property
    def uses_ssl(self) -> bool:
        return self.security_protocol.endswith("SSL")

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """Whoever set a password or a certificate believes that it protects something."""
        found = (self._login_problem(), self._certificate_problem(), self._replication_problem())
        for problem in found:
            if problem is not None:
                raise ValueError(problem)
        return self

    def _login_problem(self) -> str | None:
        missing = [name for name in ("username", "password") if getattr(self, name) is None]
        if self.uses_sasl and missing:
            return f"security_protocol {self.security_protocol} needs {' and '.join(missing)}"
        if len(missing) == 1:
            given = "password" if missing == ["username"] else "username"
            return f"{given} is set without {missing[0]}"
        if not self.uses_sasl and not missing:
            return (
                "username and password are set, but security_protocol "
                f"{self.security_protocol} does not log in: set it to SASL_SSL or SASL_PLAINTEXT"
            )
        return None

    def _certificate_problem(self) -> str | None:
        files = ("ca_file", "cert_file", "key_file")
        given = [name for name in files if getattr(self, name) is not None]
        if given and not self.uses_ssl:
            return (
                f"{', '.join(given)} given, but security_protocol {self.security_protocol} "
                "does not encrypt: set it to SSL or SASL_SSL"
            )
        if (self.cert_file is None) != (self.key_file is None):
            return "cert_file and key_file belong together: one of them is not set"
        return self._unreadable()

    def _replication_problem(self) -> str | None:
        if self.min_insync_replicas > self.replication_factor:
            return (
                f"min_insync_replicas {self.min_insync_replicas} is more than replication_factor "
                f"{self.replication_factor}: no record would ever be confirmed"
            )
        return None

    def _unreadable(self) -> str | None:
        if not self.uses_ssl:
            return None
        try:
            read_certificates(self.ca_file, self.cert_file, self.key_file)
        except ValueError as error:
            return str(error)
        return None
