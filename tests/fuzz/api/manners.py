"""What a run keeps from doing to itself, and what it sends as pictures and networks."""

from collections.abc import Sequence
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case

from tests.fuzz.api.checks import headers_are_described
from tests.fuzz.mutations import mutated

_NOBODY = "00000000-0000-4000-8000-000000000000"
_FORMATS = {
    "ipv4network": ["127.0.0.0/8", "192.0.2.0/24", "203.0.113.7/32"],
    "ipv6network": ["2001:db8::/32", "::1/128"],
}


class Manners:
    """Make one in a process: schemathesis keeps what is registered for good. `pictures` are sent
    as they are, and made wrong."""

    def __init__(self, pictures: Sequence[bytes]) -> None:
        self._own: frozenset[str] = frozenset()
        schemathesis.check(headers_are_described)
        schemathesis.hook("before_call")(lambda context, case, kwargs: self._spare(case))
        schemathesis.openapi.format("binary", _right_or_wrong(pictures))
        for name, values in _FORMATS.items():
            schemathesis.openapi.format(name, st.sampled_from(values))

    def spare(self, own: frozenset[str]) -> None:
        """From now on nothing with these ids is revoked, removed or changed: who revokes its own
        credential asks as nobody from then on."""
        self._own = own

    def _spare(self, case: Case[Any]) -> None:
        for name in ("key_id", "user_id"):
            value = case.path_parameters.get(name)
            if value in self._own or f"user_{value}" in self._own:
                case.path_parameters[name] = _NOBODY


def _right_or_wrong(known: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    numbers = st.integers(min_value=0, max_value=2**32)
    return st.one_of(st.sampled_from(known), numbers.map(lambda number: mutated(number, known)))
