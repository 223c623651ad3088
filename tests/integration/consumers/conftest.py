"""A group of its own for each test, that has read everything which was there before."""

import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from secrets import token_hex

import pytest
from aiokafka import TopicPartition

from tests.integration.consumers.access import environment_for
from tests.integration.topics.groups import commit, ends
from tests.support.consumer_programs import LANGUAGES, SCHEMAS, Program, built
from tests.support.services.connections import KafkaServer
from tests.support.services.programs import NotInstalledError
from topics.admin import create_topics
from topics.catalog import RESULTS
from topics.group_offsets import committed_offsets
from topics.publisher import KafkaPublisher
from topics.settings import KafkaSettings


@pytest.fixture(scope="session", params=LANGUAGES)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Where it cannot be had: a skip, but a failure in CI, which must not pass by skipping."""
    try:
        return built(request.param, tmp_path_factory.mktemp(request.param))
    except NotInstalledError as error:
        missing = str(error)
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@pytest.fixture
async def settings(kafka: KafkaServer) -> KafkaSettings:
    made = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    await create_topics(made)
    return made


@pytest.fixture
async def publisher(settings: KafkaSettings) -> AsyncIterator[KafkaPublisher]:
    made = KafkaPublisher(settings, source="test", budget_s=10)
    await made.start()
    yield made
    await made.aclose()


@dataclass(frozen=True, slots=True)
class Reading:
    """How the programs of a test read: the same group, arguments and environment."""

    settings: KafkaSettings
    group: str
    environment: dict[str, str]

    @property
    def arguments(self) -> tuple[str, ...]:
        return ("--schemas", str(SCHEMAS), "--group", self.group)

    async def until_all(self) -> None:
        """The group has committed everything that is in the topics; fails when it does not."""
        ends_now, committed = await ends_of_all(self.settings), await self._committed()
        deadline = time.monotonic() + 20
        while committed != ends_now:
            assert time.monotonic() < deadline, f"{committed} instead of {ends_now}"
            committed = await self._committed()

    async def _committed(self) -> dict[tuple[str, int], int]:
        places = [TopicPartition(*place) for place in await ends_of_all(self.settings)]
        return await committed_offsets(self.settings, self.group, places)


@pytest.fixture
async def reading(kafka: KafkaServer, settings: KafkaSettings) -> Reading:
    group = f"ext-{token_hex(4)}"
    await commit(settings, group, await ends_of_all(settings))
    return Reading(settings, group, await environment_for(kafka))


async def ends_of_all(settings: KafkaSettings) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for topic in RESULTS:
        found |= await ends(settings, topic.name)
    return found
