"""The doors of the HTTP API, each from the picture to the outcome."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import ValidationError

from cli.probe.api import ProbeApi, read, refused
from cli.probe.finding import Door, WrongAnswerError
from schemas.events import AnalysisFailed, ImageAnalyzed
from schemas.http import Accepted
from schemas.result import AnalysisResult
from telemetry.traces import TraceContext

_KEY_PREFIX: Final = "probe-"
"""What its idempotency keys begin with: whose requests these are can be told by them."""
_WAIT: Final = "wait=60"


@dataclass(frozen=True, slots=True)
class UploadDoor:
    """One request that waits for its result."""

    api: ProbeApi
    content: bytes
    name: Door = "upload"

    async def send(self, trace: TraceContext) -> AnalysisResult:
        answer = await _upload(self.api, self.content, trace, _WAIT)
        return await _result(self.api, answer, trace)


@dataclass(frozen=True, slots=True)
class StreamDoor:
    """A request that does not wait, and its event stream to the outcome."""

    api: ProbeApi
    content: bytes
    name: Door = "stream"

    async def send(self, trace: TraceContext) -> AnalysisResult:
        answer = await _upload(self.api, self.content, trace, "respond-async")
        if answer.status_code != 202:
            raise refused(answer)
        links = read(Accepted, answer).links
        async with self.api.events(links.events, _headers(trace)) as stream:
            async for event, data in _frames(stream):
                if event in {"image-analyzed", "analysis-failed"}:
                    return _outcome(event, data)
        raise WrongAnswerError("the event stream ended without an outcome")


@dataclass(frozen=True, slots=True)
class UrlDoor:
    """An address that the service fetches itself; `image_url` must give the known picture."""

    api: ProbeApi
    image_url: str
    name: Door = "url"

    async def send(self, trace: TraceContext) -> AnalysisResult:
        answer = await self.api.ask(
            "POST", "/api/v1/analyze/url", _submitting(trace, _WAIT),
            json={"image_url": self.image_url},
        )  # fmt: skip
        return await _result(self.api, answer, trace)


async def _upload(
    api: ProbeApi, content: bytes, trace: TraceContext, prefer: str
) -> httpx.Response:
    files = {"image": ("probe.jpg", content, "image/jpeg")}
    headers = _submitting(trace, prefer)
    return await api.ask("POST", "/api/v1/analyze/upload", headers, files=files)


async def _result(api: ProbeApi, answer: httpx.Response, trace: TraceContext) -> AnalysisResult:
    """Also when the wait of the request has ended before."""
    if answer.status_code == 202:
        return await api.outcome(read(Accepted, answer).request_id, _headers(trace))
    if answer.status_code != 200:
        raise refused(answer)
    return read(AnalysisResult, answer)


def _headers(trace: TraceContext) -> dict[str, str]:
    return {"traceparent": trace.traceparent}


def _submitting(trace: TraceContext, prefer: str) -> dict[str, str]:
    key = f"{_KEY_PREFIX}{secrets.token_hex(8)}"
    return {**_headers(trace), "Prefer": prefer, "Idempotency-Key": key}


async def _frames(stream: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """Event and data of each frame that has data, as our streams write them."""
    fields: dict[str, str] = {}
    async for line in stream.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            if "data" in fields:
                yield fields.get("event", ""), fields["data"]
            fields = {}


def _outcome(event: str, data: str) -> AnalysisResult:
    try:
        if event == "image-analyzed":
            return ImageAnalyzed.read(data.encode()).result
        code = AnalysisFailed.read(data.encode()).code.value
    except ValidationError:
        raise WrongAnswerError(f"a frame {event} that breaks the contract") from None
    raise WrongAnswerError(f"failed: {code}")
