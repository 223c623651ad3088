"""Commits of a Faust consumer that say of which log they are.

A client keeps trying to commit while its broker is gone. If the broker comes back without its data,
that commit is of the log that was, and would make the group skip as many records of the new one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP

from processors.faust_consumer import StoppingThread
from telemetry.logs import get_logger
from topics.errors import LogUnavailableError

_log = get_logger(__name__)
_PAUSE_S = 0.5
_TRIES = 40

ReadIdentity = Callable[[], Awaitable[str]]
"""Which log the broker has now. Raises LogUnavailableError."""


class Commit(NamedTuple):
    """As the client has it; `metadata` is the log's identity, empty if somebody else wrote it."""

    offset: int
    metadata: str


def is_of_another_log(commit: Commit, identity: str) -> bool:
    """A commit that names no log is somebody's own will, such as an operator's, and counts."""
    return commit.offset >= 0 and commit.metadata not in {"", identity}


class NamingThread(StoppingThread):
    """Each assignment begins where the group's commits of this very log say; where a commit is of
    another log, at the beginning. Hole: what was done of the new log before is done again."""

    read_identity: ReadIdentity
    _identity = ""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        commit = consumer.commit

        async def named_commit(offsets: Mapping[Any, Any]) -> None:
            # Faust's own has an empty metadata; a named tuple is all that it knows of a commit.
            await commit({p: o._replace(metadata=self._identity) for p, o in offsets.items()})

        consumer.commit = named_commit
        return consumer

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        return dict(await self.call_thread(self._seek_to_own_commits))

    async def _seek_to_own_commits(self) -> dict[TP, int | None]:
        consumer = self._ensure_consumer()
        self._identity = await self._current_identity()
        places = list(consumer.assignment())
        commits = await consumer._coordinator.fetch_committed_offsets(places)  # noqa: SLF001 - the public `committed` leaves out the metadata
        begun: dict[TP, int | None] = {}
        for place in places:
            commit = commits.get(place)
            if commit is None or commit.offset < 0:
                begun[place] = None
            elif is_of_another_log(commit, self._identity):
                _log.warning("commit_of_another_log", at=str(place), offset=commit.offset)
                await consumer.seek_to_beginning(place)
                begun[place] = 0
            else:
                consumer.seek(place, commit.offset)
                begun[place] = commit.offset
        return begun

    async def _current_identity(self) -> str:
        """A log that has just been made gets its identity a moment after its topics."""
        for _ in range(_TRIES):
            try:
                return await type(self).read_identity()
            except LogUnavailableError as error:
                _log.warning("log_not_identified", error=str(error)[:300])
                await asyncio.sleep(_PAUSE_S)
        return await type(self).read_identity()
