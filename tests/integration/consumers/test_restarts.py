"""Nothing is lost when a program is killed, and one that is told to stop does so."""

import asyncio

import pytest

from tests.integration.consumers.conftest import Reading
from tests.integration.consumers.members import members_of, put_out
from tests.integration.consumers.mix import record_of
from tests.support.consumer_programs import Program, Running
from tests.support.events import image_analyzed
from topics.publisher import KafkaPublisher

pytestmark = pytest.mark.kafka
# More than a pipe holds: the program stands still between the first line and the last.
MANY = 300


def requests_of(program: Running) -> set[str]:
    return {line["request"] for line in program.outcomes}


async def test_what_was_not_done_is_done_by_the_next(
    program: Program, reading: Reading, publisher: KafkaPublisher
) -> None:
    events = [image_analyzed() for _ in range(MANY)]
    await asyncio.gather(*(publisher.forward(record_of(event)) for event in events))
    async with program.running(*reading.arguments, environment=reading.environment) as killed:
        await killed.read(20)
        await killed.kill()
        await killed.rest()
    await put_out(reading.settings, reading.group)
    done = requests_of(killed)
    assert 20 <= len(done) < MANY

    missing = len({event.key for event in events} - done)
    async with program.running(*reading.arguments, environment=reading.environment) as following:
        await following.read(missing)
        while not {event.key for event in events} <= done | requests_of(following):
            await following.read(1)
        await reading.until_all()
        following.stop()
        assert await following.rest() == 0
    stopped = (await following.errors())[-1]
    assert stopped["event"] == "stopped"
    assert stopped["new"] == len(following.outcomes)
    assert await members_of(reading.settings, reading.group) == []


async def test_silence_ends_it_where_it_is_asked_to(program: Program, reading: Reading) -> None:
    silence = ("--idle-timeout", "0.5")
    async with program.running(
        *reading.arguments, *silence, environment=reading.environment
    ) as running:
        assert await running.rest() == 0
    assert running.outcomes == []
    assert (await running.errors())[-1]["event"] == "stopped"
