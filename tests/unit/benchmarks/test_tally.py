"""What counts into the measured window, and what only into the promises."""

from benchmarks.answers import Answer
from benchmarks.tally import Tally

ID = "0190f5a4-0000-7000-8000-00000000000{}"


def answer(status: int, number: int = 0) -> Answer:
    return Answer(status, b'{"request_id": "' + ID.format(number).encode() + b'"}')


def test_only_answers_inside_the_window_make_the_rate() -> None:
    tally = Tally()
    tally.answer(answer(200, 1), started=0.0, now=1.0)
    tally.begin(2.0)
    tally.answer(answer(200, 2), started=1.5, now=2.5)
    tally.answer(answer(202, 3), started=2.0, now=3.0)
    tally.answer(Answer(503, b"{}"), started=2.0, now=3.0)
    tally.end(6.0)
    tally.answer(answer(200, 4), started=5.0, now=7.0)
    tally.error("ConnectionError")

    seen = tally.seen()

    assert (seen.finished, seen.taken, seen.images_per_s) == (1, 2, 0.25)
    assert seen.latency is not None
    assert seen.latency.p50_ms == 1000.0
    assert seen.statuses == {"200": 3, "202": 1, "503": 1}
    assert seen.answered == [ID.format(n) for n in (1, 2, 4)]
    assert seen.promised == [ID.format(3)]
    assert seen.failures == 2
