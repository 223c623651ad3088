"""Which outcome counts: each event once, and a result beats a failure."""

from collections import OrderedDict
from enum import Enum

from .contract import Outcome


class Verdict(Enum):
    NEW = "new"
    REPEAT = "repeat"
    OVERRULED = "overruled"


class Outcomes:
    """What was accepted so far, up to `limit` events and requests; the oldest are forgotten.

    Hole: it lives in memory, so a restart may accept again what it accepted before. A consumer
    whose effect must happen once keeps `ce_id` with the effect in its own store, in one
    transaction (a unique column, `INSERT … ON CONFLICT DO NOTHING`), and asks that store instead.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: OrderedDict[str, bool] = OrderedDict()
        self._final: OrderedDict[str, bool] = OrderedDict()

    def judge(self, outcome: Outcome) -> Verdict:
        if outcome.event_id in self._seen:
            return Verdict.REPEAT
        known = self._final.get(outcome.request)
        beats = known is None or (outcome.is_result and not known)
        return Verdict.NEW if beats else Verdict.OVERRULED

    def replaces_failure(self, outcome: Outcome) -> bool:
        return outcome.is_result and self._final.get(outcome.request) is False

    def remember(self, outcome: Outcome) -> None:
        """To be called when the effect is done, not before."""
        self._keep(self._seen, outcome.event_id, is_result=outcome.is_result)
        self._keep(self._final, outcome.request, is_result=outcome.is_result)

    def _keep(self, memory: OrderedDict[str, bool], name: str, *, is_result: bool) -> None:
        memory[name] = is_result
        memory.move_to_end(name)
        if len(memory) > self._limit:
            memory.popitem(last=False)
