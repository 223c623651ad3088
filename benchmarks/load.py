"""The load generator, a process of its own: `python -m benchmarks.load`, told by a line of JSON.

Closed loop: each client sends its next picture when the last one is answered. It says `measure`
and `end` where the measured window begins and ends, then one line of JSON with what it saw.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import uvloop

from benchmarks.answers import UnreadableAnswerError
from benchmarks.connection import Connection
from benchmarks.load_figures import LoadOrder, LoadSeen
from benchmarks.pictures import read_pictures
from benchmarks.requests import RequestMaker
from benchmarks.tally import Tally

_LONGEST_ANSWER_S = 90.0
_PAUSE_AFTER_ERROR_S = 0.2


async def generate(order: LoadOrder) -> LoadSeen:
    """Returns when every request is answered, or has failed."""
    maker = RequestMaker(
        read_pictures(Path(order.images)), path=order.path, form=order.form, headers=order.headers
    )
    tally = Tally()
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(order.clients):
            group.create_task(_client(order, maker, tally, stopping))
        await asyncio.sleep(order.warm_up_s)
        _say("measure")
        tally.begin(time.perf_counter())
        await asyncio.sleep(order.seconds)
        tally.end(time.perf_counter())
        _say("end")
        stopping.set()
    return tally.seen()


async def _client(
    order: LoadOrder, maker: RequestMaker, tally: Tally, stopping: asyncio.Event
) -> None:
    connection: Connection | None = None
    while not stopping.is_set():
        try:
            connection = connection or await _connect(order.port)
            started = time.perf_counter()
            async with asyncio.timeout(_LONGEST_ANSWER_S):
                answer = await connection.request(maker.make())
            tally.answer(answer, started=started, now=time.perf_counter())
        except (OSError, UnreadableAnswerError) as error:  # a TimeoutError is an OSError
            tally.error(type(error).__name__)
            if connection is not None:
                connection.close()
            connection = None
            await asyncio.sleep(_PAUSE_AFTER_ERROR_S)
    if connection is not None:
        connection.close()


async def _connect(port: int) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    order = LoadOrder(**json.loads(sys.stdin.readline()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _say(json.dumps(asdict(runner.run(generate(order)))))


if __name__ == "__main__":
    main()
