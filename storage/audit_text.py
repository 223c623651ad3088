"""What an audit event may say: short texts of one line, without anything that opens a door."""

import re
from dataclasses import replace
from typing import Final

from storage.audit_events import Actor, AuditEvent
from telemetry.masking import masked_to

_LONGEST: Final = 300
_MOST_DETAILS: Final = 12
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
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", masked_to(text, _LONGEST))
