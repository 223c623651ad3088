"""What the protocol tells those inside a request: whether its body has come in full, and why its
connection ended."""

from dataclasses import dataclass

from starlette.types import Scope

_ARRIVAL = "analyzer.arrival"


@dataclass(eq=False, slots=True)
class Arrival:
    """Of one request; `received` counts bytes of the body. `is_cut_off` is true once the connection
    was ended because its client took nothing."""

    received: int = 0
    is_complete: bool = False
    is_cut_off: bool = False


def set_arrival(scope: Scope, arrival: Arrival) -> None:
    scope[_ARRIVAL] = arrival


def received_of(scope: Scope) -> int:
    """Bytes of the body that have come in; 0 where nobody counts them."""
    arrival: Arrival | None = scope.get(_ARRIVAL)
    return 0 if arrival is None else arrival.received


def is_cut_off(scope: Scope) -> bool:
    arrival: Arrival | None = scope.get(_ARRIVAL)
    return arrival is not None and arrival.is_cut_off


def is_arriving(scope: Scope) -> bool:
    """True while more of the body must come before the connection could carry another request."""
    arrival: Arrival | None = scope.get(_ARRIVAL)
    return arrival is not None and not arrival.is_complete
