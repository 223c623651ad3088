"""What a client says of a broker that refuses, in words for the person who can put it right."""

import asyncio
import socket
import ssl
from typing import Literal

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from topics.connection import client_arguments
from topics.errors import BrokerRefusesError, LogUnavailableError, UnknownBrokerError
from topics.settings import KafkaSettings

Operation = Literal["Read", "Write", "Describe", "Create", "DescribeConfigs"]
_LOOK_S = 5.0
_UNKNOWN_HOST = (socket.EAI_NONAME, socket.EAI_NODATA)


async def explain(
    settings: KafkaSettings, error: Exception, operation: Operation
) -> LogUnavailableError:
    """Our error for what a client raised, to be raised from it; BrokerRefusesError when the broker
    is there and refuses. A client that cannot connect does not say why: then this asks the broker
    once more, which takes up to five seconds for each server."""
    refused = explain_refusal(settings, error, operation)
    if refused is None and isinstance(error, KafkaConnectionError):
        refused = await _refused_login(settings)
    return refused or LogUnavailableError(f"{type(error).__name__}: {error}")


def explain_refusal(
    settings: KafkaSettings, error: Exception, operation: Operation
) -> BrokerRefusesError | None:
    """The same for a client that is connected already; None for all but a missing right."""
    if isinstance(error, TopicAuthorizationFailedError):
        return missing_right(settings, operation, "topic", *_topics_of(error))
    if isinstance(error, GroupAuthorizationFailedError):
        # The client names the group, or says what it wanted of it and names it last.
        said = str(error.args[0]) if error.args else ""
        return missing_right(settings, operation, "group", *said.split()[-1:])
    if isinstance(error, ClusterAuthorizationFailedError):
        return missing_right(settings, operation, "cluster")
    return None


def missing_right(
    settings: KafkaSettings, operation: Operation, kind: str, *names: str
) -> BrokerRefusesError:
    who = "who does not log in" if settings.username is None else f"user {settings.username!r}"
    what = ", ".join(f"{kind} {name!r}" for name in sorted(names)) or f"the {kind}"
    return BrokerRefusesError(f"{who} may not {operation} {what}")


def _topics_of(error: TopicAuthorizationFailedError) -> list[str]:
    """The client gives one name, or a set of them."""
    given = error.args[0] if error.args else ()
    return [given] if isinstance(given, str) else list(given)


async def _refused_login(settings: KafkaSettings) -> BrokerRefusesError | None:
    arguments = client_arguments(settings)
    hosts = collect_hosts(arguments.pop("bootstrap_servers"), randomize=False)
    unknown: list[str] = []
    for host, port, _ in hosts:
        try:
            async with asyncio.timeout(_LOOK_S):
                (await create_conn(host, port, **arguments)).close()
        except (KafkaError, OSError) as error:  # a TimeoutError is an OSError
            reason = _reason(settings, error)
            if reason is not None:
                return BrokerRefusesError(f"the broker at {host}:{port} {reason}")
            if isinstance(error, socket.gaierror) and error.errno in _UNKNOWN_HOST:
                unknown.append(host)
    if len(unknown) < len(hosts):  # one that is known may serve later
        return None
    remedy = "correct ANALYZER_KAFKA__BOOTSTRAP_SERVERS"
    return UnknownBrokerError(f"nobody knows the host {', '.join(unknown)}; {remedy}")


def _reason(settings: KafkaSettings, error: Exception) -> str | None:
    if isinstance(error, SaslAuthenticationFailed):
        said = error.args[0] if error.args and error.args[0] else "it does not say why"
        return (
            f"refuses user {settings.username!r}: {said}; "
            "correct ANALYZER_KAFKA__USERNAME or ANALYZER_KAFKA__PASSWORD"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"has no {settings.sasl_mechanism}; correct ANALYZER_KAFKA__SASL_MECHANISM"
    if isinstance(error, IllegalSaslStateError):
        return "lets nobody log in; correct ANALYZER_KAFKA__SECURITY_PROTOCOL"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"shows a certificate that is not trusted: {error.verify_message}; "
            "correct ANALYZER_KAFKA__CA_FILE, or the host in ANALYZER_KAFKA__BOOTSTRAP_SERVERS"
        )
    if isinstance(error, ssl.SSLError):
        return (
            f"and we find no way to encrypt: {error.reason}; "
            "correct ANALYZER_KAFKA__SECURITY_PROTOCOL or the certificates"
        )
    return None
