"""The system's resolver, on threads of its own."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class SystemResolver:
    """Every address that `getaddrinfo` knows for a name, in the system's order of preference.

    A lookup cannot be interrupted. Having threads of their own keeps slow name servers of
    strangers from holding up anything but other fetches, which then run into their deadlines.
    """

    def __init__(self, *, max_threads: int = 8) -> None:
        self._threads = ThreadPoolExecutor(max_threads, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Raises `socket.gaierror` when the name is unknown or no server answers."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _look_up, host, port)

    def close(self) -> None:
        """Drops the lookups that wait; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
