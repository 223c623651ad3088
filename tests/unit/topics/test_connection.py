"""What a client is given to connect with is all that the settings say, and nothing else."""

from pathlib import Path

from pydantic import SecretStr

from tests.support.certificates import write_certificate
from topics.connection import client_arguments, ssl_context
from topics.settings import KafkaSettings

PASSWORD = SecretStr("secret of the api")
LOGIN = {"sasl_plain_username": "api", "sasl_plain_password": "secret of the api"}


def test_without_a_login_nothing_is_said_of_one() -> None:
    assert client_arguments(KafkaSettings(bootstrap_servers="a:1,b:2")) == {
        "bootstrap_servers": "a:1,b:2", "security_protocol": "PLAINTEXT", "ssl_context": None,
    }  # fmt: skip


def test_a_login_without_encryption() -> None:
    settings = KafkaSettings(security_protocol="SASL_PLAINTEXT", username="api", password=PASSWORD)
    assert client_arguments(settings) == LOGIN | {
        "bootstrap_servers": "127.0.0.1:9092", "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None, "sasl_mechanism": "SCRAM-SHA-512",
    }  # fmt: skip


def test_an_encrypted_login_of_another_kind() -> None:
    settings = KafkaSettings(
        security_protocol="SASL_SSL", sasl_mechanism="PLAIN", username="api", password=PASSWORD
    )
    arguments = client_arguments(settings)
    assert arguments["sasl_mechanism"] == "PLAIN"
    assert arguments["ssl_context"].check_hostname
    assert arguments.items() >= LOGIN.items()


def test_certificates_are_read_once(tmp_path: Path) -> None:
    """All clients have the same, and it stays although the files are gone."""
    pem, key = write_certificate(tmp_path)
    settings = KafkaSettings(security_protocol="SSL", ca_file=pem, cert_file=pem, key_file=key)
    first = ssl_context(settings)
    assert first is not None
    assert [one["subject"] for one in first.get_ca_certs()] == [((("commonName", "a broker"),),)]
    pem.unlink()
    key.unlink()
    assert ssl_context(settings) is first
    assert client_arguments(settings)["ssl_context"] is first
