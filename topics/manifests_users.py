"""A user of the access table as a KafkaUser, for Strimzi's user operator."""

from dataclasses import dataclass
from typing import Final

from topics.access import (
    API,
    CONSUMER,
    DETECT,
    IO,
    MONITORING,
    OPERATOR,
    PRODUCER,
    Grant,
    Principal,
    grants_of,
)
from topics.manifests_topics import CLUSTER

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Quota:
    """What all clients of a user together may take of each broker: bytes a second in and out, and
    percent of one of its request threads. Above it they are made to wait, never refused."""

    in_bytes: int
    out_bytes: int
    request_percent: int


QUOTAS: Final = {
    API: Quota(20 * _MB, 200 * _MB, 200),  # each replica reads every result
    DETECT: Quota(50 * _MB, 20 * _MB, 200),
    IO: Quota(50 * _MB, 100 * _MB, 200),
    OPERATOR: Quota(5 * _MB, 20 * _MB, 50),
    MONITORING: Quota(100_000, _MB, 25),  # writes nothing, but no rate may be zero
    PRODUCER: Quota(_MB, 100_000, 25),
    CONSUMER: Quota(100_000, 5 * _MB, 25),
}

_TEXT = """\
{head}
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata:
  name: {name}
  labels:
    strimzi.io/cluster: {cluster}
spec:
  authentication:
    type: scram-sha-512
  quotas:
    producerByteRate: {quota.in_bytes}
    consumerByteRate: {quota.out_bytes}
    requestPercentage: {quota.request_percent}
  authorization:
    type: simple
    acls:
{rules}
"""
_RULE = """\
      - resource:
          type: {grant.resource_type}
          name: {grant.name}
          patternType: {pattern}
        operations: [{operations}]"""
_GENERATED = "# Written by `python -m topics.manifests`: change topics/access.py instead."
_EXAMPLE = """\
# An example that nobody applies. Copy it for each outsider, under a name of their own; list the
# copy in kustomization.yaml; take out of it what they need not do.
"""


def user_text(principal: Principal, *, is_example: bool) -> str:
    """The whole file; the password is made by the user operator."""
    return _TEXT.format(
        head=_EXAMPLE + _GENERATED if is_example else _GENERATED,
        name=principal.name,
        cluster=CLUSTER,
        quota=QUOTAS[principal],
        rules="\n".join(_rule(grant) for grant in grants_of(principal)),
    )


def _rule(grant: Grant) -> str:
    pattern = "prefix" if grant.pattern_type == "prefixed" else grant.pattern_type
    return _RULE.format(grant=grant, pattern=pattern, operations=", ".join(grant.operations))
