"""One topic of the AsyncAPI document in HTML."""

import json
from datetime import timedelta

from ingest_api.contract_fields import Row, rows_of
from ingest_api.contract_references import Json, resolved
from ingest_api.contract_text import code, escaped, inline, paragraphs, table


def topic_html(document: Json, name: str) -> str:
    """Those of outsiders are open, internal ones are folded up."""
    channel = document["channels"][name]
    is_internal = channel.get("x-internal", False)
    messages = (resolved(document, reference) for reference in _messages(channel))
    inner = (
        paragraphs(channel["summary"])
        + _facts(document, name)
        + "".join(_message(document, found, is_open=not is_internal) for found in messages)
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


def _message(document: Json, message: Json, *, is_open: bool) -> str:
    body, headers = message["payload"], message.get("headers", {})
    about = resolved(document, body).get("description", "")
    said = paragraphs(about) if about else ""
    return (
        f"<h4>Value</h4>{said}{_table('field', list(rows_of(document, body)))}"
        + _folded("Headers", _table("header", list(rows_of(document, headers))), is_open=is_open)
        + "".join(
            _folded(f"Example “{one['name']}”", _example(one))
            for one in message.get("examples", ())
        )
    )


def _table(first: str, rows: list[Row]) -> str:
    if not rows:
        return ""
    cells = (
        (
            code(row.path),
            escaped(row.kind) + (f"<small>{escaped(row.limits)}</small>" if row.limits else ""),
            "yes" if row.is_required else "",
            inline(row.meaning),
        )
        for row in rows
    )
    return table((first, "type", "required", "meaning"), cells)


def _example(example: Json) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in example.get("headers", {}).items())
    body = json.dumps(example["payload"], indent=2, ensure_ascii=False)
    return "".join(f"<pre>{escaped(text)}</pre>" for text in (headers, body) if text)


def _folded(title: str, inner: str, *, is_open: bool = False) -> str:
    if not inner:
        return ""
    tag = "<details open>" if is_open else "<details>"
    return f"{tag}<summary>{escaped(title)}</summary>{inner}</details>"
