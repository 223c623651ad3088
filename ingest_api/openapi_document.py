"""The OpenAPI document: what the routes say of themselves, and what is true of them by policy."""

from copy import deepcopy
from typing import Any, Final

from fastapi import FastAPI

from ingest_api.openapi import problems
from ingest_api.openapi_headers import COMPONENTS, headers_of
from ingest_api.openapi_refusals import refusals_of
from ingest_api.policies import Access, Policies, Policy
from ingest_api.problems import MEDIA_TYPE
from schemas.http import Problem

_SECURITY: Final[tuple[dict[str, list[str]], ...]] = ({"bearer": []}, {"api_key": []})
_PATH_PARAMETERS: Final[dict[str, Any]] = {
    "request_id": {"type": "string", "format": "uuid"},
    "user_id": {"type": "string", "format": "uuid"},
    "key_id": {"type": "string", "minLength": 1, "examples": ["key_4f8d2c6a1b3e5f70"]},
}
_TRACEPARENT: Final = {
    "name": "traceparent",
    "in": "header",
    "required": False,
    "description": "W3C Trace Context: the trace to go on with; what is none is passed over",
    "schema": {"type": "string"},
    "example": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


class DescribedApi(FastAPI):
    """A FastAPI whose document has our policies, problems and credentials in it, made when first
    asked for."""

    policies: Policies | None = None

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            made = deepcopy(super().openapi())  # parts of it are what several routes share
            self.openapi_schema = _completed(made, self.policies or Policies())
        return self.openapi_schema


def _completed(made: dict[str, Any], policies: Policies) -> dict[str, Any]:
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path, policies.table[method.upper(), path])
    components["headers"] = COMPONENTS
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    return made


def _complete(operation: dict[str, Any], path: str, policy: Policy) -> None:
    responses = operation["responses"]
    _drop_the_frameworks_own(responses)
    _refuse(responses, path, policy)
    for status, response in responses.items():
        response["headers"] = headers_of(path, status) | response.get("headers", {})
        _narrow(response, int(status))
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter.get("in") == "path":
            parameter["schema"] = _PATH_PARAMETERS.get(parameter["name"], parameter["schema"])
    parameters.append(_TRACEPARENT)
    if policy.access is Access.TENANT:
        operation["security"] = list(_SECURITY)


def _refuse(responses: dict[str, Any], path: str, policy: Policy) -> None:
    """Add what the route does not say itself; statuses in order."""
    for status, general in problems(*refusals_of(path, policy)).items():
        own = responses.setdefault(str(status), general)
        said = own["content"].setdefault(MEDIA_TYPE, general["content"][MEDIA_TYPE])
        said["examples"] = general["content"][MEDIA_TYPE]["examples"] | said["examples"]
    for status in sorted(responses):
        responses[status] = responses.pop(status)


def _narrow(response: dict[str, Any], status: int) -> None:
    """A problem has the status of its answer, and one of the codes that are shown."""
    content = response.get("content", {}).get(MEDIA_TYPE)
    if content is None:
        return
    codes = sorted(content["examples"])
    own = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    content["schema"] = {"allOf": [{"$ref": "#/components/schemas/Problem"}, own]}


def _drop_the_frameworks_own(responses: dict[str, Any]) -> None:
    """It describes a 422 of its own for every path with a parameter; none is ever sent."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
