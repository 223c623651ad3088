"""Records that no consumer may take, and the word by which each is refused.

Knows nothing of the product's code: the example files say what a good record looks like.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

_EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class PoisonRecord:
    """`names_request`: key and body still agree on a request, which therefore has to be failed."""

    name: str
    reason: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    names_request: bool = False


def good_record(topic: str, *, request_id: str = "", tenant_id: str = "acme") -> PoisonRecord:
    """The valid example of `image-submitted`, say, with ids of its own; refused by nobody."""
    text = (_EXAMPLES / topic / "valid.json").read_text(encoding="utf-8")
    example: dict[str, Any] = json.loads(text)
    tenant, known_id = example["key"].split("/")
    text = text.replace(known_id, request_id or str(uuid4())).replace(f'"{tenant}', f'"{tenant_id}')
    example = json.loads(text)
    headers = tuple((name, value.encode()) for name, value in example["headers"].items())
    value = json.dumps(example["body"], separators=(",", ":")).encode()
    return PoisonRecord("good", "", example["key"].encode(), value, headers, names_request=True)


def poison_records(topic: str, *, tenant_id: str = "acme") -> tuple[PoisonRecord, ...]:
    """All of them, each about a request of its own. Under a megabyte, but for `over_a_megabyte` and
    `twenty_megabytes`, which a broker takes when they are compressed."""
    made = []
    for name, (reason, spoil) in (BODIES | _FIELDS | ENVELOPES | _TENANTS | _KEYS).items():
        good = good_record(topic, tenant_id=tenant_id)
        made.append(replace(spoil(good), name=name, reason=reason))
    return tuple(made)


Spoil = Callable[[PoisonRecord], PoisonRecord]


def _value(value: bytes | None) -> Spoil:
    return lambda good: replace(good, value=value, names_request=False)


def spoil_field(name: str, raw_json: str, *, names_request: bool = False) -> Spoil:
    def spoil(good: PoisonRecord) -> PoisonRecord:
        body = json.loads(good.value or b"")
        body[name] = "\0"
        spoilt = json.dumps(body).replace('"\\u0000"', raw_json).encode()
        return replace(good, value=spoilt, names_request=names_request)

    return spoil


def _header(name: str, value: bytes | None) -> Spoil:
    return lambda good: replace(
        good, headers=tuple((n, value if n == name else v) for n, v in good.headers)
    )


def without_header(name: str) -> Spoil:
    return lambda good: replace(good, headers=tuple(h for h in good.headers if h[0] != name))


def with_header(name: str, value: bytes) -> Spoil:
    return lambda good: replace(good, headers=(*good.headers, (name, value)))


def _no_headers(good: PoisonRecord) -> PoisonRecord:
    return replace(good, headers=())


def _structured(good: PoisonRecord) -> PoisonRecord:
    """The whole event in the value, as CloudEvents has it for other content types."""
    attributes = {n[3:]: (v or b"").decode() for n, v in good.headers if n.startswith("ce_")}
    event = attributes | {"data": json.loads(good.value or b"")}
    headers: Headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
    return replace(good, value=json.dumps(event).encode(), headers=headers, names_request=False)


def spoil_key(change: Callable[[bytes], bytes | None]) -> Spoil:
    return lambda good: replace(good, key=change(good.key or b""), names_request=False)


def _nothing_at_all(good: PoisonRecord) -> PoisonRecord:
    return replace(good, key=None, value=None, headers=(), names_request=False)


_DEEP = 10_000
BODIES: dict[str, tuple[str, Spoil]] = {
    "no_value": ("body_invalid", _value(None)),
    "empty_value": ("body_invalid", _value(b"")),
    "invalid_utf8": ("body_invalid", _value(b'{"request_id": "\xff\xfe"}')),
    "utf16": ("body_invalid", _value('{"request_id": 1}'.encode("utf-16"))),
    "empty_object": ("body_invalid", _value(b"{}")),
    "json_null": ("body_invalid", _value(b"null")),
    "array": ("body_invalid", _value(b"[1, 2, 3]")),
    "truncated": ("body_invalid", _value(b'{"request_id": "0198d2c4-7a10')),
    "picture_bytes": ("body_invalid", _value(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200))),
    "nine_hundred_kilobytes": ("body_invalid", _value(b'"' + b"x" * 900_000 + b'"')),
    "over_a_megabyte": ("size_exceeded", _value(b'"' + b"x" * 1_100_100 + b'"')),
    "twenty_megabytes": ("size_exceeded", _value(b'"' + b"x" * 20_000_000 + b'"')),
    "deep_arrays": ("body_invalid", _value(b"[" * _DEEP + b"]" * _DEEP)),
    "deep_objects": ("body_invalid", _value(b'{"a":' * _DEEP + b"1" + b"}" * _DEEP)),
}
_FIELDS: dict[str, tuple[str, Spoil]] = {
    "deep_unknown_field": ("body_invalid", spoil_field("later", "[" * _DEEP + "]" * _DEEP)),
    "nan": ("body_invalid", spoil_field("accepted_at", "NaN")),
    "infinity": ("body_invalid", spoil_field("accepted_at", "1e999")),
    "before_the_year_one": (
        "body_invalid",
        spoil_field("accepted_at", '"0001-01-01T00:00:00+14:00"'),
    ),
    "no_offset": ("body_invalid", spoil_field("accepted_at", '"2026-03-01T12:00:00"')),
    "tenant_with_a_slash": ("body_invalid", spoil_field("tenant_id", '"acme/globex"')),
    "lone_surrogate": ("body_invalid", spoil_field("tenant_id", '"\\ud800"')),
}
ENVELOPES: dict[str, tuple[str, Spoil]] = {
    "no_headers": ("headers_invalid", _no_headers),
    "no_event_id": ("headers_invalid", without_header("ce_id")),
    "null_event_id": ("headers_invalid", _header("ce_id", None)),
    "null_type": ("headers_invalid", _header("ce_type", None)),
    "other_specversion": ("headers_invalid", _header("ce_specversion", b"0.3")),
    "structured_mode": ("headers_invalid", _structured),
    "unknown_type": ("type_unknown", _header("ce_type", b"com.example.cat-adopted.v1")),
    "unknown_version": ("type_unknown", _header("ce_type", b"io.imageanalyzer.any.v99")),
    "type_in_broken_utf8": ("type_unknown", _header("ce_type", b"\xff\xfe")),
    "type_given_twice": ("type_unknown", with_header("ce_type", b"other")),
}
_TENANTS: dict[str, tuple[str, Spoil]] = {
    "tenant_header_of_another": ("key_mismatch", _header("ce_tenantid", b"globex")),
    "subject_of_another": ("key_mismatch", _header("ce_subject", b"acme/another")),
}
_KEYS: dict[str, tuple[str, Spoil]] = {
    "no_key": ("key_mismatch", spoil_key(lambda _: None)),
    "empty_key": ("key_mismatch", spoil_key(lambda _: b"")),
    "key_of_another_tenant": (
        "key_mismatch",
        spoil_key(lambda key: b"globex/" + key.split(b"/")[1]),
    ),
    "key_in_broken_utf8": ("key_mismatch", spoil_key(lambda key: key + b"\xff")),
    "nothing_at_all": ("headers_invalid", _nothing_at_all),
}
