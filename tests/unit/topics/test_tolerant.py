"""The seam by which our parser gets into the client, and that nothing is read beside it."""

import ast
import inspect
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, Fetcher

import topics
from topics.record_batches import Batch, FetchedBatches
from topics.tolerant import read_tolerantly, start_tolerant

FOLDER = Path(topics.__file__).parent


def started(isolation_level: int = READ_UNCOMMITTED) -> SimpleNamespace:
    """As much of a consumer as there is before it has a broker."""
    made = Fetcher.__new__(Fetcher)
    made._isolation_level = isolation_level
    return SimpleNamespace(_fetcher=made)


def test_the_fetcher_reads_with_our_parser() -> None:
    consumer = started()
    read_tolerantly(consumer)
    reads = consumer._fetcher._proc_fetch_request
    assert reads.__func__.__globals__["MemoryRecords"] is FetchedBatches
    assert reads.__self__ is consumer._fetcher
    assert reads.__func__.__code__ is Fetcher._proc_fetch_request.__code__


def test_no_other_client_of_the_process_does() -> None:
    read_tolerantly(started())
    assert fetcher.MemoryRecords is not FetchedBatches
    assert Fetcher._proc_fetch_request.__globals__ is vars(fetcher)


def test_aborted_transactions_are_not_taken_for_records() -> None:
    with pytest.raises(ValueError, match="read_uncommitted"):
        read_tolerantly(started(READ_COMMITTED))


def test_the_seams_are_where_they_were() -> None:
    """What the client calls of the parser; fails when a new one has it elsewhere."""
    answer = inspect.getsource(Fetcher._proc_fetch_request)
    assert "records = MemoryRecords(part_data[-1])" in answer
    assert Fetcher._proc_fetch_request.__defaults__ is None
    assert Fetcher._proc_fetch_request.__closure__ is None
    assert "self._proc_fetch_request(" in inspect.getsource(Fetcher._fetch_requests_routine)
    assert "self._fetcher = Fetcher(" in inspect.getsource(AIOKafkaConsumer.start)
    asked_of_records = called(inspect.getsource(fetcher), "records")
    assert asked_of_records == {"has_next", "next_batch", "size_in_bytes"}
    assert all(hasattr(FetchedBatches, name) for name in asked_of_records)
    only_for_transactions = {"producer_id", "base_offset", "is_transactional"}
    asked_of_batch = called(inspect.getsource(fetcher), "next_batch") - only_for_transactions
    assert asked_of_batch == {"validate_crc", "is_control_batch", "next_offset"}
    assert all(hasattr(Batch, name) for name in asked_of_batch)


def called(source: str, name: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_every_consumer_of_ours_is_started_tolerant(file: Path) -> None:
    starts = [
        node.lineno
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "start"
        and isinstance(node.value, ast.Name)
        and "consumer" in node.value.id
    ]
    home = Path(inspect.getsourcefile(start_tolerant) or "").name
    assert len(starts) == (1 if file.name == home else 0), starts
