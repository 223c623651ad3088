"""The signature of a webhook, by the Standard Webhooks specification 1.0.0, symmetric scheme `v1`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"


def signed_headers(
    body: bytes, *, message_id: str, timestamp: int, secrets: Sequence[bytes]
) -> dict[str, str]:
    """The three headers of a message. With several secrets there are several signatures: the
    receiver takes the message when one of them is good. `timestamp` is in seconds."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return {
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }
