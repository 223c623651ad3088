"""An outcome as a receiver gets it: the CloudEvent of the topics in structured mode, signed.

Specification: CloudEvents 1.0.2, JSON event format, section 3.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from outbound.signature import signed_headers
from outbound.webhook_secrets import SecretSource
from storage.deliveries import Claim
from storage.settling import Fact, to_fact
from topics.catalog import event_type
from topics.codec import event_id

CONTENT_TYPE = "application/cloudevents+json"
_SOURCE = "/image-analyzer"


@dataclass(frozen=True, slots=True)
class Message:
    """The bytes and headers of one attempt. Attempts of one delivery differ in their timestamp and
    signature only; whoever sends it adds the trace."""

    body: bytes
    headers: dict[str, str]


def to_message(claim: Claim, secrets: SecretSource, now: datetime) -> Message | None:
    """None when there is nothing to tell any more."""
    if claim.outcome is None or claim.accepted_at is None:
        return None
    fact = to_fact(claim.tenant_id, claim.request_id, claim.accepted_at, claim.outcome)
    message_id, body = event_id(fact), _structured(fact, claim.outcome.finished_at)
    known = claim.secrets
    signing = secrets.signing(claim.tenant_id, known.version, previous_too=known.previous_signs)
    signed = signed_headers(
        body, message_id=message_id, timestamp=int(now.timestamp()), secrets=signing
    )
    return Message(body, {**signed, "Content-Type": CONTENT_TYPE})


def _structured(fact: Fact, finished_at: datetime) -> bytes:
    """`data` has the very bytes that the topic and the event streams have for the event."""
    attributes = {
        "specversion": "1.0",
        "id": event_id(fact),
        "source": _SOURCE,
        "type": event_type(type(fact)),
        "subject": fact.key,
        "time": finished_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "tenantid": fact.tenant_id,
    }
    head = json.dumps(attributes, separators=(",", ":")).encode()
    return head[:-1] + b',"data":' + fact.to_json() + b"}"
