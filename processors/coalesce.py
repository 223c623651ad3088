"""Many callers, one statement: what arrives while a batch is written forms the next batch."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Coalescer(Generic[_T]):
    """A lone item waits for nothing; under load batches form by themselves. When a batch fails,
    each of its items is written alone, so that one bad item fails only its own caller."""

    def __init__(
        self, write: Callable[[list[_T]], Awaitable[None]], *, most: int, at_once: int = 1
    ) -> None:
        self._write = write
        self._most = most
        self._waiting: list[tuple[_T, asyncio.Future[None]]] = []
        self._writers: set[asyncio.Task[None]] = set()
        self._at_once = at_once

    async def __call__(self, item: _T) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._writers) < self._at_once:
            writer = asyncio.create_task(self._write_all())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._write_batch(batch)

    async def _write_batch(self, batch: list[tuple[_T, "asyncio.Future[None]"]]) -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to the callers below
            if len(batch) == 1:
                _settle(batch[0][1], error)
                return
            for one in batch:
                await self._write_batch([one])
        else:
            for _, done in batch:
                _settle(done, None)


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
