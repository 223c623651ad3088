"""What schemathesis does not look at: headers that nobody described, and answers of strangers."""

from typing import Any

from schemathesis import Case, CheckContext, Response

from ingest_api.openapi_headers import UNDESCRIBED


def headers_are_described(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every header of an answer is in the document for that route and status, but for those that
    any answer may have."""
    described = case.operation.responses.find_by_status_code(response.status_code)
    if described is None:
        return  # another check says so
    names = {name.lower() for name, _ in described.headers.items()}
    unknown = {name.lower() for name in response.headers} - names - UNDESCRIBED
    if unknown:
        raise AssertionError(f"headers that are not described: {', '.join(sorted(unknown))}")
