"""A record to an outcome, by the published contract: CloudEvents 1.0 in binary mode, JSON Schema.

Specification: CloudEvents Kafka Protocol Binding 1.0.2, section 3.2.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator, FormatChecker

RESULTS = "image-analyzed"
FAILURES = "analysis-failed"
TOPICS = (RESULTS, FAILURES)

_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_tenantid")
# In 2020-12 `format` is only a remark unless one asks; a name that is not known raises KeyError.
_FORMATS = FormatChecker(formats=["uuid", "date-time"])

Headers = Iterable[tuple[str, bytes | None]]


class InvalidRecordError(Exception):
    """`reason` is one of `headers_invalid`, `type_unknown`, `body_invalid`, `key_mismatch`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """`request` is `<tenant_id>/<request_id>`, `body` what the schema of its topic describes."""

    event_id: str
    request: str
    is_result: bool
    body: dict[str, Any]
    traceparent: str | None


class Contract:
    """Reads the schemas `<topic>.v1.json` of that folder, and nothing else."""

    def __init__(self, schemas: Path) -> None:
        self._validators = {topic: _validator(schemas / f"{topic}.v1.json") for topic in TOPICS}

    def read(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Outcome:
        """Raises InvalidRecordError. Headers and fields that are not known are ignored."""
        named = _text(headers)
        _check_headers(named, topic)
        body = self._body(topic, value)
        request = f"{body['tenant_id']}/{body['request_id']}"
        same = {request.encode(), named["ce_subject"].encode(), key}
        if len(same) > 1 or named["ce_tenantid"] != body["tenant_id"]:
            raise InvalidRecordError("key_mismatch", "key, headers and body name several requests")
        return Outcome(named["ce_id"], request, topic == RESULTS, body, named.get("traceparent"))

    def _body(self, topic: str, value: bytes | None) -> dict[str, Any]:
        body: dict[str, Any] = _json(value)
        fault = next(self._validators[topic].iter_errors(body), None)
        if fault is not None:
            raise InvalidRecordError("body_invalid", f"{fault.json_path}: {fault.message}"[:300])
        if topic == RESULTS and body["result"]["request_id"] != body["request_id"]:
            raise InvalidRecordError("body_invalid", "the result is of another request")
        return body


def _validator(path: Path) -> Draft202012Validator:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=_FORMATS)


def _text(headers: Headers) -> dict[str, str]:
    """The last of a name counts; one without a value is as good as none."""
    return {name: value.decode(errors="replace") for name, value in headers if value}


def _check_headers(named: dict[str, str], topic: str) -> None:
    missing = [name for name in _REQUIRED if name not in named]
    if missing:
        raise InvalidRecordError("headers_invalid", f"missing {', '.join(missing)}")
    if named["ce_specversion"] != "1.0":
        raise InvalidRecordError("headers_invalid", "ce_specversion is not 1.0")
    if named.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InvalidRecordError("headers_invalid", "content-type is not application/json")
    if named["ce_type"] != f"io.imageanalyzer.{topic}.v1":
        raise InvalidRecordError("type_unknown", f"ce_type {named['ce_type'][:100]!r}")


def _json(value: bytes | None) -> Any:
    """UTF-8 only (json.loads would guess), and none of the numbers that JSON does not have."""
    try:
        return json.loads((value or b"").decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidRecordError("body_invalid", f"no JSON: {error}"[:300]) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
