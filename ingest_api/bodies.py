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
from ingest_api.settings import ApiSettings


async def pour(
    request: Request, into: Callable[[bytes], object], *, max_bytes: int, settings: ApiSettings
) -> None:
    """Hand every chunk on as it comes. Raises RefusedError when there are more than `max_bytes`,
    they come too slowly or the client goes away; what `into` raises passes through."""
    deadline_s = max(settings.body_grace_s, max_bytes / settings.body_bytes_per_s)
    left = max_bytes
    try:
        async with asyncio.timeout(deadline_s):
            async for chunk in request.stream():
                if chunk:
                    into(chunk)
                left -= len(chunk)
                if left < 0:
                    raise RefusedError(refusal=BODY_TOO_LARGE, limit=max_bytes)
    except TimeoutError:
        raise RefusedError(refusal=BODY_TIMEOUT, limit=int(deadline_s)) from None
    except ClientDisconnect:
        raise RefusedError(refusal=BODY_MALFORMED, detail="the body ended early") from None


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
