"""Who is asking and how much is coming, decided before a byte of the body is read."""

from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from ingest_api.credentials import CredentialChecker, Given
from ingest_api.errors import (
    BODY_MALFORMED,
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    UPLOAD_TOO_LARGE,
    RefusedError,
    unavailable,
)
from ingest_api.policies import Access, Body, Policies, Policy
from ingest_api.problems import problem_response
from ingest_api.scope import header_of, set_principal, set_still_valid
from ingest_api.settings import ApiSettings
from storage.errors import StorageError, StoreUnavailableError


class Gate:
    """Inside it every path but the public ones has a principal in its scope, who may use the route
    that will answer.

    It looks at what is announced; a body without a Content-Length is counted by whoever reads it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        checker: CredentialChecker,
        policies: Policies,
        settings: ApiSettings,
    ) -> None:
        self._app = app
        self._checker = checker
        self._policies = policies
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._check_headers(scope)
            policy = self._policies.of(scope["method"], scope["path"])
            await self._authorize(scope, policy)
            self._check_length(scope, policy)
        except RefusedError as error:
            await _refuse(error, scope, receive, send)
            return
        except StorageError as error:
            name = error.dependency if isinstance(error, StoreUnavailableError) else "storage"
            await _refuse(unavailable(name), scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_headers(self, scope: Scope) -> None:
        headers = scope["headers"]
        size = sum(len(name) + len(value) for name, value in headers)
        if size > self._settings.max_header_bytes:
            raise RefusedError(refusal=HEADERS_TOO_LARGE, limit=self._settings.max_header_bytes)
        if len(headers) > self._settings.max_header_fields:
            raise RefusedError(refusal=HEADERS_TOO_LARGE, limit=self._settings.max_header_fields)

    async def _authorize(self, scope: Scope, policy: Policy) -> None:
        if policy.access is Access.PUBLIC:
            return
        given = Given.of(scope)
        principal = await self._checker.check(given)
        set_principal(scope, principal)
        policy.check(principal)
        set_still_valid(scope, partial(self._checker.still_valid, given, policy.check))

    def _check_length(self, scope: Scope, policy: Policy) -> None:
        text = header_of(scope, b"content-length")
        if text is None:
            return
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise RefusedError(refusal=BODY_MALFORMED, detail="Content-Length is not a number")
        is_upload = policy.body is Body.UPLOAD
        limit = self._settings.max_request_bytes if is_upload else self._settings.max_json_bytes
        if int(text) > limit:
            raise _too_large(self._settings, is_upload=is_upload)


def _too_large(settings: ApiSettings, *, is_upload: bool) -> RefusedError:
    if not is_upload:
        return RefusedError(refusal=BODY_TOO_LARGE, limit=settings.max_json_bytes)
    return RefusedError(
        refusal=UPLOAD_TOO_LARGE,
        detail=f"a picture may have {settings.max_upload_bytes} bytes",
        field="image",
        limit=settings.max_upload_bytes,
    )


async def _refuse(error: RefusedError, scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(scope, error)(scope, receive, send)
