"""POST /api/v1/analyze/url: the address of a picture in, to acceptance; a worker fetches it."""

from fastapi import Request
from starlette.responses import Response

from ingest_api.accept import Acceptance
from ingest_api.actors import noted
from ingest_api.answers import Answers
from ingest_api.bodies import read_json_bytes
from ingest_api.callbacks import Callbacks
from ingest_api.errors import (
    ADDRESS_NOT_ALLOWED,
    OPTION_INVALID,
    URL_INVALID,
    RefusedError,
)
from ingest_api.idempotency import client_key_of
from ingest_api.json_bodies import to_object
from ingest_api.options import wish_from_json
from ingest_api.preferences import read_preference
from ingest_api.scope import header_of, principal_of
from ingest_api.settings import ApiSettings
from outbound.errors import BlockedAddressError, InvalidUrlError
from outbound.urls import check_url, host_of
from storage.audit import Action, AuditLog

_FIELD = "image_url"


class Urls:
    """The text of an address is judged here; where its name leads is judged when it is fetched,
    and fails with the same code."""

    def __init__(
        self,
        *,
        acceptance: Acceptance,
        answers: Answers,
        audit: AuditLog,
        callbacks: Callbacks,
        settings: ApiSettings,
    ) -> None:
        self._acceptance = acceptance
        self._callbacks = callbacks
        self._answers = answers
        self._audit = audit
        self._settings = settings
        self._own_hosts = settings.own_hosts

    async def analyze(self, request: Request) -> Response:
        """Analyze the picture at an address. Answers as the upload does; the options stand beside
        `image_url` in one JSON object."""
        preference = read_preference(header_of(request.scope, b"prefer"), self._settings)
        key = client_key_of(request.scope, self._settings)
        tenant_id = principal_of(request.scope).tenant_id
        claim = await self._acceptance.has_room(tenant_id, key)
        values = to_object(await read_json_bytes(request, self._settings))
        image_url = await self._checked_url(request, values.pop(_FIELD, None))
        wish = await self._callbacks.checked(request, wish_from_json(values, self._settings))
        accepted = await self._acceptance.accept_url(tenant_id, image_url, wish, claim)
        return await self._answers.announce_and_answer(request, accepted, preference)

    async def _checked_url(self, request: Request, value: object) -> str:
        if not isinstance(value, str):
            raise RefusedError(
                refusal=OPTION_INVALID, detail="image_url must be a text", field=_FIELD,
                allowed="an http or https URL",
            )  # fmt: skip
        try:
            return check_url(
                value, allow_networks=self._settings.fetch_allow_networks,
                own_hosts=self._own_hosts,
            )  # fmt: skip
        except InvalidUrlError as error:
            raise RefusedError(refusal=URL_INVALID, detail=str(error), field=_FIELD) from None
        except BlockedAddressError:
            await self._audit.note(
                Action.ADDRESS_BLOCKED, outcome="refused", host=host_of(value),
                **noted(request.scope),
            )  # fmt: skip
            raise RefusedError(refusal=ADDRESS_NOT_ALLOWED, field=_FIELD) from None
