"""Which dead letters the operator has dealt with, and how."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from storage.postgres_pool import PostgresPool
from storage.queries import Queries

LetterPlace = tuple[str, int, int]
"""Dead-letter topic, partition and offset."""
Action = Literal["replayed", "discarded"]


@dataclass(frozen=True, slots=True)
class Handling:
    """`request_id` is the request that a replay made or revived; None when it is about none."""

    action: Action
    request_id: UUID | None
    at: datetime


class LetterBook:
    """For one log: another log's letters lie at the same places.

    Raises StoreUnavailableError. The pool is the caller's to open and close.
    """

    def __init__(self, pool: PostgresPool, log_identity: str) -> None:
        self._pool = pool
        self._queries = Queries.load()
        self._log_identity = log_identity

    async def handled(self) -> dict[LetterPlace, Handling]:
        rows = await self._pool.fetch(
            self._queries["find_handled_letters"], {"log_identity": self._log_identity}
        )
        return {
            (topic, partition, offset): Handling(action, request_id, at.astimezone(UTC))
            for topic, partition, offset, action, request_id, at in rows
        }

    async def note(self, place: LetterPlace, action: Action, request_id: UUID | None) -> None:
        """A letter that was dealt with already stays as it was."""
        topic, partition, offset = place
        await self._pool.run(
            self._queries["note_handled_letter"],
            {
                "log_identity": self._log_identity, "topic": topic, "partition": partition,
                "offset": offset, "action": action, "request_id": request_id,
            },
        )  # fmt: skip
