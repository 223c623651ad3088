"""The API as the probe asks it: whatever is not as documented is an error with a text."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import ValidationError

from cli.probe.finding import UnreachableError, WrongAnswerError
from schemas.contract import Contract
from schemas.http import AnalysisView, Problem
from schemas.result import AnalysisResult

_ASK_EVERY_S: Final = 0.2
_AGENT: Final = "image-analyzer-probe"
_Document = TypeVar("_Document", bound=Contract)


class ProbeApi:
    """Waits as long as it is let: the caller has the deadline. A connection is used again, as
    clients do; `async with` closes them.

    Raises UnreachableError and WrongAnswerError.
    """

    def __init__(self, base_url: str, api_key: str) -> None:
        self._address = base_url
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": _AGENT},
            timeout=None,  # noqa: S113 - each door has a deadline for all of it
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], **body: Any
    ) -> httpx.Response:
        with self._told():
            return await self._client.request(method, path, headers=headers, **body)

    @contextlib.asynccontextmanager
    async def events(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """An event stream that has begun; for its lines."""
        with self._told():
            async with self._client.stream("GET", path, headers=headers) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    raise refused(answer)
                kind = answer.headers.get("content-type", "")
                if not kind.startswith("text/event-stream"):
                    raise WrongAnswerError(f"the event stream came as {kind[:80] or 'nothing'}")
                yield answer

    async def outcome(
        self, request_id: UUID, headers: Mapping[str, str], *, may_be_unknown: bool = False
    ) -> AnalysisResult:
        """By id, asked for until it is there. A request that came by another door may be unknown
        until it is admitted."""
        while True:
            answer = await self.ask("GET", f"/api/v1/analyses/{request_id}", headers)
            if answer.status_code == 200:
                view = read(AnalysisView, answer)
                if view.failure is not None:
                    raise WrongAnswerError(f"failed: {view.failure.code.value}")
                if view.result is not None:
                    return view.result
            elif answer.status_code != 404 or not may_be_unknown:
                raise refused(answer)
            await asyncio.sleep(_ASK_EVERY_S)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            raise UnreachableError(f"{self._address} does not answer: {error}") from error
        except httpx.HTTPError as error:
            raise WrongAnswerError(f"the connection broke: {type(error).__name__}") from error


def read(kind: type[_Document], answer: httpx.Response) -> _Document:
    """The body as that document. Raises WrongAnswerError."""
    try:
        return kind.read(answer.content)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:3])
        text = (
            f"{answer.status_code} with a body that is no {kind.__name__} ({fields or 'no JSON'})"
        )
        raise WrongAnswerError(text) from None


def refused(answer: httpx.Response) -> WrongAnswerError:
    """An answer that is an error, by its code where it has one."""
    try:
        said = Problem.read(answer.content).code
    except ValidationError:
        said = "without saying why"
    return WrongAnswerError(f"{answer.status_code} {said}")
