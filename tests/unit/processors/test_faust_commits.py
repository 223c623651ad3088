"""Which commits count, and that the seams by which they are named are where they were."""

import inspect

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver

from topics.own_commits import Commit, is_of_another_log


@pytest.mark.parametrize(
    ("metadata", "is_other"), [("this log", False), ("", False), ("the log before", True)]
)
def test_only_a_commit_that_names_another_log_does_not_count(metadata: str, is_other: bool) -> None:
    assert is_of_another_log(Commit(75, metadata), "this log") is is_other


def test_no_commit_at_all_is_of_no_log() -> None:
    assert not is_of_another_log(Commit(-1, "the log before"), "this log")


def test_the_client_s_own_commits_look_like_ours() -> None:
    assert OffsetAndMetadata._fields == Commit._fields


def test_the_seams_are_where_they_were() -> None:
    """Fails when a new Faust or client commits or seeks in another way."""
    thread = driver.AIOKafkaConsumerThread
    assert "await consumer.commit(aiokafka_offsets)" in inspect.getsource(thread._commit)
    assert "OffsetAndMetadata(offset, " in inspect.getsource(thread._commit)
    assert "seek_to_committed" in inspect.getsource(driver.Consumer.perform_seek)
    assert "self._coordinator.fetch_committed_offsets" in inspect.getsource(
        AIOKafkaConsumer.committed
    )
