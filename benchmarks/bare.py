"""The limit: as many processes as cores that do nothing but detect on pictures in memory."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from benchmarks.latency import Latency
from benchmarks.pictures import read_pictures

_START_S = 60.0
_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Bare:
    """`alone` is one picture at a time with nothing else on the machine, `steps` its medians."""

    processes: int
    images_per_s: float
    cpu_ms_per_image: float
    alone: Latency
    decode_ms: float
    resize_ms: float
    infer_ms: float
    select_ms: float


@dataclass(frozen=True, slots=True)
class _Worked:
    images: int
    seconds: float
    cpu_s: float


def run_bare(model: Path, images: Path, *, processes: int, seconds: float) -> Bare:
    """Takes about one and a half times `seconds`. Raises RuntimeError when a process ends early."""
    context = multiprocessing.get_context("spawn")
    steps = _in_processes(context, 1, _work_alone, model, images, seconds / 2)[0]
    all_worked = _in_processes(context, processes, _work, model, images, seconds)
    alone = Latency.of([step.total for step in steps])
    if alone is None:
        raise RuntimeError(f"not one picture was done in {seconds / 2:g} s: measure for longer")
    return Bare(
        processes=processes,
        images_per_s=round(sum(one.images / one.seconds for one in all_worked), 3),
        cpu_ms_per_image=round(
            1000 * sum(one.cpu_s for one in all_worked) / sum(one.images for one in all_worked), 3
        ),
        alone=alone,
        decode_ms=_median_ms([step.decode for step in steps]),
        resize_ms=_median_ms([step.resize for step in steps]),
        infer_ms=_median_ms([step.infer for step in steps]),
        select_ms=_median_ms([step.select for step in steps]),
    )


def _in_processes(
    context: SpawnContext,
    count: int,
    work: Callable[..., None],
    model: Path,
    images: Path,
    seconds: float,
) -> list[Any]:
    """All begin at the same moment; none outlives this call."""
    barrier, results = context.Barrier(count), context.Queue()
    workers = [
        context.Process(target=work, args=(model, images, seconds, barrier, results), daemon=True)
        for _ in range(count)
    ]
    try:
        for worker in workers:
            worker.start()
        return [_next_result(results, workers, seconds) for _ in workers]
    finally:
        for worker in workers:
            worker.join(1)
            worker.kill()


def _next_result(results: "Queue[Any]", workers: Sequence[Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds + _START_S
    while results.empty():
        if time.monotonic() > deadline or any(worker.exitcode for worker in workers):
            raise RuntimeError("a process of the bare pipeline ended or hung; see its error above")
        time.sleep(0.05)
    return results.get()


def _work(model: Path, images: Path, seconds: float, barrier: Any, results: Any) -> None:
    pipeline, pictures = _ready(model, images)
    barrier.wait(_START_S)
    began, cpu_began, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        pipeline.detect(pictures[done % len(pictures)])
        done += 1
    took, used = time.perf_counter() - began, time.process_time() - cpu_began
    results.put(_Worked(done, took, used))


def _work_alone(model: Path, images: Path, seconds: float, barrier: Any, results: Any) -> None:
    pipeline, pictures = _ready(model, images)
    barrier.wait(_START_S)
    began = time.perf_counter()
    steps: list[Any] = []
    while time.perf_counter() - began < seconds:
        steps.append(pipeline.timed(pictures[len(steps) % len(pictures)]))
    results.put(steps)


def _ready(model: Path, images: Path) -> tuple[Any, list[bytes]]:
    from benchmarks.bare_pipeline import BarePipeline  # noqa: PLC0415 - only the workers need it

    pipeline, pictures = BarePipeline(model), read_pictures(images)
    for jpeg in pictures[:_WARM_UP]:
        pipeline.detect(jpeg)
    return pipeline, pictures


def _median_ms(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1000, 3)
