"""Which fault fires which alert, and in what order. A contract test ties it to the rules."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.alerts import clients, detectors, messages, own_processes, servers
from tests.alerts.fault import Fault

Group = Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Order:
    """Those of one group are broken together; each group begins when the one before is healed.
    `beside` are broken from the first on, as they take their time; `last` come after all."""

    beside: Group
    groups: Sequence[Group]
    last: Sequence[Group]

    def __iter__(self) -> Iterator[Fault]:
        yield from self.beside
        for group in (*self.groups, *self.last):
            yield from group

    def of(self, names: Collection[str]) -> "Order":
        """Only the faults of these alerts."""

        def kept(group: Group) -> Group:
            return [one for one in group if any(each.name in names for each in one.alerts)]

        return Order(
            kept(self.beside),
            [left for group in self.groups if (left := kept(group))],
            [left for group in self.last if (left := kept(group))],
        )


ORDER: Final = Order(
    beside=(messages.BULK_UNWORKED,),
    groups=(
        (servers.BUCKET_SLOW,),
        (servers.RECORD_CUT,),
        (
            servers.REDIS_STOPPED, servers.SCANNER_STOPPED, servers.NO_AUDIT_TABLE,
            messages.BAD_RECORD, messages.BAD_IN_INBOX,
            own_processes.LEAKING, own_processes.LOG_NOT_READ, own_processes.SPOOL_FULL,
            clients.TAKES_NOTHING, clients.RECEIVER_REFUSES,
        ),
        (own_processes.STARVED, own_processes.MANY_STREAMS, detectors.CHILD_HANGS),
        (clients.RECEIVER_SILENT, own_processes.KILLED_AGAIN_AND_AGAIN),
        (detectors.CHILDREN_DIE,),
        (servers.BROKER_CUT,),
        (servers.BUCKET_CUT,),
        (servers.RECORD_SLOW, own_processes.NO_DETECTOR),
        (servers.BAD_MIGRATION,),
    ),
    last=((own_processes.NO_SWEEPER,), (own_processes.ALL_STOPPED,)),
)  # fmt: skip

NOT_INJECTED: Final[Mapping[str, str]] = {
    "ProbeFailing": "no probe is among these processes; tests/system/test_probe_alert.py fires it",
}
"""Alerts whose fault cannot be made here, and why."""
