"""Setting a record aside: the dead letter, and the failed outcome of the request it names."""

import asyncio
import gzip
import hashlib
import io
from dataclasses import replace

from schemas.events import AnalysisFailed
from schemas.failures import FailureCode
from storage.ports import ImageStore
from topics.catalog import topic_named
from topics.codec import request_named_by, trace_of
from topics.dead_letters import PARKED, PARKED_AT, Refusal, dead_letter, fits
from topics.publisher import EventPublisher
from topics.record_batches import unpacked
from topics.records import Headers, OutgoingRecord, Record
from topics.sealed import LargeValue

_MESSAGES = {
    FailureCode.INVALID_EVENT: "The event of this request breaks the contract and was set aside.",
    FailureCode.RETRIES_EXHAUSTED: "The analysis was tried several times and did not succeed.",
    FailureCode.SCAN_UNAVAILABLE: "The malware scanner gave no answer about this picture.",
    FailureCode.INTERNAL_ERROR: "An error of the service stopped the analysis; it was set aside.",
}
_RETRYABLE = frozenset({FailureCode.RETRIES_EXHAUSTED, FailureCode.SCAN_UNAVAILABLE})


class Refusals:
    """Both records are confirmed when `write` returns; a repeat writes the same again."""

    def __init__(self, publisher: EventPublisher, images: ImageStore) -> None:
        self._publisher = publisher
        self._images = images
        self._one_large = asyncio.Lock()  # many megabytes each: never all that are in work

    async def write(self, record: Record, refusal: Refusal, code: FailureCode) -> None:
        """Raises what the publisher and the image store raise when they are unavailable."""
        if not isinstance(record.value, LargeValue):
            await self._write(record, refusal, code)
            return
        async with self._one_large:
            original = await asyncio.to_thread(unpacked, record)
            await self._write(original, refusal, code)

    async def _write(self, record: Record, refusal: Refusal, code: FailureCode) -> None:
        letter = dead_letter(record, refusal)
        if not fits(letter):
            letter = await self._park(record, letter)
        await self._publisher.forward(letter)
        named = None if topic_named(record.topic).is_inbox else request_named_by(record)
        if named is None:  # nobody's request fails by what a stranger writes into an inbox
            return
        failed = AnalysisFailed(
            request_id=named.request_id,
            tenant_id=named.tenant_id,
            accepted_at=named.accepted_at,
            code=code,
            message=_MESSAGES[code],
            retryable=code in _RETRYABLE,
            attempts=refusal.attempts,
        )
        await self._publisher.publish(failed, traceparent=trace_of(record))

    async def _park(self, record: Record, letter: OutgoingRecord) -> OutgoingRecord:
        """The original goes to the bucket when no dead-letter topic takes it: packed, because a
        stranger's few kilobytes may unpack to many megabytes."""
        value = record.value or b""
        packed = await asyncio.to_thread(gzip.compress, value, 1)
        key = f"{PARKED}{record.topic}/{record.partition}/{record.offset}.gz"
        await self._images.put(
            key, io.BytesIO(packed), size_bytes=len(packed), content_type="application/gzip"
        )
        where = (
            (PARKED_AT, key.encode()),
            ("dlq-size-bytes", str(len(value)).encode()),
            ("dlq-sha256", hashlib.sha256(value).hexdigest().encode()),
        )
        return replace(letter, value=None, headers=_small(letter) + where)


def _small(letter: OutgoingRecord) -> Headers:
    return tuple((name, value) for name, value in letter.headers if len(value or b"") <= 4096)
