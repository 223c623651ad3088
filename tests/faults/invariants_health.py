"""How the processes bear it: I9, I12 and I13 of the reliability page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.faults.evidence import Allowance, Evidence, Violation
from tests.faults.sampler import Sample

RSS_MB = 400.0
OPEN_FILES = 600
SHOWN_WITHIN_S = 10.0
GONE_WITHIN_S = 30.0
_SAMPLING_S = 2.5
_FLAPS_ALLOWED = 1
_LATELY_S = 5.0


def bounded(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I9: memory and open files stay under their ceilings; whoever is sent away is told when to
    come back."""
    del allowance
    largest: dict[str, float] = defaultdict(float)
    files: dict[str, int] = defaultdict(int)
    for one in evidence.samples:
        largest[one.process] = max(largest[one.process], one.rss_mb)
        files[one.process] = max(files[one.process], one.open_files)
    for process, rss_mb in largest.items():
        if rss_mb > RSS_MB:
            yield Violation("I9", f"{process} took {rss_mb:.0f} MB")
        if files[process] > OPEN_FILES:
            yield Violation("I9", f"{process} had {files[process]} open files")
    silent = [no for one in evidence.received for no in one.refused if not no.has_retry_after]
    if silent:
        yield Violation("I9", f"{len(silent)} refusals without Retry-After: {silent[:2]}")


def visible(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I12: a server that is away shows in `/ready` and in the metrics within 10 s and is gone from
    both within 30 s of its return; `/health` stays as it is."""
    api = [one for one in evidence.samples if _is_api(one.process)]
    during = [one for one in api if evidence.injected_at <= one.at <= evidence.healed_at]
    for server in sorted(allowance.shows):
        yield from _is_shown(server, during, evidence.injected_at)
    after = [one for one in api if one.at >= evidence.healed_at + GONE_WITHIN_S + _SAMPLING_S]
    last = after or api[-1:]
    for one in last:
        if one.told_down or one.measured_down:
            down = sorted(one.told_down | one.measured_down)
            yield Violation("I12", f"{down} still shown {one.at - evidence.healed_at:.0f} s after")
            break
    yield from _flaps(evidence.samples, allowance)


def comes_back_alone(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I13: at the end every process answers, ready, by nothing but restarts."""
    del allowance
    end = max((one.at for one in evidence.samples), default=0.0)
    last = {one.process: one for one in evidence.samples if one.at > end - _LATELY_S}
    if not any(map(_is_api, last)):
        yield Violation("I13", "the API does not run at the end")
    for process, one in last.items():
        if (one.health, one.ready) != (200, 200):
            yield Violation("I13", f"{process} ends with /health {one.health}, /ready {one.ready}")


def _is_api(process: str) -> bool:
    """Replicas have numbers."""
    return process.partition("-")[0] == "api"


def _is_shown(server: str, during: Iterable[Sample], since: float) -> Iterator[Violation]:
    told = next((one.at for one in during if server in one.told_down), None)
    measured = next((one.at for one in during if server in one.measured_down), None)
    for where, at in (("/ready", told), ("the metrics", measured)):
        if at is None:
            yield Violation("I12", f"{server} was never shown down in {where}")
        elif at - since > SHOWN_WITHIN_S + _SAMPLING_S:
            yield Violation("I12", f"{server} was shown in {where} only after {at - since:.0f} s")


def _flaps(samples: Iterable[Sample], allowance: Allowance) -> Iterator[Violation]:
    """A process that a fault does not touch answers `/health`; one silence is forgiven, the
    machine is small."""
    silent: dict[str, int] = defaultdict(int)
    for one in samples:
        if one.process not in allowance.disturbs and one.health != 200:
            silent[one.process] += 1
    for process, count in silent.items():
        if count > _FLAPS_ALLOWED:
            yield Violation("I12", f"/health of {process} failed {count} times")
