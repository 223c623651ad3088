"""What `image-analyzer dlq` works with: letters, the book of what was done, the replayer."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from cli.dlq_filters import LetterFilter
from cli.exports import exports_of
from cli.opened_pool import opened_pool
from cli.operator_audit import operator, operators_audit
from cli.settings import Settings, require
from processors.admit import AdmitRequest
from processors.inbox_checks import InboxLimits
from processors.producers import Producers
from processors.replay import Replayer
from processors.room import InboxRoom
from storage.analyses_postgres import PostgresAnalysisStore
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.audit import Action, AuditLog
from storage.known_keys import KnownKeys
from storage.letter_book import Action as Handled
from storage.letter_book import Handling, LetterBook, LetterPlace
from storage.opening import open_images
from telemetry.metrics import Metrics
from topics.letters import DeadLetter, identity_of_log, read_letter, read_letters
from topics.publisher import KafkaPublisher

_PUBLISH_BUDGET_S = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    letter: DeadLetter
    handling: Handling | None


@dataclass(frozen=True, slots=True)
class Desk:
    settings: Settings
    book: LetterBook
    replayer: Replayer
    audit: AuditLog

    async def note(self, found: "Found", action: Handled, request_id: UUID | None) -> None:
        """In the book, and in the audit log. Raises StorageError."""
        letter = found.letter
        await self.book.note(letter.place, action, request_id)
        await self.audit.note(
            Action.LETTER_REPLAYED if action == "replayed" else Action.LETTER_DISCARDED,
            actor=operator(), tenant_id=letter.tenant_id or None, target=letter.record.place,
            request_id="" if request_id is None else str(request_id),
        )  # fmt: skip

    async def find(self, wanted: LetterFilter, *, handled_too: bool) -> list[Found]:
        """Oldest first, without their values. Raises LogUnavailableError and StorageError."""
        handled = await self.book.handled()
        found = [
            Found(letter.without_value(), handled.get(letter.place))
            async for letter in self._letters(wanted)
            if wanted.takes(letter) and (handled_too or letter.place not in handled)
        ]
        return sorted(found, key=lambda one: (one.letter.failed_at, one.letter.place))

    async def whole(self, place: LetterPlace) -> DeadLetter | None:
        """With its value; None when there is no such letter. Raises LogUnavailableError."""
        return await read_letter(self.settings.kafka, place)

    async def _letters(self, wanted: LetterFilter) -> AsyncIterator[DeadLetter]:
        if not wanted.places:
            async for letter in read_letters(
                self.settings.kafka, wanted.topics, since=wanted.since
            ):
                yield letter
        for place in sorted(wanted.places):
            found = await self.whole(place)
            if found is not None:
                yield found


@contextlib.asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Raises ConfigurationError, LogUnavailableError and StorageError."""
    postgres = require(settings.postgres, "ANALYZER_POSTGRES__DSN")
    bucket = require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT")
    async with contextlib.AsyncExitStack() as stack:
        exports = stack.enter_context(exports_of("dlq", settings))
        metrics = Metrics()
        images = open_images(bucket, metrics)
        stack.push_async_callback(images.aclose)
        pool = await stack.enter_async_context(opened_pool(postgres))
        source = f"/image-analyzer/dlq/{socket.gethostname()}/{os.getpid()}"
        publisher = KafkaPublisher(settings.kafka, source=source, budget_s=_PUBLISH_BUDGET_S)
        stack.push_async_callback(publisher.aclose)
        identity, _ = await asyncio.gather(identity_of_log(settings.kafka), publisher.start())
        analyses = PostgresAnalysisStore(pool)
        worker = settings.worker
        admission = AdmitRequest(
            producers=Producers(
                KnownKeys(PostgresApiKeyStore(pool), hit_s=0, miss_s=0), bound={}
            ),
            images=images, analyses=analyses, publisher=publisher,
            room=InboxRoom(analyses, limit=worker.max_unfinished),
            limits=InboxLimits.of(worker, settings.webhooks), metrics=metrics, clock=_now,
        )  # fmt: skip
        replayer = Replayer(
            analyses=analyses, images=images, publisher=publisher, admission=admission,
            clock=_now, new_id=uuid7, lives_for=timedelta(seconds=worker.deadline_default_s),
            tracer=exports.tracer,
        )  # fmt: skip
        audit = await stack.enter_async_context(operators_audit(pool))
        yield Desk(settings, LetterBook(pool, identity), replayer, audit)


def _now() -> datetime:
    return datetime.now(UTC)
