"""The catalog: every topic, what it carries and who consumes it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from schemas.contract import RequestFact
from schemas.events import AnalysisFailed, ImageAnalyzed, ImageRequested, ImageSubmitted

WORK_BYTES = 1_000_000
DEAD_LETTER_BYTES = 2 * WORK_BYTES


@dataclass(frozen=True, slots=True)
class Topic:
    """`group` is the consumer group that works the topic; only such topics have a retry topic and
    a dead-letter topic."""

    name: str
    event: type[RequestFact] | None
    retention: timedelta
    groups: tuple[str, ...] = ()
    max_message_bytes: int = WORK_BYTES
    cleanup: Literal["delete", "compact"] = "delete"
    single_partition: bool = False

    @property
    def retry_name(self) -> str:
        return f"{self.name}-retry"

    @property
    def dead_letter_name(self) -> str:
        return f"{self.name}-dlq"

    @property
    def broker_limit_bytes(self) -> int:
        """What the broker takes, compressed and with key and headers."""
        return self.max_message_bytes + 100_000


_WORK = timedelta(days=3)
_RESULTS = timedelta(days=7)

IMAGE_REQUESTED = Topic("image-requested", ImageRequested, _WORK, ("fetcher",))
IMAGE_REQUESTED_BULK = Topic("image-requested-bulk", ImageRequested, _WORK, ("fetcher-bulk",))
IMAGE_SUBMITTED = Topic("image-submitted", ImageSubmitted, _WORK, ("detector",))
IMAGE_SUBMITTED_BULK = Topic("image-submitted-bulk", ImageSubmitted, _WORK, ("detector-bulk",))
IMAGE_ANALYZED = Topic("image-analyzed", ImageAnalyzed, _RESULTS, ("recorder",))
ANALYSIS_FAILED = Topic("analysis-failed", AnalysisFailed, _RESULTS, ("recorder",))
LOG_IDENTITY = Topic(
    "log-identity", None, timedelta(days=1), cleanup="compact", single_partition=True
)

CONSUMED = (
    IMAGE_REQUESTED,
    IMAGE_REQUESTED_BULK,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
    IMAGE_ANALYZED,
    ANALYSIS_FAILED,
)
RETRIES = tuple(
    Topic(t.retry_name, t.event, timedelta(days=1), ("retrier",), t.max_message_bytes + 100_000)
    for t in CONSUMED
)
DEAD_LETTERS = tuple(
    Topic(t.dead_letter_name, None, timedelta(days=30), (), DEAD_LETTER_BYTES) for t in CONSUMED
)
ALL = (*CONSUMED, *RETRIES, *DEAD_LETTERS, LOG_IDENTITY)
RESULTS = (IMAGE_ANALYZED, ANALYSIS_FAILED)

_BY_NAME = {topic.name: topic for topic in ALL}
_HOME = {
    ImageRequested: IMAGE_REQUESTED,
    ImageSubmitted: IMAGE_SUBMITTED,
    ImageAnalyzed: IMAGE_ANALYZED,
    AnalysisFailed: ANALYSIS_FAILED,
}


def topic_named(name: str) -> Topic:
    """Raises KeyError for a name that is not in the catalog."""
    return _BY_NAME[name]


def topic_of(event: type[RequestFact]) -> Topic:
    """Where an event is published when its lane is not bulk."""
    return _HOME[event]


def event_type(event: type[RequestFact]) -> str:
    """The CloudEvents type; the same in every lane and in retries."""
    return f"io.imageanalyzer.{topic_of(event).name}.v1"
