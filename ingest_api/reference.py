"""The HTTP API for people and programs: its OpenAPI document, and Swagger UI over it."""

import json
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from ingest_api.reference_page import PAGE

_PACKAGE: Final = "fastapi_offline"
_KEPT: Final = {"Cache-Control": "public, max-age=3600"}


class ScriptBody(Response):
    """The kind of answer, for the OpenAPI document."""

    media_type = "text/javascript"


class StyleBody(Response):
    """The kind of answer, for the OpenAPI document."""

    media_type = "text/css"


class Reference:
    """Everything that the page loads comes from here, for machines that reach nothing else. Its
    files lie in a package of which nothing is imported; they are read when a browser asks."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def document(self) -> Response:
        """This document: every route with what it takes and all that it may answer."""
        return Response(self._document, media_type="application/json")

    async def page(self) -> Response:
        """The same for people, who can try each route with a credential of theirs."""
        return HTMLResponse(PAGE)

    async def script(self) -> Response:
        """Swagger UI, for the page."""
        return ScriptBody(_read("swagger-ui-bundle.js"), headers=_KEPT)

    async def style(self) -> Response:
        """Its looks."""
        return StyleBody(_read("swagger-ui.css"), headers=_KEPT)

    @cached_property
    def _document(self) -> bytes:
        """Only the text is kept."""
        made = json.dumps(self._app.openapi(), ensure_ascii=False, separators=(",", ":"))
        self._app.openapi_schema = None
        return made.encode()


def _read(name: str) -> bytes:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{_PACKAGE} is not installed: it has the files of Swagger UI")
    return Path(spec.submodule_search_locations[0], "static", name).read_bytes()
