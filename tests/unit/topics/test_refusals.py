"""What the client says of a missing right becomes who may not do what."""

import pytest
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from pydantic import SecretStr

from topics.errors import LogUnavailableError
from topics.refusals import explain_refusal
from topics.settings import KafkaSettings

SETTINGS = KafkaSettings(
    security_protocol="SASL_PLAINTEXT", username="io", password=SecretStr("secret of io")
)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TopicAuthorizationFailedError("a"), "user 'io' may not Read topic 'a'"),
        (TopicAuthorizationFailedError({"b", "a"}), "user 'io' may not Read topic 'a', topic 'b'"),
        (TopicAuthorizationFailedError(), "user 'io' may not Read the topic"),
        (GroupAuthorizationFailedError("recorder"), "user 'io' may not Read group 'recorder'"),
        (
            GroupAuthorizationFailedError("Unable to get coordinator id for recorder"),
            "user 'io' may not Read group 'recorder'",
        ),
        (ClusterAuthorizationFailedError("no"), "user 'io' may not Read the cluster"),
    ],
)
def test_a_missing_right_is_named(error: KafkaError, said: str) -> None:
    refused = explain_refusal(SETTINGS, error, "Read")
    assert isinstance(refused, LogUnavailableError)
    assert str(refused) == said


def test_who_does_not_log_in_has_no_name() -> None:
    refused = explain_refusal(KafkaSettings(), TopicAuthorizationFailedError("a"), "Write")
    assert str(refused) == "who does not log in may not Write topic 'a'"


def test_what_is_no_refusal_is_not_made_one() -> None:
    assert explain_refusal(SETTINGS, KafkaConnectionError("gone"), "Read") is None
