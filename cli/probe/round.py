"""One round: each door once, in turn, each with all of its time."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Protocol

from cli.probe.api import ProbeApi
from cli.probe.finding import Door, Finding, UnreachableError, Verdict, WrongAnswerError
from cli.probe.known_picture import KnownPicture
from schemas.result import AnalysisResult
from telemetry.traces import TraceContext


class OpenDoor(Protocol):
    @property
    def name(self) -> Door: ...

    async def send(self, trace: TraceContext) -> AnalysisResult:
        """The outcome of the known picture by this door, in that trace. Raises UnreachableError and
        WrongAnswerError; has no deadline of its own."""
        ...


async def knock_at_each(
    doors: Sequence[OpenDoor], picture: KnownPicture, api: ProbeApi, *, timeout_s: float
) -> list[Finding]:
    """One after the other: none of them makes another one slow."""
    return [await _Knock(door, picture, api).find(timeout_s) for door in doors]


class _Knock:
    """One request, until we know enough of it."""

    def __init__(self, door: OpenDoor, picture: KnownPicture, api: ProbeApi) -> None:
        self._door = door
        self._picture = picture
        self._api = api
        # Sampled: of a request that went wrong the trace should be there.
        self._trace = TraceContext(secrets.token_hex(16), secrets.token_hex(8), "01")
        self._result: AnalysisResult | None = None
        self._took_s: float | None = None

    async def find(self, timeout_s: float) -> Finding:
        began = time.monotonic()
        verdict, said = Verdict.RIGHT, ""
        try:
            async with asyncio.timeout(timeout_s):
                await self._look(began)
        except TimeoutError:
            what = "no outcome" if self._result is None else "not to be read back by id"
            verdict, said = Verdict.LATE, f"{what} within {timeout_s:g} s"
        except WrongAnswerError as error:
            verdict, said = Verdict.WRONG, str(error)
        except UnreachableError as error:
            verdict, said = Verdict.UNREACHABLE, str(error)
        return Finding(
            door=self._door.name, verdict=verdict, said=said,
            took_s=time.monotonic() - began if self._took_s is None else self._took_s,
            trace_id=self._trace.trace_id,
            request_id=None if self._result is None else self._result.request_id,
        )  # fmt: skip

    async def _look(self, began: float) -> None:
        self._result = await self._door.send(self._trace)
        self._took_s = time.monotonic() - began
        self._picture.check(self._result)
        headers = {"traceparent": self._trace.traceparent}
        kept = await self._api.outcome(self._result.request_id, headers, may_be_unknown=True)
        if kept.detected_objects != self._result.detected_objects:
            raise WrongAnswerError("read back by its id it has other objects")
