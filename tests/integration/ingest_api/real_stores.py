"""The API on a real database, bucket and cache, and on the twin of the log."""

import contextlib
import dataclasses
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from ingest_api.app import create_app
from ingest_api.parts import ApiParts
from ingest_api.wiring import ApiConfig, make_parts
from storage.opening import make_pool
from storage.ports import ApiKey, KeyNote
from telemetry.metrics import Metrics
from topics.catalog import RESULTS
from topics.memory import MemoryLog, MemoryPublisher, MemoryTail


@dataclass(frozen=True, slots=True)
class RealStores:
    parts: ApiParts
    client: httpx.AsyncClient
    app: FastAPI
    log: MemoryLog

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, config: ApiConfig) -> AsyncIterator["RealStores"]:
        """Wired as in production, but that every tenant has an API key of the tenant's own name."""
        metrics, log = Metrics(), MemoryLog()
        pool = make_pool(config.postgres, metrics)
        parts = dataclasses.replace(
            make_parts(config, pool, metrics),
            may_be_key=bool,
            publisher=MemoryPublisher(log),
            make_tail=lambda on_record: MemoryTail(log, RESULTS, on_record),
        )

        async def open_pool(stack: contextlib.AsyncExitStack) -> None:
            stack.push_async_callback(pool.aclose)
            await pool.open()
            for name in ("acme", "globex"):
                digest = hashlib.sha256(name.encode()).digest()
                known = ApiKey(f"key-{name}", name)
                await parts.api_keys.add_api_key(known, digest, note=KeyNote("t"))

        app = create_app(parts, opening=open_pool)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": "Bearer acme", "Prefer": "respond-async"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as http,
        ):
            yield cls(parts, http, app, log)

    def metric(self, name: str, **labels: str) -> float | None:
        """As a scrape sees it; asks no dependency."""
        return self.parts.metrics.registry.get_sample_value(f"analyzer_{name}", labels)

    async def ready(self) -> tuple[int, str, list[str]]:
        """Status, what the body says in a word, and who is down."""
        answer = await self.client.get("/ready")
        body: dict[str, Any] = answer.json()
        reports = body["dependencies"].items()
        down = [name for name, report in reports if report["status"] == "down"]
        return answer.status_code, body["status"], sorted(down)
