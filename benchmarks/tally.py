"""Counting answers, inside and outside the measured window."""

import re
from collections import Counter

from benchmarks.answers import Answer
from benchmarks.latency import Latency
from benchmarks.load_figures import LoadSeen

_REQUEST_ID = re.compile(rb'"request_id":\s*"([0-9a-f-]{36})"')


class Tally:
    """An answer belongs to the window when it arrives in it, whenever it was asked for."""

    def __init__(self) -> None:
        self._statuses: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._ids: dict[int, list[str]] = {200: [], 202: []}
        self._durations: list[float] = []
        self._taken = 0
        self._began_at = float("inf")
        self._ended_at = float("inf")

    def begin(self, now: float) -> None:
        self._began_at = now

    def end(self, now: float) -> None:
        self._ended_at = now

    def answer(self, answer: Answer, *, started: float, now: float) -> None:
        self._statuses[str(answer.status)] += 1
        named = _REQUEST_ID.search(answer.body)
        if named is not None and answer.status in self._ids:
            self._ids[answer.status].append(named[1].decode())
        if self._began_at <= now < self._ended_at:
            self._taken += answer.status in {200, 202}
            if answer.status == 200:
                self._durations.append(now - started)

    def error(self, name: str) -> None:
        self._errors[name] += 1

    def seen(self) -> LoadSeen:
        seconds = self._ended_at - self._began_at
        return LoadSeen(
            seconds=round(seconds, 3),
            images_per_s=round(len(self._durations) / seconds, 3),
            finished=len(self._durations),
            taken=self._taken,
            latency=Latency.of(self._durations),
            statuses=dict(self._statuses),
            errors=dict(self._errors),
            answered=self._ids[200],
            promised=self._ids[202],
        )
