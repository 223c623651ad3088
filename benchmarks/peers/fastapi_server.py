"""The server one would write by hand: FastAPI, a thread pool, one session in each process.

Nothing is stored, nobody is asked who they are, and what is in work is gone with the process.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

from benchmarks.bare_pipeline import BarePipeline


def create_app() -> FastAPI:
    """BENCHMARK_MODEL names the ONNX file."""
    pipeline = BarePipeline(Path(os.environ["BENCHMARK_MODEL"]))
    app = FastAPI()

    @app.get("/ready")
    async def ready() -> str:
        return "ready"

    @app.post("/predict", response_model=None)
    async def predict(request: Request) -> dict[str, Any]:
        found = await run_in_threadpool(pipeline.detect, await request.body())
        return {"detections": [asdict(box) for box in found]}

    return app
