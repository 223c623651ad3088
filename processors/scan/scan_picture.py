"""The step before detection: a picture that something is known against goes no further."""

import io

from processors.errors import DependencyDownError, TransientWorkError
from processors.outcomes import Outcomes
from processors.scan.port import (
    Clean,
    Infected,
    ScanFailedError,
    Scanner,
    ScannerDownError,
    ScanRefusedError,
)
from processors.scan.settings import ScannerSettings
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from storage.audit import Action, AuditLog
from storage.ports import ImageStore
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.spans import step

_log = get_logger(__name__)
_QUARANTINE = "_quarantine"
_FOUND = "The malware scanner refuses this picture."
_TOO_LARGE = "The picture is larger than what the malware scanner takes."


class ScanPicture:
    """Without a scanner everything passes, and is counted as `off`."""

    def __init__(
        self,
        *,
        scanner: Scanner | None,
        settings: ScannerSettings,
        images: ImageStore,
        outcomes: Outcomes,
        audit: AuditLog,
        metrics: Metrics,
    ) -> None:
        self._scanner = scanner
        self._settings = settings
        self._images = images
        self._outcomes = outcomes
        self._audit = audit
        self._metrics = metrics

    async def admits(
        self, submitted: ImageSubmitted, picture: bytes, *, traceparent: str | None
    ) -> bool:
        """False when the request has failed for what was found in its picture. An unanswered scan
        is raised, as an error that the guard tries again (and at last fails with
        `scan_unavailable`) or holds for, whichever the settings say."""
        if self._scanner is None:
            self._count("off")
            return True
        try:
            with step("scan", "client"), self._metrics.scan_seconds.time():
                verdict = await self._scanner.scan(picture)
        except ScannerDownError as error:
            return self._unscanned(error)
        except ScanFailedError as error:
            self._count("failed")
            raise _worth_another_try(error) from error
        except ScanRefusedError:
            self._count("refused")
            await self._outcomes.fail(
                submitted, FailureCode.SCAN_UNAVAILABLE, _TOO_LARGE, traceparent=traceparent
            )
            return False
        match verdict:
            case Clean():
                self._count("clean")
                return True
            case Infected(signature):
                self._count("found")
                await self._put_away(submitted, picture, signature, traceparent)
                return False

    def _unscanned(self, error: ScannerDownError) -> bool:
        if self._settings.when_unavailable == "skip":
            _log.warning("scan_skipped", error=str(error))
            self._count("skipped")
            return True
        self._count("unavailable")
        if self._settings.when_unavailable == "hold":
            raise DependencyDownError("scanner", str(error)) from error
        raise _worth_another_try(error) from error

    async def _put_away(
        self, submitted: ImageSubmitted, picture: bytes, signature: str, trace: str | None
    ) -> None:
        """Told before the object goes: a repeat that found no object would tell another story."""
        await self._note(submitted, signature)
        await self._outcomes.fail(
            submitted, FailureCode.MALWARE_DETECTED, _FOUND, traceparent=trace
        )
        if self._settings.when_found == "quarantine":
            await self._images.put(
                f"{_QUARANTINE}/{submitted.object_key}", io.BytesIO(picture),
                size_bytes=len(picture), content_type="application/octet-stream",
            )  # fmt: skip
        await self._images.delete(submitted.object_key)

    async def _note(self, submitted: ImageSubmitted, signature: str) -> None:
        _log.warning(
            "malware_found", tenant_id=submitted.tenant_id, object_key=submitted.object_key,
            sha256=submitted.sha256, signature=signature, then=self._settings.when_found,
        )  # fmt: skip
        await self._audit.note(
            Action.MALWARE_FOUND, outcome="refused", tenant_id=submitted.tenant_id,
            target=str(submitted.request_id), sha256=submitted.sha256, signature=signature,
            then=self._settings.when_found,
        )  # fmt: skip

    def _count(self, outcome: str) -> None:
        self._metrics.scans.labels(outcome).inc()


def _worth_another_try(error: Exception) -> TransientWorkError:
    return TransientWorkError(str(error), final_code=FailureCode.SCAN_UNAVAILABLE)
