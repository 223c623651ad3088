"""What is settled about a request before anybody asks who sends it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from ingest_api.client_address import believe_proxies
from ingest_api.cors import Cors
from ingest_api.errors import RefusedError
from ingest_api.hosts import check_host
from ingest_api.problems import problem_response
from ingest_api.settings import ApiSettings


class Front:
    """Inside it `client` is the client's own address, the Host is one of ours, and the path is as
    it was sent: no route of ours needs percent-encoding, so what has any matches none. Questions
    of browsers about listed origins are answered here."""

    def __init__(self, app: ASGIApp, *, cors: Cors, settings: ApiSettings) -> None:
        self._app = app
        self._cors = cors
        self._hosts = frozenset(settings.allowed_hosts)
        self._trusted = settings.trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = scope["raw_path"].decode("latin-1")
        believe_proxies(scope, self._trusted)
        try:
            check_host(scope, self._hosts)
        except RefusedError as error:
            await problem_response(scope, error)(scope, receive, send)
            return
        preflight = self._cors.preflight(scope)
        await (preflight or self._app)(scope, receive, send)
