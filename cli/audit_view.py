"""Entries of the audit log as the terminal shows them."""

import json

from cli.exit_codes import ConfigurationError
from storage.audit_events import Action, Entry


def to_action(name: str) -> Action:
    """Raises ConfigurationError for a name that no action has."""
    try:
        return Action(name)
    except ValueError:
        known = ", ".join(sorted(Action))
        raise ConfigurationError(f"--action {name}: there is no such action; {known}") from None


def line_of(entry: Entry) -> str:
    """When, what, whether, whose, by whom, upon what, from where; `-` for what is not known."""
    event = entry.event
    details = " ".join(f"{name}={value}" for name, value in event.details.items())
    fields = (
        f"{entry.at:%Y-%m-%dT%H:%M:%SZ}", event.action, event.outcome, event.tenant_id,
        f"{event.actor.kind}:{event.actor.name or '-'}", event.target, event.address, details,
    )  # fmt: skip
    return "\t".join(field or "-" for field in fields)


def document_of(entry: Entry) -> str:
    """The same, and the rest, as one line of JSON."""
    event = entry.event
    return json.dumps(
        {
            "event_id": str(entry.event_id),
            "at": entry.at.isoformat(),
            "tenant_id": event.tenant_id,
            "actor": event.actor.name,
            "actor_kind": event.actor.kind,
            "action": event.action,
            "target": event.target,
            "outcome": event.outcome,
            "address": event.address,
            "trace_id": event.trace_id,
            "details": dict(event.details),
        }
    )
