"""A log full of requests never shuts the API: the inboxes stop before it does."""

import pytest

from ingest_api.capacity import UnfinishedCap
from ingest_api.errors import RefusedError
from ingest_api.throughput import Throughput
from processors.room import InboxRoom
from storage.errors import StoreUnavailableError
from storage.unfinished import UnfinishedCount
from tests.unit.ingest_api.failing_stores import Analyses, Switch

LIMIT = 1000


class Backlog(Analyses):
    unfinished = 0

    async def count_unfinished(self, limit: int) -> int:
        return min(self.unfinished, limit)


async def is_open(cap: UnfinishedCap) -> bool:
    try:
        await cap.check()
    except RefusedError:
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
async def test_an_endless_inbox_leaves_the_api_open(seed: int) -> None:
    analyses, clock = Backlog(Switch("postgres")), [0.0]
    count = UnfinishedCount(analyses, limit=LIMIT, now=lambda: clock[0])
    cap = UnfinishedCap(count, limit=LIMIT, throughput=Throughput())
    analyses.unfinished = LIMIT + seed
    assert not await is_open(cap)
    opened = 0
    for second in range(3, 300, 3):
        clock[0] = second
        analyses.unfinished -= 5
        room = InboxRoom(analyses, limit=LIMIT)
        try:
            while True:
                await room.check()
                analyses.unfinished += 1
                room.note_accepted()
        except StoreUnavailableError:
            opened += await is_open(cap)
    assert opened > 50
    assert analyses.unfinished < LIMIT * 0.95
