"""POST /api/v1/analyze/upload: a picture in, through the structure check, to acceptance."""

from fastapi import Request
from starlette.responses import Response

from ingest_api.accept import Acceptance, Accepted, Claim
from ingest_api.answers import Answers
from ingest_api.bodies import pour
from ingest_api.callbacks import Callbacks
from ingest_api.idempotency import client_key_of
from ingest_api.multipart import Form, FormReader
from ingest_api.options import wish_from_texts
from ingest_api.picture import PictureLimits, check_picture
from ingest_api.preferences import read_preference
from ingest_api.scope import header_of, principal_of
from ingest_api.settings import ApiSettings


class Uploads:
    """Nothing is stored before all of the request is valid."""

    def __init__(
        self,
        *,
        acceptance: Acceptance,
        answers: Answers,
        callbacks: Callbacks,
        settings: ApiSettings,
    ) -> None:
        self._acceptance = acceptance
        self._callbacks = callbacks
        self._answers = answers
        self._settings = settings
        self._limits = PictureLimits(settings.max_pixels, settings.max_side_px)

    async def analyze(self, request: Request) -> Response:
        """Analyze a picture. Answers 200 with the result when it is ready within the wait
        (`Prefer: wait=N`), else 202 with where to find it; `Prefer: respond-async` answers 202 at
        once. Options are further parts of the form, before or after the picture."""
        preference = read_preference(header_of(request.scope, b"prefer"), self._settings)
        key = client_key_of(request.scope, self._settings)
        tenant_id = principal_of(request.scope).tenant_id
        claim = await self._acceptance.has_room(tenant_id, key)
        reader = FormReader(
            request.headers.get("content-type", ""),
            max_image_bytes=self._settings.max_upload_bytes,
        )
        try:
            await pour(
                request,
                reader.feed,
                max_bytes=self._settings.max_request_bytes,
                settings=self._settings,
            )
            accepted = await self._accept(request, reader.take(), claim)
        finally:
            reader.close()
        return await self._answers.announce_and_answer(request, accepted, preference)

    async def _accept(self, request: Request, form: Form, claim: Claim | None) -> Accepted:
        wish = wish_from_texts(form.texts, self._settings)
        wish = await self._callbacks.checked(request, wish)
        content_type = check_picture(form.image, self._limits)
        tenant_id = principal_of(request.scope).tenant_id
        return await self._acceptance.accept_upload(tenant_id, form, content_type, wish, claim)
