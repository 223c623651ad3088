"""The commands of the page about finding one request, as they stand there, on a real request."""

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.otlp_receiver import Received
from tests.support.product_processes import ROOT, Product
from tests.support.trace_store import TraceStore
from tests.system.http_client import SAMPLES, connected

PAGE = (ROOT / "docs/runbooks/find-a-request.md").read_text(encoding="utf-8")
PICTURE = next(path for path in SAMPLES if path.stem == "coffee").read_bytes()
OF_ITS_STORY = {
    ("image-analyzer-api", "POST /api/v1/analyze/upload"),
    ("image-analyzer-detect", "detect"),
    ("image-analyzer-io", "process image-analyzed"),
}


def command_below(heading: str) -> str:
    """The one command of a section; fails when there is not exactly one."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    (command,) = re.findall(r"^    (.+)$", section, re.MULTILINE)
    return str(command)


def lines_where_files_are() -> str:
    """What gives the log lines of `./dev.sh up`."""
    (row,) = re.findall(r"^\| `\./dev\.sh up` .*$", PAGE, re.MULTILINE)
    (command,) = re.findall(r"`(lines\(\) .+?)`", row)
    return str(command)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell in a folder where things lie as the page says; what its user has typed before."""

    folder: Path
    environment: dict[str, str]

    def run(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        script = f"set -o pipefail\n{lines_where_files_are()}\n{command}"
        return subprocess.run(
            ("bash", "-c", script), cwd=self.folder, env=self.environment | variables,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def said(self, command: str, **variables: str) -> str:
        done = self.run(command, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def terminal(product: Product, received_spans: Received, tmp_path: Path) -> Iterator[Terminal]:
    program = tmp_path / "bin" / "image-analyzer"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec "{sys.executable}" -P -m cli.main "$@"\n'
    )
    program.chmod(0o755)
    logs = tmp_path / "var" / "data" / "logs"
    logs.mkdir(parents=True)
    for process in (product.api, product.detect, product.io):
        (logs / process.log_file.name).symlink_to(process.log_file)
    with TraceStore(received_spans) as store:
        yield Terminal(
            tmp_path,
            {
                "PATH": f"{program.parent}:{os.environ['PATH']}",
                "ANALYZER_POSTGRES__DSN": product.stack.postgres_dsn,
                "TRACES": store.url,
            },
        )


async def test_three_commands_show_row_trace_and_log_lines(
    product: Product, received_spans: Received, terminal: Terminal
) -> None:
    request_id, trace_id = await analyzed(product)
    row = await asyncio.to_thread(terminal.said, command_below("Its row"), REQUEST=request_id)
    said = dict(line.split(maxsplit=1) for line in row.splitlines())
    assert said["request"] == f"system-test/{request_id}"
    assert (said["state"], said["lane"], said["source"]) == ("completed", "interactive", "upload")
    assert (said["model"], said["trace"]) == ("centernet-mbv3", trace_id)

    known = {"REQUEST": request_id, "TRACE": said["trace"]}
    await asyncio.to_thread(
        received_spans.wait_for,
        lambda spans: (
            {(one.service, one.name) for one in spans if one.trace_id == trace_id} >= OF_ITS_STORY
        ),
    )
    trace = await asyncio.to_thread(terminal.said, command_below("Its trace"), **known)
    spans = [line.split("\t") for line in trace.splitlines()]
    assert {(service, name) for _, service, name in spans} >= OF_ITS_STORY
    assert spans[0][1:] == ["image-analyzer-api", "POST /api/v1/analyze/upload"]
    assert all(re.fullmatch(r"[0-9.]+ ms", took) for took, _, _ in spans)

    found = await asyncio.to_thread(terminal.said, command_below("Its log lines"), **known)
    lines = [json.loads(line) for line in found.splitlines()]
    assert {line["process"] for line in lines} >= {"api", "detect-detect-bulk"}
    assert {line["event"] for line in lines} >= {"http_answered", "image_analyzed"}
    assert {line["trace_id"] for line in lines} == {trace_id}


async def test_what_is_not_there_is_said(product: Product, terminal: Terminal) -> None:
    """And nothing of another request is shown for it."""
    await analyzed(product)
    nobody = {"REQUEST": "01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e", "TRACE": secrets.token_hex(16)}
    row = await asyncio.to_thread(terminal.run, command_below("Its row"), **nobody)
    assert (row.returncode, row.stdout) == (1, "")
    assert "there is no such request" in row.stderr
    trace = await asyncio.to_thread(terminal.run, command_below("Its trace"), **nobody)
    assert trace.returncode != 0
    assert "404" in trace.stderr
    assert await asyncio.to_thread(terminal.said, command_below("Its log lines"), **nobody) == ""


async def analyzed(product: Product) -> tuple[str, str]:
    """Of one upload that has its outcome: the ids of the request and of its trace."""
    trace_id = secrets.token_hex(16)
    async with connected(product.base_url, product.api_key) as client:
        answer = await client.post(
            "/api/v1/analyze/upload",
            files={"image": ("picture.jpg", PICTURE, "image/jpeg")},
            headers={"traceparent": f"00-{trace_id}-{'1' * 16}-01", "Prefer": "wait=30"},
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"]), trace_id
