"""Fetching a model from its official release into the cache: briefly, checked, all or nothing."""

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from processors.detectors.catalog import ModelEntry
from processors.detectors.files import InstalledModel
from telemetry.logs import get_logger

_LARGEST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait. `answer_s` bounds everything up to the first byte, name look-up included.

    A failed attempt is not repeated for `retry_after_s`.
    """

    connect_s: float = 2.0
    answer_s: float = 3.0
    total_s: float = 20.0
    retry_after_s: float = 3_600.0


class DownloadError(Exception):
    """The file could not be had, or is not the one that is wanted."""


def fetch_model(
    entry: ModelEntry,
    cache: Path,
    *,
    patience: Patience | None = None,
    clock: Callable[[], float] = time.time,
) -> InstalledModel | None:
    """Download into the cache; None, with a line in the log, when that fails.

    A failure is noted in the cache, and for an hour later calls give None at once. Where the cache
    cannot be written nothing is downloaded, and nothing is noted either.
    """
    patience = patience or Patience()
    if entry.download_url is None or _failed_lately(entry, cache, clock() - patience.retry_after_s):
        return None
    log = get_logger(__name__).bind(model=entry.name, url=entry.download_url)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        body = _within(patience, entry.download_url)
        found = hashlib.sha256(body).hexdigest()
        _check(found, entry)
        _store(body, cache / entry.file)
    except (DownloadError, OSError) as error:
        log.warning("model_download_failed", reason=str(error))
        _note_failure(entry, cache, clock())
        return None
    log.info("model_downloaded", sha256=found, size_bytes=len(body))
    return InstalledModel(entry, cache / entry.file, found)


class _Transfer(threading.Thread):
    """One download on a thread of its own, since a name look-up cannot be given a timeout."""

    def __init__(self, url: str, patience: Patience) -> None:
        super().__init__(name="model-download", daemon=True)
        self.answered = threading.Event()
        self.body: bytes | None = None
        self.failure = ""
        self._url = url
        self._patience = patience

    def run(self) -> None:
        try:
            self.body = self._read()
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it to raise to
            self.failure = f"{type(error).__name__}: {error}"
        self.answered.set()

    def _read(self) -> bytes:
        import httpx  # noqa: PLC0415 - a worker that finds its model never pays for the client

        until = time.monotonic() + self._patience.total_s
        timeout = httpx.Timeout(self._patience.answer_s, connect=self._patience.connect_s)
        body = bytearray()
        with (
            httpx.Client(timeout=timeout, follow_redirects=True) as client,
            client.stream("GET", self._url) as response,
        ):
            response.raise_for_status()
            for chunk in response.iter_bytes():
                self.answered.set()
                body += chunk
                if len(body) > _LARGEST_BYTES or time.monotonic() > until:
                    raise DownloadError("too large or too slow")
        return bytes(body)


def _within(patience: Patience, url: str) -> bytes:
    transfer = _Transfer(url, patience)
    transfer.start()
    if not transfer.answered.wait(patience.answer_s):
        raise DownloadError(f"no answer within {patience.answer_s:g} s")
    transfer.join(patience.total_s)
    if transfer.body is None:
        raise DownloadError(transfer.failure or f"not complete within {patience.total_s:g} s")
    return transfer.body


def _check(found: str, entry: ModelEntry) -> None:
    if found not in entry.sha256:
        wanted = " or ".join(sorted(entry.sha256))
        raise DownloadError(f"not the model it should be: sha256 is {found}, wanted {wanted}")


def _store(body: bytes, path: Path) -> None:
    """Another process never sees half a file; two that store at once store the same."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _note(entry: ModelEntry, cache: Path) -> Path:
    return cache / f"{entry.file}.failed"


def _failed_lately(entry: ModelEntry, cache: Path, since: float) -> bool:
    try:
        return float(_note(entry, cache).read_text(encoding="ascii")) > since
    except (OSError, ValueError):
        return False


def _note_failure(entry: ModelEntry, cache: Path, now: float) -> None:
    try:
        _note(entry, cache).write_text(f"{now:.0f}", encoding="ascii")
    except OSError as error:
        get_logger(__name__).debug("model_download_note_not_written", reason=str(error))
