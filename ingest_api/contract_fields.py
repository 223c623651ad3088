"""A schema of the AsyncAPI document as a flat list: one row a field, nested ones by their path."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest_api.contract_kinds import kind_of, limits_of
from ingest_api.contract_references import Json, resolved


@dataclass(frozen=True, slots=True)
class Row:
    """`kind` is the type in words, `limits` what else a value must be, both plain text."""

    path: str
    kind: str
    limits: str
    is_required: bool
    meaning: str


def rows_of(document: Json, schema: Json, *, above: str = "") -> Iterator[Row]:
    """Depth first, as the document lists them."""
    whole = resolved(document, schema)
    required = whole.get("required", ())
    for name, part in whole.get("properties", {}).items():
        found = resolved(document, part)
        path = f"{above}{name}"
        yield Row(
            path=path,
            kind=kind_of(document, found),
            limits=limits_of(found),
            is_required=name in required,
            meaning=found.get("description", ""),
        )
        yield from _inside(document, found, path)


def _inside(document: Json, found: Json, path: str) -> Iterator[Row]:
    yield from rows_of(document, found, above=f"{path}.")
    if "items" in found:
        yield from rows_of(document, found["items"], above=f"{path}[].")
    for choice in found.get("anyOf", ()):
        yield from _inside(document, resolved(document, choice), path)
