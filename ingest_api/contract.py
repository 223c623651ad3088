"""The contract of the topics, for programs and for people."""

import json
from functools import cached_property

from starlette.responses import HTMLResponse, Response

from ingest_api.contract_page import page_html
from topics.asyncapi_published import published_text


class Contract:
    """The page is made once, when first asked for."""

    async def document(self) -> Response:
        """Every topic with its key, headers, value, retention and examples, as AsyncAPI 3.1."""
        return Response(self._text, media_type="application/json")

    async def page(self) -> Response:
        """The same for people: no script, nothing loaded from elsewhere."""
        return HTMLResponse(self._page)

    @cached_property
    def _text(self) -> str:
        return published_text()

    @cached_property
    def _page(self) -> str:
        return page_html(json.loads(self._text))
