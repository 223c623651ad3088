"""Commits that say of which log they are.

A client keeps trying to commit while its broker is gone. If the broker comes back without its data,
that commit is of the log that was, and would make the group skip as many records of the new one.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from telemetry.logs import get_logger
from topics.errors import LogUnavailableError

_log = get_logger(__name__)

ReadIdentity = Callable[[], Awaitable[str]]
"""Which log the broker has now. Raises LogUnavailableError."""


class Commit(NamedTuple):
    """As the client has it; `metadata` is the log's identity, empty if somebody else wrote it."""

    offset: int
    metadata: str


def is_of_another_log(commit: Commit, identity: str) -> bool:
    """A commit that names no log is somebody's own will, such as an operator's, and counts."""
    return commit.offset >= 0 and commit.metadata not in {"", identity}


async def commits_of(
    consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]
) -> Mapping[TopicPartition, Commit]:
    """Of the consumer's group, with who wrote them."""
    coordinator = consumer._coordinator  # noqa: SLF001 - the public `committed` leaves out the metadata
    found: Mapping[TopicPartition, Commit] = await coordinator.fetch_committed_offsets(places)
    return found


class OwnCommits(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """For `subscribe` of a consumer: each assignment begins where the group's commits of this very
    log say; where a commit is of another log, at the beginning. Hole: what was done of the new log
    before is done again."""

    def __init__(self, consumer: AIOKafkaConsumer, read_identity: ReadIdentity) -> None:
        self._consumer = consumer
        self._read_identity = read_identity
        self._trouble: Exception | None = None
        self._has_begun = False
        self._identity = ""

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._has_begun = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """The client swallows what is raised here: `has_begun` tells it."""
        self._trouble = None
        try:
            self._identity = await self._read_identity()
            await self._begin(list(assigned))
        except Exception as error:  # noqa: BLE001 - told by `has_begun`
            self._trouble = error
        else:
            self._has_begun = True

    def has_begun(self) -> bool:
        """Until then what is read is not to be worked: it comes again from where it is to begin.
        Raises LogUnavailableError when that could not be told."""
        if self._trouble is not None:
            raise LogUnavailableError(f"no place to begin at: {self._trouble}") from self._trouble
        return self._has_begun

    async def commit(self, place: TopicPartition, offset: int) -> None:
        await self._consumer.commit({place: OffsetAndMetadata(offset, self._identity)})

    async def _begin(self, assigned: list[TopicPartition]) -> None:
        """An offset that is no longer there is the first there is: the consumer must be one that
        resets to the earliest. Asking for the first would wait for this very call to end."""
        commits = await commits_of(self._consumer, assigned)
        for place in assigned:
            commit = commits.get(place, Commit(-1, ""))
            is_other = is_of_another_log(commit, self._identity)
            if is_other:
                _log.warning("commit_of_another_log", at=str(place), offset=commit.offset)
            self._consumer.seek(place, 0 if is_other else max(commit.offset, 0))
