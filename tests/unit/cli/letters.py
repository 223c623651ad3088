"""Dead letters to look at."""

from dataclasses import replace
from uuid import UUID

from tests.support.events import image_submitted, image_submitted_inbox, placed, record_of
from topics.codec import encode_inbox
from topics.dead_letters import Refusal, dead_letter
from topics.letters import DeadLetter, to_letter
from topics.records import Headers, Record

REQUEST_ID = UUID("0198d2c4-7a10-7a10-8a10-0123456789ab")
REFUSAL = Refusal("internal_error", "unexpected error", "detector", 2, "KeyError")


def letter_of(
    record: Record | None = None, refusal: Refusal = REFUSAL, *, offset: int = 17, **header: str
) -> DeadLetter:
    """`failed_at` and the like take the place of what the letter says itself."""
    refused = record or record_of(image_submitted(request_id=REQUEST_ID), offset=1042)
    letter = placed(dead_letter(refused, refusal), partition=3, offset=offset)
    said = {f"dlq-{name.replace('_', '-')}": text for name, text in header.items()}
    kept: Headers = tuple(each for each in letter.headers if each[0] not in said)
    added: Headers = tuple((name, text.encode()) for name, text in said.items())
    return to_letter(replace(letter, headers=kept + added))


def inbox_letter(reason: str = "object_missing", *, tenant_id: str = "acme") -> DeadLetter:
    event = image_submitted_inbox(request_id=REQUEST_ID)
    sent = encode_inbox(event, "acme", source="camera", credential="the-secret")
    return letter_of(placed(sent), Refusal(reason, "no", "admitter", 1, tenant_id=tenant_id))
