"""What an audit event may say: short texts of one line, without anything that opens a door."""

import re
from dataclasses import replace
from typing import Final

from storage.audit_events import Actor, AuditEvent

_LONGEST: Final = 300
_MOST_DETAILS: Final = 12
_MASK: Final = "[secret]"
_SECRET: Final = re.compile(
    r"aia_[0-9A-Za-z]{6,}"  # an API key, whole or cut off
    r"|eyJ[\w-]{8,}(?:\.[\w-]*)*"  # a JWT, or the head of one
    r"|(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"
    r"|(?<=://)[^\s/@]*@"  # user and password in an address
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def fit_to_be_kept(event: AuditEvent) -> AuditEvent:
    """Texts that strangers choose may hold their own credentials: those are masked. The net under
    the rule that callers pass none."""
    return replace(
        event,
        actor=Actor(event.actor.kind, _kept(event.actor.name)),
        tenant_id=None if event.tenant_id is None else _kept(event.tenant_id),
        target=_kept(event.target),
        address=None if event.address is None else _kept(event.address),
        trace_id=None if event.trace_id is None else _kept(event.trace_id),
        details={
            _kept(name): value if isinstance(value, int) else _kept(value)
            for name, value in list(event.details.items())[:_MOST_DETAILS]
        },
    )


def _kept(text: str) -> str:
    masked = _SECRET.sub(_MASK, text[: 4 * _LONGEST])
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", masked)[:_LONGEST]
