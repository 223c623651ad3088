"""The same for the inboxes, whose records name no tenant and carry a credential."""

import json
from dataclasses import replace
from uuid import uuid4

from tests.support.poison_records import (
    BODIES,
    ENVELOPES,
    PoisonRecord,
    Spoil,
    good_record,
    spoil_field,
    spoil_key,
    with_header,
    without_header,
)

_NOT_OURS = ("tenant_id", "accepted_at", "deadline_at")


def good_inbox_record(inbox: str, *, tenant_id: str, credential: str) -> PoisonRecord:
    """A request of `image-submitted-inbox`, say; whoever has the credential may ask for it."""
    home = inbox.removesuffix("-inbox")
    good = good_record(home, request_id=str(uuid4()), tenant_id=tenant_id)
    body = {n: v for n, v in json.loads(good.value or b"").items() if n not in _NOT_OURS}
    headers = tuple(
        (name, (value or b"").replace(home.encode(), inbox.encode()))
        for name, value in good.headers
        if name != "ce_tenantid"
    )
    bearer = ("authorization", f"Bearer {credential}".encode())
    return replace(good, value=json.dumps(body).encode(), headers=(*headers, bearer))


def poison_inbox_records(
    inbox: str, *, tenant_id: str, credential: str
) -> tuple[PoisonRecord, ...]:
    made = []
    for name, (reason, spoil) in (BODIES | ENVELOPES | _OF_INBOXES).items():
        good = good_inbox_record(inbox, tenant_id=tenant_id, credential=credential)
        names_request = name in _TOLD
        made.append(replace(spoil(good), name=name, reason=reason, names_request=names_request))
    return tuple(made)


_OF_INBOXES: dict[str, tuple[str, Spoil]] = {
    "nan": ("body_invalid", spoil_field("deadline_at", "NaN")),
    "infinity": ("body_invalid", spoil_field("deadline_at", "1e999")),
    "no_offset": ("body_invalid", spoil_field("deadline_at", '"2026-03-01T12:00:00"')),
    "tenant_header_of_another": ("key_mismatch", with_header("ce_tenantid", b"globex")),
    "key_of_another_tenant": (
        "key_mismatch",
        spoil_key(lambda key: b"globex/" + key.split(b"/")[1]),
    ),
    "key_in_broken_utf8": ("key_mismatch", spoil_key(lambda key: key + b"\xff")),
    "no_credential": ("credential_missing", without_header("authorization")),
    "credential_of_nobody": ("credential_invalid", with_header("authorization", b"Bearer nobody")),
}
_TOLD = {"tenant_header_of_another"}
"""Whose producer is known and whose key is that of the request: the refusal is an outcome."""
