"""Write the AsyncAPI document of the topics: `python -m topics.asyncapi [--check]`.

All of it follows from the catalog, the JSON Schemas and the examples, except the sentences.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from schemas.json_schemas import JsonSchema
from topics import asyncapi_sentences as say
from topics.asyncapi_channels import channel, operations
from topics.asyncapi_headers import SCHEMAS
from topics.asyncapi_messages import message
from topics.asyncapi_payloads import payload_schema
from topics.asyncapi_roles import TAGS, Role, message_name, role_of
from topics.catalog import ALL, Topic, topic_of

FILE: Final = Path(__file__).parent / "asyncapi.json"


def document() -> dict[str, Any]:
    """AsyncAPI 3.1.0, inboxes and results first."""
    order = list(Role)
    topics = sorted(ALL, key=lambda topic: order.index(role_of(topic)))
    return {
        "asyncapi": "3.1.0",
        "id": "urn:imageanalyzer:events",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {topic.name: channel(topic) for topic in topics},
        "operations": {name: op for topic in topics for name, op in operations(topic).items()},
        "components": {
            "messages": {message_name(topic): message(topic) for topic in topics},
            "schemas": SCHEMAS | _payloads(topics),
            "securitySchemes": _security_schemes(),
        },
    }


def document_text() -> str:
    """The committed text: equal sources give equal bytes."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def is_stale(file: Path = FILE) -> bool:
    """Whether the file is missing or says something else than the catalog."""
    return not file.is_file() or file.read_text(encoding="utf-8") != document_text()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m topics.asyncapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    if parser.parse_args(arguments).check:
        if is_stale():
            sys.stderr.write(f"topics/{FILE.name}: stale; run `python -m topics.asyncapi`\n")
            return 1
        return 0
    FILE.write_text(document_text(), encoding="utf-8")
    return 0


def _info() -> dict[str, Any]:
    return {
        "title": "AI Image Analyzer: events",
        "version": "1.0.0",
        "description": say.INFO,
        "license": {"name": "MIT"},
        "tags": [{"name": role.value, "description": TAGS[role]} for role in Role],
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": say.SERVER,
        "variables": {"bootstrap": {"description": "host:port of the deployment's listener."}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _payloads(topics: Sequence[Topic]) -> dict[str, JsonSchema]:
    homes = [topic_of(topic.event).name for topic in topics if topic.event is not None]
    return {name: payload_schema(name) for name in dict.fromkeys(homes)}


def _security_schemes() -> dict[str, Any]:
    return {
        "scram": {"type": "scramSha512", "description": say.SCRAM},
        "credential": {
            "type": "httpApiKey",
            "in": "header",
            "name": "authorization",
            "description": say.CREDENTIAL,
        },
    }


if __name__ == "__main__":
    sys.exit(main())
