"""Every topic and group has those who use it, and nobody may do more than their code does."""

from collections import Counter

import pytest

from ingest_api.rights import RIGHTS, TOPICS
from processors.app import ROLES
from processors.rights import CONSUMES, NAMES, rights_of
from topics.access import (
    API,
    CONSUMER,
    DETECT,
    IO,
    MONITORING,
    OPERATOR,
    OUTSIDERS,
    PRINCIPALS,
    PRODUCER,
    Grant,
    Operation,
    Principal,
    access_table,
    grants_of,
)
from topics.catalog import (
    ALL,
    CANCEL_REQUESTED,
    CONSUMED,
    DEAD_LETTERS,
    FLOW,
    INBOXES,
    LOG_IDENTITY,
    RESULTS,
    RETRIES,
    Topic,
    topic_named,
)
from topics.rights import Rights

TABLE = access_table()
LETTERS = {topic.name for topic in DEAD_LETTERS}
GROUPS = {group for topic in ALL for group in topic.groups}
EACH_TOPIC = pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
EACH_CONSUMED = pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)


def who_may(operation: Operation, topic: Topic) -> set[str]:
    return {
        grant.principal
        for grant in TABLE
        if grant[1:4] == ("topic", topic.name, "literal") and operation in grant.operations
    }


def worker_of(topic: Topic) -> Principal:
    """Whose guard the topic is worked by."""
    [worker] = [one for one in PRINCIPALS if set(topic.groups) & set(one.joins)]
    return worker


def test_a_rule_stands_once_and_names_what_there_is() -> None:
    assert max(Counter(grant[:4] for grant in TABLE).values()) == 1
    assert {grant.name for grant in TABLE if grant.resource_type == "topic"} == {
        topic.name for topic in ALL
    }
    assert {grant.name for grant in TABLE if grant.resource_type == "group"} == {*GROUPS, "ext-"}
    assert all(grant.operations for grant in TABLE)
    assert tuple(grant for one in PRINCIPALS for grant in grants_of(one)) == TABLE


@EACH_TOPIC
def test_a_topic_is_written_and_read_by_somebody(topic: Topic) -> None:
    assert who_may("Write", topic)
    assert who_may("Read", topic)


@EACH_CONSUMED
def test_a_consumed_topic_is_read_where_its_group_is_joined(topic: Topic) -> None:
    assert topic in worker_of(topic).reads


@EACH_CONSUMED
def test_what_is_set_aside_is_written_by_the_guard_of_its_topic(topic: Topic) -> None:
    guard = worker_of(topic).name
    letters = topic_named(topic.dead_letter_name)
    assert who_may("Write", letters) == {guard, "io"}  # retry refuses for every topic
    assert who_may("Read", letters) == {"operator"}
    if topic.has_retry:
        retry = topic_named(topic.retry_name)
        assert who_may("Write", retry) == {guard, "operator"}  # `dlq replay`
        assert who_may("Read", retry) == {"io"}


@pytest.mark.parametrize("name", NAMES)
def test_a_processor_may_do_what_it_asks_for_at_its_start(name: str) -> None:
    user = DETECT if name.startswith("detect") else IO
    assert_may(user, rights_of([name]))


def test_the_api_may_do_what_it_asks_for_at_its_start() -> None:
    assert_may(API, RIGHTS)
    assert set(RIGHTS.read) == {topic.name for topic in API.reads}
    assert set(RIGHTS.write) == {topic.name for topic in API.writes}
    assert {*API.reads, *API.writes} == set(TOPICS)


@pytest.mark.parametrize(("user", "begins"), [(DETECT, "detect"), (IO, "")])
def test_a_worker_asks_for_all_that_its_user_was_given_for_work(
    user: Principal, begins: str
) -> None:
    names = [name for name in NAMES if name.startswith("detect") is (begins == "detect")]
    wanted = rights_of(names)
    assert set(wanted.read) == {topic.name for topic in user.reads}
    assert set(wanted.write) >= {topic.name for topic in user.writes} - LETTERS
    assert set(wanted.groups) == set(user.joins)
    assert set(wanted.watch) >= set(user.watches)


def assert_may(user: Principal, wanted: Rights) -> None:
    assert set(wanted.read) <= {topic.name for topic in user.reads}
    assert set(wanted.write) <= {topic.name for topic in user.writes}
    assert set(wanted.groups) <= set(user.joins)
    assert set(wanted.watch) <= {*user.joins, *user.watches}


@pytest.mark.parametrize("name", ROLES)
def test_the_topics_asked_about_are_those_that_are_worked(name: str) -> None:
    assert CONSUMES[name] == ROLES[name].topics
    assert set(NAMES) >= set(CONSUMES)


def test_every_group_is_joined_by_one_user_alone_and_prefixes_are_the_outsiders() -> None:
    assert Counter(group for one in PRINCIPALS for group in one.joins) == Counter(GROUPS)
    assert [one for one in PRINCIPALS if one.joins_prefix is not None] == [CONSUMER]
    assert not any(group.startswith("ext-") for group in GROUPS)


def test_requests_come_from_our_own_doors_only() -> None:
    for topic in FLOW:
        writers = {"image-analyzed": {"detect", "io"}, "analysis-failed": {"detect", "io"}}
        assert who_may("Write", topic) == writers.get(topic.name, {"api", "io", "operator"})
    assert who_may("Write", CANCEL_REQUESTED) == {"api", "io"}
    assert who_may("Read", CANCEL_REQUESTED) == {"detect", "io"}


def test_the_inboxes_are_written_by_outsiders_and_read_by_admit() -> None:
    for inbox in INBOXES:
        assert who_may("Write", inbox) == {"producer"}
        assert who_may("Read", inbox) == {"io"}


def test_an_outside_producer_may_write_the_inboxes_and_nothing_else() -> None:
    assert grants_of(PRODUCER) == tuple(
        Grant("producer", "topic", inbox.name, "literal", ("Write", "Describe"))
        for inbox in INBOXES
    )


def test_an_outside_consumer_may_read_results_in_groups_of_its_own() -> None:
    reads = [
        Grant("consumer", "topic", topic.name, "literal", ("Read", "Describe")) for topic in RESULTS
    ]
    joins = Grant("consumer", "group", "ext-", "prefixed", ("Read", "Describe"))
    assert grants_of(CONSUMER) == (*reads, joins)


def test_the_api_reads_results_without_a_group_and_looks_at_the_recorder() -> None:
    assert API.joins == ()
    assert grants_of(API)[-1] == Grant("api", "group", "recorder", "literal", ("Describe",))
    assert not set(API.writes) & {*RESULTS, *INBOXES, *RETRIES, *DEAD_LETTERS}


def test_sweep_sees_how_far_every_group_has_come() -> None:
    assert {*IO.joins, *IO.watches} == GROUPS
    assert set(CONSUMED) <= set(IO.reads)


def test_our_own_know_the_log_by_what_only_the_operator_writes() -> None:
    assert who_may("Read", LOG_IDENTITY) == {"api", "detect", "io", "operator"}
    assert who_may("Write", LOG_IDENTITY) == {"operator"}


@EACH_TOPIC
def test_only_the_operator_declares_topics(topic: Topic) -> None:
    assert who_may("Create", topic) == {"operator"}


@EACH_TOPIC
def test_whoever_starts_on_a_topic_sees_how_it_is_configured(topic: Topic) -> None:
    api = {"api"} if topic in API.verifies else set()
    assert who_may("DescribeConfigs", topic) == {"detect", "io", "operator"} | api
    assert {*API.reads, *API.writes} == set(API.verifies)


@EACH_TOPIC
def test_a_worker_sees_every_topic_at_its_start(topic: Topic) -> None:
    assert who_may("Describe", topic) >= {"detect", "io", "operator", "monitoring"}


def test_monitoring_only_looks() -> None:
    assert {grant.operations for grant in grants_of(MONITORING)} == {("Describe",)}
    assert set(MONITORING.watches) == GROUPS


def test_every_user_has_rules_and_the_operator_joins_no_group() -> None:
    assert {one.name for one in PRINCIPALS} == {grant.principal for grant in TABLE}
    assert OUTSIDERS == (PRODUCER, CONSUMER)
    assert {grant.resource_type for grant in grants_of(OPERATOR)} == {"topic"}
