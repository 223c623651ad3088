"""One topic of the AsyncAPI document in HTML."""

from datetime import timedelta

from ingest_api.contract_message import message_html
from ingest_api.contract_references import Json, resolved
from ingest_api.contract_text import code, escaped, inline, paragraphs


def topic_html(document: Json, name: str) -> str:
    """Those of outsiders are open, internal ones are folded up."""
    channel = document["channels"][name]
    is_internal = channel.get("x-internal", False)
    messages = (resolved(document, reference) for reference in _messages(channel))
    inner = (
        paragraphs(channel["summary"])
        + _facts(document, name)
        + "".join(message_html(document, found, is_open=not is_internal) for found in messages)
    )
    if is_internal:
        about = f'<span class="dim">{inline(channel["title"])}</span>'
        summary = f"<summary>{code(name)}{about}</summary>"
        return f'<details class="topic" id="{escaped(name)}">{summary}{inner}</details>'
    head = f"<h3>{code(name)}{_badge(document, name)}</h3>"
    return f'<section class="topic" id="{escaped(name)}">{head}{inner}</section>'


def operations_of(document: Json, name: str) -> list[Json]:
    at = f"#/channels/{name}"
    return [found for found in document["operations"].values() if found["channel"]["$ref"] == at]


def _badge(document: Json, name: str) -> str:
    """From where the reader stands: what the application receives, the reader writes."""
    public = [found for found in operations_of(document, name) if not found.get("x-internal")]
    words = {"receive": ("write", "you write"), "send": ("read", "you read")}
    badges = (words[found["action"]] for found in public)
    return "".join(f'<span class="badge {kind}">{said}</span>' for kind, said in badges)


def _facts(document: Json, name: str) -> str:
    channel = document["channels"][name]
    kafka = channel["bindings"]["kafka"]
    told = kafka["topicConfiguration"]
    message = resolved(document, _messages(channel)[0])
    facts = {
        "Key": inline(message["bindings"]["kafka"]["key"]["description"]),
        "Kept for": _retention(told),
        "Size": f"value at most {_bytes(channel['x-max-value-bytes'])}; record, compressed and "
        f"with headers, {_bytes(told['max.message.bytes'])}",
        "Media type": code(message["contentType"]),
        "Read by": _readers(document, name),
        "Credential": _credential(document, name),
        "Partitions": str(kafka.get("partitions", "")),
    }
    shown = (f"<dt>{label}</dt><dd>{said}</dd>" for label, said in facts.items() if said)
    return f"<dl>{''.join(shown)}</dl>"


def _messages(channel: Json) -> list[Json]:
    return list(channel["messages"].values())


def _retention(told: Json) -> str:
    if "compact" in told["cleanup.policy"]:
        return "the last record of each key, for ever"
    kept = timedelta(milliseconds=told["retention.ms"])
    return f"{kept.days} day{'' if kept.days == 1 else 's'}"


def _bytes(number: int) -> str:
    return f"{number:,} bytes".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _readers(document: Json, name: str) -> str:
    reading = [each for each in operations_of(document, name) if each["action"] == "receive"]
    return "".join(inline(found["summary"]) for found in reading)


def _credential(document: Json, name: str) -> str:
    needed = [need for each in operations_of(document, name) for need in each.get("security", ())]
    return " ".join(inline(resolved(document, need)["description"]) for need in needed)
