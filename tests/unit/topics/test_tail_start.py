"""Where a tail begins that needs to ask no group."""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndTimestamp

from topics.tail_start import Now, Since

FIRST, SECOND = TopicPartition("cancel-requested", 0), TopicPartition("cancel-requested", 1)
ENDS = {FIRST: 100, SECOND: 7}


@dataclass
class Partitions:
    """As much of a consumer as is asked."""

    found: dict[TopicPartition, OffsetAndTimestamp | None]
    asked: dict[TopicPartition, int] = field(default_factory=dict)

    async def offsets_for_times(
        self, moments: dict[TopicPartition, int]
    ) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        self.asked = moments
        return self.found


async def test_now_is_behind_everything_that_is_there() -> None:
    assert await Now().offsets(Partitions({}), ENDS) == ENDS


async def test_since_is_the_first_record_that_is_young_enough() -> None:
    before = int((time.time() - 86_400) * 1000)
    partitions = Partitions({FIRST: OffsetAndTimestamp(40, before), SECOND: None})
    starts = await Since(timedelta(days=1)).offsets(partitions, ENDS)
    assert starts == {FIRST: 40, SECOND: 7}
    assert partitions.asked.keys() == ENDS.keys()
    assert all(0 <= moment - before < 60_000 for moment in partitions.asked.values())


async def test_a_partition_of_which_the_broker_says_nothing_begins_at_its_end() -> None:
    assert await Since(timedelta(days=1)).offsets(Partitions({}), ENDS) == ENDS
