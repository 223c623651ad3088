"""Commits of a Faust consumer that say of which log they are, for the reason of
`topics.own_commits`."""

import asyncio
from collections.abc import Mapping
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP

from processors.faust_consumer import StoppingThread
from telemetry.logs import get_logger
from topics.errors import LogUnavailableError
from topics.own_commits import ReadIdentity, commits_of, is_of_another_log

_log = get_logger(__name__)
_PAUSE_S = 0.5
_TRIES = 40


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
        commits = await commits_of(consumer, places)
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
