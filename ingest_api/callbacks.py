"""What the client wants to be told at, checked before anything of the request is stored."""

from dataclasses import replace

from starlette.requests import Request

from ingest_api.actors import noted
from ingest_api.errors import ADDRESS_NOT_ALLOWED, URL_INVALID, WEBHOOKS_OFF, RefusedError
from ingest_api.options import Wish
from outbound.callbacks import CallbackRules, WebhooksOffError
from outbound.errors import BlockedAddressError, InvalidUrlError
from outbound.urls import host_of
from storage.audit import Action, AuditLog

_FIELD = "callback_url"


class Callbacks:
    """The text of the address is judged here; where its name leads is judged when it is called."""

    def __init__(self, rules: CallbackRules, audit: AuditLog) -> None:
        self._rules = rules
        self._audit = audit

    async def checked(self, request: Request, wish: Wish) -> Wish:
        """The wish with the address as it will be called. Raises RefusedError."""
        url = wish.options.callback_url
        if url is None:
            return wish
        try:
            normal = self._rules.check(url)
        except WebhooksOffError as error:
            raise RefusedError(refusal=WEBHOOKS_OFF, field=_FIELD, detail=str(error)) from None
        except InvalidUrlError as error:
            raise RefusedError(refusal=URL_INVALID, detail=str(error), field=_FIELD) from None
        except BlockedAddressError:
            await self._audit.note(
                Action.ADDRESS_BLOCKED, outcome="refused", host=host_of(url),
                **noted(request.scope),
            )  # fmt: skip
            raise RefusedError(
                refusal=ADDRESS_NOT_ALLOWED, field=_FIELD, detail="the address may not be called"
            ) from None
        options = wish.options.model_copy(update={"callback_url": normal})
        return replace(wish, options=options)
