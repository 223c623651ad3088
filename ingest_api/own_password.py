"""/api/v1/users/me/password: whoever knows the present password sets the next one."""

from fastapi import Request
from starlette.responses import Response

from ingest_api.actors import noted
from ingest_api.auth import OwnTokens
from ingest_api.errors import FORBIDDEN, LOGIN_CLOSED, OPTION_INVALID, RefusedError
from ingest_api.json_bodies import read_model
from ingest_api.scope import principal_of
from ingest_api.settings import ApiSettings
from schemas.identity import PasswordChange
from storage.audit import Action, AuditLog, AuditOutcome
from storage.errors import NotFoundError
from storage.passwords import Passwords
from storage.users import User, UserStore


class OwnPassword:
    """Guesses at the present password count as tries to log in: a token that was stolen is not
    enough to take an account over."""

    def __init__(
        self, *, own: OwnTokens | None, users: UserStore, audit: AuditLog, settings: ApiSettings
    ) -> None:
        self._own = own
        self._users = users
        self._audit = audit
        self._settings = settings
        self._passwords = Passwords()

    async def change(self, request: Request) -> Response:
        """Set your own password. Every session ends, this one too: log in again."""
        if self._own is None:
            raise RefusedError(refusal=LOGIN_CLOSED)
        wish = await read_model(request, PasswordChange, self._settings)
        if wish.new_password == wish.current_password:
            raise _refused("new_password", "it is the present one")
        user, hashed = await self._asker(request)
        attempt = await self._own.throttle.begin(request.scope, user.login)
        is_changed = await self._is_changed(user, hashed, wish)
        await self._note(request, user, "done" if is_changed else "refused")
        if not is_changed:
            raise _refused("current_password", "it is not the present one")
        await self._own.throttle.succeed(attempt)
        return Response(status_code=204)

    async def _asker(self, request: Request) -> tuple[User, str]:
        """With the hash of the password. Raises RefusedError for who was removed a moment ago."""
        principal = principal_of(request.scope)
        if principal.user_id is not None:
            user = await self._users.find_user(principal.tenant_id, principal.user_id)
            found = (
                None
                if user is None
                else await self._users.find_login(user.tenant_id, user.username)
            )
            if found is not None:
                return found
        raise RefusedError(refusal=FORBIDDEN, field="credential", allowed="user")

    async def _is_changed(self, user: User, hashed: str, wish: PasswordChange) -> bool:
        """Not when somebody else has set another one meanwhile: who changes a stolen password is
        not overtaken by the thief."""
        if not await self._passwords.matches(wish.current_password.get_secret_value(), hashed):
            return False
        made = await self._passwords.hash(wish.new_password.get_secret_value())
        try:
            await self._users.set_password(user.tenant_id, user.user_id, made, replacing=hashed)
        except NotFoundError:
            return False
        return True

    async def _note(self, request: Request, user: User, outcome: AuditOutcome) -> None:
        await self._audit.note(
            Action.PASSWORD_CHANGED, outcome=outcome, target=f"user_{user.user_id}",
            **noted(request.scope),
        )  # fmt: skip


def _refused(field: str, detail: str) -> RefusedError:
    return RefusedError(refusal=OPTION_INVALID, field=field, detail=detail)
