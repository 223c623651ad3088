"""What docs/webhooks.md tells receivers to run takes what we sign, and nothing else."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from outbound.signature import signed_headers
from outbound.webhook_secrets import SecretSource, shown

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text()
SOURCE = SecretSource("a master secret of the tests, thirty-two")
OLD, NEW = SOURCE.secret("acme", 1), SOURCE.secret("acme", 2)
BODY = b'{"specversion":"1.0","data":{"caf\xc3\xa9":1}}'


def code(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(block)


def by_python(cases: list[dict[str, Any]]) -> list[bool]:
    names: dict[str, Any] = {}
    exec(code("python"), names)  # noqa: S102 - our own guide
    return [names["is_genuine"](c["secret"], c["headers"], c["body"].encode()) for c in cases]


def by_node(cases: list[dict[str, Any]], folder: Path) -> list[bool]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    asking = (
        f"const cases = {json.dumps(cases)};\n"
        "console.log(JSON.stringify(cases.map((c) =>"
        " isGenuine(c.secret, c.headers, Buffer.from(c.body)))));\n"
    )
    program = folder / "receiver.mjs"
    program.write_text(code("javascript") + asking)
    done = subprocess.run([node, str(program)], capture_output=True, check=True, timeout=30)
    answers: list[bool] = json.loads(done.stdout)
    return answers


def cases() -> list[tuple[dict[str, Any], bool]]:
    now, body = int(time.time()), BODY.decode()
    both = signed_headers(BODY, message_id="an-id", timestamp=now, secrets=[NEW, OLD])
    late = signed_headers(BODY, message_id="an-id", timestamp=now - 600, secrets=[NEW])
    first, second = shown(OLD), shown(NEW)
    return [
        ({"secret": first, "headers": both, "body": body}, True),
        ({"secret": second, "headers": both, "body": body}, True),
        ({"secret": shown(SOURCE.secret("globex", 1)), "headers": both, "body": body}, False),
        ({"secret": first, "headers": both, "body": body + " "}, False),
        ({"secret": first, "headers": both | {"webhook-id": "other"}, "body": body}, False),
        ({"secret": first, "headers": both | {"webhook-signature": "v1,x"}, "body": body}, False),
        ({"secret": second, "headers": late, "body": body}, False),
    ]


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_guides_code_believes_what_is_signed_alone(language: str, tmp_path: Path) -> None:
    asked, expected = zip(*cases(), strict=True)
    given = list(asked)
    answers = by_python(given) if language == "python" else by_node(given, tmp_path)
    assert tuple(answers) == expected
