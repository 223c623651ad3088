"""Many callers, one statement: what arrives while a batch is written forms the next batch."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Coalescer(Generic[_T]):
    """A lone item waits for nothing; under load batches form by themselves. When a batch fails,
    each of its items is written alone, so that one bad item fails only its own caller; an error
    that says nothing about the items (`concern_all`) is everybody's at once."""

    def __init__(
        self,
        write: Callable[[list[_T]], Awaitable[None]],
        *,
        most: int,
        concern_all: tuple[type[Exception], ...] = (),
    ) -> None:
        self._write = write
        self._most = most
        self._concern_all = concern_all
        self._waiting: list[tuple[_T, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def __call__(self, item: _T) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._writer is None:
            own = Context()  # a batch is nobody's own, nor are the log lines about it
            self._writer = asyncio.create_task(self._write_all(), context=own)
        await done

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._write_batch(batch)
        finally:
            # Here and in no callback: an item that comes after the last look must find no writer.
            self._writer = None
            _cancel(self._waiting)
            self._waiting = []

    async def _write_batch(self, batch: list[tuple[_T, "asyncio.Future[None]"]]) -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to the callers below
            if len(batch) > 1 and not isinstance(error, self._concern_all):
                for one in batch:
                    await self._write_batch([one])
            _settle(batch, error)
        else:
            _settle(batch, None)
        finally:
            _cancel(batch)


def _settle(batch: list[tuple[_T, "asyncio.Future[None]"]], error: Exception | None) -> None:
    """Whoever has been told already, or has gone, is passed over."""
    for _, done in batch:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _cancel(batch: list[tuple[_T, "asyncio.Future[None]"]]) -> None:
    """Nobody waits for ever for a writer that was stopped."""
    for _, done in batch:
        done.cancel()
