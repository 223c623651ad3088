"""Webhook deliveries as the terminal shows them."""

import json
from collections import Counter
from collections.abc import Sequence

from cli.dlq_view import plain
from storage.deliveries import Attempt, Delivery


def line_of(delivery: Delivery) -> str:
    """One line: whose, since when, which event, how it stands, after how many attempts, where."""
    at = f"{delivery.created_at:%Y-%m-%dT%H:%M:%SZ}"
    place = f"{delivery.tenant_id}/{delivery.request_id}"
    return "\t".join(
        (place, at, delivery.event, delivery.state, str(delivery.number), plain(delivery.receiver))
    )


def document_of(delivery: Delivery) -> str:
    """The same as one line of JSON, for programs. The path of the address is left out: it may be
    all that a receiver asks for."""
    finished_at = delivery.finished_at
    return json.dumps(
        {
            "tenant_id": delivery.tenant_id,
            "request_id": str(delivery.request_id),
            "event": delivery.event,
            "receiver": delivery.receiver,
            "state": delivery.state,
            "created_at": delivery.created_at.isoformat(),
            "due_at": delivery.due_at.isoformat(),
            "finished_at": None if finished_at is None else finished_at.isoformat(),
            "attempts_begun": delivery.number,
        }
    )


def page_of(delivery: Delivery) -> str:
    """With every attempt that was noted, and when the next may begin."""
    lines = [line_of(delivery), ""]
    lines += [_attempt(each) for each in delivery.attempts]
    if delivery.state == "pending":
        lines.append(f"next not before {delivery.due_at:%Y-%m-%dT%H:%M:%SZ}")
    missing = delivery.number - len(delivery.attempts)
    if missing:
        lines.append(f"{missing} not noted: under way, or their worker died")
    return "\n".join(lines)


def summary_of(deliveries: Sequence[Delivery]) -> str:
    """How many are in each state."""
    states = Counter(delivery.state for delivery in deliveries)
    counts = ", ".join(f"{state} {count}" for state, count in states.most_common())
    return f"{len(deliveries)} deliveries" + (f": {counts}" if counts else "")


def _attempt(attempt: Attempt) -> str:
    said = str(attempt.status) if attempt.status is not None else plain(attempt.error or "-")
    return (
        f"{attempt.number}\t{attempt.at:%Y-%m-%dT%H:%M:%SZ}\t{attempt.event}\t"
        f"{attempt.took_ms} ms\t{said}"
    )
