"""Who may do what on the broker: the users, and the rules that give each what its code needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from topics.catalog import (
    ALL,
    ANALYSIS_FAILED,
    CANCEL_REQUESTED,
    CONSUMED,
    DEAD_LETTERS,
    FLOW,
    IMAGE_ANALYZED,
    IMAGE_REQUESTED,
    IMAGE_REQUESTED_BULK,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
    INBOXES,
    LOG_IDENTITY,
    RESULTS,
    RETRIES,
    Topic,
    topic_named,
)

Operation = Literal["Read", "Write", "Create", "Describe", "DescribeConfigs"]


class Grant(NamedTuple):
    """One rule: `principal` without `User:`; `resource_type` is `topic` or `group`; `pattern_type`
    is `literal` or `prefixed`; `operations` in the spelling of Kafka's own AclCommand, at least
    one. AclCommand takes one rule as

        --add --allow-principal User:PRINCIPAL --RESOURCE_TYPE NAME
        --resource-pattern-type PATTERN_TYPE --operation OPERATION [--operation …]
    """

    principal: str
    resource_type: Literal["topic", "group"]
    name: str
    pattern_type: Literal["literal", "prefixed"]
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user of the broker. What it reads or writes it may describe as well.

    `joins` are the groups that it is a member of, `watches` those whose members and offsets it only
    looks at. `declares` are topics that it creates; of those and of what it `verifies` it sees the
    configuration as well.
    """

    name: str
    reads: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    describes: tuple[Topic, ...] = ()
    declares: tuple[Topic, ...] = ()
    verifies: tuple[Topic, ...] = ()
    joins: tuple[str, ...] = ()
    joins_prefix: str | None = None
    watches: tuple[str, ...] = ()


def _groups(topics: Iterable[Topic]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group for topic in topics for group in topic.groups))


def _set_aside(topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """Where the guard of those topics puts what it cannot finish."""
    worked = tuple(topics)
    retries = tuple(topic_named(topic.retry_name) for topic in worked if topic.has_retry)
    return (*retries, *(topic_named(topic.dead_letter_name) for topic in worked))


_REQUESTED = (IMAGE_REQUESTED, IMAGE_REQUESTED_BULK)
_SUBMITTED = (IMAGE_SUBMITTED, IMAGE_SUBMITTED_BULK)
_IO_WORKS = (*INBOXES, *_REQUESTED, *RESULTS)

API = Principal(
    "api",
    reads=(*RESULTS, LOG_IDENTITY),
    writes=(*_REQUESTED, *_SUBMITTED, CANCEL_REQUESTED),
    verifies=(*_REQUESTED, *_SUBMITTED, CANCEL_REQUESTED, *RESULTS, LOG_IDENTITY),
    watches=_groups(RESULTS),  # where its tail begins
)
DETECT = Principal(
    "detect",
    reads=(*_SUBMITTED, CANCEL_REQUESTED, LOG_IDENTITY),
    writes=(IMAGE_ANALYZED, ANALYSIS_FAILED, *_set_aside(_SUBMITTED)),
    verifies=ALL,
    joins=_groups(_SUBMITTED),
)
IO = Principal(
    "io",  # admit, fetch, record, retry, sweep
    reads=(*CONSUMED, *RETRIES, CANCEL_REQUESTED, LOG_IDENTITY),  # sweep dates what detect works
    writes=(*FLOW, CANCEL_REQUESTED, *_set_aside(_IO_WORKS), *DEAD_LETTERS),  # retry refuses, too
    verifies=ALL,
    joins=_groups((*_IO_WORKS, *RETRIES)),
    watches=_groups(_SUBMITTED),  # sweep's horizon
)
OPERATOR = Principal(
    "operator",  # the commands `dlq` and `topics`
    reads=(*DEAD_LETTERS, LOG_IDENTITY),
    writes=(*_REQUESTED, *_SUBMITTED, *RETRIES, LOG_IDENTITY),
    describes=ALL,
    declares=ALL,
)
MONITORING = Principal("monitoring", describes=ALL, watches=_groups(ALL))  # lag, for KEDA
PRODUCER = Principal("producer", writes=INBOXES)
CONSUMER = Principal("consumer", reads=RESULTS, joins_prefix="ext-")

OUTSIDERS = (PRODUCER, CONSUMER)
"""One of many: every outside producer and consumer is a user of its own, with these rights or, for
a producer, with one inbox only."""
PRINCIPALS = (API, DETECT, IO, OPERATOR, MONITORING, *OUTSIDERS)


def access_table() -> tuple[Grant, ...]:
    """All rules; whatever is not in it is refused."""
    return tuple(grant for principal in PRINCIPALS for grant in grants_of(principal))


def grants_of(principal: Principal) -> tuple[Grant, ...]:
    """One rule for each resource: topics in the order of the catalog, then groups."""
    topics = (
        Grant(principal.name, "topic", topic.name, "literal", operations)
        for topic in ALL
        if (operations := _operations_on(topic, principal))
    )
    return (*topics, *_group_grants(principal))


def _operations_on(topic: Topic, principal: Principal) -> tuple[Operation, ...]:
    rights: tuple[tuple[Operation, bool], ...] = (
        ("Read", topic in principal.reads),
        ("Write", topic in principal.writes),
        ("Create", topic in principal.declares),
        ("DescribeConfigs", topic in (*principal.declares, *principal.verifies)),
    )
    given = tuple(operation for operation, is_given in rights if is_given)
    return (*given, "Describe") if given or topic in principal.describes else ()


def _group_grants(principal: Principal) -> tuple[Grant, ...]:
    name, prefix = principal.name, principal.joins_prefix
    joined = [
        Grant(name, "group", each, "literal", ("Read", "Describe")) for each in principal.joins
    ]
    if prefix is not None:
        joined.append(Grant(name, "group", prefix, "prefixed", ("Read", "Describe")))
    watched = [Grant(name, "group", each, "literal", ("Describe",)) for each in principal.watches]
    return (*joined, *watched)
