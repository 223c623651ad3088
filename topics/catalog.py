"""The catalog: every topic, what it carries and who consumes it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from schemas.contract import RequestEvent
from schemas.events import (
    AnalysisFailed,
    CancelRequested,
    ImageAnalyzed,
    ImageRequested,
    ImageRequestedInbox,
    ImageSubmitted,
    ImageSubmittedInbox,
    InboxEvent,
    Lane,
)

WORK_BYTES = 1_000_000
DEAD_LETTER_BYTES = 2 * WORK_BYTES


@dataclass(frozen=True, slots=True)
class Topic:
    """`groups` are the consumer groups that work the topic; only such topics have a dead-letter
    topic, and a retry topic unless their records carry a credential, which is never copied on."""

    name: str
    event: type[RequestEvent] | type[InboxEvent] | None
    retention: timedelta
    groups: tuple[str, ...] = ()
    max_message_bytes: int = WORK_BYTES
    cleanup: Literal["delete", "compact"] = "delete"
    single_partition: bool = False
    has_retry: bool = True

    @property
    def retry_name(self) -> str:
        return f"{self.name}-retry"

    @property
    def dead_letter_name(self) -> str:
        return f"{self.name}-dlq"

    @property
    def is_inbox(self) -> bool:
        """Written by outside producers: nothing in its records is to be believed."""
        return self.event is not None and issubclass(self.event, InboxEvent)

    @property
    def broker_limit_bytes(self) -> int:
        """What the broker takes, compressed and with key and headers."""
        return self.max_message_bytes + 100_000


_WORK = timedelta(days=3)
_RESULTS = timedelta(days=7)
_LONGEST_LIFE = timedelta(days=1)  # no request may have a deadline further ahead

IMAGE_REQUESTED = Topic("image-requested", ImageRequested, _WORK, ("fetcher",))
IMAGE_REQUESTED_BULK = Topic("image-requested-bulk", ImageRequested, _WORK, ("fetcher-bulk",))
IMAGE_SUBMITTED = Topic("image-submitted", ImageSubmitted, _WORK, ("detector",))
IMAGE_SUBMITTED_BULK = Topic("image-submitted-bulk", ImageSubmitted, _WORK, ("detector-bulk",))
IMAGE_ANALYZED = Topic("image-analyzed", ImageAnalyzed, _RESULTS, ("recorder",))
ANALYSIS_FAILED = Topic("analysis-failed", AnalysisFailed, _RESULTS, ("recorder",))
IMAGE_REQUESTED_INBOX = Topic(
    "image-requested-inbox", ImageRequestedInbox, _WORK, ("admitter",), has_retry=False
)
IMAGE_SUBMITTED_INBOX = Topic(
    "image-submitted-inbox", ImageSubmittedInbox, _WORK, ("admitter",), has_retry=False
)
CANCEL_REQUESTED = Topic("cancel-requested", CancelRequested, 2 * _LONGEST_LIFE)
LOG_IDENTITY = Topic(
    "log-identity", None, timedelta(days=1), cleanup="compact", single_partition=True
)

INBOXES = (IMAGE_REQUESTED_INBOX, IMAGE_SUBMITTED_INBOX)
FLOW = (
    IMAGE_REQUESTED,
    IMAGE_REQUESTED_BULK,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
    IMAGE_ANALYZED,
    ANALYSIS_FAILED,
)
"""What an accepted request passes through until its outcome is recorded."""
CONSUMED = (*INBOXES, *FLOW)
RETRIES = tuple(
    Topic(t.retry_name, t.event, timedelta(days=1), ("retrier",), t.max_message_bytes + 100_000)
    for t in CONSUMED
    if t.has_retry
)
DEAD_LETTERS = tuple(
    Topic(t.dead_letter_name, None, timedelta(days=30), (), DEAD_LETTER_BYTES) for t in CONSUMED
)
ALL = (*CONSUMED, CANCEL_REQUESTED, *RETRIES, *DEAD_LETTERS, LOG_IDENTITY)
RESULTS = (IMAGE_ANALYZED, ANALYSIS_FAILED)

_BY_NAME = {topic.name: topic for topic in ALL}
_HOME: dict[type[RequestEvent] | type[InboxEvent], Topic] = {
    ImageRequestedInbox: IMAGE_REQUESTED_INBOX,
    ImageSubmittedInbox: IMAGE_SUBMITTED_INBOX,
    ImageRequested: IMAGE_REQUESTED,
    ImageSubmitted: IMAGE_SUBMITTED,
    ImageAnalyzed: IMAGE_ANALYZED,
    AnalysisFailed: ANALYSIS_FAILED,
    CancelRequested: CANCEL_REQUESTED,
}
_BULK = {IMAGE_REQUESTED: IMAGE_REQUESTED_BULK, IMAGE_SUBMITTED: IMAGE_SUBMITTED_BULK}


def topic_named(name: str) -> Topic:
    """Raises KeyError for a name that is not in the catalog."""
    return _BY_NAME[name]


def topic_of(event: type[RequestEvent] | type[InboxEvent]) -> Topic:
    """Where an event is published when its lane is not bulk."""
    return _HOME[event]


def work_topic(event: type[ImageRequested] | type[ImageSubmitted], lane: Lane) -> Topic:
    """Where a request is announced."""
    home = topic_of(event)
    return _BULK[home] if lane == "bulk" else home


def event_type(event: type[RequestEvent] | type[InboxEvent]) -> str:
    """The CloudEvents type; the same in every lane and in retries."""
    return f"io.imageanalyzer.{topic_of(event).name}.v1"
