"""How every client of ours reaches the broker, logs in and encrypts."""

import ssl
from typing import Any

from topics.certificates import read_certificates
from topics.settings import KafkaSettings


def client_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """The arguments that an aiokafka client of any kind takes for it."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
        "ssl_context": ssl_context(settings),
    }
    if settings.uses_sasl and settings.password is not None:
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.username
        arguments["sasl_plain_password"] = settings.password.get_secret_value()
    return arguments


def ssl_context(settings: KafkaSettings) -> ssl.SSLContext | None:
    """None when nothing is to be encrypted. The same one for every client of a process."""
    if not settings.uses_ssl:
        return None
    return read_certificates(settings.ca_file, settings.cert_file, settings.key_file)
