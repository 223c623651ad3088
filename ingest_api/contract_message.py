"""What a record of a topic holds, in HTML: value, headers and examples."""

import json

from ingest_api.contract_fields import Row, rows_of
from ingest_api.contract_references import Json, resolved
from ingest_api.contract_text import code, escaped, inline, paragraphs, table


def message_html(document: Json, message: Json, *, is_open: bool) -> str:
    """Examples are folded up, the headers when not open."""
    headers = _described(document, message.get("headers", {}), "header")
    examples = (
        _folded(f"Example “{one['name']}”", _example(one)) for one in message.get("examples", ())
    )
    return (
        f"<h4>Value</h4>{_described(document, message['payload'], 'field')}"
        f"{_folded('Headers', headers, is_open=is_open)}{''.join(examples)}"
    )


def _described(document: Json, schema: Json, each: str) -> str:
    about = resolved(document, schema).get("description")
    said = "" if about is None else paragraphs(about)
    rows = list(rows_of(document, schema))
    heads = (each, "type", "required", "meaning")
    return said + (table(heads, (_cells(row) for row in rows)) if rows else "")


def _cells(row: Row) -> tuple[str, ...]:
    limits = f"<small>{escaped(row.limits)}</small>" if row.limits else ""
    required = "yes" if row.is_required else ""
    return (code(row.path), escaped(row.kind) + limits, required, inline(row.meaning))


def _example(example: Json) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in example.get("headers", {}).items())
    body = json.dumps(example["payload"], indent=2, ensure_ascii=False)
    return "".join(f"<pre>{escaped(text)}</pre>" for text in (headers, body) if text)


def _folded(title: str, inner: str, *, is_open: bool = False) -> str:
    if not inner:
        return ""
    tag = "<details open>" if is_open else "<details>"
    return f"{tag}<summary>{escaped(title)}</summary>{inner}</details>"
