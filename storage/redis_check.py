"""What is asked of Redis before a start: the way there, and the login."""

from typing import Final

from redis.exceptions import AuthenticationError, NoPermissionError

from storage.errors import MisconfiguredError, StoreUnavailableError, UnknownHostError
from storage.redis_connection import make_redis_client, redis_errors_translated
from storage.settings import RedisSettings
from storage.unknown_hosts import is_unknown_host

_CORRECT: Final = "correct ANALYZER_REDIS__URL"
_SOME_KEY: Final = "limit:start-check"
_WITHIN_S = 2.0


async def check_redis(settings: RedisSettings) -> None:
    """Reads one key. Raises MisconfiguredError for what somebody must correct, and
    StoreUnavailableError for a server that may serve later."""
    if settings.url is None:
        return
    client = make_redis_client(settings.url.get_secret_value(), _WITHIN_S)
    try:
        with redis_errors_translated():
            await client.get(_SOME_KEY)
    except StoreUnavailableError as error:
        raise _meaning_of(error) or error from error.__cause__
    finally:
        await client.aclose()


def _meaning_of(error: StoreUnavailableError) -> MisconfiguredError | None:
    cause = error.__cause__
    said = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    if isinstance(cause, AuthenticationError | NoPermissionError) or said.startswith("NOAUTH"):
        return MisconfiguredError("redis", f"it refuses our login: {said[:200]}; {_CORRECT}")
    if "DB index is out of range" in said:
        return MisconfiguredError("redis", f"{said[:200]}; {_CORRECT}")
    if cause is not None and is_unknown_host(cause):
        return UnknownHostError("redis", f"nobody knows its host; {_CORRECT}")
    return None
