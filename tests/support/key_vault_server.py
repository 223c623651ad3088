"""Azure, as far as Key Vault's client meets it, on this machine.

It is a proxy: a client that is told of it by HTTPS_PROXY opens a tunnel to whatever host it wants
and finds this server there, with a certificate for that name. So the client under test keeps every
check that it makes of names, and nothing leaves the machine.
"""

import json
import secrets
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from tests.support.certificates import write_certificate

VAULT = "pictures.vault.azure.net"
LOGIN = "login.microsoftonline.com"
TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"


class KeyVaultServer:
    """`secrets` is what the vault has, at first `known`. `refuses` answers a name with that status;
    `resource` is what a token must be for; with `is_silent` a question gets no answer until the
    server stops. `asked` are the names of secrets that were asked for with a good token, `logins`
    the logins."""

    def __init__(self, folder: Path, known: dict[str, str], *, client_secret: str) -> None:
        self.certificate, key = write_certificate(folder, [VAULT, LOGIN])
        self.secrets = known
        self.client_secret = client_secret
        self.refuses: dict[str, int] = {}
        self.resource = "https://vault.azure.net"
        self.is_silent = False
        self.asked: list[str] = []
        self.logins: list[str] = []
        self.stopped = threading.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self._server = _Listener(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def environment(self) -> dict[str, str]:
        """What a process needs to be the client that may read, and to come here only."""
        proxy = f"http://127.0.0.1:{self._server.server_port}"
        return {
            "ANALYZER_KEY_VAULT_URL": f"https://{VAULT}",
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": self.client_secret,
            "HTTPS_PROXY": proxy,
            "HTTP_PROXY": proxy,
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }


class _Listener(ThreadingHTTPServer):
    def __init__(self, azure: KeyVaultServer) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.azure = azure
        self.token = secrets.token_hex(16)


class _Door(BaseHTTPRequestHandler):
    """The tunnel, and behind it both servers: which one, the Host header says."""

    server: _Listener
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = self.server.azure.context.wrap_socket(
                self.connection, server_side=True
            )
        except OSError:  # a client that does not trust the certificate
            self.connection.close()
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        if self.server.azure.is_silent:
            self.server.azure.stopped.wait()
            self.close_connection = True
        elif self.headers["Host"] == LOGIN:
            self._describe_login()
        elif self.headers["Host"] == VAULT:
            self._secret()
        else:
            self._answer(502, {})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode())
        said = {name: values[0] for name, values in form.items()}
        self.server.azure.logins.append(said["client_id"])
        good = (CLIENT, self.server.azure.client_secret, "https://vault.azure.net/.default")
        if (said["client_id"], said["client_secret"], said["scope"].split()[0]) != good:
            words = f"AADSTS7000215: not the secret of {said['client_id']}"
            self._answer(401, {"error": "invalid_client", "error_description": words})
        else:
            self._answer(
                200, {"token_type": "Bearer", "expires_in": 3600, "access_token": self.server.token}
            )

    def _describe_login(self) -> None:
        place = f"https://{LOGIN}/{TENANT}"
        self._answer(
            200,
            {
                "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
                "token_endpoint": f"{place}/oauth2/v2.0/token",
                "issuer": f"{place}/v2.0",
                "tenant_discovery_endpoint": f"{place}/v2.0/.well-known/openid-configuration",
                "metadata": [],
            },
        )

    def _secret(self) -> None:
        if self.headers["Authorization"] != f"Bearer {self.server.token}":
            login, resource = f"https://{LOGIN}/{TENANT}", self.server.azure.resource
            challenge = f'Bearer authorization="{login}", resource="{resource}"'
            self._answer(401, {}, challenge=challenge)
            return
        name = self.path.partition("?")[0].strip("/").split("/")[1]
        self.server.azure.asked.append(name)
        if name in self.server.azure.refuses:
            self._answer(self.server.azure.refuses[name], {"error": {"code": "Refused"}})
        elif name in self.server.azure.secrets:
            place = f"https://{VAULT}/secrets/{name}/1"
            self._answer(
                200, {"value": self.server.azure.secrets[name], "id": place, "attributes": {}}
            )
        else:
            self._answer(404, {"error": {"code": "SecretNotFound", "message": name}})

    def _answer(self, status: int, body: dict[str, Any], challenge: str | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if challenge is not None:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Not to standard error."""
