"""What a process or a person wants to know before anything starts: are the settings right, and is
what they name there, willing and as it must be? Nothing is changed by asking."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage.errors import MisconfiguredError, StoreUnavailableError, UnknownHostError
from storage.folder_check import check_folder
from storage.postgres_check import check_postgres
from storage.settings import BucketSettings, PostgresSettings, RedisSettings
from topics.admin import verify_to_start, verify_topics
from topics.catalog import ALL, Topic
from topics.errors import BrokerRefusesError, LogUnavailableError, UnknownBrokerError
from topics.rights import Rights, require_rights
from topics.settings import KafkaSettings

Check = Callable[[], Awaitable[None]]

_LONGEST_S: Final = 40.0


class UnfitError(Exception):
    """Topics that are not as the catalog has them, or a model: one line for each."""


class Verdict(StrEnum):
    """`WRONG` needs somebody to correct it, `UNKNOWN` too (most likely: no name server knows the
    host), `DOWN` may heal by itself."""

    OK = "ok"
    DOWN = "down"
    UNKNOWN = "unknown"
    WRONG = "wrong"


_MEANINGS: Final[dict[type[Exception], Verdict]] = {
    UnknownHostError: Verdict.UNKNOWN,
    UnknownBrokerError: Verdict.UNKNOWN,
    MisconfiguredError: Verdict.WRONG,
    BrokerRefusesError: Verdict.WRONG,
    UnfitError: Verdict.WRONG,
    StoreUnavailableError: Verdict.DOWN,
    LogUnavailableError: Verdict.DOWN,
}
"""The narrower ones first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`lines` say what is wrong and what to do; there are none when all is well."""

    name: str
    verdict: Verdict
    lines: tuple[str, ...] = ()


def postgres_check(settings: PostgresSettings) -> Check:
    return lambda: check_postgres(settings)


def bucket_check(settings: BucketSettings) -> Check:
    async def check() -> None:
        if settings.folder is not None:
            check_folder(settings.folder)
            return
        from storage.s3_check import check_s3  # noqa: PLC0415 - the client costs 6 MB

        await check_s3(settings)

    return check


def redis_check(settings: RedisSettings) -> Check:
    async def check() -> None:
        if settings.url is None:
            return
        from storage.redis_check import check_redis  # noqa: PLC0415 - the client costs 6 MB

        await check_redis(settings)

    return check


def kafka_check(
    settings: KafkaSettings, *, topics: tuple[Topic, ...] = ALL, rights: Rights | None = None
) -> Check:
    """Of a process when `rights` are given: may it do its work, and would anything be lost? Else of
    the operator: is anything not as the catalog has it?"""

    async def check() -> None:
        if rights is None:
            problems = await verify_topics(settings)
        else:
            problems = await verify_to_start(settings, topics)
            await require_rights(settings, rights)
        if problems:
            raise UnfitError("\n".join(problems))

    return check


async def find_out(checks: Mapping[str, Check], *, within_s: float = _LONGEST_S) -> list[Finding]:
    """All at once, in the order given. What gives no answer in time is down."""
    asked = (_one(name, check, within_s) for name, check in checks.items())
    return list(await asyncio.gather(*asked))


async def _one(name: str, check: Check, within_s: float) -> Finding:
    try:
        await asyncio.wait_for(check(), within_s)
    except TimeoutError:
        return Finding(name, Verdict.DOWN, (f"{name}: no answer within {within_s:g} s",))
    except tuple(_MEANINGS) as error:
        lines = tuple(_named(name, line) for line in str(error).splitlines())
        return Finding(name, _verdict_of(error), lines)
    return Finding(name, Verdict.OK)


def _verdict_of(error: Exception) -> Verdict:
    return next(verdict for kind, verdict in _MEANINGS.items() if isinstance(error, kind))


def _named(name: str, line: str) -> str:
    return line if line.startswith(name) else f"{name}: {line}"
