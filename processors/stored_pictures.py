"""From a key in the bucket to bytes that may be decoded: those announced, and scanned."""

import hashlib

from processors.outcomes import Outcomes
from processors.scan.scan_picture import ScanPicture
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from storage.errors import NotFoundError, ObjectTooLargeError
from storage.ports import ImageStore


class StoredPictures:
    """The bytes that are scanned are those whose SHA-256 was verified, and those that are given."""

    def __init__(
        self, *, images: ImageStore, scan: ScanPicture, outcomes: Outcomes, max_image_bytes: int
    ) -> None:
        self._images = images
        self._scan = scan
        self._outcomes = outcomes
        self._max_image_bytes = max_image_bytes

    async def take(self, submitted: ImageSubmitted, *, traceparent: str | None) -> bytes | None:
        """None when the request has failed for its picture. Raises what the bucket raises and
        what `ScanPicture.admits` does."""
        picture = await self._load(submitted, traceparent)
        if picture is None:
            return None
        is_admitted = await self._scan.admits(submitted, picture, traceparent=traceparent)
        return picture if is_admitted else None

    async def _load(self, submitted: ImageSubmitted, trace: str | None) -> bytes | None:
        """The bytes that were announced, or None when the request has failed for lack of them."""
        code, message = FailureCode.OBJECT_MISSING, "The stored picture is not there any more."
        try:
            picture = await self._images.get(submitted.object_key, max_bytes=self._max_image_bytes)
        except NotFoundError:
            picture = None
        except ObjectTooLargeError:
            code, picture = FailureCode.IMAGE_TOO_LARGE, None
            message = f"The picture is larger than {self._max_image_bytes} bytes."
        if picture is not None and hashlib.sha256(picture).hexdigest() != submitted.sha256:
            code, picture = FailureCode.INTEGRITY_MISMATCH, None
            message = "The stored bytes are not those that were announced (SHA-256 differs)."
        if picture is None:
            await self._outcomes.fail_unless_done(submitted, code, message, traceparent=trace)
        return picture
