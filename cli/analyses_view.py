"""A request as the terminal shows it."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cli.dlq_view import plain
from cli.webhook_view import document_of as delivery_document
from cli.webhook_view import page_of as delivery_page
from storage.kept_requests import KeptRequest, RequestFacts

_NAMES_WIDTH = 20


def page_of(kept: KeptRequest) -> str:
    """A name and a value a line, without what is not known; below it the webhook."""
    facts = kept.facts
    rows = [*_begun(facts), *_ended(facts), *_linked(facts)]
    lines = [
        f"{name:<{_NAMES_WIDTH}}{plain(_text(value))}" for name, value in rows if value is not None
    ]
    if kept.delivery is not None:
        lines += ["", "webhook", delivery_page(kept.delivery)]
    return "\n".join(lines)


def document_of(kept: KeptRequest) -> str:
    """The same as one line of JSON, for programs; what is not known is null."""
    facts = kept.facts
    failure = None if facts.failure_code is None else {
        "code": facts.failure_code, "message": facts.failure_message,
        "retryable": facts.failure_retryable, "attempts": facts.failure_attempts,
    }  # fmt: skip
    result = None if facts.model is None else {"model": facts.model, "objects": facts.objects}
    document: dict[str, Any] = {
        "tenant_id": facts.tenant_id, "request_id": facts.request_id, "state": facts.state,
        "lane": facts.lane, "source": facts.kind, "trace_id": facts.trace_id,
        "accepted_at": facts.accepted_at, "announced_at": facts.announced_at,
        "deadline_at": facts.deadline_at, "cancel_requested_at": facts.cancel_requested_at,
        "finished_at": facts.finished_at, "image_url": facts.image_url,
        "object_key": facts.object_key, "sha256": facts.sha256, "size_bytes": facts.size_bytes,
        "content_type": facts.content_type, "failure": failure, "result": result,
        "replay_of": facts.replay_of, "replayed_as": facts.replayed_as,
        "dead_letters_handled": facts.letters,
        "webhook": None if kept.delivery is None else json.loads(delivery_document(kept.delivery)),
    }  # fmt: skip
    return json.dumps(document, default=_text)


def _begun(facts: RequestFacts) -> Iterator[tuple[str, object]]:
    yield "request", f"{facts.tenant_id}/{facts.request_id}"
    yield "state", facts.state
    yield "lane", facts.lane
    yield "source", facts.kind
    yield "trace", facts.trace_id
    yield "accepted", facts.accepted_at
    yield "announced again", facts.announced_at  # by the sweeper; the first time is not kept
    yield "deadline", facts.deadline_at
    yield "cancel asked for", facts.cancel_requested_at
    yield "finished", facts.finished_at
    yield "picture at", facts.image_url
    yield "object", facts.object_key
    yield "sha256", facts.sha256
    yield "bytes", facts.size_bytes
    yield "content type", facts.content_type


def _ended(facts: RequestFacts) -> Iterator[tuple[str, object]]:
    yield "model", facts.model
    yield "objects found", facts.objects
    if facts.failure_code is not None:
        again = "may be tried again" if facts.failure_retryable else "final"
        yield "failure", f"{facts.failure_code} ({again}): {facts.failure_message}"
        yield "attempts", facts.failure_attempts


def _linked(facts: RequestFacts) -> Iterator[tuple[str, object]]:
    yield "replay of", facts.replay_of
    yield "replayed as", facts.replayed_as
    for place in facts.letters:
        yield "dead letter", place


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
