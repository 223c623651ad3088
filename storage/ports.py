"""The ports of storage. Every one has an adapter for the real service and a twin in memory."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID

from schemas.events import AnalysisFailed, ImageAnalyzed, ImageRequested, ImageSubmitted
from schemas.failures import FailureCode
from schemas.result import AnalysisResult

Request = ImageRequested | ImageSubmitted
"""What can be accepted: a picture by its address, or a picture already stored."""


class ImageStore(Protocol):
    """Pictures by object key. An object is never overwritten with other bytes.

    Raises StoreUnavailableError when the bucket does not serve.
    """

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        """Durable when it returns. `body` is read from where it stands, `size_bytes` of it."""
        ...

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        """Raises NotFoundError, ObjectTooLargeError."""
        ...

    async def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""
        ...

    async def check(self) -> None:
        """Returns when the bucket exists and answers."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted, no outcome yet."""


@dataclass(frozen=True, slots=True)
class Completed:
    finished_at: datetime
    result: AnalysisResult


@dataclass(frozen=True, slots=True)
class Failed:
    """`state` is `failed`, `cancelled` or `expired`, as the code decides."""

    finished_at: datetime
    code: FailureCode
    message: str
    retryable: bool
    attempts: int

    @property
    def state(self) -> str:
        special = {FailureCode.CANCELLED: "cancelled", FailureCode.DEADLINE_EXCEEDED: "expired"}
        return special.get(self.code, "failed")


Outcome = Pending | Completed | Failed


@dataclass(frozen=True, slots=True)
class Analysis:
    """One request as the record knows it; `request` is the event that announces it."""

    request: Request
    outcome: Outcome


class AnalysisStore(Protocol):
    """The record: one row per (tenant_id, request_id); terminal states do not change, except that
    a result beats a failure.

    Raises StoreUnavailableError, TransientStorageError.
    """

    async def accept(self, request: Request) -> None:
        """Insert the row as accepted and commit. A repeat changes nothing."""
        ...

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None: ...

    async def record(self, facts: Sequence[ImageAnalyzed | AnalysisFailed]) -> None:
        """Apply outcomes in one transaction; any order, any number of repeats, same end.
        A fact of a request that has no row is dropped."""
        ...

    async def count_unfinished(self, limit: int) -> int:
        """How many rows are accepted and have no outcome; counting stops at `limit`."""
        ...

    async def find_unannounced(self, before: datetime, limit: int) -> list[Request]:
        """Unfinished requests accepted, and last announced, before that moment; oldest first."""
        ...

    async def mark_announced(self, requests: Sequence[Request], at: datetime) -> None: ...

    def sweeping(self) -> AbstractAsyncContextManager[bool]:
        """True inside for one process at a time, whatever the number of replicas."""
        ...

    async def check(self) -> None:
        """Returns when the database answers and its schema is the one this code needs."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; the key itself is not (only its SHA-256 is stored)."""

    key_id: str
    tenant_id: str


class ApiKeyStore(Protocol):
    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        """By SHA-256 of the whole key; unknown, revoked and expired keys are None."""
        ...

    async def add_api_key(self, key: ApiKey, key_hash: bytes, *, name: str) -> None:
        """Adds the tenant too when it is new. A repeat changes nothing."""
        ...


class ResultCache(Protocol):
    """Terminal analyses by id, for speed only. A cache that is gone is a miss, never an error:
    implementations answer None and count it."""

    async def get(self, tenant_id: str, request_id: UUID) -> Analysis | None: ...

    async def put(self, analyses: Sequence[Analysis]) -> None: ...

    async def check(self) -> None:
        """Raises StoreUnavailableError."""
        ...

    async def aclose(self) -> None: ...
