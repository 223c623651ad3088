"""A deployment with two of each process, which are replaced as the manifests have it."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.deployment import Deployment, until_ready
from tests.faults.product import api_process, detect_process, io_process
from tests.faults.supervised import Program, Supervised
from tests.rehearsals.balancer import Balancer

KINDS = ("io", "detect", "api")
EACH = 2
_PRE_STOP_S = 2.0  # one balancer, which has said that it knows; the manifests wait 5
_MOST_EVER = 9
_MAKERS = {"io": io_process, "detect": detect_process, "api": api_process}

EVERY_NAME = frozenset(f"{kind}-{number}" for kind in KINDS for number in range(1, _MOST_EVER))


@dataclass(slots=True, kw_only=True)
class Replicas(Deployment):
    """Those of the workers share their groups, those of the API stand behind the balancer."""

    balancer: Balancer
    live: list[Supervised] = field(default_factory=list)
    _made: Counter[str] = field(default_factory=Counter)

    @property
    def base_url(self) -> str:
        return self.balancer.base_url

    @property
    def processes(self) -> list[Supervised]:
        return list(self.live)

    def make_whole(self) -> None:
        for service in (self.kafka, self.postgres, self.redis, self.s3):
            service.start()
        for process in self.live:
            if not process.is_wanted:
                process.start()

    def fill(self) -> None:
        """As many of each kind as there are to be, and all of the API sent to; none is started."""
        for kind in KINDS:
            for _ in range(EACH):
                self.live.append(self._another(kind, self.program))
        self.balancer.send_to([one.port for one in self.of("api")])

    def of(self, kind: str) -> list[Supervised]:
        return [one for one in self.live if kind_of(one) == kind]

    async def replace(self, old: Supervised, program: Program) -> Supervised:
        """A worker ends before the next one begins. Of the API the new one is ready and sent to
        before the old one is sent nothing more; that one is told to end when all balancers may be
        thought to know."""
        new = self._another(kind_of(old), program)
        is_api = kind_of(old) == "api"
        if not is_api:
            await self._end(old)
        self.live.append(new)
        new.start()
        await until_ready(new)
        if is_api:
            left = [one.port for one in self.of("api") if one is not old]
            await asyncio.to_thread(self.balancer.send_to, left)
            await asyncio.sleep(_PRE_STOP_S)
            await self._end(old)
        return new

    async def _end(self, process: Supervised) -> None:
        await asyncio.to_thread(process.stop)
        self.live.remove(process)

    def _another(self, kind: str, program: Program) -> Supervised:
        self._made[kind] += 1
        settings = {**self.settings, **program.settings}
        made = _MAKERS[kind](f"{kind}-{self._made[kind]}", settings, self.folder)
        made.program = program
        return made


def kind_of(process: Supervised) -> str:
    return process.name.partition("-")[0]
