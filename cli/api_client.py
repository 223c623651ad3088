"""The API as the command line sees it: send a picture, wait for its outcome."""

import http.client
import json
import secrets
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import ValidationError

from cli.exit_codes import CommandError, ConfigurationError, DependencyError
from schemas.http import Accepted, AnalysisView, Problem
from schemas.result import AnalysisResult

_ANSWER_WITHIN_S = 75
_ASK_EVERY_S = 1.0


class ApiClient:
    """One connection a request. Every method raises CommandError with what the API had to say."""

    def __init__(self, base_url: str, api_key: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"{base_url}: not the http or https address of an API")
        self._parts = parts
        self._api_key = api_key

    def analyze_file(
        self, path: Path, options: Mapping[str, str], *, wait_s: int
    ) -> AnalysisResult:
        """Sends the bytes as they are; `options` are fields of the form."""
        try:
            picture = path.read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {path}: {error.strerror}") from error
        boundary = secrets.token_hex(16)
        body = _form(boundary, options, picture)
        kind = f"multipart/form-data; boundary={boundary}"
        return self._analyze("upload", body, kind, wait_s)

    def analyze_url(self, url: str, options: Mapping[str, str], *, wait_s: int) -> AnalysisResult:
        """The API fetches the picture itself; an option that reads as JSON travels as that."""
        wish = {"image_url": url, **{name: _as_json(text) for name, text in options.items()}}
        return self._analyze("url", json.dumps(wish).encode(), "application/json", wait_s)

    def outcome_of(self, request_id: UUID, *, wait_s: int) -> AnalysisResult:
        """Of a request that came by another door: it may be unknown until it is admitted."""
        return self._follow(request_id, time.monotonic() + wait_s, may_be_unknown=True)

    def _analyze(self, door: str, body: bytes, kind: str, wait_s: int) -> AnalysisResult:
        deadline = time.monotonic() + wait_s
        headers = {"Content-Type": kind, "Prefer": f"wait={min(wait_s, 60)}"}
        status, answer = self._ask("POST", f"/api/v1/analyze/{door}", body, headers)
        if status == 200:
            return AnalysisResult.read(answer)
        if status != 202:
            raise _refused(status, answer)
        return self._follow(Accepted.read(answer).request_id, deadline)

    def _follow(
        self, request_id: UUID, deadline: float, *, may_be_unknown: bool = False
    ) -> AnalysisResult:
        while True:
            status, answer = self._ask("GET", f"/api/v1/analyses/{request_id}", None, {})
            if status != 200 and not (status == 404 and may_be_unknown):
                raise _refused(status, answer)
            view = AnalysisView.read(answer) if status == 200 else None
            if view is not None and view.result is not None:
                return view.result
            if view is not None and view.failure is not None:
                raise CommandError(f"{view.failure.code}: {view.failure.message}")
            if time.monotonic() > deadline:
                raise CommandError(
                    f"no outcome yet; it will come: GET /api/v1/analyses/{request_id}"
                )
            time.sleep(_ASK_EVERY_S)

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        host = self._parts.hostname or ""
        sent = {**headers, "Authorization": f"Bearer {self._api_key}"}
        with closing(kind(host, self._parts.port, timeout=_ANSWER_WITHIN_S)) as connection:
            try:
                connection.request(method, self._parts.path.rstrip("/") + path, body, sent)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise DependencyError(
                    f"the API at {self._parts.geturl()} does not answer: {error}"
                ) from error


def _form(boundary: str, options: Mapping[str, str], picture: bytes) -> bytes:
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in options.items()
    )
    image = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="image"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return (fields + image).encode() + picture + f"\r\n--{boundary}--\r\n".encode()


def _as_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refused(status: int, answer: bytes) -> CommandError:
    try:
        problem = Problem.read(answer)
    except ValidationError:
        return CommandError(f"the API answered {status} without saying why")
    text = f"{problem.code}: {problem.detail or problem.title}"
    more = [
        f"{name} {value}"
        for name, value in (("field", problem.field), ("allowed", problem.allowed))
        if value is not None
    ]
    return CommandError(f"{text} ({'; '.join([*more, f'trace {problem.trace_id}'])})")
