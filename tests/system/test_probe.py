"""`image-analyzer probe` at the real product: each door is right, and what it says can be found."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

from tests.support.product_processes import ROOT, Product, product_command
from tests.system.test_traces import PICTURE, serving


def probed(product: Product, *arguments: str) -> subprocess.CompletedProcess[str]:
    stack = product.stack
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
    own = {
        "IMAGE_ANALYZER_URL": product.base_url,
        "IMAGE_ANALYZER_KEY": product.api_key,
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap_servers,
        "ANALYZER_BUCKET__ENDPOINT": stack.s3_endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": stack.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": stack.s3_secret_key,
    }
    return subprocess.run(
        (sys.executable, "-m", "cli.main", "probe", "--json", "--timeout", "60", *arguments),
        env=kept | own, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


async def test_a_known_picture_comes_out_of_every_door(product: Product) -> None:
    async with serving(PICTURE) as address:
        doors = ("--picture-url", f"{address}/coffee.jpg", "--inbox-tenant", "system-test")
        done = await asyncio.to_thread(probed, product, *doors)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)["doors"]
    assert [one["door"] for one in found] == ["upload", "stream", "url", "inbox"]
    for one in found:
        row = kept(product, one["request_id"])
        assert (row["state"], row["trace_id"]) == ("completed", one["trace_id"]), one["door"]
        assert row["source"] == ("url" if one["door"] == "url" else "upload")


def test_what_is_not_in_the_picture_is_not_found(product: Product) -> None:
    done = probed(product, "--expect", "cup,giraffe")
    assert done.returncode == 1, done.stderr
    assert {one["verdict"] for one in json.loads(done.stdout)["doors"]} == {"wrong"}
    assert "giraffe not found; cup" in done.stdout


def kept(product: Product, request_id: str) -> dict[str, Any]:
    """As the operator sees it."""
    environment = dict(product.api.environment)
    said = product_command(["analyses", "show", request_id, "--json"], environment)
    found: dict[str, Any] = json.loads(said)
    return found
