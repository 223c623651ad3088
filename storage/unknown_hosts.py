"""Whether it was the name of a host that nobody knows."""

import socket
from collections.abc import Iterator

_UNKNOWN = (socket.EAI_NONAME, socket.EAI_NODATA)


def is_unknown_host(error: BaseException) -> bool:
    """Of an error and all that led to it. A name server that does not answer is an outage."""
    return any(
        isinstance(each, socket.gaierror) and each.errno in _UNKNOWN for each in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    seen: set[int] = set()
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        reason = getattr(following, "reason", None)  # urllib3 hands a cause on like this
        inner = reason if isinstance(reason, BaseException) else None
        following = inner or following.__cause__ or following.__context__
