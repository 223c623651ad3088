"""Wrong pictures for the header reader and for the decoders: `python -m tests.fuzz.pictures`.

Each is looked at by the API's structure check and decoded in real children. Anything but a result
or a refusal with a code is a finding, and so is whatever takes long. Exit code 1 when there is one;
the pictures are kept beside the report, and `--first N --count 1` does one again.
"""

import argparse
import asyncio
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest_api.errors import RefusedError
from ingest_api.picture import PictureLimits, check_picture
from processors.detectors.pool import ChildProcessDetector
from processors.detectors.port import DetectorCrashedError, PictureError
from schemas.pictures import content_type_of
from tests.fuzz.mutations import mutated
from tests.support.detector_models import bundled_models, selection
from tests.support.hostile_corpus import CORPUS

_LIMITS = PictureLimits(25_000_000, 10_000)
_LONGEST_LOOK_S = 0.5
_LARGEST_SEED = 60_000
_AT_ONCE = 4


@dataclass
class Report:
    """`door` and `decoded` count answers, `findings` say what is wrong with which number."""

    first: int
    pictures: int = 0
    took_s: float = 0.0
    slowest_look_ms: float = 0.0
    slowest_decode_ms: float = 0.0
    door: Counter[str] = field(default_factory=Counter)
    decoded: Counter[str] = field(default_factory=Counter)
    findings: dict[int, str] = field(default_factory=dict)


class PictureFuzz:
    """Numbers from `first` on, until `count` of them are done or `seconds` are over."""

    def __init__(self, first: int, *, count: int | None, seconds: float) -> None:
        self.report = Report(first)
        self._count = count
        self._seconds = seconds
        self._seeds = seeds()

    def picture(self, number: int) -> bytes:
        return mutated(number, self._seeds)

    async def run(self) -> Report:
        detector = ChildProcessDetector(bundled_models(), children=2)
        await detector.start()
        began = time.monotonic()
        numbers = iter(range(self.report.first, sys.maxsize))
        try:
            await asyncio.gather(*(self._some(detector, numbers, began) for _ in range(_AT_ONCE)))
        finally:
            await detector.aclose()
        self.report.took_s = round(time.monotonic() - began, 1)
        return self.report

    async def _some(
        self, detector: ChildProcessDetector, numbers: Iterator[int], began: float
    ) -> None:
        for number in numbers:
            is_enough = self._count is not None and number >= self.report.first + self._count
            if is_enough or time.monotonic() - began > self._seconds:
                return
            data = self.picture(number)
            self.report.pictures += 1
            self._look(number, data)
            await self._decode(detector, number, data)

    def _look(self, number: int, data: bytes) -> None:
        began = time.perf_counter()
        try:
            answer = check_picture(io.BytesIO(data), _LIMITS)
        except RefusedError as error:
            answer = error.refusal.code
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            self.report.findings[number] = f"the structure check raised {error!r}"
            return
        took_s = time.perf_counter() - began
        self.report.door[answer] += 1
        self.report.slowest_look_ms = max(self.report.slowest_look_ms, round(took_s * 1000, 1))
        if took_s > _LONGEST_LOOK_S:
            self.report.findings[number] = f"the structure check took {took_s:.1f} s"

    async def _decode(self, detector: ChildProcessDetector, number: int, data: bytes) -> None:
        answer = "analyzed"
        try:
            found = await detector.detect(data, selection(), model=None)
            self.report.slowest_decode_ms = max(self.report.slowest_decode_ms, found.took_ms)
        except PictureError as error:
            answer = str(error.code)
        except DetectorCrashedError as error:
            self.report.findings[number] = f"the child: {error}"
            return
        self.report.decoded[answer] += 1


def seeds() -> list[bytes]:
    """What of the corpus begins as a picture and is small: the large ones tell no more."""
    built = (case.build() for case in CORPUS.values())
    return [one for one in built if len(one) <= _LARGEST_SEED and content_type_of(one[:12])]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Wrong pictures for header reader and decoders.")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--count", type=int, help="how many, if not as many as there is time for")
    parser.add_argument("--report", type=Path, default=Path("var/fuzz/pictures.json"))
    options = parser.parse_args(arguments)
    fuzz = PictureFuzz(options.first, count=options.count, seconds=options.seconds)
    report = asyncio.run(fuzz.run())
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(vars(report), indent=2) + "\n", encoding="utf-8")
    for number in report.findings:
        (options.report.parent / f"picture-{number}").write_bytes(fuzz.picture(number))
    print(json.dumps(vars(report), indent=2))  # noqa: T201 - a command
    return 1 if report.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
