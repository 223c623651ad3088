"""What every problem must look like."""

from typing import Any

import httpx


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of the problem, after checking all that is the same for each."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["trace_id"] == answer.headers["x-trace-id"]
    assert body["type"].endswith(code)
    assert body["title"]
    return body
