"""Query strings: what a route does not take is refused by its name, and so is what is no text."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest_api.errors import PARAMETER_UNKNOWN, QUERY_MALFORMED, RefusedError
from ingest_api.limits import UNLIMITED_PATHS
from ingest_api.problems import problem_response

_MOST: Final = 20


class Queries:
    """Inside of all that asks who sends it. A route takes the parameters that the OpenAPI document
    has for it, each once. Probes are not refused over a parameter: that would restart the process.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["query_string"]:
            try:
                self._check(scope)
            except RefusedError as error:
                await problem_response(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        route = next((one for one in self._routes if one.matches(scope)[0] is Match.FULL), None)
        if scope["path"] in UNLIMITED_PATHS or not isinstance(route, APIRoute):
            return
        taken, seen = parameters_of(route), set[str]()
        for name, value in _parsed(scope["query_string"]):
            shown = "".join(char if char.isprintable() else "?" for char in name[:100])
            if name not in taken:
                allowed = ", ".join(sorted(taken)) or "none"
                raise RefusedError(refusal=PARAMETER_UNKNOWN, field=shown, allowed=allowed)
            if name in seen:
                raise _malformed("a parameter occurs twice", shown)
            if "\x00" in value:
                raise _malformed("a text has a NUL character", shown)
            seen.add(name)


def parameters_of(route: APIRoute) -> set[str]:
    """The names of its query parameters: those of the handler and those described beside it."""
    described = (route.openapi_extra or {}).get("parameters", ())
    beside = {str(one["name"]) for one in described if one.get("in") == "query"}
    return beside | {field.alias for field in route.dependant.query_params}


def _parsed(query: bytes) -> list[tuple[str, str]]:
    """Raises RefusedError."""
    try:
        return parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST
        )
    except UnicodeDecodeError:
        raise _malformed("not UTF-8") from None
    except ValueError:
        raise _malformed(f"more than {_MOST} parameters") from None


def _malformed(detail: str, field: str | None = None) -> RefusedError:
    return RefusedError(refusal=QUERY_MALFORMED, detail=detail, field=field)
