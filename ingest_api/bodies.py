"""Bodies as they arrive: counted, and not waited for longer than their size deserves."""

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request

from ingest_api.errors import (
    BODY_MALFORMED,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    CONTENT_TYPE_WRONG,
    RefusedError,
)
from ingest_api.pace import Pace
from ingest_api.settings import ApiSettings


async def pour(
    request: Request, into: Callable[[bytes], object], *, max_bytes: int, settings: ApiSettings
) -> None:
    """Hand every chunk on as it comes. Raises RefusedError when there are more than `max_bytes`,
    they come too slowly or the client goes away; what `into` raises passes through."""
    now, size = asyncio.get_running_loop().time(), _announced(request, max_bytes)
    pace, received = Pace(settings, begun=now, size=size), 0
    try:
        async with asyncio.timeout_at(pace.due(0)) as deadline:
            async for chunk in request.stream():
                if chunk:
                    into(chunk)
                received += len(chunk)
                if received > max_bytes:
                    raise RefusedError(refusal=BODY_TOO_LARGE, limit=max_bytes)
                deadline.reschedule(pace.due(received))
    except TimeoutError:
        raise RefusedError(refusal=BODY_TIMEOUT, limit=int(pace.total_s)) from None
    except ClientDisconnect:
        raise RefusedError(refusal=BODY_MALFORMED, detail="the body ended early") from None


def _announced(request: Request, max_bytes: int) -> int:
    """The gate has seen that it is a number within the limit."""
    return int(request.headers.get("content-length", max_bytes))


async def read_json_bytes(request: Request, settings: ApiSettings) -> bytes:
    """The whole of a small JSON body. Raises RefusedError."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise RefusedError(
            refusal=CONTENT_TYPE_WRONG, field="Content-Type", allowed="application/json"
        )
    body = bytearray()
    await pour(request, body.extend, max_bytes=settings.max_json_bytes, settings=settings)
    return bytes(body)
