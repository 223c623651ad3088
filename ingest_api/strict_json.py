"""JSON read strictly: what two readers could understand differently is refused.

RFC 8259 leaves repeated names, NaN, infinities and lone surrogates open; Postgres cannot store
surrogates and NUL; nesting costs stack.
"""

import json
from typing import Any

MAX_DEPTH = 8
_MAX_DIGITS = 308


class StrictJsonError(ValueError):
    """The text is no JSON, or JSON that is not taken; the message says which."""


def loads_strictly(body: bytes) -> Any:
    """Raises StrictJsonError."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unrepeated,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_countable,
        )
    except StrictJsonError:
        raise
    except UnicodeDecodeError:
        raise StrictJsonError("not UTF-8") from None
    except RecursionError:
        raise StrictJsonError("nested too deeply") from None
    except ValueError:
        raise StrictJsonError("not valid JSON") from None
    _check(value, MAX_DEPTH)
    return value


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise StrictJsonError("a name occurs twice in one object")
    return found


def _refuse_constant(name: str) -> float:
    raise StrictJsonError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise StrictJsonError("a number is too large")
    return number


def _countable(text: str) -> int:
    """What other readers keep in a double is a number; longer ones cost time and mean nothing."""
    if len(text) > _MAX_DIGITS:
        raise StrictJsonError("a number is too large")
    return int(text)


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise StrictJsonError("nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name)
            _check(item, depth - 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise StrictJsonError("a text has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise StrictJsonError("a text has half of a surrogate pair") from None
