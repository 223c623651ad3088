"""What a topic is to an outsider, by the catalog alone."""

from enum import StrEnum
from typing import Final

from topics.access import CONSUMER
from topics.catalog import DEAD_LETTERS, RESULTS, RETRIES, Topic, topic_of


class Role(StrEnum):
    """The tag of a topic, in the order in which the document lists them."""

    INBOX = "inboxes"
    RESULT = "results"
    WORK = "work"
    RETRY = "retries"
    DEAD_LETTER = "dead-letters"
    HOUSEKEEPING = "housekeeping"


PUBLIC: Final = frozenset({Role.INBOX, Role.RESULT})

TAGS: Final = {
    Role.INBOX: "Outside producers write here.",
    Role.RESULT: "Outside consumers read here, each in a consumer group of its own, whose name "
    f"begins with `{CONSUMER.joins_prefix}`.",
    Role.WORK: "Between our own processes: what was accepted and has no outcome yet.",
    Role.RETRY: "Records that wait for another try.",
    Role.DEAD_LETTER: "Records that were set aside, for the operator.",
    Role.HOUSEKEEPING: "About the log itself.",
}


def role_of(topic: Topic) -> Role:
    """What nobody has declared to be public is internal."""
    if topic.is_inbox:
        return Role.INBOX
    if topic in RESULTS:
        return Role.RESULT
    if topic in RETRIES:
        return Role.RETRY
    if topic in DEAD_LETTERS:
        return Role.DEAD_LETTER
    return Role.HOUSEKEEPING if topic.event is None else Role.WORK


def message_name(topic: Topic) -> str:
    """Lanes of one event share a message, and all dead-letter topics do."""
    role = role_of(topic)
    if role is Role.DEAD_LETTER:
        return "dead-letter"
    if topic.event is None:
        return topic.name
    home = topic_of(topic.event).name
    return f"{home}-retry" if role is Role.RETRY else home
