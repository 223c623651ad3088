"""A backlog of pictures to be analyzed, and when each was."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from minio import Minio
from uuid_utils.compat import uuid7

from schemas.events import ImageSubmitted
from schemas.options import AnalysisOptions
from tests.faults.pictures import picture_of
from topics.catalog import IMAGE_ANALYZED, IMAGE_SUBMITTED
from topics.codec import encode

_TENANT: Final = "benchmark"
_KEY: Final = f"{_TENANT}/one-for-all"


@dataclass(frozen=True, slots=True)
class Told:
    """One result on the log; `at` is in seconds since the epoch."""

    partition: int
    at: float


async def fill(settings: Mapping[str, str], count: int) -> None:
    """Requests of their own, of one and the same picture in the bucket."""
    picture = picture_of(1)
    await asyncio.to_thread(_store, settings, picture)
    out = AIOKafkaProducer(
        bootstrap_servers=settings["ANALYZER_KAFKA__BOOTSTRAP_SERVERS"], linger_ms=5
    )
    await out.start()
    try:
        for _ in range(count):
            record = encode(_submitted(picture), IMAGE_SUBMITTED, source="api", traceparent=None)
            await out.send(record.topic, record.value, key=record.key, headers=list(record.headers))
        await out.flush()
    finally:
        await out.stop()


async def outcomes(bootstrap_servers: str) -> list[Told]:
    """All results that are on the log now."""
    reader = AIOKafkaConsumer(
        IMAGE_ANALYZED.name, bootstrap_servers=bootstrap_servers, group_id=None,
        auto_offset_reset="earliest",
    )  # fmt: skip
    await reader.start()
    try:
        ends = await reader.end_offsets(reader.assignment())
        found: list[Told] = []
        while len(found) < sum(ends.values()):
            for place, records in (await reader.getmany(timeout_ms=1000)).items():
                found += [Told(place.partition, one.timestamp / 1000) for one in records]
        return sorted(found, key=lambda one: one.at)
    finally:
        await reader.stop()


def _submitted(picture: bytes) -> ImageSubmitted:
    now = datetime.now(UTC)
    return ImageSubmitted(
        request_id=uuid7(), tenant_id=_TENANT, accepted_at=now,
        deadline_at=now + timedelta(hours=1), object_key=_KEY,
        sha256=hashlib.sha256(picture).hexdigest(), size_bytes=len(picture),
        content_type="image/png", options=AnalysisOptions(),
    )  # fmt: skip


def _store(settings: Mapping[str, str], picture: bytes) -> None:
    client = Minio(
        settings["ANALYZER_BUCKET__ENDPOINT"].removeprefix("http://"),
        access_key=settings["ANALYZER_BUCKET__ACCESS_KEY"],
        secret_key=settings["ANALYZER_BUCKET__SECRET_KEY"],
        secure=False,
    )
    client.put_object(
        settings["ANALYZER_BUCKET__BUCKET"], _KEY, BytesIO(picture), length=len(picture)
    )
