"""How every client of ours reaches the broker, logs in and encrypts."""

import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

from topics.errors import BrokerRefusesError
from topics.settings import KafkaSettings


def client_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """The arguments that an aiokafka client of any kind takes for it.

    Raises BrokerRefusesError for a certificate that cannot be read."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
    }
    if settings.uses_ssl:
        arguments["ssl_context"] = ssl_context(settings)
    if settings.uses_sasl and settings.password is not None:
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.username
        arguments["sasl_plain_password"] = settings.password.get_secret_value()
    return arguments


def ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Checks the broker's certificate and its name. The files are read once by a process, so that
    all of its clients show the same certificate and a reconnect needs no disk.

    Raises BrokerRefusesError for a file that cannot be read."""
    return _read_certificates(settings.ca_file, settings.cert_file, settings.key_file)


@lru_cache(maxsize=8)
def _read_certificates(
    ca_file: Path | None, cert_file: Path | None, key_file: Path | None
) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BrokerRefusesError(f"ca_file {ca_file}: no PEM certificates: {error}") from error
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file, password=_no_pass_phrase)
        except OSError as error:
            raise BrokerRefusesError(
                f"cert_file {cert_file} and key_file {key_file}: not a pair of PEM files: {error}"
            ) from error
    return context


def _no_pass_phrase() -> str:
    """Without it OpenSSL would ask for one at the terminal, and wait for ever."""
    return ""
