"""Settings of the broker that do not fit together are refused with what to change."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from topics.settings import KafkaSettings

LOGIN = {"username": "api", "password": "secret of the api"}


def refused(**given: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        KafkaSettings(**given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"security_protocol": "SASL_PLAINTEXT"}, "SASL_PLAINTEXT needs username and password"),
        ({"security_protocol": "SASL_SSL", "username": "api"}, "SASL_SSL needs password"),
        ({"security_protocol": "SASL_SSL", "password": "x"}, "SASL_SSL needs username"),
        ({"username": "api"}, "username is set without password"),
        ({"password": "x"}, "password is set without username"),
        (LOGIN, "PLAINTEXT does not log in: set it to SASL_SSL or SASL_PLAINTEXT"),
        (LOGIN | {"security_protocol": "SSL"}, "SSL does not log in: set it to SASL_SSL"),
        (LOGIN | {"security_protocol": "SASL_SSL", "username": ""}, "at least 1 character"),
        (LOGIN | {"security_protocol": "SASL_SSL", "password": ""}, "at least 1"),
        ({"security_protocol": "TLS"}, "Input should be 'PLAINTEXT', 'SSL'"),
        ({"sasl_mechanism": "GSSAPI"}, "Input should be 'SCRAM-SHA-512'"),
    ],
)
def test_a_login_that_is_not_whole_or_not_used(given: dict[str, str], said: str) -> None:
    assert said in refused(**given)


def test_a_certificate_that_would_not_be_used_not_found_or_not_read(tmp_path: Path) -> None:
    pem = tmp_path / "some.pem"
    pem.write_text("this is no certificate")
    assert "PLAINTEXT does not encrypt: set it to SSL or SASL_SSL" in refused(ca_file=pem)
    assert "SASL_PLAINTEXT does not encrypt" in refused(
        security_protocol="SASL_PLAINTEXT", **LOGIN, cert_file=pem, key_file=pem
    )
    encrypted = {"security_protocol": "SSL"}
    assert "belong together" in refused(**encrypted, cert_file=pem)
    assert "belong together" in refused(**encrypted, key_file=pem)
    assert f"ca_file {pem}: not a PEM file" in refused(**encrypted, ca_file=pem)
    assert f"cert_file {pem} and key_file {pem}: not" in refused(
        **encrypted, cert_file=pem, key_file=pem
    )
    assert "does not point to a file" in refused(**encrypted, ca_file=tmp_path / "none.pem")


def test_a_password_is_not_shown() -> None:
    settings = KafkaSettings(security_protocol="SASL_SSL", **LOGIN)
    assert LOGIN["password"] not in repr(settings) + str(settings.model_dump())


def test_more_replicas_to_confirm_than_there_are() -> None:
    said = refused(replication_factor=2, min_insync_replicas=3)
    assert "min_insync_replicas 3 is more than replication_factor 2" in said
    KafkaSettings(replication_factor=3, min_insync_replicas=3)
