"""/api/v1/keys: API keys of the tenant, made, listed and revoked."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import cast

from fastapi import Request
from starlette.responses import Response

from ingest_api.actors import noted
from ingest_api.errors import NOT_FOUND, OPTION_INVALID, TOO_MANY_KEYS, RefusedError
from ingest_api.grants import check_grant
from ingest_api.json_bodies import read_model
from ingest_api.scope import Principal, principal_of
from ingest_api.settings import MORE_LISTED, ApiSettings
from schemas.identity import KeyList, KeyMade, KeyView, KeyWish, RoleName
from schemas.roles import Role
from schemas.scopes import ScopeName
from storage.audit import Action, AuditLog
from storage.errors import LimitReachedError, NotFoundError
from storage.key_format import hash_api_key, mint_api_key, shown_prefix
from storage.ports import ApiKey, ApiKeyStore, KeyNote, ListedKey

_JSON = "application/json"


class Keys:
    """What is revoked works for as long as it is remembered: `auth_cache_s` at most."""

    def __init__(
        self,
        *,
        store: ApiKeyStore,
        audit: AuditLog,
        clock: Callable[[], datetime],
        settings: ApiSettings,
    ) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._settings = settings

    async def mint(self, request: Request) -> Response:
        """Make a key of the tenant and show it, this once. It may have the role and the scopes of
        the credential that asks, or less. A tenant may have so many that work."""
        principal = principal_of(request.scope)
        wish = await read_model(request, KeyWish, self._settings)
        made, text = _new_key(principal, wish), mint_api_key()
        check_grant(principal, made.role, made.scopes)
        if wish.expires_at is not None and wish.expires_at <= self._clock():
            raise RefusedError(refusal=OPTION_INVALID, field="expires_at", detail="it is past")
        note = KeyNote(wish.name, shown_prefix(text), principal.key_id, wish.expires_at)
        await self._add(made, text, note)
        await self._audit.note(
            Action.KEY_MINTED, target=made.key_id, role=made.role.title,
            scopes=" ".join(sorted(made.scopes)), **noted(request.scope),
        )  # fmt: skip
        shown = KeyMade(
            key_id=made.key_id,
            key=text,
            role=wish.role,
            scopes=_scope_names(made.scopes),
            expires_at=wish.expires_at,
        )
        return Response(shown.to_json(), 201, media_type=_JSON)

    async def list(self, request: Request) -> Response:
        """The tenant's keys, without the keys themselves: those that work, then those that were
        revoked or expired in the last 90 days; of each the newest first. A thousand more than may
        work at once at most."""
        found = await self._store.list_api_keys(
            principal_of(request.scope).tenant_id,
            limit=self._settings.max_keys + MORE_LISTED,
        )
        body = KeyList(keys=tuple(_view(listed) for listed in found)).to_json()
        return Response(body, media_type=_JSON)

    async def revoke(self, request: Request, key_id: str) -> Response:
        """Revoke a key of the tenant; it works nowhere after 30 s at most. A repeat changes
        nothing."""
        try:
            await self._store.revoke_api_key(principal_of(request.scope).tenant_id, key_id)
        except NotFoundError:
            raise RefusedError(refusal=NOT_FOUND) from None
        await self._audit.note(Action.KEY_REVOKED, target=key_id[:100], **noted(request.scope))
        return Response(status_code=204)

    async def _add(self, made: ApiKey, text: str, note: KeyNote) -> None:
        at_most = self._settings.max_keys
        try:
            await self._store.add_api_key(made, hash_api_key(text), note=note, at_most=at_most)
        except LimitReachedError:
            raise RefusedError(
                refusal=TOO_MANY_KEYS, limit=at_most, detail="revoke one that is not needed"
            ) from None


def _new_key(principal: Principal, wish: KeyWish) -> ApiKey:
    return ApiKey(
        f"key_{secrets.token_hex(8)}",
        principal.tenant_id,
        Role.named(wish.role),
        frozenset(wish.scopes),
        wish.networks,
        principal.tier,
    )


def _view(listed: ListedKey) -> KeyView:
    key, note = listed.key, listed.note
    return KeyView(
        key_id=key.key_id,
        name=note.name,
        prefix=note.prefix,
        role=cast("RoleName", key.role.title),
        scopes=_scope_names(key.scopes),
        networks=tuple(str(network) for network in key.networks),
        created_at=listed.created_at,
        created_by=note.created_by,
        expires_at=note.expires_at,
        revoked_at=listed.revoked_at,
        last_used_at=listed.last_used_at,
    )


def _scope_names(scopes: frozenset[str]) -> tuple[ScopeName, ...]:
    return cast("tuple[ScopeName, ...]", tuple(sorted(scopes)))
