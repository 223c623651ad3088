"""Trying again later: a record set on its retry topic with the moment before which it must wait."""

import time

from topics.catalog import RETRIES, topic_named
from topics.records import OutgoingRecord, Record

_NOT_BEFORE = "retry-not-before"
_ROUNDS = "retry-rounds"
_LONGEST_WAIT_S = 3600.0
_ORIGIN = {retry.name: retry.name.removesuffix("-retry") for retry in RETRIES}


def rounds_so_far(record: Record) -> int:
    """How often the record has been through its retry topic."""
    text = record.header(_ROUNDS) or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def later(record: Record, *, delay_s: float, rounds: int) -> OutgoingRecord:
    """The record for the retry topic of its topic; value and other headers unchanged."""
    due_ms = int((time.time() + delay_s) * 1000)
    kept = tuple((n, v) for n, v in record.headers if n not in {_NOT_BEFORE, _ROUNDS})
    marks = ((_NOT_BEFORE, str(due_ms).encode()), (_ROUNDS, str(rounds).encode()))
    name = topic_named(record.topic).retry_name
    return OutgoingRecord(name, record.key, record.value, kept + marks)


def due_in_s(record: Record) -> float:
    """Seconds until the record may be worked again, an hour at most, for it keeps all behind it
    waiting; 0 when it is due or says nothing sensible."""
    text = record.header(_NOT_BEFORE) or ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        return 0.0
    return min(max(0.0, int(text) / 1000 - time.time()), _LONGEST_WAIT_S)


def origin_of(name: str) -> str:
    """The topic that a retry topic retries; any other name as it is."""
    return _ORIGIN.get(name, name)


def back_to_origin(record: Record) -> OutgoingRecord:
    """The record of a retry topic on its way back to the topic it came from."""
    return OutgoingRecord(origin_of(record.topic), record.key, record.value, record.headers)
