"""A process that accepts one upload and says each step: `… die_at POINT` or `… die_at never`."""

import asyncio
import sys

from pydantic import TypeAdapter

from ingest_api.failpoints import Point
from ingest_api.settings import ApiSettings
from storage.ports import Request
from telemetry.logs import LogSettings, configure_logs
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi


def say(step: str) -> None:
    sys.stdout.write(f"{step}\n")
    sys.stdout.flush()


async def main(point: Point | None) -> None:
    configure_logs(LogSettings(level="error"), process="api")
    async with TwinApi(ApiSettings(failpoint=point)).running() as api, api.client() as client:
        api.images.then = lambda: say("object")

        async def row(_: Request) -> None:
            say("row")

        def announced(_: Request) -> None:
            say("announced")

        api.analyses.then, api.answer = row, announced
        answer = await client.post(
            "/api/v1/analyze/upload", files={"image": picture()}, headers=ASYNC
        )
        say(f"answered {answer.status_code}")


if __name__ == "__main__":
    word = sys.argv[1]
    points: TypeAdapter[Point] = TypeAdapter(Point)
    asyncio.run(main(None if word == "never" else points.validate_python(word)))
