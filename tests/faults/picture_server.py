"""The web server that addresses of pictures point to: `/NUMBER.png`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.faults.pictures import picture_of


@contextlib.asynccontextmanager
async def serving_pictures() -> AsyncIterator[str]:
    """The address to put before `/NUMBER.png`."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        await server.wait_closed()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            number = head.split(b" ")[1].removeprefix(b"/").removesuffix(b".png")
            picture = picture_of(int(number))
            lines = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(picture)}"
            writer.write(f"{lines}\r\nConnection: close\r\n\r\n".encode() + picture)
            await writer.drain()
    finally:
        writer.close()
