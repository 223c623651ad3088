"""Logins, keys and users: which handler answers each path, and what is said of it."""

from typing import Any, Final

from fastapi import FastAPI

from ingest_api import errors
from ingest_api import identity_examples as shown
from ingest_api import openapi as says
from ingest_api.auth import Auth
from ingest_api.keys import Keys
from ingest_api.own_password import OwnPassword
from ingest_api.users import Users
from schemas.contract import Contract
from schemas.identity import (
    KeyList,
    KeyMade,
    KeyWish,
    Login,
    Me,
    PasswordChange,
    Refresh,
    Revocation,
    TokenPair,
    UserChange,
    UserList,
    UserView,
    UserWish,
)

_BODY: Final = (errors.OPTION_INVALID, errors.OPTION_UNKNOWN)
_LOGIN: Final = says.problems(errors.UNAUTHENTICATED, *_BODY, errors.LOGIN_CLOSED)
_JSON: Final = says.problems(*_BODY)
_TOKENS: Final[says.Described] = {200: says.answered("Tokens", TokenPair, shown.TOKENS)}
_USER: Final = says.answered("As it is now", UserView, shown.USER)
_USER_MADE: Final[says.Described] = {201: _USER}
_USER_NOW: Final[says.Described] = {200: _USER}
_KEYS: Final[says.Described] = {200: says.answered("The tenant's keys", KeyList, shown.KEYS)}
_KEY: Final[says.Described] = {201: says.answered("Shown this once", KeyMade, shown.KEY_MADE)}
_USERS: Final[says.Described] = {200: says.answered("The tenant's people", UserList, shown.USERS)}
_ME: Final[says.Described] = {200: says.answered("Whom it stands for", Me, shown.ME)}
_JWKS: Final[says.Described] = {
    200: {"description": "RFC 7517", "content": {"application/json": {"example": shown.JWKS}}}
}
_GONE: Final[says.Described] = {204: {"description": "It is so now", "content": {}}}
_CHANGED: Final = _JSON | says.problems(errors.LAST_ADMIN)


def register_identity(app: FastAPI, auth: Auth, keys: Keys, users: Users) -> None:
    _register_auth(app, auth)
    _register_keys(app, keys)
    _register_users(app, users)


def _register_auth(app: FastAPI, auth: Auth) -> None:
    app.add_api_route(
        "/api/v1/auth/token", auth.log_in, methods=["POST"], summary="Log in", tags=["auth"],
        operation_id="log_in", response_model=None, responses=_TOKENS | _LOGIN,
        openapi_extra=_body(Login, shown.LOGIN),
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/auth/refresh", auth.refresh, methods=["POST"], summary="Exchange a refresh token",
        tags=["auth"], operation_id="refresh_token", response_model=None,
        responses=_TOKENS | _LOGIN, openapi_extra=_body(Refresh, shown.REFRESH),
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/auth/revoke", auth.revoke, methods=["POST"], status_code=204,
        summary="Revoke a token", tags=["auth"], operation_id="revoke_token", response_model=None,
        responses=_GONE | _JSON, openapi_extra=_body(Revocation, shown.REVOCATION),
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/auth/me", auth.me, methods=["GET"], summary="Who am I", tags=["auth"],
        operation_id="who_am_i", response_model=None,
        responses=_ME, openapi_extra=says.SECURED,
    )  # fmt: skip
    app.add_api_route(
        "/.well-known/jwks.json", auth.jwks, methods=["GET"], summary="Keys of access tokens",
        tags=["auth"], operation_id="jwks", response_model=None,
        responses=_JWKS,
    )  # fmt: skip


def _register_keys(app: FastAPI, keys: Keys) -> None:
    app.add_api_route(
        "/api/v1/keys", keys.list, methods=["GET"], summary="List API keys", tags=["keys"],
        operation_id="list_keys", response_model=None,
        responses=_KEYS, openapi_extra=says.SECURED,
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/keys", keys.mint, methods=["POST"], status_code=201, summary="Make an API key",
        tags=["keys"], operation_id="mint_key", response_model=None,
        responses=_KEY | _JSON | says.problems(errors.TOO_MANY_KEYS),
        openapi_extra=_body(KeyWish, shown.KEY_WISH) | says.SECURED,
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/keys/{key_id}", keys.revoke, methods=["DELETE"], status_code=204,
        summary="Revoke an API key", tags=["keys"], operation_id="revoke_key",
        response_model=None, responses=_GONE, openapi_extra=says.SECURED,
    )  # fmt: skip


def _register_users(app: FastAPI, users: Users) -> None:
    app.add_api_route(
        "/api/v1/users", users.list, methods=["GET"], summary="List people", tags=["users"],
        operation_id="list_users", response_model=None,
        responses=_USERS, openapi_extra=says.SECURED,
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/users", users.create, methods=["POST"], status_code=201, summary="Add a person",
        tags=["users"], operation_id="create_user", response_model=None,
        responses=_USER_MADE | _JSON | says.problems(errors.USERNAME_TAKEN, errors.TOO_MANY_USERS),
        openapi_extra=_body(UserWish, shown.USER_WISH) | says.SECURED,
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/users/{user_id}", users.change, methods=["PATCH"], summary="Change a person",
        tags=["users"], operation_id="change_user", response_model=None,
        responses=_USER_NOW | _CHANGED,
        openapi_extra=_body(UserChange, shown.USER_CHANGE) | says.SECURED,
    )  # fmt: skip
    app.add_api_route(
        "/api/v1/users/{user_id}", users.remove, methods=["DELETE"], status_code=204,
        summary="Remove a person", tags=["users"], operation_id="remove_user",
        response_model=None, responses=_GONE | says.problems(errors.LAST_ADMIN),
        openapi_extra=says.SECURED,
    )  # fmt: skip


def register_own_password(app: FastAPI, own_password: OwnPassword) -> None:
    app.add_api_route(
        "/api/v1/users/me/password", own_password.change, methods=["POST"], status_code=204,
        summary="Change your password", tags=["users"], operation_id="change_own_password",
        response_model=None, responses=_GONE | _LOGIN,
        openapi_extra=_body(PasswordChange, shown.PASSWORD_CHANGE) | says.SECURED,
    )  # fmt: skip


def _body(model: type[Contract], example: object) -> dict[str, Any]:
    content = {"application/json": {"schema": model.model_json_schema(), "example": example}}
    return {"requestBody": {"required": True, "content": content}}
