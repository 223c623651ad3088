"""How Redis is asked, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from storage.errors import NotFoundError, StoreRefusesError, StoreUnavailableError

PROBE_S = 0.05
"""What whoever finds out whether Redis serves again may spend on it."""

_CONNECTIONS = 16


def make_redis_client(url: str, timeout_s: float) -> Redis:
    """Connects when it is first asked; nothing waits longer than `timeout_s` or is repeated."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # plain commands from the first byte: no greeting to wait for
        driver_info=None,
    )
    return Redis.from_pool(pool)


@contextmanager
def redis_errors_translated() -> Iterator[None]:
    """Errors of the driver leave as storage errors; a server that answers with one serves."""
    try:
        yield
    except ResponseError as error:
        if str(error).startswith("WRONGTYPE"):  # somebody else wrote under our key
            raise NotFoundError(_reason(error)) from error
        raise StoreRefusesError("redis", _reason(error)) from error
    except (RedisError, OSError) as error:
        raise StoreUnavailableError("redis", _reason(error)) from error


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
