"""Whether the body of a request has come in full, told by the protocol to those inside it."""

from dataclasses import dataclass

from starlette.types import Scope

_ARRIVAL = "analyzer.arrival"


@dataclass(eq=False, slots=True)
class Arrival:
    """Of one request; `received` counts bytes of the body."""

    received: int = 0
    is_complete: bool = False


def set_arrival(scope: Scope, arrival: Arrival) -> None:
    scope[_ARRIVAL] = arrival


def received_of(scope: Scope) -> int:
    """Bytes of the body that have come in; 0 where nobody counts them."""
    arrival: Arrival | None = scope.get(_ARRIVAL)
    return 0 if arrival is None else arrival.received


def is_arriving(scope: Scope) -> bool:
    """True while more of the body must come before the connection could carry another request."""
    arrival: Arrival | None = scope.get(_ARRIVAL)
    return arrival is not None and not arrival.is_complete
