"""The catalog holds together: no topic, event, schema or example without its counterparts."""

import re
from datetime import timedelta

import pytest

from schemas import events, generate
from schemas.contract import RequestEvent, RequestFact
from schemas.result import AnalysisResult
from tests.contract.catalog.examples import FOLDER
from topics import catalog
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
    event_type,
)

REQUEST_EVENTS: set[type[RequestEvent]] = {
    *RequestFact.__subclasses__(),
    *(event for event in RequestEvent.__subclasses__() if event is not RequestFact),
}
INBOX_EVENTS: set[type[events.InboxEvent]] = set(events.InboxEvent.__subclasses__())
EVENTS: tuple[type[RequestEvent] | type[events.InboxEvent], ...] = (
    *REQUEST_EVENTS,
    *INBOX_EVENTS,
)
CONSUMED_EACH = pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)
FLOW_EACH = pytest.mark.parametrize("topic", FLOW, ids=lambda topic: topic.name)
INBOX_EACH = pytest.mark.parametrize("topic", INBOXES, ids=lambda topic: topic.name)


def test_every_name_occurs_once_and_may_be_a_topic_of_kafka_and_of_kubernetes() -> None:
    names = [topic.name for topic in ALL]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) and len(name) < 64 for name in names)


@CONSUMED_EACH
def test_a_consumed_topic_has_a_group_and_dead_letters(topic: Topic) -> None:
    assert len(topic.groups) == 1
    letters = catalog.topic_named(topic.dead_letter_name)
    assert letters.name == f"{topic.name}-dlq"
    assert letters.groups == ()


@FLOW_EACH
def test_what_an_accepted_request_passes_through_has_a_retry_topic(topic: Topic) -> None:
    retry = catalog.topic_named(topic.retry_name)
    assert retry.name == f"{topic.name}-retry"
    assert retry.event is topic.event
    assert retry.groups == ("retrier",)
    assert not topic.is_inbox


@INBOX_EACH
def test_an_inbox_has_none_for_its_credential_goes_no_further(topic: Topic) -> None:
    assert topic.is_inbox
    assert not topic.has_retry
    with pytest.raises(KeyError):
        catalog.topic_named(topic.retry_name)


def test_what_every_worker_reads_for_itself_has_neither_group_nor_dead_letters() -> None:
    assert CANCEL_REQUESTED.groups == ()
    for name in (CANCEL_REQUESTED.retry_name, CANCEL_REQUESTED.dead_letter_name):
        with pytest.raises(KeyError):
            catalog.topic_named(name)


def test_no_retry_topic_or_dead_letters_without_a_consumed_topic() -> None:
    assert {topic.name for topic in RETRIES} == {topic.retry_name for topic in FLOW}
    assert {topic.name for topic in DEAD_LETTERS} == {topic.dead_letter_name for topic in CONSUMED}
    assert (*INBOXES, *FLOW) == CONSUMED
    assert set(ALL) == {*CONSUMED, CANCEL_REQUESTED, *RETRIES, *DEAD_LETTERS, LOG_IDENTITY}


def test_the_constant_is_named_as_its_topic() -> None:
    named = {name: value for name, value in vars(catalog).items() if isinstance(value, Topic)}
    assert {name.lower().replace("_", "-") for name in named} == {t.name for t in named.values()}
    assert set(named.values()) == {*CONSUMED, CANCEL_REQUESTED, LOG_IDENTITY}


def test_groups_are_those_that_deployments_know() -> None:
    assert {topic.name: topic.groups for topic in CONSUMED} == {
        "image-requested": ("fetcher",),
        "image-requested-bulk": ("fetcher-bulk",),
        "image-submitted": ("detector",),
        "image-submitted-bulk": ("detector-bulk",),
        "image-analyzed": ("recorder",),
        "analysis-failed": ("recorder",),
        "image-requested-inbox": ("admitter",),
        "image-submitted-inbox": ("admitter",),
    }


def test_the_lanes_of_an_event_share_no_group() -> None:
    for event in (events.ImageRequested, events.ImageSubmitted):
        groups = [group for topic in CONSUMED if topic.event is event for group in topic.groups]
        assert len(groups) == len(set(groups)) == 2


@pytest.mark.parametrize("event", [events.ImageRequested, events.ImageSubmitted])
def test_a_request_is_announced_where_its_lane_is_worked(
    event: type[events.ImageRequested] | type[events.ImageSubmitted],
) -> None:
    home = catalog.topic_of(event)
    assert catalog.work_topic(event, "interactive") is home
    bulk = catalog.work_topic(event, "bulk")
    assert (bulk.name, bulk.event) == (f"{home.name}-bulk", event)
    assert bulk in FLOW


def test_an_inbox_asks_for_what_an_event_of_ours_announces() -> None:
    assert {topic.name.removesuffix("-inbox") for topic in INBOXES} == {
        "image-requested",
        "image-submitted",
    }
    for event in INBOX_EVENTS:
        assert not issubclass(event, RequestEvent)
        assert not {"tenant_id", "accepted_at"} & set(event.model_fields)


def test_every_event_has_a_home_that_carries_it_and_a_type_that_names_it() -> None:
    assert set(events.Event.__args__) == REQUEST_EVENTS
    assert {topic.event for topic in (*FLOW, CANCEL_REQUESTED)} == REQUEST_EVENTS
    assert {topic.event for topic in INBOXES} == INBOX_EVENTS
    for event in EVENTS:
        home = catalog.topic_of(event)
        assert home.event is event
        assert event.__name__ == "".join(word.title() for word in home.name.split("-"))
        assert event_type(event) == f"io.imageanalyzer.{home.name}.v1"


def test_schemas_and_examples_are_those_of_the_events() -> None:
    homes = {catalog.topic_of(event).name: event for event in EVENTS}
    documents = {"analysis-result": AnalysisResult}
    assert homes | documents == generate.MODELS
    assert {path.name for path in generate.FOLDER.iterdir()} == {
        f"{name}.v1.json" for name in homes | documents
    }
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(homes)


def test_limits_leave_room_for_what_is_added_on_the_way() -> None:
    for topic in CONSUMED:
        letters = catalog.topic_named(topic.dead_letter_name)
        assert topic.max_message_bytes == 1_000_000
        assert letters.broker_limit_bytes >= topic.broker_limit_bytes + 64_000
        assert letters.max_message_bytes == 2 * topic.max_message_bytes
    for topic in FLOW:
        retry = catalog.topic_named(topic.retry_name)
        letters = catalog.topic_named(topic.dead_letter_name)
        assert retry.broker_limit_bytes >= topic.broker_limit_bytes + 10_000
        assert letters.broker_limit_bytes >= retry.broker_limit_bytes + 64_000


def test_retention_outlives_the_longest_life_of_a_request() -> None:
    longest_life = timedelta(days=1)
    for topic in CONSUMED:
        assert topic.retention > longest_life
        assert catalog.topic_named(topic.dead_letter_name).retention > topic.retention
    assert all(topic.retention >= longest_life for topic in RETRIES)
    assert CANCEL_REQUESTED.retention > longest_life
    assert {topic.retention for topic in RESULTS} == {timedelta(days=7)}


def test_only_the_identity_is_compacted_and_in_one_partition() -> None:
    assert [topic for topic in ALL if topic.cleanup == "compact"] == [LOG_IDENTITY]
    assert [topic for topic in ALL if topic.single_partition] == [LOG_IDENTITY]
    assert LOG_IDENTITY.event is None


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        catalog.topic_named("image-adopted")
