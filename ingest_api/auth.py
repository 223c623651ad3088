"""/api/v1/auth: passwords to tokens, tokens to new ones, tokens to nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from ingest_api.actors import noted_as
from ingest_api.auth_keys import KeyRing
from ingest_api.auth_tokens import AccessTokens, looks_like_token
from ingest_api.errors import LOGIN_CLOSED, UNAUTHENTICATED, RefusedError
from ingest_api.json_bodies import read_model
from ingest_api.login_throttle import LoginThrottle
from ingest_api.scope import principal_of
from ingest_api.settings import ApiSettings
from schemas.identity import Login, Me, Refresh, Revocation, RoleName, TokenPair
from storage.audit import NOBODY, Action, Actor, AuditLog
from storage.passwords import Passwords
from storage.tokens import (
    Session,
    TokenStore,
    hash_refresh_token,
    mint_refresh_token,
    tenant_of,
)
from storage.users import User, UserStore

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """What logging in takes; an API without a signing key has none."""

    ring: Callable[[], KeyRing]
    access: AccessTokens
    access_ttl_s: int
    session_ttl: timedelta
    throttle: LoginThrottle


class Auth:
    """Whatever is wrong with a login or a token, the answer is the same 401."""

    def __init__(
        self,
        *,
        own: OwnTokens | None,
        users: UserStore,
        tokens: TokenStore,
        audit: AuditLog,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        settings: ApiSettings,
    ) -> None:
        self._own = own
        self._users = users
        self._tokens = tokens
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._settings = settings
        self._passwords = Passwords()

    async def log_in(self, request: Request) -> Response:
        """An access token for 15 minutes, and a refresh token to exchange for the next."""
        own = self._opened()
        login = await read_model(request, Login, self._settings)
        attempt = await own.throttle.begin(request.scope, login.username)
        user, verified = await self._checked(login)
        begun = None if user is None or verified is None else await self._begun(user, verified)
        if user is None or begun is None:
            # Never what was typed: it may be the password, in the wrong field.
            target = own.throttle.named(login.username) if user is None else f"user_{user.user_id}"
            await self._note(request, Action.LOGIN_FAILED, None, target=target, outcome="refused")
            raise RefusedError(refusal=UNAUTHENTICATED)
        await own.throttle.succeed(attempt)
        session, refresh_token = begun
        await self._note(request, Action.LOGIN_SUCCEEDED, session, target=user.login)
        return _pair(own, session, refresh_token)

    async def refresh(self, request: Request) -> Response:
        """Exchange a refresh token. One that comes a second time was stolen, or is now in the wrong
        hands: its whole session ends."""
        own = self._opened()
        wish = await read_model(request, Refresh, self._settings)
        token = wish.refresh_token.get_secret_value()
        tenant_id = tenant_of(token)
        if tenant_id is None:
            raise RefusedError(refusal=UNAUTHENTICATED)
        digest, new_token = hash_refresh_token(token), mint_refresh_token(tenant_id)
        session = await self._tokens.rotate(tenant_id, digest, hash_refresh_token(new_token))
        if session is None:
            reused = await self._tokens.revoke_reused(tenant_id, digest)
            if reused is not None:
                await self._note(request, Action.TOKEN_REUSED, reused, outcome="refused")
            raise RefusedError(refusal=UNAUTHENTICATED)
        return _pair(own, session, new_token)

    async def revoke(self, request: Request) -> Response:
        """Log out: a refresh token ends its session, an access token itself (RFC 7009). What is no
        token of ours, or is over already, answers the same."""
        wish = await read_model(request, Revocation, self._settings)
        revoked = await self._revoked(wish.token.get_secret_value())
        if revoked is not None:
            await self._note(request, Action.TOKEN_REVOKED, revoked)
        return Response(status_code=204)

    async def me(self, request: Request) -> Response:
        """Whom the credential stands for, and what it may do."""
        principal = principal_of(request.scope)
        body = Me(
            tenant_id=principal.tenant_id,
            credential=principal.key_id,
            role=cast("RoleName", principal.role.title),
            scopes=tuple(sorted(principal.scopes)),
            tier=principal.tier,
            user_id=principal.user_id,
        )
        return Response(body.to_json(), media_type=_JSON)

    async def jwks(self) -> Response:
        """The public keys of our access tokens (RFC 7517); none when nobody logs in here."""
        body = b'{"keys":[]}' if self._own is None else self._own.ring().jwks()
        return Response(body, media_type=_JSON, headers={"Cache-Control": "public, max-age=300"})

    def _opened(self) -> OwnTokens:
        if self._own is None:
            raise RefusedError(refusal=LOGIN_CLOSED)
        return self._own

    async def _checked(self, login: Login) -> tuple[User | None, str | None]:
        """Who is meant, as far as that one is known; the hash of the password to let in by."""
        username, _, tenant_id = login.username.rpartition("@")
        user, hashed = await self._users.find_login(tenant_id, username) or (None, None)
        is_right = await self._passwords.matches(login.password.get_secret_value(), hashed)
        may_enter = is_right and user is not None and user.disabled_at is None
        return user, hashed if may_enter else None

    async def _begun(self, user: User, verified: str) -> tuple[Session, str] | None:
        """A session and its refresh token. None for who is disabled, or got another password while
        this one was looked at: whoever changes a stolen password is not overtaken by the thief."""
        expires_at = self._clock() + self._opened().session_ttl
        session = Session(self._new_id(), user.tenant_id, user.user_id, expires_at)
        token = mint_refresh_token(user.tenant_id)
        is_begun = await self._tokens.begin_session(
            session, hash_refresh_token(token), password_hash=verified
        )
        return (session, token) if is_begun else None

    async def _revoked(self, token: str) -> Session | None:
        tenant_id = tenant_of(token)
        if tenant_id is not None:
            return await self._tokens.revoke_session(tenant_id, hash_refresh_token(token))
        claims = None
        if self._own is not None and looks_like_token(token):
            claims = self._own.access.read(token)
        if claims is None:
            return None
        session = claims.session
        await self._tokens.revoke_token(session.tenant_id, claims.jti, session.expires_at)
        return session

    async def _note(
        self, request: Request, action: Action, session: Session | None, **details: Any
    ) -> None:
        actor = NOBODY if session is None else Actor("user", f"user_{session.user_id}")
        tenant_id = None if session is None else session.tenant_id
        await self._audit.note(action, **noted_as(request.scope, actor, tenant_id), **details)


def _pair(own: OwnTokens, session: Session, refresh_token: str) -> Response:
    body = TokenPair(
        access_token=own.access.issue(session),
        expires_in=own.access_ttl_s,
        refresh_token=refresh_token,
        refresh_expires_at=session.expires_at,
    )
    return Response(body.to_json(), media_type=_JSON)
