"""A connection that is closed so that the answer arrives, and that does not wait for ever."""

import asyncio
from collections.abc import Callable
from typing import Any

from ingest_api.settings import ApiSettings


class PoliteTransport(asyncio.Transport):
    """Between a protocol and the transport of its connection.

    `close` while the peer still sends (`is_receiving`) says that nothing more will be written,
    and reads and drops for a short while: a close with unread bytes is a reset, and a reset takes
    the answer with it. A peer that takes nothing of what was written is cut off: `has_cut_off`.
    """

    def __init__(
        self,
        inner: asyncio.Transport,
        settings: ApiSettings,
        *,
        is_receiving: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._inner = inner
        self._settings = settings
        self._is_receiving = is_receiving
        self._loop = asyncio.get_running_loop()
        self._droppable = settings.max_request_bytes
        self._is_closing = False
        self.has_cut_off = False
        self._unsent = 0
        self._linger: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """After `close` nothing is written any more."""
        if not self._is_closing:
            self._inner.write(data)

    def close(self) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        if self._inner.is_closing() or not self._is_receiving():
            self._finish()
            return
        if self._inner.can_write_eof():
            self._inner.write_eof()
        self._inner.resume_reading()
        self._linger = self._loop.call_later(self._settings.linger_s, self._finish)

    def drop(self, count: int) -> None:
        """So many bytes came after `close`."""
        self._droppable -= count
        if self._droppable < 0:
            self._finish()

    def watch_sending(self) -> None:
        """From now on the peer must take something of what is written, again and again."""
        if self._stall is None:
            self._unsent = self._inner.get_write_buffer_size()
            self._stall = self._loop.call_later(
                self._settings.stream_send_timeout_s, self._check_sending
            )

    def end_watching(self) -> None:
        if self._stall is not None and not self._is_closing:
            self._stall.cancel()
            self._stall = None

    def lost(self) -> None:
        """The connection is gone."""
        self._is_closing = True
        for timer in (self._linger, self._stall):
            if timer is not None:
                timer.cancel()

    def _finish(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
        self._inner.close()
        self.watch_sending()

    def _check_sending(self) -> None:
        self._stall = None
        if 0 < self._unsent <= self._inner.get_write_buffer_size():
            self.has_cut_off = True
            self._inner.abort()
        else:
            self.watch_sending()

    def is_closing(self) -> bool:
        return self._is_closing or self._inner.is_closing()

    def abort(self) -> None:
        self._is_closing = True
        self._inner.abort()

    def pause_reading(self) -> None:
        if not self._is_closing:
            self._inner.pause_reading()

    def resume_reading(self) -> None:
        if not self._is_closing:
            self._inner.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size()
