"""Asking the processes over HTTP whether they are ready."""

import http.client
import json
from contextlib import closing


def api_is_ready(port: int) -> bool:
    """With everything it leans on: a degraded API is not ready here."""
    answer = _get(port)
    return answer is not None and answer.get("status") == "ready"


def worker_is_ready(port: int) -> bool:
    """It has its share of the work."""
    answer = _get(port)
    return answer is not None and answer.get("ready") is True and answer.get("live") is True


def _get(port: int) -> dict[str, object] | None:
    """The body of `/ready`, whatever its status; None when nobody answers with JSON."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/ready")
            body = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
    return body if isinstance(body, dict) else None
