"""Evidence of a run in which nothing went wrong, to plant faults in."""

from dataclasses import replace
from uuid import UUID

from tests.faults.evidence import Evidence, Lag, LogRecord, Received, Row
from tests.faults.ledger import Answered, Operation, Sent
from tests.faults.sampler import Sample
from tests.faults.streams import Told

INJECTED_AT, HEALED_AT, ENDED_AT = 100, 120, 160


def request_id(number: int) -> str:
    return str(UUID(int=number))


def tenant_of(number: int) -> str:
    """The even numbers are of one, the odd of the other."""
    return ("left", "right")[number % 2]


def operation(number: int) -> Operation:
    sent = Sent(number, tenant_of(number), f"op-{number}", "upload", f"sha-{number}", 1.0, 1.0)
    answered = Answered(number, 1.1, "ok", 202, request_id(number))
    return Operation([sent], [answered])


def row(number: int) -> Row:
    tenant, its_id = tenant_of(number), request_id(number)
    return Row(
        tenant=tenant, request_id=its_id, state="completed", sha256=f"sha-{number}", image_url="",
        object_key=f"{tenant}/{its_id}/sha-{number}", number=number, failure_code="",
        digest=f"digest-{number}",
    )  # fmt: skip


def analyzed(number: int) -> LogRecord:
    names = f"{tenant_of(number)}/{request_id(number)}"
    kind = "io.imageanalyzer.image-analyzed.v1"
    return LogRecord("image-analyzed", 0, number, names, f"ce-{number}", kind, number, (), b"{}")


def sample(at: int, *, process: str = "api", down: frozenset[str] = frozenset()) -> Sample:
    return Sample(
        at=at, process=process, pid=1, health=200, health_ms=1.0, ready=200, told_down=down,
        measured_down=down, rss_mb=80.0, open_files=40,
    )  # fmt: skip


def samples(down: frozenset[str] = frozenset()) -> tuple[Sample, ...]:
    """Each second of the run; what is down shows from the second second to the healing."""
    api = [
        sample(at, down=down if INJECTED_AT + 2 <= at <= HEALED_AT else frozenset())
        for at in range(INJECTED_AT - 5, ENDED_AT)
    ]
    return (*api, *(replace(one, process="io", told_down=frozenset()) for one in api))


def good_evidence(count: int = 4) -> Evidence:
    numbers = range(1, count + 1)
    rows = tuple(row(number) for number in numbers)
    return Evidence(
        operations=tuple(operation(number) for number in numbers),
        earlier_rows=rows[:2],
        rows=rows,
        later_rows=rows,
        records=tuple(analyzed(number) for number in numbers),
        objects=frozenset(one.object_key for one in rows),
        lags=(Lag("detector", "image-submitted", 0),),
        received=tuple(_received(tenant, rows) for tenant in ("left", "right")),
        samples=samples(),
        intruders_let_in=0,
        injected_at=INJECTED_AT,
        healed_at=HEALED_AT,
        recovered_s=1.5,
    )


def _received(tenant: str, rows: tuple[Row, ...]) -> Received:
    own = [one.request_id for one in rows if one.tenant == tenant]
    told = tuple(Told(1, "image-analyzed", one) for one in own)
    return Received(tenant, told, (), tuple(own), (), ())
