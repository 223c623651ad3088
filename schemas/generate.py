"""Write the contract's JSON Schemas from its models: `python -m schemas.generate [--check]`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from schemas.contract import Contract
from schemas.events import (
    AnalysisFailed,
    CancelRequested,
    ImageAnalyzed,
    ImageRequested,
    ImageRequestedInbox,
    ImageSubmitted,
    ImageSubmittedInbox,
    InboxEvent,
)
from schemas.result import AnalysisResult

FOLDER: Final = Path(__file__).parent / "json"
MODELS: Final[dict[str, type[Contract]]] = {
    "image-requested": ImageRequested,
    "image-submitted": ImageSubmitted,
    "image-analyzed": ImageAnalyzed,
    "analysis-failed": AnalysisFailed,
    "cancel-requested": CancelRequested,
    "image-requested-inbox": ImageRequestedInbox,
    "image-submitted-inbox": ImageSubmittedInbox,
    "analysis-result": AnalysisResult,
}


def schema_text(name: str) -> str:
    """The committed text of one schema: equal models give equal bytes."""
    is_for_writers = issubclass(MODELS[name], InboxEvent)
    mode: JsonSchemaMode = "validation" if is_for_writers else "serialization"
    written = MODELS[name].model_json_schema(mode=mode)
    schema = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:imageanalyzer:{name}:v1",
        **_open(written, keeps_enums=is_for_writers),
    }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def file_of(name: str) -> Path:
    return FOLDER / f"{name}.v1.json"


def stale() -> list[str]:
    """The names of files that are missing, differ from the models, or belong to no model."""
    expected = {file_of(name): schema_text(name) for name in MODELS}
    present = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    differing = expected.items() ^ present.items()
    return sorted({path.name for path, _ in differing})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    if parser.parse_args(arguments).check:
        differing = stale()
        for name in differing:
            sys.stderr.write(f"schemas/json/{name}: differs from the models\n")
        return 1 if differing else 0
    FOLDER.mkdir(exist_ok=True)
    for name in MODELS:
        file_of(name).write_text(schema_text(name), encoding="utf-8")
    return 0


def _open(node: Any, *, keeps_enums: bool) -> Any:
    """The schema as a reader is to take it: fields and codes that it does not know may come. Who
    writes into an inbox is told exactly which values are taken."""
    if isinstance(node, list):
        return [_open(item, keeps_enums=keeps_enums) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        name: _open(value, keeps_enums=keeps_enums)
        for name, value in node.items()
        if name != "additionalProperties"
    }
    if "enum" in kept and not keeps_enums:
        kept["examples"] = kept.pop("enum")
    return kept


if __name__ == "__main__":
    sys.exit(main())
